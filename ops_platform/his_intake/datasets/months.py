"""Which accounting month a fact belongs to."""

from collections.abc import Mapping

from django.db import connection

from ops_platform.his_intake.datasets.declaration import MonthRule
from ops_platform.masterdata.models import Institution

Columns = Mapping[str, list[str | None]]
_LENGTH = len("2026-03")


def _cut(column: str, columns: Columns) -> list[str | None]:
    return [value[:_LENGTH] if value else None for value in columns[column]]


def _of_stay(_: Institution, columns: Columns) -> list[str | None]:
    """A stay belongs to the month of its discharge; while it lasts, to that of its admission."""
    return [
        (discharged or admitted or "")[:_LENGTH] or None
        for discharged, admitted in zip(columns["discharged"], columns["admitted"], strict=True)
    ]


def _of_discharge(institution: Institution, columns: Columns) -> list[str | None]:
    """An abstract belongs to the month in which its encounter was discharged."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT entity::text, to_char(coalesce(discharged, admitted) AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM')"
            " FROM his_intake_encounter WHERE institution_id = %s AND superseded_sequence IS NULL"
            " AND entity = ANY(%s::bigint[])",
            [institution.pk, [value for value in columns["encounter_no"] if value is not None]],
        )
        known = dict(cursor.fetchall())
    return [known.get(value) for value in columns["encounter_no"]]


BY_PERIOD = MonthRule(of_rows=lambda _, columns: list(columns["period"]), of_held="f.period")
BY_DATE = MonthRule(of_rows=lambda _, columns: _cut("date", columns), of_held="to_char(f.date, 'YYYY-MM')")
BY_CHARGE_TIME = MonthRule(
    of_rows=lambda _, columns: _cut("charged_at", columns), of_held="to_char(f.month, 'YYYY-MM')"
)
BY_RECORDED_TIME = MonthRule(
    of_rows=lambda _, columns: _cut("recorded_at", columns),
    of_held="to_char(f.recorded_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM')",
)
BY_STAY = MonthRule(of_rows=_of_stay, of_held="to_char(f.discharged AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM')")
BY_DISCHARGE = MonthRule(
    of_rows=_of_discharge,
    of_held="(SELECT to_char(coalesce(e.discharged, e.admitted) AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM')"
    " FROM his_intake_encounter e WHERE e.entity = f.encounter AND e.superseded_sequence IS NULL)",
)
