"""The SQL of the gate: a batch is copied into a temporary table, checked there, and landed by one INSERT … SELECT."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress

from django.db import connection

from ops_platform.his_intake.datasets.declaration import Dataset
from ops_platform.his_intake.datasets.fields import Field
from ops_platform.masterdata.models import Institution

RESERVED = ("row_no", "month", "retract")
COPY_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class Held:
    """A row of the fact table that a staged row meets under the same key."""

    row_no: int
    same: bool
    month: str | None


class Staging:
    """One batch between parsing and landing. Lives as long as the `with` block, inside the caller's transaction.

    Beside the batch's own columns a staged row carries what `held` notes: whether the current fact under its key says
    the same (NULL: there is none), the month that fact belongs to, and its lasting number.
    """

    def __init__(self, dataset: Dataset, institution: Institution) -> None:
        self.dataset, self.institution = dataset, institution
        self.cursor = connection.cursor()
        self._encounters: set[str | None] = set()

    def __enter__(self) -> "Staging":
        columns = ", ".join(f"{field.target} {field.sql_type}" for field in self.dataset.fields)
        self.cursor.execute(
            "CREATE TEMPORARY TABLE staging (row_no integer, month date, retract boolean,"
            f" held_same boolean, held_month text, held_entity bigint, {columns}) ON COMMIT DROP"
        )
        return self

    def __exit__(self, *error: object) -> None:
        if error[0] is None:
            self.cursor.execute("DROP TABLE staging")
        self.cursor.close()

    def copy(
        self,
        rows: Sequence[int],
        months: Sequence[str | None],
        columns: Mapping[str, Sequence[str | None]],
        *,
        retract: bool,
    ) -> None:
        """Copy rows in: their numbers in the batch, their months, their values by field name.

        For a retraction only the key is given. Every value has passed its field's check.
        """
        if not rows:
            return
        if self.dataset.partitioned:
            self._encounters.update(columns["encounter_no"])
        fields = [field for field in self.dataset.fields if field.name in columns]
        flag = "t" if retract else "f"
        first_days = {month: f"{month}-01" if month else r"\N" for month in set(months)}
        cells = [
            list(map(str, rows)),
            [first_days[month] for month in months],
            [flag] * len(rows),
            *(_escaped(field, columns[field.name]) for field in fields),
        ]
        text = "\n".join(map("\t".join, zip(*cells, strict=True)))
        names = ", ".join((*RESERVED, *(field.target for field in fields)))
        self.cursor.copy_expert(f"COPY staging ({names}) FROM STDIN", io.BytesIO(text.encode()), COPY_BYTES)

    def failing(self) -> dict[int, list[tuple[str, str, str]]]:
        """Rows that violate a check across fields: (field, code, message) by row number."""
        found: dict[int, list[tuple[str, str, str]]] = {}
        for joins in dict.fromkeys(check.joins for check in self.dataset.checks):
            checks = [check for check in self.dataset.checks if check.joins == joins]
            conditions = [f"({check.condition})" for check in checks]
            seen = [check.seen or "''" for check in checks]
            self.cursor.execute(
                f"SELECT s.row_no, {', '.join(conditions + seen)} FROM staging s {joins}"
                f" WHERE NOT s.retract AND ({' OR '.join(conditions)})"
            )
            for row_no, *answers in self.cursor.fetchall():
                broken, values = answers[: len(checks)], answers[len(checks) :]
                found.setdefault(row_no, []).extend(
                    (check.field, check.code, check.message + value)
                    for check, value in compress(zip(checks, values, strict=True), broken)
                )
        return found

    def drop(self, rows: Sequence[int]) -> None:
        """Take rows out of the batch: they go to quarantine."""
        if rows:
            self.cursor.execute("DELETE FROM staging WHERE row_no = ANY(%s)", [list(rows)])

    def held(self) -> list[Held]:
        """Note on each staged row the current fact that it meets, and return what was met, in the order of the rows."""
        narrowed = ""
        if self.dataset.partitioned:
            known = self._known_encounters()
            if not known:
                return []
            narrowed = f"AND s.encounter = ANY('{{{','.join(map(str, known))}}}'::bigint[])"
        month = self.dataset.month.of_held if self.dataset.month else "NULL"
        same = " AND ".join(f"f.{c} IS NOT DISTINCT FROM s.{c}" for c in self.dataset.value_columns) or "true"
        entity = "f.entity" if self.dataset.entity else "NULL"
        self.cursor.execute(
            f"UPDATE staging s SET held_same = NOT s.retract AND {same}, held_month = {month}, held_entity = {entity}"
            f" FROM {self.dataset.table} f WHERE {self._on_key()} {narrowed}"
            " RETURNING s.row_no, s.held_same, s.held_month",
            [self.institution.pk],
        )
        return [Held(*row) for row in sorted(self.cursor.fetchall())]

    def _on_key(self) -> str:
        keys = " AND ".join(f"f.{column} = s.{column}" for column in self.dataset.key_columns)
        return f"f.institution_id = %s AND f.superseded_sequence IS NULL AND {keys}"

    def _known_encounters(self) -> list[int]:
        """Most batches of charge lines bring encounters without any line so far: those need no look at every month.

        LIMIT makes it one look into the index for each: for a join the planner, without statistics of what has just
        come in, reads all lines of the institution.
        """
        self.cursor.execute(
            f"SELECT staged.encounter FROM unnest(%s::bigint[]) staged (encounter), LATERAL (SELECT FROM"
            f" {self.dataset.table} f WHERE f.institution_id = %s AND f.encounter = staged.encounter"
            " AND f.superseded_sequence IS NULL LIMIT 1) known",
            [list(self._encounters), self.institution.pk],
        )
        return [row[0] for row in self.cursor.fetchall()]

    def supersede(self, batch_id: int, sequence: int) -> int:
        """Mark the held facts whose content differs, and those retracted; returns how many."""
        month = "AND f.month = to_date(s.held_month, 'YYYY-MM')" if self.dataset.partitioned else ""
        self.cursor.execute(
            f"UPDATE {self.dataset.table} f SET superseded_batch_id = %s, superseded_sequence = %s"
            f" FROM staging s WHERE {self._on_key()} AND s.held_same IS FALSE {month}",
            [batch_id, sequence, self.institution.pk],
        )
        return self.cursor.rowcount

    def insert(self, batch_id: int, sequence: int, months: Sequence[str]) -> int:
        """Land every staged row that is neither unchanged nor a retraction; returns how many."""
        names = [*self.dataset.columns]
        values = [f"s.{name}" for name in names]
        if self.dataset.partitioned:
            first_days = [f"{month}-01" for month in months]
            self.cursor.execute("SELECT his_intake_ensure_month(month) FROM unnest(%s::date[]) month", [first_days])
            names.append("month")
            values.append("s.month")
        if self.dataset.entity:
            names.append("entity")
            values.append(f"coalesce(s.held_entity, nextval('{self.dataset.table}_entity_seq'))")
        self.cursor.execute(
            f"INSERT INTO {self.dataset.table} (institution_id, batch_id, sequence, row_no, {', '.join(names)})"
            f" SELECT %s, %s, %s, s.row_no, {', '.join(values)} FROM staging s"
            " WHERE NOT s.retract AND s.held_same IS NOT TRUE ORDER BY s.row_no",
            [self.institution.pk, batch_id, sequence],
        )
        return self.cursor.rowcount

    def months(self) -> list[str]:
        """Every month that the batch touches: of its rows, and of the facts they supersede."""
        self.cursor.execute(
            "SELECT DISTINCT CASE WHEN NOT retract THEN month END, held_month FROM staging WHERE held_same IS NOT TRUE"
        )
        pairs = self.cursor.fetchall()
        landing = {f"{month:%Y-%m}" for month, _ in pairs if month}
        return sorted(landing | {held for _, held in pairs if held})


def _escaped(field: Field, values: Sequence[str | None]) -> list[str]:
    if None in values:
        filled = [r"\N" if value is None else value.replace("\\", "\\\\") for value in values]
    else:
        filled = list(values)  # type: ignore[arg-type]
        if field.sql_type == "text" and "\\" in "".join(filled):
            filled = [value.replace("\\", "\\\\") for value in filled]
    return filled
