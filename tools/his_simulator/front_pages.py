"""Front pages that the lead hospital codes wrong at first: a check has something to find, a coder something to correct."""

from __future__ import annotations

import numpy as np

from tools.his_simulator.randomness import stream
from tools.his_simulator.writer import Table, json_rows, part_of, rows_of

A_MONTH = 6
WOMANS, MANS, SYMPTOM = b"D25.900", b"N40.x00", b"R07.400"
REPEATED, OTHER_SEX, SYMPTOM_FIRST, NOT_CODED = "repeated_code", "other_sex", "symptom_first", "procedure_not_coded"


def with_wrong_front_pages(
    table: Table, *, seed: int, institution: str, period: str
) -> tuple[Table, list[dict[str, object]]]:
    """The abstracts of a month with some of them wrong, and of each what is wrong and how it should be (the row as a client
    sends it)."""
    if rows_of(table) < 10 * A_MONTH:
        return table, []
    rng = stream(seed, institution, "front pages", period)
    operated = np.flatnonzero(table["procedures"] != b"")
    others = np.flatnonzero(table["procedures"] == b"")
    places = [*rng.choice(others, size=A_MONTH - 2, replace=False), *rng.choice(operated, size=2, replace=False)]
    wrong = {name: column.tolist() for name, column in table.items()}
    notes: list[dict[str, object]] = []
    for serial, place in enumerate(int(one) for one in places):
        kind = (REPEATED, OTHER_SEX, SYMPTOM_FIRST, OTHER_SEX, NOT_CODED, NOT_CODED)[serial]
        diagnoses = wrong["diagnoses"][place]
        if kind == REPEATED:
            diagnoses += b"|" + diagnoses.split(b"|")[-1]
        elif kind == OTHER_SEX:
            diagnoses += b"|" + (WOMANS if table["sex"][place] == b"1" else MANS)
        elif kind == SYMPTOM_FIRST:
            diagnoses = SYMPTOM + b"|" + diagnoses
        else:
            wrong["procedures"][place] = b""
        wrong["diagnoses"][place] = diagnoses
        (right,) = json_rows(part_of(table, slice(place, place + 1)))
        notes.append({"institution": institution, "period": period, "kind": kind, "right": right})
    changed = {name: np.array(wrong[name], dtype="S") for name in ("diagnoses", "procedures")}
    return {**table, **changed}, notes
