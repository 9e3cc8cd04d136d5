"""Which income, variable and fixed cost belong to a device (设备量本利, domain.md 1.8), from the items of its department.

A device carries out the items that it names. Where it names none and its department is a technology department, it shares
with the others that name none in the items that no device there names; in other departments nothing is known of it. An item
that several devices carry out is divided over them by used hours, each amount by largest remainder, so that nothing is lost;
without used hours it belongs to none. Amounts in fen, quantities in 1/10,000, hours in 1/100.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from ops_platform.kernel import split


@dataclass(frozen=True, slots=True)
class Machine:
    """A device of a month: the codes of the items that it names, and whether its department lives by its devices."""

    card: str
    department: int
    technology: bool
    items: frozenset[str]
    used: int


@dataclass(frozen=True, slots=True)
class ItemMonth:
    """A service item in its department. `variable` follows the volume, `fixed` is the rest but for depreciation."""

    code: str
    department: int
    quantity: int
    income: int
    variable: int
    fixed: int


@dataclass(frozen=True, slots=True)
class Borne:
    """What a device has of one item, for `hours` of the `of_hours` of all that carry it out."""

    month: ItemMonth
    hours: int
    of_hours: int
    quantity: int
    income: int
    variable: int
    fixed: int


@dataclass
class Part:
    """What a device has of its items; `estimated`: by hours alone, because it names none."""

    estimated: bool
    borne: list[Borne] = field(default_factory=list)

    @property
    def items(self) -> set[str]:
        """Their codes."""
        return {one.month.code for one in self.borne}

    @property
    def quantity(self) -> int:
        """In all."""
        return sum(one.quantity for one in self.borne)

    @property
    def income(self) -> int:
        """In all."""
        return sum(one.income for one in self.borne)

    @property
    def variable(self) -> int:
        """In all."""
        return sum(one.variable for one in self.borne)

    @property
    def fixed(self) -> int:
        """In all."""
        return sum(one.fixed for one in self.borne)


def parts_of(machines: Iterable[Machine], months: Iterable[ItemMonth]) -> dict[str, Part]:
    """By card; devices of which nothing is known are left out."""
    listed = sorted(machines, key=lambda one: one.card)
    naming: dict[tuple[int, str], list[Machine]] = defaultdict(list)
    silent: dict[int, list[Machine]] = defaultdict(list)
    for one in listed:
        if not one.items and one.technology:
            silent[one.department].append(one)
        for code in one.items:
            naming[one.department, code].append(one)
    found = {one.card: Part(estimated=not one.items) for one in listed if one.items or one.technology}
    for month in months:
        bearers = naming.get((month.department, month.code)) or silent.get(month.department, [])
        weights = [one.used for one in bearers]
        if not sum(weights):
            continue
        amounts = (month.quantity, month.income, month.variable, month.fixed)
        pieces = zip(*(split(amount, weights) for amount in amounts), strict=True)
        for one, piece in zip(bearers, pieces, strict=True):
            found[one.card].borne.append(Borne(month, one.used, sum(weights), *piece))
    return found
