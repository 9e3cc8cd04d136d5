"""双重收费 within a joint examination (domain.md 5.4: avoid double charging): the same patient charged the same item by a
base member and by the upper one within some days.

Rule: a positive line of a base member and one of an upper member, of the same patient (pseudonym of the alliance) and the
same item code, both of the agreement's fee classes or items, at most `costing.double_charge_days` calendar days apart,
neither refunded. The later of the two is of the month; the earlier one may lie in a month before, so that each pair is of
one month only. It is a suspicion for people to look at: nothing is deducted. Lines are read as they hold now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from costing.engine.agreements import PartyRole
from costing.models import Agreement, AgreementKind, SettlementRun
from ops_platform.kernel import Period
from ops_platform.masterdata.selectors import parameter_value

DAYS = "costing.double_charge_days"
MOST = 500

_ITEMS = """
SELECT i.id FROM masterdata_chargeitem i
JOIN LATERAL (SELECT t.fee_class FROM masterdata_chargeitemterm t WHERE t.item_id = i.id AND t.effective_from <= %(last)s
              ORDER BY t.effective_from DESC LIMIT 1) t ON true
WHERE i.institution_id = ANY(%(members)s) AND (i.code = ANY(%(codes)s) OR t.fee_class = ANY(%(fees)s))
"""
_PAIRS = """
WITH examined AS MATERIALIZED (
    SELECT l.institution_id, l.encounter, l.line_no, l.charged_at, l.amount, i.code, i.name, e.patient, e.encounter_no,
           e.department_id, (l.charged_at AT TIME ZONE 'Asia/Shanghai')::date AS day
    FROM his_intake_chargeline l
    JOIN masterdata_chargeitem i ON i.id = l.item_id
    JOIN his_intake_encounter e ON e.entity = l.encounter AND e.superseded_sequence IS NULL
    WHERE l.month BETWEEN date_trunc('month', %(since)s::date)::date AND %(first)s
      AND l.charged_at >= %(since)s::date::timestamp AT TIME ZONE 'Asia/Shanghai'
      AND l.institution_id = ANY(%(members)s) AND l.superseded_sequence IS NULL
      AND l.amount > 0 AND l.item_id = ANY(%(items)s)
), kept AS (
    SELECT x.* FROM examined x WHERE NOT EXISTS (
        SELECT 1 FROM his_intake_chargeline r WHERE r.institution_id = x.institution_id AND r.encounter = x.encounter
        AND r.refund_of = x.line_no AND r.superseded_sequence IS NULL)
)
SELECT b.code, b.name, b.patient, b.institution_id, b.encounter, b.encounter_no, b.line_no, b.department_id, b.charged_at,
       b.amount, u.institution_id, u.encounter, u.encounter_no, u.line_no, u.department_id, u.charged_at, u.amount
FROM kept b JOIN kept u ON u.patient = b.patient AND u.code = b.code AND abs(u.day - b.day) <= %(days)s
WHERE b.institution_id = ANY(%(bases)s) AND u.institution_id = ANY(%(uppers)s) AND b.institution_id <> u.institution_id
      AND greatest(b.day, u.day) >= %(first)s
ORDER BY b.charged_at, b.encounter, b.line_no, u.charged_at, u.encounter, u.line_no LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Charged:
    """One of the two charge lines."""

    institution: int
    encounter: int
    encounter_no: str
    line_no: int
    department: int
    charged_at: datetime
    amount: Decimal


@dataclass(frozen=True, slots=True)
class DoubleCharge:
    """The same examination of a patient, charged below and above."""

    item_code: str
    item_name: str
    patient: str
    base: Charged
    upper: Charged


def days_at(period: Period) -> int:
    """How many days apart two charges may lie, in force on the month's last day; never below none."""
    return max(int(parameter_value(key=DAYS, day=period.last_day)), 0)


def double_charges(*, run: SettlementRun) -> list[DoubleCharge]:
    """What a settled month of a joint examination has charged twice, in order of time, at most `MOST`; two queries."""
    agreement = run.agreement
    if agreement.kind != AgreementKind.JOINT_EXAM:
        return []
    period = Period.parse(run.period)
    bases, uppers = _of(agreement, PartyRole.BASE), _of(agreement, PartyRole.UPPER)
    days = days_at(period)
    given: dict[str, Any] = {
        "first": period.first_day,
        "since": period.first_day - timedelta(days=days),
        "last": period.last_day,
        "members": sorted({*bases, *uppers}),
        "bases": bases,
        "uppers": uppers,
        "codes": list(agreement.items),
        "fees": list(agreement.fee_classes),
        "days": days,
        "most": MOST,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ITEMS, given)
        items = [number for (number,) in cursor.fetchall()]
        if not items:
            return []
        cursor.execute(_PAIRS, {**given, "items": items})
        return [
            DoubleCharge(row[0], row[1], row[2], Charged(*row[3:10]), Charged(*row[10:17])) for row in cursor.fetchall()
        ]


def _of(agreement: Agreement, role: PartyRole) -> Sequence[int]:
    return [one.institution_id for one in agreement.shares.all() if one.role == role and one.institution_id]
