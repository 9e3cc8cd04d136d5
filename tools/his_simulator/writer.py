"""Batches on disk: tables of text columns, written as CSV, JSON or NDJSON, and listed in the manifest."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

import numpy as np

from tools.his_simulator.text_columns import places_of

ROWS_PER_BATCH = 10_000
INTEGER_FIELDS = {
    "line",
    "line_no",
    "refund_of",
    "age",
    "age_days",
    "weight",
    "stay_days",
    "useful_months",
    "services",
    "seq",
}
LIST_FIELDS = {"diagnoses", "procedures"}
SUFFIX = {"csv": "csv", "json": "json", "ndjson": "ndjson"}
DATASET_ORDER = (
    "departments", "charge-items", "assets", "staff-headcounts", "floor-areas", "workloads", "cost-entries",
    "income-entries", "encounters", "charge-lines", "discharge-abstracts", "interim-diagnoses",
    "settlement-lists", "insurer-groupings", "trial-balances",
    "drug-and-material-moves", "equipment-uses", "post-hours", "alliance-services",
)  # fmt: skip


class ListedBatch(TypedDict):
    """A batch as the manifest lists it."""

    institution: str
    dataset: str
    batch_no: str
    file: str
    format: str
    rows: int
    purpose: str


Place = tuple[int, int, bool]
"""Month, position of the dataset, whether it comes after the first delivery: the posting order."""
Table = dict[str, np.ndarray]
"""Field → text column, all of one length."""


def rows_of(table: Table) -> int:
    return len(next(iter(table.values())))


def part_of(table: Table, chosen: np.ndarray | slice) -> Table:
    return {name: column[chosen] for name, column in table.items()}


def csv_bytes(table: Table) -> bytes:
    """Header and lines. No value holds a comma, a quote or a line end, so none is quoted."""
    rows = rows_of(table)
    comma = np.full((rows, 1), 44, dtype=np.uint8)
    pieces = []
    for column in table.values():
        pieces += [places_of(column), comma]
    pieces[-1] = np.full((rows, 1), 10, dtype=np.uint8)
    places = np.hstack(pieces)
    return ",".join(table).encode() + b"\n" + places[places != 0].tobytes()


def _json_value(name: str, text: str) -> object:
    if name in LIST_FIELDS:
        return text.split("|")
    if name in INTEGER_FIELDS and text.lstrip("-").isdigit():
        return int(text)
    return text


def json_rows(table: Table) -> list[dict[str, object]]:
    """The rows as objects: empty fields left out, lists as lists, whole numbers as numbers, all else as text."""
    columns = [[value.replace(b"\0", b"").decode() for value in column.tolist()] for column in table.values()]
    return [
        {name: _json_value(name, text) for name, text in zip(table, row, strict=True) if text}
        for row in zip(*columns, strict=True)
    ]


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@dataclass
class BatchWriter:
    """Writes batches into a directory and remembers them for the manifest."""

    directory: Path
    manifest: list[tuple[Place, ListedBatch]] = field(default_factory=list)
    rows_by_dataset: dict[str, int] = field(default_factory=dict)
    _batches: dict[tuple[str, str, str], int] = field(default_factory=dict)

    def write(
        self, institution: str, dataset: str, table: Table, *, month: int, label: str, form: str, purpose: str = "first"
    ) -> list[str]:
        """Write a table as batches of at most ROWS_PER_BATCH rows; return their numbers, in order.

        `month` places the batches in the posting order, `label` (as 202608) makes the batch numbers readable.
        """
        numbers = []
        for start in range(0, rows_of(table), ROWS_PER_BATCH):
            part = part_of(table, slice(start, start + ROWS_PER_BATCH))
            key = (institution, dataset, label)
            serial = self._batches[key] = self._batches.get(key, 0) + 1
            batch_no = f"{dataset}-{label}-{serial:03d}"
            path = Path("batches") / institution / f"{batch_no}.{SUFFIX[form]}"
            (self.directory / path).parent.mkdir(parents=True, exist_ok=True)
            (self.directory / path).write_bytes(self._body(institution, batch_no, part, form))
            rows = rows_of(part)
            listed = ListedBatch(
                institution=institution,
                dataset=dataset,
                batch_no=batch_no,
                file=path.as_posix(),
                format=form,
                rows=rows,
                purpose=purpose,
            )
            self.manifest.append(((month, DATASET_ORDER.index(dataset), purpose != "first"), listed))
            self.rows_by_dataset[dataset] = self.rows_by_dataset.get(dataset, 0) + rows
            numbers.append(batch_no)
        return numbers

    @staticmethod
    def _body(institution: str, batch_no: str, table: Table, form: str) -> bytes:
        if form == "csv":
            return csv_bytes(table)
        rows = json_rows(table)
        if form == "ndjson":
            return "".join(_compact(row) + "\n" for row in rows).encode()
        return (_compact({"institution": institution, "batch_no": batch_no, "rows": rows}) + "\n").encode()

    def finish(self) -> None:
        """Write the manifest in posting order."""
        self.manifest.sort(key=lambda entry: entry[0])
        lines = ",\n".join("  " + json.dumps(batch, ensure_ascii=False) for _, batch in self.manifest)
        (self.directory / "manifest.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
