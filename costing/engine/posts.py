"""人员经费 spread over hours by post (岗位工时), so that posts, flexible shifts and teams have their cost of people.

Source: 003-28 (post setting, flexible scheduling, multidisciplinary staffing cost); the way is a default of this platform:
what a department spends on its own people in a month goes to what they worked, wherever they worked it,

    cost of a record = personnel cost of the home department × its hours ÷ Σ hours of the home department,

divided in fen by largest remainder, so that the records of a home department sum to its personnel cost. Hours in
hundredths. A department without any hours keeps its cost (it is in no record); one with hours and no personnel cost gives 0.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ops_platform.kernel import split

HUNDREDTHS = 100


@dataclass(frozen=True, slots=True)
class Roster:
    """A record of hours: where they were worked, whose people worked them."""

    number: str
    department: int
    home: int
    post: str
    category: str
    people: Decimal
    hours: Decimal
    flexible: Decimal
    established: Decimal | None = None
    team: str = ""

    @property
    def away(self) -> Decimal:
        """跨科工时: hours for another department."""
        return self.hours if self.home != self.department else Decimal(0)


def spread(rosters: Sequence[Roster], personnel: Mapping[int, int]) -> dict[str, int]:
    """Cost in fen by number of the record; `personnel` is what each department spends on its own people, in fen."""
    of_home: dict[int, list[Roster]] = defaultdict(list)
    for one in rosters:
        of_home[one.home].append(one)
    found: dict[str, int] = {}
    for home, records in of_home.items():
        hours = [int(one.hours * HUNDREDTHS) for one in records]
        fen = personnel.get(home, 0)
        amounts = split(fen, hours) if any(hours) else (0,) * len(hours)
        found.update(zip((one.number for one in records), amounts, strict=True))
    return found
