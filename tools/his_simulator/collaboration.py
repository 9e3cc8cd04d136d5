"""What the lead hospital does for the township hospitals under agreements: experts sent down by half-days, and readings of
electrocardiograms that the township took. Sent by the lead, which provides."""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from tools.his_simulator.community import LEAD_CODE, Institution
from tools.his_simulator.randomness import stream
from tools.his_simulator.scale import Calendar
from tools.his_simulator.writer import Table

FIELDS = (
    "document", "line", "agreement", "date", "department", "receiver", "service_kind", "volume", "unit_cost", "amount",
)  # fmt: skip
EXPERT, JOINT_EXAM = "EXPERT", "ECG"
HALF_DAY = Decimal(800)
READING = Decimal(30)
"""What a reading is charged at by the lead hospital."""
EXPERT_DAYS = (6, 13, 20)
READING_DAY = 24


def services_of(
    institution: Institution, townships: list[Institution], calendar: Calendar, seed: int, month: int
) -> Table:
    """The lines of a month; none of other institutions than the lead."""
    rows: list[dict[str, str]] = []
    if institution.code == LEAD_CODE:
        clinical = [one.code for one in institution.departments if one.cost_class == "clinical"]
        period = calendar.periods[month].replace("-", "")
        for number, township in enumerate(townships):
            rng = stream(seed, township.code, "collaboration", calendar.periods[month])
            for visit, day in enumerate(EXPERT_DAYS):
                department = clinical[(number + visit + month) % len(clinical)]
                volume = Decimal(int(rng.integers(1, 4)))
                rows += _row(
                    calendar, month, day, f"XC-{period}-{visit + 1:02d}", number, EXPERT, department, township, "expert",
                    volume, HALF_DAY,
                )  # fmt: skip
            readings = Decimal(int(township.beds * rng.uniform(0.8, 1.4)))
            rows += _row(
                calendar, month, READING_DAY, f"XD-{period}", number, JOINT_EXAM, institution.homes["ecg"], township,
                "diagnosis", readings, READING,
            )  # fmt: skip
    return {name: np.array([row[name].encode() for row in rows], dtype="S") for name in FIELDS}


def _row(
    calendar: Calendar,
    month: int,
    day: int,
    document: str,
    number: int,
    agreement: str,
    department: str,
    township: Institution,
    kind: str,
    volume: Decimal,
    unit_cost: Decimal,
) -> list[dict[str, str]]:
    """One line, where its day is covered and something was done."""
    days = calendar.days_of(month)
    if day > len(days) or not volume:
        return []
    return [
        {
            "document": document,
            "line": str(number + 1),
            "agreement": agreement,
            "date": calendar.day(days[0] + day - 1).isoformat(),
            "department": department,
            "receiver": township.code,
            "service_kind": kind,
            "volume": f"{volume}",
            "unit_cost": f"{unit_cost}",
            "amount": f"{volume * unit_cost:.2f}",
        }
    ]
