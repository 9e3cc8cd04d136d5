"""The discharges of a month as the facts have them, and as pricing takes them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone

from insurance_settlement.engine.case import Case
from insurance_settlement.engine.worth import INCOMPLETE, READMITTED, GroupedCase, Review
from insurance_settlement.schemes import Compiled, Found
from ops_platform.his_intake.public import as_of_sql
from ops_platform.kernel import Period
from ops_platform.masterdata.models import Institution

LOCAL_DAY = "AT TIME ZONE 'Asia/Shanghai')::date"


@dataclass(frozen=True, slots=True)
class Settled:
    """What the settlement lists of a stay come to, in fen; the ratio where all of them name the same.

    `fund` is what the fund pays on the bill as it stands; `new_technology` are charges that are paid apart.
    """

    total: int
    self_paid: int
    first_self_paid: int
    deductible: int
    ratio: Decimal | None
    fund: int
    new_technology: int
    incomplete: bool

    @property
    def paid(self) -> int:
        """What the patient and all payers beside the fund paid."""
        return self.total - self.fund


@dataclass(frozen=True, slots=True)
class Discharge:
    """A discharged stay as the facts have it; how it left is "" without an abstract. `settled` is None while no settlement
    list has come; `followed_by` are the patient's stays that began so soon afterwards that they may be readmissions."""

    encounter: int
    encounter_no: str
    department: int
    scheme: str
    discharged: datetime
    stay_days: int | None
    charges: int
    leaving_type: str
    case: Case | None
    settled: Settled | None = None
    followed_by: tuple[Case, ...] = ()


def read_discharges(
    institution: Institution,
    period: Period,
    sequence: int,
    encounter: int | None = None,
    *,
    readmission_days: int | None = None,
) -> list[Discharge]:
    """Stays discharged in the month (or one of them) as of a sequence, with their charges of all months, in fen. Stays that
    followed within `readmission_days` are looked for only where days are given."""
    with connection.cursor() as cursor:
        cursor.execute(*discharges_sql(institution, period, sequence, encounter, readmission_days=readmission_days))
        return [_discharge(row) for row in cursor.fetchall()]


def discharges_sql(
    institution: Institution,
    period: Period,
    sequence: int,
    encounter: int | None = None,
    *,
    readmission_days: int | None = None,
) -> tuple[str, dict[str, Any]]:
    """What `read_discharges` asks, with its parameters."""
    one = "AND e.entity = %(encounter)s" if encounter is not None else ""
    again = readmission_days is not None
    followers = (
        f"WITH followers AS (SELECT e.entity, {_FRONT_PAGES} AS pages {_followers_sql(sequence)} {one} GROUP BY 1) "
        if again
        else ""
    )
    return (
        f"{followers}SELECT e.entity, e.encounter_no, e.department_id, coalesce(e.scheme, ''), e.discharged, a.stay_days,"
        " a.sex, a.age, a.age_days, a.weight, a.diagnoses, a.procedures, a.id IS NOT NULL,"
        " coalesce((SELECT (sum(l.amount) * 100)::bigint FROM his_intake_chargeline l"
        " WHERE l.institution_id = e.institution_id AND l.encounter = e.entity"
        f" AND l.month >= date_trunc('month', e.admitted AT TIME ZONE 'Asia/Shanghai')::date"
        f" AND {as_of_sql('l', sequence)}), 0), coalesce(a.leaving_type, ''),"
        f" s.total, s.self_paid, s.first_self_paid, s.deductible, s.ratio, s.fund, s.new_technology, s.incomplete,"
        f" {'f.pages' if again else 'NULL'}"
        " FROM his_intake_encounter e LEFT JOIN his_intake_dischargeabstract a ON a.institution_id = e.institution_id"
        f" AND a.encounter = e.entity AND {as_of_sql('a', sequence)}"
        f" LEFT JOIN LATERAL ({_LISTS} AND {as_of_sql('s', sequence)} HAVING count(*) > 0) s ON true"
        f" {'LEFT JOIN followers f ON f.entity = e.entity' if again else ''}"
        f" WHERE e.institution_id = %(institution)s AND e.kind = 'inpatient' AND {as_of_sql('e', sequence)}"
        f" AND e.discharged >= %(start)s AND e.discharged < %(end)s {one} ORDER BY e.entity",
        {**_scope(institution, period), "encounter": encounter, "days": readmission_days},
    )


_LISTS = (
    "SELECT (sum(s.total) * 100)::bigint AS total, (sum(s.self_paid) * 100)::bigint AS self_paid,"
    " (sum(s.first_self_paid) * 100)::bigint AS first_self_paid, (sum(s.deductible) * 100)::bigint AS deductible,"
    " CASE WHEN count(*) = count(s.reimbursement_ratio) AND min(s.reimbursement_ratio) = max(s.reimbursement_ratio)"
    " THEN trim_scale(min(s.reimbursement_ratio)) END AS ratio, (sum(s.fund_paid) * 100)::bigint AS fund,"
    " (coalesce(sum(s.new_technology), 0) * 100)::bigint AS new_technology,"
    " coalesce(bool_or(s.incomplete = '1'), false) AS incomplete FROM his_intake_settlementlist s"
    " WHERE s.institution_id = e.institution_id AND s.encounter = e.entity"
)
_FRONT_PAGES = (
    "jsonb_agg(jsonb_build_array(n.sex, n.age, n.age_days, n.weight, n.diagnoses, n.procedures) ORDER BY n.entity)"
)


def _followers_sql(sequence: int) -> str:
    """FROM and WHERE: discharges `e` of the month with each later stay `n` of the same patient, abstract and all, that began
    at most so many days after."""
    return (
        "FROM his_intake_encounter e JOIN (SELECT b.entity, b.patient, b.admitted, a.* FROM his_intake_encounter b"
        " JOIN his_intake_dischargeabstract a ON a.institution_id = b.institution_id AND a.encounter = b.entity"
        f" AND {as_of_sql('a', sequence)} WHERE b.institution_id = %(institution)s AND b.kind = 'inpatient'"
        f" AND {as_of_sql('b', sequence)} AND b.admitted >= %(start)s"
        " AND b.admitted < %(end)s + make_interval(days => %(days)s + 1)) n"
        " ON n.patient = e.patient AND n.entity <> e.entity AND n.admitted >= e.discharged"
        f" AND (n.admitted {LOCAL_DAY} <= (e.discharged {LOCAL_DAY} + %(days)s"
        f" WHERE e.institution_id = %(institution)s AND e.kind = 'inpatient' AND {as_of_sql('e', sequence)}"
        " AND e.discharged >= %(start)s AND e.discharged < %(end)s"
    )


def followers_stamp(institution: Institution, period: Period, sequence: int, readmission_days: int) -> list[list[int]]:
    """Which stays followed on discharges of the month, and by which version of their abstracts: what a month's prices depend
    on beside the facts of the month itself."""
    asked = f"SELECT e.entity, n.entity, n.id {_followers_sql(sequence)} ORDER BY 1, 2"
    with connection.cursor() as cursor:
        cursor.execute(asked, {**_scope(institution, period), "days": readmission_days})
        return [list(row) for row in cursor.fetchall()]


def _scope(institution: Institution, period: Period) -> dict[str, Any]:
    zone = timezone.get_default_timezone()
    return {
        "institution": institution.pk,
        "start": datetime.combine(period.first_day, time.min, tzinfo=zone),
        "end": datetime.combine(period.shift(1).first_day, time.min, tzinfo=zone),
    }


def _case(sex: str, age: int, age_days: int | None, weight: int | None, *codes: Iterable[str] | None) -> Case:
    diagnoses, procedures = (tuple(one or ()) for one in codes)
    return Case(gender=int(sex), age=age, age_days=age_days, weight=weight, diagnoses=diagnoses, procedures=procedures)


def _discharge(row: tuple[Any, ...]) -> Discharge:
    return Discharge(
        encounter=row[0],
        encounter_no=row[1],
        department=row[2],
        scheme=row[3],
        discharged=row[4],
        stay_days=row[5],
        charges=row[13],
        leaving_type=row[14],
        case=_case(*row[6:12]) if row[12] else None,
        settled=None if row[15] is None else Settled(*row[15:23]),
        followed_by=tuple(_case(*page) for page in json.loads(row[23])) if row[23] else (),
    )


def readmitted(discharge: Discharge, found: Found, scheme: Compiled) -> bool:
    """Whether the patient soon came back into the same group (十日内同组再入院): it is the earlier stay that is cut."""
    return found.grouped and any(scheme.group(case).code == found.code for case in discharge.followed_by)


def grouped_case(
    discharge: Discharge,
    institution: str,
    found: Found,
    review: Review | None = None,
    *,
    readmitted: bool = False,
) -> GroupedCase:
    """A discharge with its group, as pricing takes it."""
    settled = discharge.settled
    flags = [INCOMPLETE] if settled and settled.incomplete else []
    return GroupedCase(
        case_no=discharge.encounter_no,
        institution=institution,
        group=found.code,
        charges=discharge.charges,
        stay_days=discharge.stay_days,
        scheme=discharge.scheme,
        leaving_type=discharge.leaving_type,
        flags=frozenset([*flags, READMITTED] if readmitted else flags),
        excluded=settled.new_technology if settled else 0,
        factor=found.factor,
        review=review,
        settled=settled is not None,
        self_paid=settled.self_paid if settled else None,
        first_self_paid=settled.first_self_paid if settled else None,
        deductible=settled.deductible if settled else None,
        reimbursement_ratio=settled.ratio if settled else None,
        paid=settled.paid if settled else None,
    )
