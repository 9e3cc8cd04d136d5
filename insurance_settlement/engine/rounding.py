"""Exact numbers to the fen: one rounding, half up, and how amounts and ratios are shown."""

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from ops_platform.kernel import from_fen


@lru_cache(maxsize=4096)
def exact(number: Decimal) -> Fraction:
    """A number of a rule book as a fraction; kept, since a month asks for the same few thousands of times."""
    return Fraction(number)


def half_up(number: Fraction) -> int:
    """The nearest whole number, away from zero at exactly half."""
    whole = (abs(number.numerator) * 2 + number.denominator) // (2 * number.denominator)
    return -whole if number < 0 else whole


def to_the_fen(amount: Decimal | Fraction) -> int:
    """Yuan to fen, rounded half up (away from zero at exactly half)."""
    return half_up(Fraction(amount) * 100)


PLACES, MOST_PLACES = 4, 16


def shown(ratio: Fraction, beside: Decimal | None = None) -> str:
    """A ratio for the eye, to four places; what follows from it is computed exactly. `beside` is a bound that it is held
    against: where the two would look the same without being so, it has more places."""
    places = PLACES
    while True:
        rounded = Decimal(half_up(ratio * 10**places)).scaleb(-places)
        if rounded != beside or ratio == rounded or places == MOST_PLACES:
            return f"{rounded:f}"
        places += PLACES


def plain(number: Decimal) -> Decimal:
    """A number without the zeros that a column adds: they would show in the path of a price."""
    return Decimal(int(number)) if number == number.to_integral_value() else number.normalize()


def yuan(fen: int) -> str:
    """Fen as yuan with thousands separators: 18,900.00."""
    return f"{from_fen(fen):,.2f}"
