"""What the lead hospital does for other members under agreements: experts sent down by half-days, readings of
electrocardiograms that a township took, laboratory tests of the shared centre (its own wards use it, too), and people with
chronic diseases who are followed up from afar at their village clinic. Sent by the lead, which provides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from tools.his_simulator.community import LEAD_CODE, Institution
from tools.his_simulator.randomness import stream
from tools.his_simulator.scale import Calendar
from tools.his_simulator.writer import Table

FIELDS = (
    "document", "line", "agreement", "date", "department", "receiver", "service_kind", "volume", "unit_cost", "amount",
)  # fmt: skip
EXPERT, JOINT_EXAM, LABORATORY, CHRONIC = "EXPERT", "ECG", "LAB", "CHRONIC"
HALF_DAY = Decimal(800)
READING = Decimal(30)
"""What a reading is charged at by the lead hospital."""
FOLLOW_UP = Decimal(25)
"""Invented: a person followed up for a month."""
EXPERT_DAYS = (6, 13, 20)
READING_DAY, CENTRE_DAY, FOLLOW_UP_DAY = 24, 27, 26
TESTS_A_BED = {"township_hospital": (6, 11), "lead_hospital": (36, 42)}


@dataclass(frozen=True)
class _Service:
    """What was done for a member on a day of the month. Without a unit cost it is borne by the centre's full cost."""

    document: str
    line: int
    agreement: str
    day: int
    department: str
    receiver: str
    kind: str
    volume: int
    unit_cost: Decimal | None

    def row(self, date: str) -> tuple[str, ...]:
        """In the order of `FIELDS`."""
        cost, amount = "", ""
        if self.unit_cost is not None:
            cost, amount = f"{self.unit_cost}", f"{self.volume * self.unit_cost:.2f}"
        return (
            self.document, str(self.line), self.agreement, date, self.department, self.receiver, self.kind,
            str(self.volume), cost, amount,
        )  # fmt: skip


def services_of(
    institution: Institution, members: list[Institution], calendar: Calendar, seed: int, month: int
) -> Table:
    """The lines of a month; none of other institutions than the lead."""
    rows = []
    if institution.code == LEAD_CODE:
        days = calendar.days_of(month)
        for service in _services(institution, members, seed, calendar.periods[month], month):
            if service.volume and service.day <= len(days):
                rows.append(service.row(calendar.day(days[0] + service.day - 1).isoformat()))
    columns = zip(*rows, strict=True) if rows else ((),) * len(FIELDS)
    return {
        name: np.array([value.encode() for value in column], dtype="S")
        for name, column in zip(FIELDS, columns, strict=True)
    }


def _services(lead: Institution, members: list[Institution], seed: int, period: str, month: int) -> Iterator[_Service]:
    """All of a month, whether or not its day has come."""
    townships = [each for each in members if each.kind == "township_hospital"]
    number = period.replace("-", "")
    clinical = [one.code for one in lead.departments if one.cost_class == "clinical"]
    for place, township in enumerate(townships):
        rng = stream(seed, township.code, "collaboration", period)
        for visit, day in enumerate(EXPERT_DAYS):
            department = clinical[(place + visit + month) % len(clinical)]
            yield _Service(
                f"XC-{number}-{visit + 1:02d}", place + 1, EXPERT, day, department, township.code, "expert",
                int(rng.integers(1, 4)), HALF_DAY,
            )  # fmt: skip
        readings = int(township.beds * rng.uniform(0.8, 1.4))
        yield _Service(
            f"XD-{number}", place + 1, JOINT_EXAM, READING_DAY, lead.homes["ecg"], township.code, "diagnosis",
            readings, READING,
        )  # fmt: skip
    yield from _tests([lead, *townships], lead.homes["lab"], seed, period)
    clinics = [each for each in members if each.kind == "village_clinic"]
    for place, clinic in enumerate(clinics):
        people = int(stream(seed, clinic.code, "follow-up", period).integers(4, 15))
        yield _Service(
            f"MB-{number}", place + 1, CHRONIC, FOLLOW_UP_DAY, clinical[0], clinic.code, "other", people, FOLLOW_UP
        )


def _tests(users: Iterable[Institution], centre: str, seed: int, period: str) -> Iterator[_Service]:
    """What each member sent to the laboratory in a month; the lead's own tests name no receiver."""
    for place, user in enumerate(users):
        fewest, most = TESTS_A_BED[user.kind]
        tests = int(user.beds * stream(seed, user.code, "tests", period).uniform(fewest, most))
        receiver = "" if user.code == LEAD_CODE else user.code
        document = f"JY-{period.replace('-', '')}"
        yield _Service(document, place + 1, LABORATORY, CENTRE_DAY, centre, receiver, "laboratory", tests, None)
