"""What is wrong on purpose: rows the gate must refuse, and valid rows that data-quality rules should find."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from tools.his_simulator.catalogue import catalogue_of
from tools.his_simulator.charges import ChargeLines
from tools.his_simulator.community import LEAD_CODE, Institution
from tools.his_simulator.encounters import Encounters
from tools.his_simulator.randomness import stream
from tools.his_simulator.scale import Calendar, Scale
from tools.his_simulator.text_columns import packed
from tools.his_simulator.writer import Table, rows_of

BAD_KINDS = (
    ("charge-lines", "ordering_department", "unknown_department"),
    ("charge-lines", "item", "unknown_item"),
    ("charge-lines", "amount", "amount_not_a_number"),
    ("charge-lines", "line_no", "missing_key"),
    ("charge-lines", "charged_at", "bad_date"),
    ("charge-lines", "amount", "amount_mismatch"),
    ("charge-lines", "encounter_no", "unknown_encounter"),
    ("encounters", "department", "unknown_department"),
    ("encounters", "admitted", "bad_date"),
    ("encounters", "encounter_no", "missing_key"),
    ("encounters", "kind", "bad_choice"),
    ("cost-entries", "amount", "amount_not_a_number"),
    ("cost-entries", "department", "unknown_department"),
    ("cost-entries", "amount", "identity_number"),
    ("cost-entries", "date", "bad_date"),
    ("cost-entries", "cost_item", "bad_choice"),
    ("income-entries", "amount", "identity_number"),
    ("income-entries", "voucher", "missing_key"),
    ("workloads", "department", "unknown_department"),
    ("workloads", "metric", "bad_choice"),
    ("discharge-abstracts", "encounter_no", "unknown_encounter"),
    ("discharge-abstracts", "diagnoses", "bad_code_form"),
    ("charge-items", "item_class", "bad_choice"),
)
"""(dataset, field, kind) of the rows to be quarantined, taken in turn."""
IN_PLACE = "bad_code_form"
"""This kind spoils a row that is expected; every other kind is an additional row with a key of its own."""
BAD_VALUES = {
    "unknown_department": b"ZZ99",
    "unknown_item": b"999999",
    "amount_not_a_number": b"12.O5",
    "missing_key": b"",
    "bad_choice": b"unheard_of",
    "identity_number": b"N/A",
    "bad_code_form": b"J18-900|10.I",
}
BAD_TIMES = (b"2026-02-30T08:15:00", b"2026/03/05 08:15", b"0000-00-00T00:00:00")
BAD_DATES = (b"2026-02-30", b"2026.3.5", b"20261345")
FIRST_BAD_LINE = 9001
DISTRICT_NOT_IN_USE = "999999"


def identity_number(serial: int) -> str:
    """An 18-digit identity number with a right birth date and checksum, in a district that does not exist."""
    body = f"{DISTRICT_NOT_IN_USE}19010101{serial % 1000:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


@dataclass(frozen=True)
class BadRow:
    """One row to be made wrong when its institution's dataset of that month is written."""

    institution: str
    dataset: str
    month: int
    field: str
    kind: str
    serial: int


def plan_bad_rows(scale: Scale, calendar: Calendar, institutions: list[Institution], seed: int) -> list[BadRow]:
    """Which institution sends which bad row in which month: half of them the lead hospital's."""
    rng = stream(seed, "bad rows")
    with_beds = [institution.code for institution in institutions if institution.beds]
    townships = [code for code in with_beds if code != LEAD_CODE]
    clinics = [institution.code for institution in institutions if not institution.beds]
    found = []
    for serial in range(scale.bad_rows):
        dataset, field, kind = BAD_KINDS[serial % len(BAD_KINDS)]
        draw = rng.random()
        if draw < 0.5:
            code = LEAD_CODE
        elif draw < 0.85 or dataset == "discharge-abstracts":
            code = townships[int(rng.integers(len(townships)))]
        else:
            code = clinics[int(rng.integers(len(clinics)))]
        month = -1 if dataset == "charge-items" else int(rng.integers(len(calendar.periods)))
        found.append(BadRow(code, dataset, month, field, kind, serial))
    return found


def _bad_value(bad: BadRow, row: dict[str, bytes]) -> bytes:
    if bad.kind == "bad_date":
        return (BAD_TIMES if bad.dataset in ("charge-lines", "encounters") else BAD_DATES)[bad.serial % 3]
    if bad.kind == "amount_mismatch":
        return f"{Decimal(row['amount'].decode()) + 1:.2f}".encode()
    if bad.kind == "unknown_encounter":
        return f"X{bad.serial:010d}".encode()
    return BAD_VALUES[bad.kind]


def _own_key(bad: BadRow) -> dict[str, bytes]:
    """Key fields that set the additional row apart from every valid one."""
    if bad.dataset == "charge-lines":
        return {"line_no": str(FIRST_BAD_LINE + bad.serial).encode()}
    if bad.dataset in ("encounters", "discharge-abstracts"):
        return {"encounter_no": f"X{bad.serial:010d}".encode()}
    if bad.dataset in ("cost-entries", "income-entries"):
        return {"voucher": f"CW-{bad.serial:06d}".encode()}
    if bad.dataset == "charge-items":
        return {"code": f"99{bad.serial:04d}".encode()}
    return {}


def _spoiled(bad: BadRow, row: dict[str, bytes]) -> dict[str, bytes]:
    if bad.kind != IN_PLACE:
        row = {**row, **_own_key(bad)}
    if bad.kind == "identity_number":
        row["summary"] = f"付款人身份证{identity_number(bad.serial)}".encode()
    return {**row, bad.field: _bad_value(bad, row)}


def with_bad_rows(table: Table, planned: list[BadRow], seed: int) -> tuple[Table, list[tuple[int, BadRow]]]:
    """The table with the planned bad rows in it, and the place (from 0) of each."""
    if not planned or not rows_of(table):
        return table, []
    rng = stream(seed, "bad rows", planned[0].institution, planned[0].dataset, str(planned[0].month))
    ordinary = np.arange(rows_of(table))
    if "refund_of" in table:
        ordinary = ordinary[table["refund_of"] == b""]
    bases = rng.choice(ordinary, size=len(planned), replace=len(planned) > len(ordinary))
    cloned = {name: packed(column[bases]).tolist() for name, column in table.items()}
    names = list(table)
    rows = [
        _spoiled(bad, dict(zip(names, values, strict=True)))
        for bad, values in zip(planned, zip(*cloned.values(), strict=True), strict=True)
    ]
    added = [i for i, bad in enumerate(planned) if bad.kind != IN_PLACE]
    changed = [i for i, bad in enumerate(planned) if bad.kind == IN_PLACE]
    count = rows_of(table)
    place = np.concatenate([np.arange(count, dtype=float), rng.integers(0, count, len(added)) + 0.5])
    order = np.argsort(place, kind="stable")
    result = {}
    for name, column in table.items():
        extra = np.array([rows[i][name] for i in added], dtype="S") if added else np.zeros(0, dtype="S1")
        widest = max([column.dtype.itemsize, extra.dtype.itemsize, *(len(rows[i][name]) for i in changed)])
        wide = np.concatenate([column, extra]).astype(f"S{widest}")
        for i in changed:
            wide[bases[i]] = rows[i][name]
        result[name] = wide[order]
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    where = {i: int(rank[count + k]) for k, i in enumerate(added)} | {i: int(rank[bases[i]]) for i in changed}
    return result, [(where[i], bad) for i, bad in enumerate(planned)]


@dataclass
class Suspicions:
    """Valid but strange facts of one institution, for planted.json; lines are named by encounter and line number."""

    institution: str
    found: list[dict[str, object]]

    def note(self, kind: str, dataset: str, **details: object) -> None:
        self.found.append({"kind": kind, "institution": self.institution, "dataset": dataset, **details})


def drop_in_visits(
    institution: Institution, calendar: Calendar, seed: int, encounters: Encounters, notes: Suspicions
) -> Encounters:
    """Let four of five visits of the last whole month vanish: the clinic's income drops."""
    month = len(calendar.periods) - 2
    rng = stream(seed, institution.code, "drop in visits")
    here = calendar.month_of_day[encounters.admitted // 1440] == month
    kept = ~here | (rng.random(len(encounters)) < 0.2)
    notes.note("income_drop", "charge-lines", period=calendar.periods[month])
    return encounters.only(kept)


def without_a_day(calendar: Calendar, lines: ChargeLines, notes: Suspicions) -> ChargeLines:
    """A day of charges that the interface never sent, in the last whole month."""
    day = calendar.days_of(len(calendar.periods) - 2)[11]
    missing = lines.minute // 1440 == day
    notes.note("missing_day", "charge-lines", date=calendar.day(day).isoformat(), lines=int(missing.sum()))
    return lines.take(~missing)


def _of_different_encounters(rng: np.random.Generator, lines: ChargeLines, fits: np.ndarray, count: int) -> np.ndarray:
    """Positions of lines which fit, at most one of each encounter."""
    candidates = np.flatnonzero(fits)
    _, first = np.unique(lines.encounter[candidates], return_index=True)
    candidates = candidates[first]
    return np.sort(rng.choice(candidates, size=min(count, len(candidates)), replace=False))


def plain_lines(lines: ChargeLines) -> np.ndarray:
    """Mask of the lines that are neither refunds nor refunded."""
    refund = lines.refund_of > 0
    key = lines.encounter.astype(np.int64) * 100_000
    return ~refund & ~np.isin(key + lines.line_no, (key + lines.refund_of)[refund])


def raise_prices(
    institution: Institution, seed: int, encounters: Encounters, lines: ChargeLines, *, count: int, notes: Suspicions
) -> None:
    """Charge some capped items at a price above the cap."""
    rng = stream(seed, institution.code, "price above cap")
    cap = catalogue_of(institution.kind).cap[lines.item]
    chosen = _of_different_encounters(rng, lines, (cap >= 100_000) & plain_lines(lines), count)
    lines.price = lines.price.copy()
    lines.price[chosen] = cap[chosen] * 13 // 10
    lines.price_again()
    for i in chosen.tolist():
        notes.note(
            "price_above_cap", "charge-lines", encounter_no=encounters.number[lines.encounter[i]].decode(),
            line_no=int(lines.line_no[i]),
        )  # fmt: skip


def extra_lines(
    rng: np.random.Generator, encounters: Encounters, lines: ChargeLines, fits: np.ndarray, count: int
) -> ChargeLines:
    """Copies of some lines under the next free line number of their encounter."""
    chosen = _of_different_encounters(rng, lines, fits, count)
    copies = lines.take(chosen)
    highest = np.zeros(len(encounters), dtype=np.int64)
    np.maximum.at(highest, lines.encounter, lines.line_no)
    copies.line_no = highest[copies.encounter] + 1
    return copies


def suspicious_lines(
    institution: Institution,
    calendar: Calendar,
    seed: int,
    *,
    encounters: Encounters,
    lines: ChargeLines,
    count: int,
    notes: Suspicions,
) -> ChargeLines:
    """Lines charged twice, then lines charged after the discharge."""
    rng = stream(seed, institution.code, "suspicious lines")
    plain = plain_lines(lines) & (lines.amount > 0)
    twice = extra_lines(rng, encounters, lines, plain, count)
    end = encounters.discharged[lines.encounter]
    late_days = calendar.days - 4
    gone = plain & (end > 0) & (end // 1440 < late_days) & ~np.isin(lines.encounter, twice.encounter)
    late = extra_lines(rng, encounters, lines, gone, count)
    late.minute = encounters.discharged[late.encounter] + rng.integers(1500, 2800, len(late))
    for kind, extra in (("duplicate_charge", twice), ("charge_after_discharge", late)):
        for encounter, line_no in zip(encounters.number[extra.encounter].tolist(), extra.line_no.tolist(), strict=True):
            notes.note(kind, "charge-lines", encounter_no=encounter.decode(), line_no=line_no)
    return twice.plus(late)
