"""Reading a JSON document part by part, so that a refusal can say where: the path, and the line in the file.

Rule: every part is taken by the type it must have; whatever was not asked for is refused by its name. The line is
looked up in the text only when something is refused, so that reading a good file costs nothing extra.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from json.decoder import scanstring  # type: ignore[attr-defined]
from types import MappingProxyType
from typing import Any, NoReturn

from ops_platform.kernel import Invalid

Step = str | int


def load_json(text: str, prefix: str, what: str) -> Any:
    """Parse JSON strictly: no NaN, no key twice in one object, decimal numbers exact. Raises Invalid."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            seen: set[str] = set()
            twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
            raise Invalid(
                f"{prefix}_duplicate_key", f"{what}中同一层出现了两次「{twice}」。请只保留一个后重新导入。", key=twice
            )
        return found

    def refuse_constant(name: str) -> NoReturn:
        raise Invalid(f"{prefix}_not_json", f"{what}中有 {name}，它不是 JSON 数值。请改正后重新导入。")

    try:
        return json.loads(text, object_pairs_hook=unique, parse_float=Decimal, parse_constant=refuse_constant)
    except json.JSONDecodeError as error:
        message = f"{what}第 {error.lineno} 行第 {error.colno} 列不是有效的 JSON。请检查引号、逗号和括号后重新导入。"
        raise Invalid(f"{prefix}_not_json", message, line=error.lineno) from error
    except (RecursionError, ValueError) as error:
        raise Invalid(
            f"{prefix}_not_json", f"{what}无法解析：嵌套过深，或有位数过多的数值。请改正后重新导入。"
        ) from error


@dataclass(frozen=True, slots=True)
class Source:
    """Where the parts come from: the text (for line numbers; may be empty), prefix of codes and noun of refusals; where the
    document was made of something else, `places` in it by path."""

    text: str
    prefix: str
    what: str
    places: Mapping[tuple[Step, ...], str] = field(default_factory=lambda: MappingProxyType({}))

    def place(self, path: tuple[Step, ...]) -> str:
        """The narrowest place that is known of a path; "" of none."""
        return next((self.places[path[:end]] for end in range(len(path), -1, -1) if path[:end] in self.places), "")


def read_document(content: bytes, prefix: str, what: str) -> "Part":
    """The root of a file in UTF-8, with or without its mark. Raises Invalid with byte or line."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{what}不是 UTF-8 编码(第 {error.start} 字节)。请另存为 UTF-8 后重新导入。"
        raise Invalid(f"{prefix}_not_json", message, byte=error.start) from error
    return Part(load_json(text, prefix, what), Source(text, prefix, what))


@dataclass(frozen=True, slots=True)
class Part:
    """One value of the document with its path."""

    value: Any
    source: Source
    path: tuple[Step, ...] = ()

    @property
    def where(self) -> str:
        """The path in words that a person finds again: mdcs[3].conditions[0].type."""
        words = ""
        for step in self.path:
            words += f"[{step}]" if isinstance(step, int) else f".{step}" if words else step
        return words or "最外层"

    def refuse(self, what: str, reason: str, **context: Any) -> Invalid:
        """The refusal of this part: code `<prefix>_<what>`, with path and line."""
        line = line_of(self.source.text, self.path)
        place = self.source.place(self.path) or (f"第 {line} 行 {self.where}" if line else self.where)
        message = f"{self.source.what}{place}：{reason}。请改正后重新导入。"
        return Invalid(f"{self.source.prefix}_{what}", message, where=self.where, line=line, **context)

    def fields(self, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, "Part"]:
        """An object with exactly these fields."""
        if type(self.value) is not dict:
            raise self.refuse("wrong_type", f"应为对象，现为{_kind(self.value)}")
        for name in required:
            if name not in self.value:
                raise self.refuse("missing_part", f"缺少「{name}」", part=name)
        for name in self.value:
            if name not in required and name not in optional:
                raise self.at(name).refuse("unknown_part", f"不认识「{name}」", part=name)
        return {name: self.at(name) for name in self.value}

    def at(self, step: Step) -> "Part":
        """A part of this part."""
        return Part(self.value[step], self.source, (*self.path, step))

    def items(self) -> Iterator[tuple[str, "Part"]]:
        """The entries of an object with free keys."""
        if type(self.value) is not dict:
            raise self.refuse("wrong_type", f"应为对象，现为{_kind(self.value)}")
        for name in self.value:
            part = self.at(name)
            if not name:
                raise part.refuse("wrong_type", "键不能为空")
            yield name, part

    def entries(self) -> Iterator["Part"]:
        """The entries of a list."""
        if type(self.value) is not list:
            raise self.refuse("wrong_type", f"应为列表，现为{_kind(self.value)}")
        for index in range(len(self.value)):
            yield self.at(index)

    def text(self) -> str:
        """Text that is not empty."""
        if type(self.value) is not str or not self.value:
            raise self.refuse("wrong_type", f"应为非空文字，现为{_kind(self.value)}")
        return str(self.value)

    def flag(self) -> bool:
        """true or false."""
        if type(self.value) is not bool:
            raise self.refuse("wrong_type", f"应为 true 或 false，现为{_kind(self.value)}")
        return bool(self.value)

    def integer(self, low: int, high: int) -> int:
        """A whole number within bounds."""
        if type(self.value) is not int:
            raise self.refuse("wrong_type", f"应为整数，现为{_kind(self.value)}")
        if not low <= self.value <= high:
            raise self.refuse("out_of_range", f"应在 {low} 到 {high} 之间，现为 {self.value}")
        return int(self.value)

    def decimal(self) -> Decimal:
        """An exact number >= 0, written as a number or as text."""
        value = self.value
        if type(value) not in (int, Decimal, str):
            raise self.refuse("wrong_type", f"应为数值，现为{_kind(value)}")
        try:
            number = Decimal(value)
        except ArithmeticError:
            raise self.refuse("wrong_type", f"应为数值，现为「{value}」") from None
        if not number.is_finite() or number < 0 or number.adjusted() > 11 or int(number.as_tuple().exponent) < -12:
            raise self.refuse("out_of_range", f"应为 0 到 10¹² 之间、至多 12 位小数的数，现为 {value}")
        return number

    def codes(self) -> tuple[str, ...]:
        """A list of codes, as they stand."""
        values = self.value
        if type(values) is not list:
            raise self.refuse("wrong_type", f"应为编码列表，现为{_kind(values)}")
        if not all(type(value) is str and value for value in values):
            index = next(i for i, value in enumerate(values) if type(value) is not str or not value)
            raise self.at(index).refuse("wrong_type", f"编码应为非空文字，现为{_kind(values[index])}")
        return tuple(values)


def _kind(value: Any) -> str:
    if value is None:
        return "空值"
    kinds = {dict: "对象", list: "列表", str: "文字", bool: "真假值", int: "整数", Decimal: "小数"}
    kind = kinds.get(type(value), type(value).__name__)
    return f"{kind} {str(value)[:40]}" if type(value) in (int, Decimal, bool, str) else kind


def line_of(text: str, path: tuple[Step, ...]) -> int | None:
    """The line of `text` (from 1) on which the part under `path` begins; None when it cannot be told."""
    if not text:
        return None
    try:
        position = _skip(text, 0)
        for step in path:
            position = _enter(text, position, step)
    except (ValueError, IndexError):
        return None
    return text.count("\n", 0, position) + 1


_DECODER = json.JSONDecoder()


def _skip(text: str, position: int) -> int:
    while text[position] in " \t\n\r\ufeff":
        position += 1
    return position


def _enter(text: str, position: int, step: Step) -> int:
    """From the start of a container to the start of its member `step`."""
    position = _skip(text, position + 1)
    index = 0
    while text[position] not in "}]":
        if isinstance(step, str):
            key, position = scanstring(text, position + 1, True)
            position = _skip(text, _skip(text, position) + 1)
            found = key == step
        else:
            found = index == step
        if found:
            return position
        _, position = _DECODER.raw_decode(text, position)
        position = _skip(text, position)
        if text[position] == ",":
            position = _skip(text, position + 1)
        index += 1
    raise ValueError(step)
