"""The accounting period: a calendar month, written 2026-03."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

# Years of which there may be books. Neighbours of these months are months, too: no address leads beyond the calendar.
YEARS = range(1900, 3000)
_FORM = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])\Z")


@dataclass(frozen=True, order=True, slots=True)
class Period:
    """One calendar month. Ordered by time; `str()` gives 2026-03."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> "Period":
        """From 2026-03, of the years 1900 to 2999. Raises ValueError for anything else."""
        match = _FORM.match(text)
        if not match or int(match[1]) not in YEARS:
            raise ValueError(f"not a period like 2026-03: {text!r}")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, day: date) -> "Period":
        """The month that `day` lies in."""
        return cls(day.year, day.month)

    @property
    def first_day(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        return self.shift(1).first_day - timedelta(days=1)

    @property
    def days(self) -> int:
        return self.last_day.day

    @property
    def ends_year(self) -> bool:
        """Whether it is a December."""
        return self.month == 12

    def shift(self, months: int) -> "Period":
        """The period so many months later (earlier when negative)."""
        index = self.year * 12 + self.month - 1 + months
        return Period(index // 12, index % 12 + 1)

    def __contains__(self, day: date) -> bool:
        return (day.year, day.month) == (self.year, self.month)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"
