"""Conditions of steps: a small language over the declared attributes of a subject. Parsed and checked, never evaluated
as Python.

    amount > 50000 and amount < 500000
    kind in ("equipment", "works") or not urgent
    institution_kind = "village_clinic"

Grammar:  or < and < not < comparison.  Comparisons: = != < <= > >= in, not in.  A yes/no attribute stands alone.
Values: numbers (no exponent), "text", yes, no, dates as text "2026-03-01". A comparison with an attribute that
has no value is neither true nor false but unknown (Kleene's three values), and so is what rests on it alone. A step whose
condition is unknown is taken: what is not known spares nobody's signature.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from ops_platform.kernel import Invalid

LONGEST = 500
DEEPEST = 12


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
        shown = [_value_words(self.attribute, operand) for operand in self.operands]
        if self.operator in ("in", "not in"):
            joined = "、".join(shown)
            return f"{self.attribute.title}{'属于' if self.operator == 'in' else '不属于'}({joined})"
        return f"{self.attribute.title} {_SIGNS[self.operator]} {shown[0]}"


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


def _value_words(attribute: Attribute, value: Value) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Decimal):
        return f"{value:,}"
    return dict(attribute.choices).get(str(value), str(value))


_TOKEN = re.compile(
    r"""\s*(?:(?P<number>-?\d+(?:\.\d+)?)|"(?P<text>[^"\n]*)"|(?P<word>[a-z_][a-z0-9_]*)
    |(?P<sign><=|>=|!=|=|<|>|\(|\)|,))""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


def _tokens(source: str) -> Iterator[_Token]:
    at, end = 0, len(source.rstrip())
    while at < end:
        found = _TOKEN.match(source, at)
        if not found:
            raise _fault(source, at + len(source[at:]) - len(source[at:].lstrip()), "这里的符号不认识")
        kind = str(found.lastgroup)
        yield _Token(kind, found[kind], found.start(kind) - (kind == "text"))
        at = found.end()
    yield _Token("end", "", end)


def _fault(source: str, at: int, what: str) -> Invalid:
    place = source[at : at + 12] or "结尾"
    return Invalid(
        "workflows.bad_condition",
        f"条件第 {at + 1} 个字符处「{place}」：{what}。",
        position=at + 1,
        field="condition",
    )


class _Parser:
    """Recursive descent over the tokens; checks names, kinds and depth on the way."""

    def __init__(self, source: str, attributes: Mapping[str, Attribute]) -> None:
        self.source, self.attributes = source, attributes
        self.tokens = list(_tokens(source))
        self.place = 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.place]

    def take(self, *texts: str) -> bool:
        if self.token.kind in ("word", "sign") and self.token.text in texts:
            self.place += 1
            return True
        return False

    def refuse(self, what: str) -> Invalid:
        return _fault(self.source, self.token.at, what)

    def whole(self) -> Condition:
        found = self.either(0)
        if self.token.kind != "end":
            raise self.refuse("多出来的内容，前后用 and 或 or 相连")
        return found

    def either(self, depth: int) -> Condition:
        parts = [self.both(depth)]
        while self.take("or"):
            parts.append(self.both(depth))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def both(self, depth: int) -> Condition:
        parts = [self.turned(depth)]
        while self.take("and"):
            parts.append(self.turned(depth))
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def turned(self, depth: int) -> Condition:
        if depth > DEEPEST:
            raise self.refuse("括号或 not 嵌套太深")
        if self.take("not"):
            return Not(self.turned(depth + 1))
        if self.take("("):
            inner = self.either(depth + 1)
            if not self.take(")"):
                raise self.refuse("缺少右括号")
            return inner
        return self.comparison()

    def comparison(self) -> Condition:
        if self.token.kind != "word" or self.token.text not in self.attributes:
            known = "、".join(f"{a.name}({a.title})" for a in self.attributes.values())
            raise self.refuse(f"应为条件项，可用的有：{known}")
        attribute = self.attributes[self.token.text]
        self.place += 1
        if self.take("in"):
            return Comparison(attribute, "in", self.several(attribute))
        if self.take("not"):
            if not self.take("in"):
                raise self.refuse("not 之后应为 in")
            return Comparison(attribute, "not in", self.several(attribute))
        operator = self.token.text
        if operator in _SIGNS and operator not in ("=", "!=") and attribute.kind not in ORDERED:
            raise self.refuse(f"「{attribute.title}」不能比较大小")
        if not self.take(*_SIGNS):
            if attribute.kind is Kind.FLAG:
                return Flag(attribute)
            raise self.refuse("应为比较符号(= != < <= > >= in)")
        return Comparison(attribute, operator, (self.value(attribute),))

    def several(self, attribute: Attribute) -> tuple[Value, ...]:
        if not self.take("("):
            raise self.refuse("in 之后应为括号里的一组值")
        values = [self.value(attribute)]
        while self.take(","):
            values.append(self.value(attribute))
        if not self.take(")"):
            raise self.refuse("缺少右括号")
        return tuple(values)

    def value(self, attribute: Attribute) -> Value:
        token = self.token
        try:
            value = read_value(attribute, token.text, quoted=token.kind == "text")
        except ValueError as error:
            raise self.refuse(str(error)) from error
        if token.kind not in ("number", "text", "word"):
            raise self.refuse("应为一个值")
        self.place += 1
        return value


def read_value(attribute: Attribute, text: str, *, quoted: bool = True) -> Value:
    """The value that a text stands for. Raises ValueError with words when it fits the attribute's kind not at all."""
    if attribute.kind in (Kind.AMOUNT, Kind.NUMBER):
        try:
            number = Decimal(text)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            raise ValueError(f"「{attribute.title}」应为数字")
        return number
    if attribute.kind is Kind.FLAG:
        if text not in ("yes", "no"):
            raise ValueError(f"「{attribute.title}」应为 yes 或 no")
        return text == "yes"
    if not quoted:
        raise ValueError(f"「{attribute.title}」的值要加英文双引号")
    if attribute.kind is Kind.DAY:
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise ValueError(f'「{attribute.title}」应为日期，如 "2026-03-01"') from None
    if attribute.kind is Kind.CHOICE and text not in dict(attribute.choices):
        known = "、".join(f'"{code}"({title})' for code, title in attribute.choices)
        raise ValueError(f"「{attribute.title}」没有这个值，可用的有：{known}")
    return text


def parse(source: str, attributes: Mapping[str, Attribute]) -> Condition:
    """The condition that the text says. Raises Invalid that names the place and what may stand there."""
    if not source.strip():
        return Always()
    if len(source) > LONGEST:
        raise Invalid(
            "workflows.bad_condition", f"条件太长，最多 {LONGEST} 个字符。", position=LONGEST, field="condition"
        )
    return _Parser(source, attributes).whole()
