"""What a figure of a report was made from (来源): parts that are added, divided or multiplied, each with its amount and what
it opens to. One page shows them all, whatever the report, and works the figure out again from the parts.

A part opens a list of facts (`url`), another cell of the same report (`at`: row and column), or its own parts (`made`).
Money in yuan, percent as a ratio. Rounding is that of the figure: to the fen for money, half away from zero."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import prod
from typing import Literal

Kind = Literal["money", "quantity", "decimal", "percent", "points", "text", "words"]
Value = Decimal | int | str | None
Way = Literal["sum", "quotient", "product"]
FEN, MILLIONTH = 100, 1_000_000  # of a yuan, of one


@dataclass(frozen=True, slots=True)
class Part:
    """One of the amounts; `sign` −1 is taken off in a sum."""

    words: str
    amount: Decimal | int
    kind: Kind = "money"
    sign: int = 1
    url: str = ""
    at: tuple[int, int] | None = None
    made: "Derivation | None" = None

    @property
    def exact(self) -> Fraction:
        """The amount; of a mean or ratio what it is before any rounding."""
        unrounded = self.made.exact if self.made is not None and self.made.way == "quotient" else None
        return Fraction(self.amount) if unrounded is None else unrounded


@dataclass(frozen=True, slots=True)
class Derivation:
    """The figure = sum of the parts by sign, the first ÷ the second, or all multiplied. `words` says more where the parts do
    not speak for themselves."""

    way: Way
    parts: tuple[Part, ...]
    words: str = ""

    @property
    def exact(self) -> Fraction | None:
        """Worked out from the parts, where a mean or ratio among them counts unrounded; None of a division by nothing."""
        amounts = [part.exact for part in self.parts]
        if self.way == "sum":
            return sum((part.sign * amount for part, amount in zip(self.parts, amounts, strict=True)), Fraction(0))
        if self.way == "quotient":
            above, below = amounts
            return above / below if below else None
        return prod(amounts, start=Fraction(1))

    @property
    def value(self) -> Decimal | None:
        """The same as a figure; a sum of money is exact."""
        found = self.exact
        return None if found is None else Decimal("0.00") + Decimal(found.numerator) / found.denominator

    def gives(self, value: Value, kind: Kind) -> bool:
        """Whether the parts come to the figure, as exactly as its kind is kept."""
        found = self.exact
        if found is None or not isinstance(value, Decimal | int):
            return False
        return rounded(found, kind) == rounded(Fraction(value), kind)

    @property
    def formula(self) -> str:
        """The names of the parts with the signs between them; only the first few of many."""
        if self.way == "quotient":
            return " ÷ ".join(part.words for part in self.parts)
        if self.way == "product":
            return " × ".join(part.words for part in self.parts)
        shown = self.parts if len(self.parts) <= 8 else self.parts[:3]
        told = "".join(f" {'−' if part.sign < 0 else '＋'} {part.words}" for part in shown).removeprefix(" ＋ ").strip()
        return told if len(shown) == len(self.parts) else f"{told} ＋ …，共 {len(self.parts)} 项"


def rounded(value: Fraction, kind: Kind) -> Decimal:
    """To the fen for money, to a millionth for other figures."""
    scale = FEN if kind == "money" else MILLIONTH
    sign = -1 if value < 0 else 1
    return sign * Decimal((2 * abs(value.numerator) * scale + value.denominator) // (2 * value.denominator)) / scale


def yuan(fen: Fraction | None) -> Decimal | None:
    """A mean or quotient in fen as yuan, to the fen."""
    return None if fen is None else rounded(fen / 100, "money")


def total(parts: Sequence[Part], words: str = "") -> Derivation:
    """A sum, by the signs of the parts."""
    return Derivation("sum", tuple(parts), words)


def quotient(above: Part, below: Part, words: str = "") -> Derivation:
    """A mean or a ratio."""
    return Derivation("quotient", (above, below), words)


def product(*parts: Part, words: str = "") -> Derivation:
    """A quantity at a rate."""
    return Derivation("product", parts, words)


@dataclass(frozen=True, slots=True)
class Formula:
    """How a column follows from others of its row, or a row from others of its column: their places, and the signs of a
    sum."""

    way: Way
    of: tuple[int, ...]
    signs: tuple[int, ...]


def plus(*of: int) -> Formula:
    """The sum of all."""
    return Formula("sum", of, (1,) * len(of))


def minus(first: int, *others: int) -> Formula:
    """The first less all others."""
    return Formula("sum", (first, *others), (1, *(-1,) * len(others)))


def per(above: int, below: int) -> Formula:
    """The first ÷ the second."""
    return Formula("quotient", (above, below), (1, 1))
