"""Places of a ranking (排名), and how a place changed.

Rule: the best value has place 1; equal values share a place and the next one counts all before it (1, 2, 2, 4: standard
competition ranking). Who has no value has no place. The change of place is the former place less the present one: positive
is a rise. Without both places there is no change.
"""

from collections.abc import Mapping
from decimal import Decimal


def places(values: Mapping[int, Decimal | None], *, highest_first: bool) -> dict[int, int]:
    """The place of each key that has a value."""
    known = sorted((value for value in values.values() if value is not None), reverse=highest_first)
    first: dict[Decimal, int] = {}
    for place, value in enumerate(known, start=1):
        first.setdefault(value, place)
    return {key: first[value] for key, value in values.items() if value is not None}


def rise(before: int | None, now: int | None) -> int | None:
    """By how many places somebody rose; negative is a fall."""
    return None if before is None or now is None else before - now
