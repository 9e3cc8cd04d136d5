"""What central purchase saved, and how far apart the prices of members are.

Source: domain.md 5.4 (seed 004: central purchase with negotiated volume, example −18 % price) and 5.12 (drug price spread
between members, example 25 %). Per institution and product (one code and unit for all members), purchases less returns:

    saving      节约额  = Σ central (reference price · quantity, to the fen) − amount paid
                        for central lines that name the price before (集采前价格)
                      + before value · quantity ÷ before quantity − amount paid
                        for the other central lines; "before" is what the institution bought otherwise in the months
                        (parameter) before its first central purchase
    mean price  加权均价 = amount ÷ quantity
    spread      价差    = (dearest − cheapest) ÷ cheapest   of the members' mean prices
    excess      可节约额 = Σ members (amount − cheapest mean price · quantity, to the fen)

Rounding: half up to the fen where a price meets a quantity; means and shares are exact fractions until they are shown. At
zero: without a price before there is no saving (None), not a saving of zero; a product of which nothing is left after the
returns has no mean price and takes no part in a spread; one member alone has no spread.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

FEN = Decimal("0.01")
PLACES = Decimal("0.000001")


def ratio(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """part ÷ whole to six places; None for nothing."""
    return _decimal(Fraction(Fraction(part), Fraction(whole)), PLACES) if whole else None


def _decimal(exact: Fraction, unit: Decimal) -> Decimal:
    """An exact fraction as a decimal, half up (away from zero)."""
    steps = exact * 10 ** -int(unit.as_tuple().exponent)
    whole, rest = divmod(abs(steps.numerator), steps.denominator)
    rounded = whole + (2 * rest >= steps.denominator)
    return (Decimal(rounded if steps >= 0 else -rounded) * unit).quantize(unit, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Bought:
    """Purchases of one product by one institution in some days, less returns; see `his_intake.public.PurchaseSum`."""

    quantity: Decimal
    amount: Decimal
    central_quantity: Decimal
    central_amount: Decimal
    referenced_quantity: Decimal
    referenced_amount: Decimal
    reference_value: Decimal
    before_quantity: Decimal
    before_amount: Decimal


@dataclass(frozen=True, slots=True)
class Saving:
    """`base` is what the central purchases with a known price before would have cost; `paid` is what they did; `unknown` is
    what central purchases without one cost."""

    base: Decimal
    paid: Decimal
    quantity: Decimal
    unknown: Decimal

    @property
    def amount(self) -> Decimal | None:
        """节约额; None where no price before is known."""
        return self.base - self.paid if self.quantity else None


def saving_of(bought: Bought) -> Saving:
    """The saving of one institution's purchases of one product."""
    rest_quantity = bought.central_quantity - bought.referenced_quantity
    rest_amount = bought.central_amount - bought.referenced_amount
    base, paid, quantity = bought.reference_value, bought.referenced_amount, bought.referenced_quantity
    if rest_quantity and bought.before_quantity > 0:
        value = Fraction(bought.before_amount) * Fraction(rest_quantity) * Fraction(1, Fraction(bought.before_quantity))
        base, paid, quantity = base + _decimal(value, FEN), paid + rest_amount, quantity + rest_quantity
        rest_amount = Decimal("0.00")
    return Saving(base, paid, quantity, rest_amount)


@dataclass(frozen=True, slots=True)
class MemberPrice:
    """What a member paid for a product."""

    institution: int
    quantity: Decimal
    amount: Decimal

    @property
    def price(self) -> Decimal | None:
        """加权均价"""
        return ratio(self.amount, self.quantity) if self.quantity > 0 else None


@dataclass(frozen=True, slots=True)
class Spread:
    """A product that several members buy; members by price, the cheapest first."""

    members: tuple[MemberPrice, ...]
    spread: Decimal | None
    excess: Decimal

    @property
    def quantity(self) -> Decimal:
        """Of all members."""
        return sum((one.quantity for one in self.members), Decimal(0))

    @property
    def amount(self) -> Decimal:
        """Of all members."""
        return sum((one.amount for one in self.members), Decimal("0.00"))


def spread_of(prices: Iterable[MemberPrice]) -> Spread:
    """Spread and excess of the members that bought the product."""
    members = sorted(
        (one for one in prices if one.quantity > 0),
        key=lambda one: (Fraction(one.amount) * Fraction(1, Fraction(one.quantity)), one.institution),
    )
    if not members:
        return Spread((), None, Decimal("0.00"))
    cheapest, dearest = (Fraction(Fraction(one.amount), Fraction(one.quantity)) for one in (members[0], members[-1]))
    excess = sum((one.amount - _decimal(cheapest * Fraction(one.quantity), FEN) for one in members), Decimal("0.00"))
    spread = _decimal(Fraction(dearest - cheapest, cheapest), PLACES) if len(members) > 1 and cheapest else None
    return Spread(tuple(members), spread, excess)
