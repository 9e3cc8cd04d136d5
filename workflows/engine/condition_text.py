"""How people write conditions, and how they are stored. Parsed and checked, never evaluated as Python.

    金额 ≤ 50,000 且 机构类型 = 乡镇卫生院          amount <= 50000 and institution_kind = "township_hospital"
    50,000 < 金额 < 500,000                         amount > 50000 and amount < 500000
    金额 在 5万 到 50万 之间                        amount >= 50000 and amount <= 500000
    类别 属于(设备购置、基建与修缮) 或 非 加急       kind in ("equipment", "works") or not urgent

Both columns are read alike; the right one is what is stored (`canonical`), the left one what a drawing says (`words`) and
what can be typed back.

Grammar:  或 or < 且 and < 非 not < comparison.  Comparisons: = ≠ < ≤ > ≥ 属于 不属于, in ASCII (!= <= >= in, not in) and in
words (不超过, 大于等于…). A yes/no attribute stands alone. Attributes and choices by title or by code; a title that ends in
类型 is read with 类别, too, where no other has that name. Full-width characters count as their ASCII twins but inside
quotation marks. Numbers may have thousands separators and, for amounts, 元 or 万元; among several values a comma parts them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import get_close_matches

from ops_platform.kernel import Invalid
from workflows.engine.conditions import (
    ORDERED,
    Always,
    Attribute,
    Both,
    Comparison,
    Condition,
    Either,
    Flag,
    Kind,
    Not,
    Value,
    quoted,
)

LONGEST = 2000
DEEPEST = 12
LARGEST = Decimal(10) ** 16
MANY, NONE_OF = "in", "not in"
AND, OR = ("and", "且", "并且", "&&"), ("or", "或", "或者", "||")
NOT = ("not", "非", "并非", "不是")
OPERATORS = {
    "=": ("=", "==", "等于", "是", "为"),
    "!=": ("!=", "≠", "<>", "不等于", "不是", "不为"),
    "<": ("<", "小于", "低于", "少于", "不足"),
    "<=": ("<=", "≤", "≦", "小于等于", "小于或等于", "不大于", "不超过", "不高于", "不多于"),
    ">": (">", "大于", "高于", "超过", "多于"),
    ">=": (">=", "≥", "≧", "大于等于", "大于或等于", "不小于", "不低于", "不少于"),
    MANY: ("in", "属于"),
    NONE_OF: ("不属于",),
}
SPOKEN = {spelling: operator for operator, spellings in OPERATORS.items() for spelling in spellings}
WITHIN, UP_TO, BETWEEN = ("在", "介于"), ("到", "至", "和", "与", "~", "—", "–", "-"), ("之间", "之内", "以内")
TURNED_ROUND = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}
ALIKE = ("类型", "类别")
STORED_QUOTES = ('""', "“”", "「」")

_TWINS = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0x2212: 0x2D}
_TWINS |= {code: code + 0x20 for code in range(ord("A"), ord("Z") + 1)}
_TWINS |= {code: code - 0xFEE0 + 0x20 for code in range(ord("Ａ"), ord("Ｚ") + 1)}
_NUMBER = re.compile(r"-?(?:[0-9]{1,3}(?:,[0-9]{3})+(?!,?[0-9])|[0-9]+)(?:\.[0-9]+)?")
_UNIT = re.compile(r"\s*(万元|万|元)")
_DAY = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
_QUOTED = re.compile(r'"([^"\n]*)"|“([^”\n]*)”|「([^」\n]*)」')
_WORD = re.compile(r"\w+")


def parse(source: str, attributes: Mapping[str, Attribute], *, typed: bool = False) -> Condition:
    """The condition that the text says. Raises Invalid that names the place and what may stand there. `typed`: by a person
    just now, so that what can be read in two ways is refused."""
    if not source.strip():
        return Always()
    if len(source) > LONGEST:
        raise _too_long()
    return _Reader(source, attributes, typed=typed).whole()


def canonical(source: str, attributes: Mapping[str, Attribute]) -> str:
    """What somebody typed as it is stored. Raises Invalid as `parse` does."""
    stored = written(parse(source, attributes, typed=True))
    parse(stored, attributes)
    return stored


def written(condition: Condition) -> str:
    """The condition by codes, as it is stored."""
    match condition:
        case Comparison(attribute=attribute, operator=operator, operands=operands):
            values = ", ".join(_stored(value) for value in operands)
            return f"{attribute.name} {operator} {f'({values})' if operator in (MANY, NONE_OF) else values}"
        case Flag(attribute=attribute):
            return attribute.name
        case Not(part=part):
            return f"not ({written(part)})"
        case Both(parts=parts):
            return " and ".join(f"({written(part)})" if isinstance(part, Either) else written(part) for part in parts)
        case Either(parts=parts):
            return " or ".join(written(part) for part in parts)
    return ""


def _stored(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return format(value, "f") if isinstance(value, Decimal) else quoted(str(value), STORED_QUOTES)


def _too_long() -> Invalid:
    words = f"条件太长，最多 {LONGEST} 个字符。"
    return Invalid("workflows.bad_condition", words, position=LONGEST, field="condition")


def _twin(text: str) -> str:
    """The text with every full-width or capital character as its plain twin; as long as before."""
    return text.translate(_TWINS)


@dataclass(frozen=True, slots=True)
class _Name:
    """One way to name something: how it is spelled, and what it stands for."""

    spelling: str
    stands_for: str


def _names(pairs: Sequence[tuple[str, str]]) -> tuple[_Name, ...]:
    """Names of (code, title) pairs, the longest first: what begins alike is read to its end. A code is never a title."""
    codes = {_twin(code): code for code, _title in pairs}
    spelled = {_twin(title.strip()): code for code, title in reversed(pairs)} | codes
    for code, title in pairs:
        for one, other in (ALIKE, ALIKE[::-1]):
            if title.endswith(one):
                spelled.setdefault(_twin(title.removesuffix(one) + other), code)
    return tuple(_Name(each, spelled[each]) for each in sorted(spelled, key=len, reverse=True) if each)


class _Reader:
    """Recursive descent over the characters; checks names, kinds and depth on the way."""

    def __init__(self, source: str, attributes: Mapping[str, Attribute], *, typed: bool) -> None:
        self.source, self.attributes, self.typed = source, attributes, typed
        self.text, self.place = _twin(source.rstrip()), 0
        self.names = _names([(each.name, each.title) for each in attributes.values()])

    def refuse(self, what: str, at: int | None = None) -> Invalid:
        where = self.place if at is None else at
        shown = self.source[where : where + 12].strip() or "结尾"
        return Invalid(
            "workflows.bad_condition",
            f"条件第 {where + 1} 个字符处「{shown}」：{what}。",
            position=where + 1,
            field="condition",
        )

    def blank(self) -> int:
        """Past white space; the place after it."""
        while self.place < len(self.text) and self.text[self.place].isspace():
            self.place += 1
        return self.place

    def stands(self, spelling: str) -> bool:
        """The spelling stands here, and not as the beginning of a longer plain word."""
        end = self.place + len(spelling)
        if not self.text.startswith(spelling, self.place):
            return False
        following = self.text[end : end + 1]
        return not (_plain(spelling[-1]) and _plain(following))

    def take(self, *spellings: str) -> bool:
        self.blank()
        found = next((each for each in sorted(spellings, key=len, reverse=True) if self.stands(each)), None)
        if found is not None:
            self.place += len(found)
        return found is not None

    def whole(self) -> Condition:
        found = self.either(0)
        if self.blank() < len(self.text):
            if self.text[self.place] == "," and self.text[self.place - 1].isdigit():
                raise self.refuse("数字里的逗号应每三位一个")
            known = self.text[self.place].isalnum() or self.text[self.place] in '("“「_'
            raise self.refuse("多出来的内容，前后用“且”或“或”相连" if known else "这里的符号不认识")
        return found

    def either(self, depth: int) -> Condition:
        parts = [self.both(depth)]
        while self.take(*OR):
            parts.append(self.both(depth))
        flat = [each for part in parts for each in (part.parts if isinstance(part, Either) else (part,))]
        return flat[0] if len(flat) == 1 else Either(tuple(flat))

    def both(self, depth: int) -> Condition:
        parts = [self.turned(depth)]
        while self.take(*AND):
            parts.append(self.turned(depth))
        flat = [each for part in parts for each in (part.parts if isinstance(part, Both) else (part,))]
        return flat[0] if len(flat) == 1 else Both(tuple(flat))

    def turned(self, depth: int) -> Condition:
        self.blank()
        if depth > DEEPEST:
            raise self.refuse("括号或“非”嵌套太深")
        if self.named() is None and self.take(*NOT):
            part = self.turned(depth + 1)
            return part.part if isinstance(part, Not) else Not(part)
        if self.take("("):
            inner = self.either(depth + 1)
            if not self.take(")"):
                raise self.refuse("缺少右括号")
            return inner
        if _NUMBER.match(self.text, self.place):
            return self.number_first()
        return self.comparison(self.attribute())

    def named(self) -> _Name | None:
        """The attribute that is named here."""
        return next((each for each in self.names if self.stands(each.spelling)), None)

    def attribute(self) -> Attribute:
        self.blank()
        found = self.named()
        if found is None:
            known = "、".join(each.title for each in self.attributes.values())
            raise self.refuse(f"应为条件项，{self.meant()}可用的有：{known}")
        self.place += len(found.spelling)
        return self.attributes[found.stands_for]

    def meant(self) -> str:
        word = _WORD.match(self.text, self.place)
        titles = [each.title for each in self.attributes.values()]
        near = get_close_matches(word[0], titles, n=1) if word else []
        return f"是不是“{near[0]}”？" if near else ""

    def operator(self) -> str | None:
        at = self.blank()
        if self.take("not"):
            if not self.take("in"):
                raise self.refuse("not 之后应为 in")
            return NONE_OF
        found = next((each for each in sorted(SPOKEN, key=len, reverse=True) if self.stands(each)), None)
        if found is None:
            self.place = at
            return None
        self.place += len(found)
        return SPOKEN[found]

    def comparison(self, attribute: Attribute) -> Condition:
        at = self.blank()
        if attribute.kind in ORDERED and self.take(*WITHIN):
            return self.between(attribute)
        operator = self.operator()
        if operator is None:
            if attribute.kind is Kind.FLAG:
                return Flag(attribute)
            raise self.refuse("应为比较符号(= ≠ < ≤ > ≥ 属于)")
        if operator in ("<", "<=", ">", ">=") and attribute.kind not in ORDERED:
            raise self.refuse(f"「{attribute.title}」不能比较大小", at)
        several = operator in (MANY, NONE_OF)
        return Comparison(attribute, operator, self.several(attribute) if several else (self.value(attribute),))

    def between(self, attribute: Attribute) -> Condition:
        """金额 在 5万 到 50万 之间: both ends belong to it."""
        at = self.blank()
        low = self.value(attribute)
        if not self.take(*UP_TO):
            raise self.refuse("应为“到”和另一端的值，如 在 5万 到 50万 之间")
        high = self.value(attribute)
        self.take(*BETWEEN)
        if _before(high, low):
            raise self.refuse("前一个值大于后一个，没有值在它们之间", at)
        return Both((Comparison(attribute, ">=", (low,)), Comparison(attribute, "<=", (high,))))

    def number_first(self) -> Condition:
        """50,000 < 金额, and 50,000 < 金额 < 500,000."""
        beginning = self.place
        self.number(Kind.AMOUNT)
        at = self.blank()
        operator = self.operator()
        if operator not in TURNED_ROUND:
            raise self.refuse("数字之后应为比较符号(< ≤ > ≥)，再写条件项", at)
        attribute = self.attribute()
        after, self.place = self.place, beginning
        first = Comparison(attribute, TURNED_ROUND[operator], (self.value(attribute),))
        self.place = after
        if self.operator() is None:
            return first
        self.place = after
        return Both((first, self.comparison(attribute)))

    def several(self, attribute: Attribute) -> tuple[Value, ...]:
        closed = self.take("(")
        if not closed and not self.typed:
            raise self.refuse("in 之后应为括号里的一组值")
        values = [*self.listed(attribute)]
        while self.take(*((",", "、") if closed else ("、",))):
            values.extend(self.listed(attribute))
        if closed and not self.take(")"):
            raise self.refuse("缺少右括号")
        return tuple(values)

    def listed(self, attribute: Attribute) -> Iterator[Value]:
        """One value of several; plain numbers that were stored without a space after the comma are as many values."""
        found = _NUMBER.match(self.text, self.blank())
        if found is None or "," not in found[0] or attribute.kind not in (Kind.AMOUNT, Kind.NUMBER):
            yield self.value(attribute)
            return
        if self.typed:
            raise self.refuse("一组值里的逗号分开各值：数字请不写千分位逗号，或在逗号后加空格")
        self.place = found.end()
        yield from map(Decimal, found[0].split(","))

    def value(self, attribute: Attribute) -> Value:
        at = self.blank()
        said = _QUOTED.match(self.source, at)
        if said:
            self.place = said.end()
        text = said and next(part for part in said.groups() if part is not None)
        match attribute.kind:
            case Kind.AMOUNT | Kind.NUMBER:
                return self.quoted_number(attribute, text, at) if text is not None else self.bare_number(attribute)
            case Kind.DAY:
                return self.day(attribute, text, at)
            case Kind.FLAG:
                return self.yes_or_no(attribute)
            case Kind.CHOICE:
                return self.choice(attribute, text, at)
        if text is None:
            raise self.refuse(f'「{attribute.title}」的值要加引号，如 「文字」 或 "文字"')
        return text

    def bare_number(self, attribute: Attribute) -> Decimal:
        if not _NUMBER.match(self.text, self.place):
            raise self.refuse(f"「{attribute.title}」应为数字，如 50,000")
        return self.number(attribute.kind)

    def number(self, kind: Kind) -> Decimal:
        """The number here, of an amount with its unit."""
        at, found = self.place, _NUMBER.match(self.text, self.place)
        assert found is not None  # noqa: S101 - the callers have looked
        self.place = found.end()
        value = self.measured(found[0], at)
        unit = _UNIT.match(self.text, self.place) if kind is Kind.AMOUNT else None
        if unit:
            self.place = unit.end()
            value = value if unit[1] == "元" else value * 10000
        return value

    def quoted_number(self, attribute: Attribute, text: str, at: int) -> Decimal:
        found = _NUMBER.fullmatch(_twin(text.strip()))
        if found is None:
            raise self.refuse(f"「{attribute.title}」应为数字，如 50,000", at)
        return self.measured(found[0], at)

    def measured(self, digits: str, at: int) -> Decimal:
        """The number that the digits say, no larger than a column of amounts holds."""
        value = Decimal(digits.replace(",", ""))
        if abs(value) >= LARGEST:
            raise self.refuse("数字太大", at)
        return value

    def day(self, attribute: Attribute, text: str | None, at: int) -> date:
        found = _DAY.match(self.text, at) if text is None else _DAY.fullmatch(_twin(text.strip()))
        try:
            day = date(*map(int, found.groups())) if found else None
        except ValueError:
            day = None
        if found is None or day is None:
            raise self.refuse(f"「{attribute.title}」应为日期，如 2026-03-01", at)
        if text is None:
            self.place = found.end()
        return day

    def yes_or_no(self, attribute: Attribute) -> bool:
        for words, value in ((("yes", "是"), True), (("no", "否"), False)):
            if self.take(*words):
                return value
        raise self.refuse(f"「{attribute.title}」应为 是 或 否")

    def choice(self, attribute: Attribute, text: str | None, at: int) -> str:
        names = _names(attribute.choices)
        if text is not None:
            codes = {code: code for code, _title in attribute.choices}
            found = codes.get(text) or {each.spelling: each.stands_for for each in names}.get(_twin(text.strip()))
        else:
            named = next((each for each in names if self.stands(each.spelling)), None)
            self.place += len(named.spelling) if named else 0
            found = named.stands_for if named else None
        if found is None:
            known = "、".join(title for _code, title in attribute.choices)
            raise self.refuse(f"「{attribute.title}」没有这个值，可用的有：{known}", at)
        return found


def _before(one: Value, other: Value) -> bool:
    """Of two values of one ordered kind."""
    if isinstance(one, date) and isinstance(other, date):
        return one < other
    return isinstance(one, Decimal) and isinstance(other, Decimal) and one < other


def _plain(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character == "_")
