"""Conditions of steps, as trees over the declared attributes of a subject: whether they hold, and how they are drawn.

A comparison with an attribute that has no value is neither true nor false but unknown (Kleene's three values), and so is
what rests on it alone. A step whose condition is unknown is taken: what is not known spares nobody's signature. How people
write conditions is in `condition_text.py`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What values an attribute has."""

    AMOUNT = "amount"
    NUMBER = "number"
    TEXT = "text"
    CHOICE = "choice"
    FLAG = "flag"
    DAY = "day"


ORDERED = (Kind.AMOUNT, Kind.NUMBER, Kind.DAY)


@dataclass(frozen=True, slots=True)
class Attribute:
    """One declared attribute of a subject. `choices` are the values of a CHOICE with their words."""

    name: str
    title: str
    kind: Kind
    choices: tuple[tuple[str, str], ...] = ()


Value = Decimal | str | bool | date | None
Values = Mapping[str, Value]
Truth = bool | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """attribute operator value(s)"""

    attribute: Attribute
    operator: str
    operands: tuple[Value, ...]

    def truth(self, values: Values) -> Truth:
        present = values.get(self.attribute.name)
        if present is None:
            return None
        return _COMPARE[self.operator](present, self.operands)

    def words(self) -> str:
        if self.operator in ("in", "not in"):
            joined = "、".join(_value_words(self.attribute, operand, alone=False) for operand in self.operands)
            return f"{self.attribute.title} {'属于' if self.operator == 'in' else '不属于'}({joined})"
        return f"{self.attribute.title} {_SIGNS[self.operator]} {_value_words(self.attribute, self.operands[0])}"


@dataclass(frozen=True, slots=True)
class Flag:
    """A yes/no attribute standing alone."""

    attribute: Attribute

    def truth(self, values: Values) -> Truth:
        value = values.get(self.attribute.name)
        return value if isinstance(value, bool) else None

    def words(self) -> str:
        return self.attribute.title


@dataclass(frozen=True, slots=True)
class Not:
    """Turns a condition round; unknown stays unknown."""

    part: "Condition"

    def truth(self, values: Values) -> Truth:
        inner = self.part.truth(values)
        return None if inner is None else not inner

    def words(self) -> str:
        return f"非({self.part.words()})"


@dataclass(frozen=True, slots=True)
class Both:
    """Every part holds (and)."""

    parts: tuple["Condition", ...]

    def truth(self, values: Values) -> Truth:
        found = [part.truth(values) for part in self.parts]
        return False if False in found else None if None in found else True

    def words(self) -> str:
        return " 且 ".join(f"({p.words()})" if isinstance(p, Either) else p.words() for p in self.parts)


@dataclass(frozen=True, slots=True)
class Either:
    """At least one part holds (or)."""

    parts: tuple["Condition", ...]

    def truth(self, values: Values) -> Truth:
        found = [part.truth(values) for part in self.parts]
        return True if True in found else None if None in found else False

    def words(self) -> str:
        return " 或 ".join(part.words() for part in self.parts)


@dataclass(frozen=True, slots=True)
class Always:
    """The empty condition."""

    def truth(self, _values: Values) -> Truth:
        return True

    def words(self) -> str:
        return ""


Condition = Comparison | Flag | Not | Both | Either | Always

_COMPARE: Mapping[str, Callable[[Any, tuple[Any, ...]], bool]] = {
    "=": lambda present, wanted: present == wanted[0],
    "!=": lambda present, wanted: present != wanted[0],
    "<": lambda present, wanted: present < wanted[0],
    "<=": lambda present, wanted: present <= wanted[0],
    ">": lambda present, wanted: present > wanted[0],
    ">=": lambda present, wanted: present >= wanted[0],
    "in": lambda present, wanted: present in wanted,
    "not in": lambda present, wanted: present not in wanted,
}
_SIGNS = {"=": "=", "!=": "≠", "<": "<", "<=": "≤", ">": ">", ">=": "≥"}


QUOTES = ("「」", "“”", '""')


def quoted(text: str, pairs: tuple[str, ...] = QUOTES) -> str:
    """The text in the first pair of quotation marks whose end it does not hold itself."""
    pair = next((pair for pair in pairs if pair[1] not in text), pairs[-1])
    return f"{pair[0]}{text}{pair[1]}"


def _value_words(attribute: Attribute, value: Value, *, alone: bool = True) -> str:
    """A value as people write it. Among several a comma parts values, and no thousands."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Decimal):
        return f"{value:,f}" if alone else f"{value:f}"
    if attribute.kind is Kind.CHOICE:
        return dict(attribute.choices).get(str(value)) or quoted(str(value))
    return str(value) if attribute.kind is Kind.DAY else quoted(str(value))


def leaves(condition: Condition) -> Iterator[Comparison | Flag]:
    """The comparisons and flags that the condition is made of, in its order."""
    match condition:
        case Comparison() | Flag():
            yield condition
        case Not(part=part):
            yield from leaves(part)
        case Both(parts=parts) | Either(parts=parts):
            for each in parts:
                yield from leaves(each)
