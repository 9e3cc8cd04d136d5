"""Field types of datasets. A field checks a whole column at once, since a batch brings ten thousand rows.

`parse(values)` answers the column as text for COPY (None where the value is absent) and the faults by row index. Each
type has a quick way for clean columns; only a column that fails it is looked at value by value.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import cache
from typing import Any

from ops_platform.his_intake.masking import is_personal, may_be_personal

FEW = 4
SHANGHAI = timezone(timedelta(hours=8))
EARLIEST, LATEST = date(1990, 1, 1), date(2100, 1, 1)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a value."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Column:
    """A parsed column: text for COPY by row, and the faults by row index."""

    values: list[str | None]
    faults: dict[int, Fault]


MISSING = Fault("his_intake.missing", "必填，不能为空")


@cache
def _in_lines(one: "re.Pattern[str]") -> "re.Pattern[str]":
    return re.compile(f"(?:{one.pattern}\n)*+")


def _all_match(one: "re.Pattern[str]", values: Sequence[Any]) -> bool:
    """Whether each value matches as a whole: one look at the joined column, four times as fast as one at each value.

    Raises TypeError when a value is no text.
    """
    lines = "\n".join((*values, ""))
    return lines.count("\n") == len(values) and _in_lines(one).fullmatch(lines) is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """A field of a dataset. `column` is its name in the fact table, `sql_type` its type in staging."""

    name: str
    title: str
    required: bool = True
    column: str = ""
    example: str = ""

    @property
    def target(self) -> str:
        """The column of the fact table."""
        return self.column or self.name

    @property
    def sql_type(self) -> str:
        """Type of the staging column."""
        return "text"

    @property
    def form(self) -> str:
        """In words, for the template and the API page: what a value looks like."""
        raise NotImplementedError

    def parse(self, values: Sequence[Any]) -> Column:
        """Check the column. Never raises, whatever stands in it."""
        if None in values or "" in values:
            present = [index for index, value in enumerate(values) if value is not None and value != ""]
            inner = self.parse_present([values[index] for index in present])
            result: list[str | None] = [None] * len(values)
            faults = {present[index]: fault for index, fault in inner.faults.items()}
            for index, value in zip(present, inner.values, strict=True):
                result[index] = value
            if self.required:
                held = set(present)
                faults.update({index: MISSING for index in range(len(values)) if index not in held})
            return Column(result, faults)
        return self.parse_present(values)

    def parse_present(self, values: Sequence[Any]) -> Column:
        """Check a column without absent values."""
        try:
            quick = self.quick(values)
        except (TypeError, ValueError, OverflowError):
            quick = None
        if quick is not None:
            return Column(quick, {})
        result: list[str | None] = []
        faults: dict[int, Fault] = {}
        for index, value in enumerate(values):
            try:
                result.append(self.one(value))
            except (TypeError, ValueError, OverflowError) as error:
                faults[index] = Fault(f"his_intake.{self.fault_code}", str(error))
                result.append(None)
        return Column(result, faults)

    @property
    def fault_code(self) -> str:
        """The last part of the code of this type's faults."""
        return "not_text"

    def quick(self, values: Sequence[Any]) -> list[str | None] | None:
        """The column when all of it is clean, None when somebody has to look closer."""
        return None

    def one(self, value: Any) -> str:
        """One value as text for COPY. Raises ValueError with words for the sender."""
        raise NotImplementedError


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | float) or not isinstance(value, int):
        raise ValueError("应以文本填写(加引号)")
    return str(value)


@dataclass(frozen=True, kw_only=True, slots=True)
class Text(Field):
    """Free text or a code of the sender, one line, at most `length` characters."""

    length: int = 60

    @property
    def form(self) -> str:
        return f"文本，不超过 {self.length} 字"

    def quick(self, values: Sequence[Any]) -> list[str | None] | None:
        joined = "".join(values)
        if max(map(len, values), default=0) > self.length or not joined.isprintable() or may_be_personal(values):
            return None
        return list(values)

    def one(self, value: Any) -> str:
        text = _as_text(value)
        if len(text) > self.length:
            raise ValueError(f"超过 {self.length} 个字")
        if not text.isprintable():
            raise ValueError("含有换行或控制字符")
        if is_personal(text):
            raise ValueError("含有身份证号或电话号码，请删去后重报")
        return text


@dataclass(frozen=True, kw_only=True, slots=True)
class Pseudonym(Field):
    """An HMAC made by the sender: 32 to 64 hex digits. Names and identity numbers do not fit."""

    @property
    def form(self) -> str:
        return "假名：32–64 位十六进制字符"

    @property
    def fault_code(self) -> str:
        return "not_a_pseudonym"

    def quick(self, values: Sequence[Any]) -> list[str | None] | None:
        return list(values) if _all_match(_HEX, values) else None

    def one(self, value: Any) -> str:
        text = _as_text(value)
        if not _HEX.fullmatch(text):
            raise ValueError("应为 32–64 位十六进制假名，不得填姓名、证件号或住院号")
        return text


_HEX = re.compile(r"[0-9a-f]{32,64}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice(Field):
    """One of a fixed list of codes. The title is taken as well: it is what the list in the template offers."""

    choices: tuple[tuple[str, Any], ...]

    @property
    def form(self) -> str:
        return "、".join(f"{code}({title})" for code, title in self.choices)

    @property
    def fault_code(self) -> str:
        return "unknown_code"

    def quick(self, values: Sequence[Any]) -> list[str | None] | None:
        return list(values) if set(values) <= {code for code, _ in self.choices} else None

    def one(self, value: Any) -> str:
        text = _as_text(value)
        for code, title in self.choices:
            if text in (code, str(title)):
                return code
        raise ValueError(f"应为下列之一：{self._few}")

    @property
    def _few(self) -> str:
        """The first choices, enough to recognise what is meant; the template and the API page list all."""
        shown = "、".join(f"{title}({code})" for code, title in self.choices[:FEW])
        return shown if len(self.choices) <= FEW else f"{shown}等 {len(self.choices)} 种，见填写说明"


@dataclass(frozen=True, kw_only=True, slots=True)
class Day(Field):
    """A date, 2026-03-05."""

    @property
    def form(self) -> str:
        return "日期，如 2026-03-05"

    @property
    def sql_type(self) -> str:
        return "date"

    @property
    def fault_code(self) -> str:
        return "not_a_date"

    def quick(self, values: Sequence[Any]) -> list[str | None] | None:
        for value in set(values):
            self.one(value)
        return list(values)

    def one(self, value: Any) -> str:
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            raise ValueError("应为日期，如 2026-03-05")
        try:
            day = date.fromisoformat(value)
        except ValueError:
            raise ValueError("没有这一天，应为日期，如 2026-03-05") from None
        if not EARLIEST <= day < LATEST:
            raise ValueError("日期不在合理范围(1990 年至 2099 年)")
        return value


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Month(Field):
    """A period, 2026-03."""

    @property
    def form(self) -> str:
        return "期间，如 2026-03"

    @property
    def fault_code(self) -> str:
        return "not_a_period"

    def quick(self, values: Sequence[Any]) -> list[str | None] | None:
        for value in set(values):
            self.one(value)
        return list(values)

    def one(self, value: Any) -> str:
        if not isinstance(value, str) or not _MONTH.fullmatch(value):
            raise ValueError("应为期间，如 2026-03")
        return value


_MONTH = re.compile(r"(?:199[0-9]|20[0-9]{2})-(?:0[1-9]|1[0-2])")


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment(Field):
    """A time in Asia/Shanghai, 2026-03-05T08:30:00; an offset may be given and is converted."""

    @property
    def form(self) -> str:
        return "时间，如 2026-03-05T08:30:00(北京时间)"

    @property
    def sql_type(self) -> str:
        return "timestamptz"

    @property
    def fault_code(self) -> str:
        return "not_a_time"

    def quick(self, values: Sequence[Any]) -> list[str | None] | None:
        if not _all_match(_MOMENT, values):
            return None
        first, last = min(values), max(values)
        if first < "1990" or last >= "2100":
            return None
        list(map(datetime.fromisoformat, values))
        return [value + "+08" for value in values]

    def one(self, value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError("应为时间，如 2026-03-05T08:30:00")
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError("应为时间，如 2026-03-05T08:30:00") from None
        if len(value) < len("2026-03-05T08:30"):
            raise ValueError("缺少时分，应为时间，如 2026-03-05T08:30:00")
        if moment.tzinfo is not None:
            moment = moment.astimezone(SHANGHAI).replace(tzinfo=None)
        if not EARLIEST <= moment.date() < LATEST:
            raise ValueError("时间不在合理范围(1990 年至 2099 年)")
        return moment.isoformat(timespec="seconds") + "+08"


_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Number(Field):
    """An exact decimal number as text, at most `digits` before and `scale` after the point."""

    scale: int = 2
    digits: int = 10
    negative: bool = False

    @property
    def form(self) -> str:
        sign = "，可为负" if self.negative else ""
        return f"数字，最多 {self.scale} 位小数{sign}" if self.scale else f"整数{sign}"

    @property
    def sql_type(self) -> str:
        return "numeric" if self.scale else "bigint"

    @property
    def fault_code(self) -> str:
        return "not_a_number"

    @property
    def pattern(self) -> "re.Pattern[str]":
        """The whole form of an allowed number."""
        return _number_pattern(self.scale, self.digits, self.negative)

    def quick(self, values: Sequence[Any]) -> list[str | None] | None:
        if set(map(type, values)) == {int}:
            limit = 10**self.digits
            lowest = -limit if self.negative else -1
            return list(map(str, values)) if lowest < min(values) and max(values) < limit else None
        return list(values) if _all_match(self.pattern, values) else None

    def one(self, value: Any) -> str:
        if isinstance(value, float):
            raise ValueError('请以文本填写，如 "12.30"(不要用浮点数，以免失真)')
        text = _as_text(value)
        if not self.pattern.fullmatch(text):
            if text.startswith("-") and not self.negative:
                raise ValueError("不能为负数")
            raise ValueError(f"应为{self.form}")
        return text


@cache
def _number_pattern(scale: int, digits: int, negative: bool) -> "re.Pattern[str]":
    tail = rf"(?:\.[0-9]{{1,{scale}}})?" if scale else ""
    return re.compile(rf"{'-?' if negative else ''}[0-9]{{1,{digits}}}{tail}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference(Field):
    """A code of something reported before; the gate resolves it to its lasting number."""

    to: str

    @property
    def form(self) -> str:
        return "医共体内另一家机构的代码" if self.to == "institution" else f"已报送的{_REFERENCE_TITLES[self.to]}"

    @property
    def sql_type(self) -> str:
        return "bigint"

    def quick(self, values: Sequence[Any]) -> list[str | None] | None:
        return list(values) if "".join(values).isprintable() else None

    def one(self, value: Any) -> str:
        text = _as_text(value)
        if not text.isprintable():
            raise ValueError("含有换行或控制字符")
        return text

    def resolve(self, column: Column, lookup: Callable[[set[str]], dict[str, int]]) -> Column:
        """Codes to lasting numbers; what is not known becomes a fault."""
        known = lookup({value for value in set(column.values) if value is not None})
        texts: dict[str | None, str] = {code: str(number) for code, number in known.items()}
        faults = dict(column.faults)
        numbers = list(map(texts.get, column.values))
        if None in numbers:
            fault = Fault(f"his_intake.unknown_{self.to}", self._unknown)
            for index, number in enumerate(numbers):
                if number is None and column.values[index] is not None and index not in faults:
                    faults[index] = fault
        return Column(numbers, faults)

    @property
    def _unknown(self) -> str:
        if self.to == "institution":
            return "应为医共体内另一家机构的代码(不能是本机构)；与医共体以外单位的往来请留空"
        return f"没有这个{_REFERENCE_TITLES[self.to]}，请核对，或先报送它"


_REFERENCE_TITLES = {
    "department": "科室代码",
    "item": "收费项目代码",
    "encounter": "就诊号",
    "institution": "往来机构代码",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class CodeList(Field):
    """Codes in order; a JSON list, or text joined by a vertical bar. Where none are needed an empty list says that there are
    none, like a field that is left out."""

    @property
    def form(self) -> str:
        return "代码按顺序排列，CSV 与 Excel 中以 | 分隔"

    @property
    def sql_type(self) -> str:
        return "varchar[]"

    @property
    def fault_code(self) -> str:
        return "not_a_code"

    def parse(self, values: Sequence[Any]) -> Column:
        if not self.required and [] in values:
            values = [None if value == [] else value for value in values]
        return Field.parse(self, values)

    def one(self, value: Any) -> str:
        codes = value.split("|") if isinstance(value, str) else value
        if not isinstance(codes, list) or not codes:
            raise ValueError("应为代码列表")
        for code in codes:
            if not isinstance(code, str) or not _CODE.fullmatch(code):
                raise ValueError(f"代码 {str(code)[:40]!r} 的形式不对，应如 I21.900 或 36.0600x007")
        return "{" + ",".join(f'"{code}"' for code in codes) + "}"


_CODE = re.compile(r"[A-Z0-9][A-Za-z0-9.+*]{1,39}")
