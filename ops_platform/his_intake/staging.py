"""The SQL of the gate: a batch is copied into a temporary table, checked there, and landed by one INSERT … SELECT."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import connection

from ops_platform.his_intake.datasets.declaration import Dataset
from ops_platform.his_intake.datasets.fields import Field
from ops_platform.masterdata.models import Institution

RESERVED = ("row_no", "month", "retract")


@dataclass(frozen=True, slots=True)
class Held:
    """A row of the fact table that a staged row meets under the same key."""

    row_no: int
    same: bool
    month: str | None


class Staging:
    """One batch between parsing and landing. Lives as long as the `with` block, inside the caller's transaction."""

    def __init__(self, dataset: Dataset, institution: Institution) -> None:
        self.dataset, self.institution = dataset, institution
        self.cursor = connection.cursor()

    def __enter__(self) -> "Staging":
        columns = ", ".join(f"{field.target} {field.sql_type}" for field in self.dataset.fields)
        self.cursor.execute(
            "CREATE TEMPORARY TABLE staging (row_no integer, month text, retract boolean, "
            f"{columns}) ON COMMIT DROP"
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
        fields = [field for field in self.dataset.fields if field.name in columns]
        flag = "t" if retract else "f"
        cells = [
            list(map(str, rows)),
            [month or r"\N" for month in months],
            [flag] * len(rows),
            *(_escaped(field, columns[field.name]) for field in fields),
        ]
        text = "\n".join(map("\t".join, zip(*cells, strict=True)))
        names = ", ".join((*RESERVED, *(field.target for field in fields)))
        self.cursor.copy_expert(f"COPY staging ({names}) FROM STDIN", io.StringIO(text))

    def failing(self) -> dict[int, list[tuple[str, str, str]]]:
        """Rows that violate a check across fields: (field, code, message) by row number."""
        found: dict[int, list[tuple[str, str, str]]] = {}
        for check in self.dataset.checks:
            self.cursor.execute(
                f"SELECT s.row_no FROM staging s {check.joins} WHERE NOT s.retract AND ({check.condition})"  # noqa: S608
            )
            for (row_no,) in self.cursor.fetchall():
                found.setdefault(row_no, []).append((check.field, check.code, check.message))
        return found

    def drop(self, rows: Sequence[int]) -> None:
        """Take rows out of the batch: they go to quarantine."""
        if rows:
            self.cursor.execute("DELETE FROM staging WHERE row_no = ANY(%s)", [list(rows)])

    def held(self) -> list[Held]:
        """The current facts that staged rows meet, kept beside the staging table for the steps that follow."""
        month = self.dataset.month.of_held if self.dataset.month else "NULL::text"
        same = " AND ".join(f"f.{c} IS NOT DISTINCT FROM s.{c}" for c in self.dataset.value_columns) or "true"
        entity = "f.entity" if self.dataset.entity else "NULL::bigint"
        self.cursor.execute("DROP TABLE IF EXISTS held")
        self.cursor.execute(
            f"CREATE TEMPORARY TABLE held ON COMMIT DROP AS SELECT s.row_no, s.retract, ({same}) AND NOT s.retract"  # noqa: S608
            f" AS same, {month} AS month, {entity} AS entity"
            f" FROM staging s JOIN {self.dataset.table} f ON {self._on_key()} {self._only_known_encounters()}",
            [self.institution.pk],
        )
        self.cursor.execute("SELECT row_no, same, month FROM held ORDER BY row_no")
        return [Held(*row) for row in self.cursor.fetchall()]

    def _on_key(self) -> str:
        keys = " AND ".join(f"f.{column} = s.{column}" for column in self.dataset.key_columns)
        return f"f.institution_id = %s AND f.superseded_sequence IS NULL AND {keys}"

    def _only_known_encounters(self) -> str:
        """Most batches of charge lines bring encounters without any line so far: those need no look at every month."""
        if not self.dataset.partitioned:
            return ""
        self.cursor.execute(
            "SELECT DISTINCT s.encounter FROM (SELECT DISTINCT encounter FROM staging) s WHERE EXISTS"  # noqa: S608
            f" (SELECT 1 FROM {self.dataset.table} f WHERE f.institution_id = %s AND f.encounter = s.encounter"
            " AND f.superseded_sequence IS NULL)",
            [self.institution.pk],
        )
        known = [row[0] for row in self.cursor.fetchall()]
        return f"WHERE s.encounter = ANY('{{{','.join(map(str, known))}}}'::bigint[])"

    def supersede(self, batch_id: int, sequence: int) -> int:
        """Mark the held facts whose content differs, and those retracted; returns how many."""
        month = "AND to_char(f.month, 'YYYY-MM') = h.month" if self.dataset.partitioned else ""
        self.cursor.execute(
            f"UPDATE {self.dataset.table} f SET superseded_batch_id = %s, superseded_sequence = %s"  # noqa: S608
            f" FROM held h JOIN staging s USING (row_no) WHERE {self._on_key()} AND NOT h.same {month}",
            [batch_id, sequence, self.institution.pk],
        )
        return self.cursor.rowcount

    def insert(self, batch_id: int, sequence: int) -> int:
        """Land every staged row that is neither unchanged nor a retraction; returns how many."""
        names = [*self.dataset.columns]
        values = [f"s.{name}" for name in names]
        if self.dataset.partitioned:
            self.cursor.execute(
                "SELECT his_intake_ensure_month(month) FROM (SELECT DISTINCT (month || '-01')::date AS month FROM staging"
                " WHERE NOT retract) months ORDER BY month"
            )
            names.append("month")
            values.append("(s.month || '-01')::date")
        if self.dataset.entity:
            names.append("entity")
            values.append(f"coalesce(h.entity, nextval('{self.dataset.table}_entity_seq'))")
        self.cursor.execute(
            f"INSERT INTO {self.dataset.table} (institution_id, batch_id, sequence, row_no, {', '.join(names)})"  # noqa: S608
            f" SELECT %s, %s, %s, s.row_no, {', '.join(values)} FROM staging s LEFT JOIN held h USING (row_no)"
            " WHERE NOT s.retract AND h.same IS NOT TRUE ORDER BY s.row_no",
            [self.institution.pk, batch_id, sequence],
        )
        return self.cursor.rowcount

    def months(self) -> list[str]:
        """Every month that the batch touches: of its rows, and of the facts they supersede."""
        self.cursor.execute(
            "SELECT DISTINCT s.month FROM staging s LEFT JOIN held h USING (row_no) WHERE h.same IS NOT TRUE"
            " AND NOT s.retract AND s.month IS NOT NULL"
            " UNION SELECT DISTINCT month FROM held WHERE NOT same AND month IS NOT NULL"
        )
        return sorted(row[0] for row in self.cursor.fetchall())


def _escaped(field: Field, values: Sequence[str | None]) -> list[str]:
    if None in values:
        filled = [r"\N" if value is None else value.replace("\\", "\\\\") for value in values]
    else:
        filled = list(values)  # type: ignore[arg-type]
        if field.sql_type == "text" and any("\\" in value for value in filled):
            filled = [value.replace("\\", "\\\\") for value in filled]
    return filled
