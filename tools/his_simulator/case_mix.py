"""The disease groups whose cases the hospitals treat. case_mix.json is also what the demo DRG scheme is made from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CHRONIC_DIAGNOSES = ("I10.x00x002", "E11.900", "E78.500", "I25.103", "K76.000")
"""Common secondary diagnoses that do not raise the severity."""
NEONATAL_PREFIX = "P"


@dataclass(frozen=True)
class DiseaseGroup:
    """Cases alike in diagnosis and treatment. Shares are weights among all discharges of a kind of hospital."""

    group: str
    name: str
    department: str
    dx: tuple[str, ...]
    proc: tuple[str, ...]
    cc: tuple[str, ...]
    mcc: tuple[str, ...]
    relative_weight: tuple[float, float, float]
    """For severity 0 none, 1 with CC, 2 with MCC."""
    mean_stay: float
    share_county: float
    share_township: float
    cc_probability: float
    mcc_probability: float
    sex: str | None
    age_mean: float
    age_sd: float
    winter_factor: float
    mean_charge_none: float
    day_share: float = 0.0
    """Of the cases without CC at the county hospital: operated on as day cases."""

    @property
    def surgical(self) -> bool:
        return bool(self.proc) and not self.proc[0].startswith("96.")

    @property
    def neonatal(self) -> bool:
        return self.dx[0].startswith(NEONATAL_PREFIX)


@cache
def disease_groups() -> tuple[DiseaseGroup, ...]:
    """The case mix in the order of the file."""
    rows = json.loads((Path(__file__).parent / "case_mix.json").read_text(encoding="utf-8"))
    return tuple(
        DiseaseGroup(
            **{
                **row,
                **{name: tuple(row[name]) for name in ("dx", "proc", "cc", "mcc")},
                "relative_weight": tuple(float(row["relative_weight"][name]) for name in ("none", "cc", "mcc")),
            }
        )
        for row in rows
    )
