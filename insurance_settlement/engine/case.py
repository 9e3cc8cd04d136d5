"""What is grouped, and what grouping answers.

Source: the record of drg/SCHEME.md. Codes are exact strings: upper and lower case, ``x``, ``+`` and ``*`` matter,
nothing is trimmed. ``None`` is an empty cell; 0 is a value (a weight of 0 counts as present).
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

MALE: Final = 1
FEMALE: Final = 2

SUCCESS: Final = "SUCCESS"
QY: Final = "QY"
FAIL: Final = "FAIL"
CHECK_FAILED: Final = "CHECK_FAILED"
ZD_NOT_MAPPING: Final = "ZD_NOT_MAPPING"
SS_NOT_MAPPING: Final = "SS_NOT_MAPPING"
STATUSES: Final = (SUCCESS, QY, FAIL, CHECK_FAILED, ZD_NOT_MAPPING, SS_NOT_MAPPING)


@dataclass(frozen=True, slots=True)
class Case:
    """One discharge as the grouper sees it; no person can be recognised from it.

    `age` in whole years, `age_days` in days (needed at age 0), `weight` in grams. `diagnoses` principal first,
    `procedures` main first. `translate`: codes are first replaced by the code tables' `map_to`.
    """

    gender: int | None
    age: int | None
    diagnoses: tuple[str, ...] = ()
    procedures: tuple[str, ...] = ()
    age_days: int | None = None
    weight: int | Decimal | None = None
    translate: bool = False


class Grouping(NamedTuple):
    """The answer for one case. A tuple, because grouping hands out the same few hundred of them again and again.

    `reasons` is empty from `group` and holds the path of the decision from `explain`.
    """

    mdc: str
    adrg: str
    drg: str
    status: str
    reasons: tuple[str, ...] = ()

    @property
    def grouped(self) -> bool:
        """In a DRG that has a weight: neither ungrouped (0000) nor the ambiguity group (QY)."""
        return self.status == SUCCESS

    @property
    def answer(self) -> tuple[str, str, str, str]:
        """The answer without its reasons."""
        return (self.mdc, self.adrg, self.drg, self.status)


def ungrouped(status: str) -> Grouping:
    """The answer of a case that cannot be grouped: 0000."""
    return Grouping("0000", "00", "0000", status)
