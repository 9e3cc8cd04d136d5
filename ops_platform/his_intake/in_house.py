"""Patients who are still in: what is known of their stays so far. Facts as they hold now."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection


@dataclass(frozen=True, slots=True)
class StayInHouse:
    """A stay without discharge: lasting number, department, scheme ("" without), charges so far in fen, and the day of its
    last charge (None without); the latest interim diagnoses (在院诊断), none of which is there before the first came
    (`recorded_at` None). Weight in grams."""

    encounter: int
    encounter_no: str
    department: int
    scheme: str
    admitted: datetime
    charges: int
    last_charge: date | None
    recorded_at: datetime | None
    diagnoses: tuple[str, ...]
    procedures: tuple[str, ...]
    sex: int | None
    age: int | None
    age_days: int | None
    weight: int | None


def stays_in_house(*, institution: int, encounter: int | None = None) -> list[StayInHouse]:
    """Stays that are not discharged (or one of them), in the order of their numbers. One query."""
    one = "AND e.entity = %(encounter)s" if encounter is not None else ""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.entity, e.encounter_no, e.department_id, coalesce(e.scheme, ''), e.admitted,"
            " coalesce(c.amount, 0), c.day, d.recorded_at, d.diagnoses, d.procedures, d.sex::int, d.age, d.age_days,"
            " d.weight FROM his_intake_encounter e"
            " LEFT JOIN LATERAL (SELECT (sum(l.amount) * 100)::bigint AS amount,"
            " max(l.charged_at AT TIME ZONE 'Asia/Shanghai')::date AS day FROM his_intake_chargeline l"
            " WHERE l.institution_id = e.institution_id AND l.encounter = e.entity AND l.superseded_sequence IS NULL"
            " AND l.month >= date_trunc('month', e.admitted AT TIME ZONE 'Asia/Shanghai')::date) c ON true"
            " LEFT JOIN LATERAL (SELECT i.* FROM his_intake_interimdiagnosis i"
            " WHERE i.institution_id = e.institution_id AND i.encounter = e.entity AND i.superseded_sequence IS NULL"
            " ORDER BY i.recorded_at DESC, i.seq DESC LIMIT 1) d ON true"
            " WHERE e.institution_id = %(institution)s AND e.kind = 'inpatient' AND e.discharged IS NULL"
            f" AND e.superseded_sequence IS NULL {one} ORDER BY e.entity",
            {"institution": institution, "encounter": encounter},
        )
        return [_stay(row) for row in cursor.fetchall()]


def _stay(row: tuple[Any, ...]) -> StayInHouse:
    return StayInHouse(
        encounter=row[0],
        encounter_no=row[1],
        department=row[2],
        scheme=row[3],
        admitted=row[4],
        charges=row[5],
        last_charge=row[6],
        recorded_at=row[7],
        diagnoses=tuple(row[8] or ()),
        procedures=tuple(row[9] or ()),
        sex=row[10],
        age=row[11],
        age_days=row[12],
        weight=row[13],
    )
