"""The discharges of a month as the facts have them."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.db import connection
from django.utils import timezone

from insurance_settlement.engine.case import Case
from ops_platform.his_intake.public import as_of_sql
from ops_platform.kernel import Period
from ops_platform.masterdata.models import Institution


@dataclass(frozen=True, slots=True)
class Discharge:
    """A discharged stay as the facts have it; how it left is "" without an abstract."""

    encounter: int
    encounter_no: str
    department: int
    scheme: str
    discharged: datetime
    stay_days: int | None
    charges: int
    leaving_type: str
    case: Case | None


def read_discharges(
    institution: Institution, period: Period, sequence: int, encounter: int | None = None
) -> list[Discharge]:
    """Stays discharged in the month (or one of them) as of a sequence, with their charges of all months, in fen."""
    with connection.cursor() as cursor:
        cursor.execute(*discharges_sql(institution, period, sequence, encounter))
        return [_discharge(row) for row in cursor.fetchall()]


def discharges_sql(
    institution: Institution, period: Period, sequence: int, encounter: int | None = None
) -> tuple[str, dict[str, Any]]:
    """What `read_discharges` asks, with its parameters."""
    zone = timezone.get_default_timezone()
    one = "AND e.entity = %(encounter)s" if encounter is not None else ""
    return (
        "SELECT e.entity, e.encounter_no, e.department_id, coalesce(e.scheme, ''), e.discharged, a.stay_days,"
        " a.sex, a.age, a.age_days, a.weight, a.diagnoses, a.procedures, a.id IS NOT NULL,"
        " coalesce((SELECT (sum(l.amount) * 100)::bigint FROM his_intake_chargeline l"
        " WHERE l.institution_id = e.institution_id AND l.encounter = e.entity"
        f" AND l.month >= date_trunc('month', e.admitted AT TIME ZONE 'Asia/Shanghai')::date"
        f" AND {as_of_sql('l', sequence)}), 0), coalesce(a.leaving_type, '')"
        " FROM his_intake_encounter e LEFT JOIN his_intake_dischargeabstract a ON a.institution_id = e.institution_id"
        f" AND a.encounter = e.entity AND {as_of_sql('a', sequence)}"
        f" WHERE e.institution_id = %(institution)s AND e.kind = 'inpatient' AND {as_of_sql('e', sequence)}"
        f" AND e.discharged >= %(start)s AND e.discharged < %(end)s {one} ORDER BY e.entity",
        {
            "institution": institution.pk,
            "start": datetime.combine(period.first_day, time.min, tzinfo=zone),
            "end": datetime.combine(period.shift(1).first_day, time.min, tzinfo=zone),
            "encounter": encounter,
        },
    )


def _discharge(row: tuple[Any, ...]) -> Discharge:
    case = None
    if row[12]:
        case = Case(
            gender=int(row[6]),
            age=row[7],
            age_days=row[8],
            weight=row[9],
            diagnoses=tuple(row[10]),
            procedures=tuple(row[11] or ()),
        )
    return Discharge(
        encounter=row[0],
        encounter_no=row[1],
        department=row[2],
        scheme=row[3],
        discharged=row[4],
        stay_days=row[5],
        charges=row[13],
        leaving_type=row[14],
        case=case,
    )
