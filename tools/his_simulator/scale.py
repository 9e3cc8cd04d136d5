"""How large the made-up community is, and which days its data cover."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np


@dataclass(frozen=True)
class Scale:
    """Monthly volumes of one size of community. Visits and discharges are means of a full month."""

    name: str
    months: int
    townships: int
    clinics: int
    hospital_beds: int
    hospital_discharges: int
    hospital_visits: int
    township_beds: int
    township_discharges: int
    township_visits: int
    clinic_visits: int
    ward_lines_per_day: float
    clinic_months_per_batch: int
    bad_rows: int
    suspicious_lines: int
    """Of each kind: price above the cap, charged twice, charged after the discharge."""
    full_departments: bool


SMALL = Scale(
    name="small",
    months=4,
    townships=3,
    clinics=5,
    hospital_beds=48,
    hospital_discharges=150,
    hospital_visits=1500,
    township_beds=12,
    township_discharges=12,
    township_visits=300,
    clinic_visits=90,
    ward_lines_per_day=6.0,
    clinic_months_per_batch=4,
    bad_rows=40,
    suspicious_lines=3,
    full_departments=False,
)
COUNTY = Scale(
    name="county",
    months=13,
    townships=12,
    clinics=98,
    hospital_beds=600,
    hospital_discharges=2000,
    hospital_visits=33000,
    township_beds=40,
    township_discharges=100,
    township_visits=3300,
    clinic_visits=500,
    ward_lines_per_day=9.5,
    clinic_months_per_batch=3,
    bad_rows=600,
    suspicious_lines=30,
    full_departments=True,
)
SCALES = {scale.name: scale for scale in (SMALL, COUNTY)}


@dataclass(frozen=True)
class Calendar:
    """The days covered: whole months up to the one before `until`, then that month up to `until`."""

    first_day: date
    until: date
    periods: tuple[str, ...]
    month_starts: np.ndarray
    """Day number (0 = first_day) on which each month begins."""
    month_of_day: np.ndarray
    weekday: np.ndarray
    month_number: np.ndarray
    """Calendar month 1 to 12 of each day."""
    month_lengths: np.ndarray
    """Days of each month in the calendar, whether or not all of them are covered."""

    @property
    def days(self) -> int:
        return len(self.month_of_day)

    def day(self, number: int) -> date:
        return self.first_day + timedelta(days=int(number))

    def days_of(self, month: int) -> range:
        """Covered day numbers of one month."""
        end = self.month_starts[month + 1] if month + 1 < len(self.month_starts) else self.days
        return range(int(self.month_starts[month]), int(end))

    def covered_share(self, month: int) -> float:
        return len(self.days_of(month)) / float(self.month_lengths[month])


def calendar_until(until: date, months: int) -> Calendar:
    """The calendar of `months` months, the last of which is the month of `until`."""
    index = until.year * 12 + until.month - 1 - (months - 1)
    firsts = [date((index + i) // 12, (index + i) % 12 + 1, 1) for i in range(months + 1)]
    first_day = firsts[0]
    every_day = [first_day + timedelta(days=i) for i in range((until - first_day).days + 1)]
    order = {(first.year, first.month): i for i, first in enumerate(firsts)}
    return Calendar(
        first_day=first_day,
        until=until,
        periods=tuple(f"{first:%Y-%m}" for first in firsts[:-1]),
        month_starts=np.array([(first - first_day).days for first in firsts[:-1]]),
        month_of_day=np.array([order[(day.year, day.month)] for day in every_day]),
        weekday=np.array([day.weekday() for day in every_day]),
        month_number=np.array([day.month for day in every_day]),
        month_lengths=np.array([(firsts[i + 1] - firsts[i]).days for i in range(months)]),
    )
