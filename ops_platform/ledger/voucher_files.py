"""Voucher lists as files for finance systems: which fields a column may show, and how lines become .xlsx or .csv.

Text that a spreadsheet would take for a formula is escaped; amounts stay numbers, red ones negative.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter

from ops_platform.kernel import Finding, Severity
from ops_platform.ledger.engine.chart import DIMENSION_TITLES
from ops_platform.ledger.models import Leg
from ops_platform.web.exports import escape_cell

MOST_COLUMNS = 60
LONGEST_TITLE = 40

Value = str | int | Decimal | date
CODED = ("cost_item", "funding_source", "scheme")


@dataclass(frozen=True, slots=True)
class Known:
    """What legs point at, in words: names of people by user name, who approved the rules behind an automatic entry, titles
    of codes by dimension and code."""

    people: Mapping[str, str]
    approvers: Mapping[int, str]
    codes: Mapping[tuple[str, str], str]

    def person(self, username: str) -> str:
        """Somebody as colleagues know them."""
        return self.people.get(username, username)

    def checker(self, leg: Leg) -> str:
        """Who checked the entry; an automatic one has the checker of its rules."""
        return self.person(leg.entry.checked_by or self.approvers.get(leg.entry_id, ""))

    def coded(self, leg: Leg, name: str) -> str:
        """A code of the leg in words."""
        value = getattr(leg.dimension, name)
        return self.codes.get((name, value), value)


@dataclass(frozen=True, slots=True)
class FileColumn:
    """One column: its title, and a field or a constant."""

    title: str
    field: str = ""
    constant: str = ""

    def value(self, leg: Leg, known: Known) -> Value:
        """What stands in it for a leg."""
        return FIELDS[self.field][1](leg, known) if self.field else self.constant


Read = Callable[[Leg, Known], Value]


def _dimension(name: str) -> Read:
    return lambda leg, _: str(getattr(leg.dimension, name))


def _in_words(name: str) -> Read:
    return lambda leg, known: known.coded(leg, name)


def _dimensions(leg: Leg, known: Known) -> str:
    """All dimensions in words, as one cell."""
    told = []
    for name, title in DIMENSION_TITLES.items():
        value = getattr(leg.dimension, name)
        if value:
            words = value.code if name in ("department", "counterparty") else known.coded(leg, name)
            told.append(f"{title}:{words}")
    return "/".join(told)


FIELDS: Mapping[str, tuple[str, Read]] = {
    "day": ("凭证日期", lambda leg, _: leg.entry.day),
    "year": ("年度", lambda leg, _: leg.entry.day.year),
    "month": ("月份", lambda leg, _: leg.entry.day.month),
    "period": ("期间", lambda leg, _: leg.entry.period),
    "voucher_no": ("凭证号", lambda leg, _: leg.entry.voucher_no),
    "number": ("总序号", lambda leg, _: leg.entry.number),
    "line": ("分录号", lambda leg, _: leg.position),
    "summary": ("摘要", lambda leg, _: leg.summary or leg.entry.summary),
    "account": ("科目编码", lambda leg, _: leg.account.code),
    "account_name": ("科目名称", lambda leg, _: leg.account.name),
    "institution": ("账套(机构)编码", lambda leg, _: leg.institution.code),
    "institution_name": ("账套(机构)名称", lambda leg, _: leg.institution.name),
    "book": ("会计体系", lambda leg, _: leg.get_book_display()),
    "side": ("方向", lambda leg, _: "借" if leg.debit else "贷"),
    "debit": ("借方金额", lambda leg, _: leg.debit),
    "credit": ("贷方金额", lambda leg, _: leg.credit),
    "amount": ("金额", lambda leg, _: leg.debit or leg.credit),
    "department": ("科室编码", lambda leg, _: leg.dimension.department.code if leg.dimension.department else ""),
    "department_name": ("科室名称", lambda leg, _: leg.dimension.department.name if leg.dimension.department else ""),
    "counterparty": (
        "往来机构编码",
        lambda leg, _: leg.dimension.counterparty.code if leg.dimension.counterparty else "",
    ),
    "counterparty_name": (
        "往来机构名称",
        lambda leg, _: leg.dimension.counterparty.name if leg.dimension.counterparty else "",
    ),
    **{
        name: (title, _in_words(name) if name in CODED else _dimension(name))
        for name, title in list(DIMENSION_TITLES.items())[2:]
    },
    **{f"{name}_code": (f"{DIMENSION_TITLES[name]}代码", _dimension(name)) for name in CODED},
    "dimensions": ("辅助核算", _dimensions),
    "source": ("来源", lambda leg, _: leg.entry.source),
    "key": ("来源编号", lambda leg, _: leg.entry.key),
    "document": ("来源单据", lambda leg, _: leg.entry.document),
    "made_by": ("制单人", lambda leg, known: known.person(leg.entry.made_by)),
    "checked_by": ("审核人", lambda leg, known: known.checker(leg)),
    "kind": ("凭证类型", lambda leg, _: leg.entry.get_kind_display()),
}


def read_columns(body: Any) -> tuple[tuple[FileColumn, ...], tuple[Finding, ...]]:
    """The columns of a template and what is wrong with them. Never raises, whatever stands in it."""
    if not isinstance(body, list) or not 1 <= len(body) <= MOST_COLUMNS:
        return (), (_fault("列", f"应为 1 至 {MOST_COLUMNS} 列的列表。"),)
    columns, faults = [], []
    for number, row in enumerate(body, start=1):
        where = f"第 {number} 列"
        told = row if isinstance(row, dict) else {}
        texts = {name: value for name, value in told.items() if isinstance(value, str) and value.isprintable()}
        title = texts.get("title", "").strip()
        if not title or len(title) > LONGEST_TITLE:
            faults.append(_fault(where, f"title 应为不超过 {LONGEST_TITLE} 字的列名。"))
        elif set(told) == {"title", "field"} and texts.get("field") in FIELDS:
            columns.append(FileColumn(title, field=texts["field"]))
        elif set(told) == {"title", "constant"} and len(texts.get("constant", "x" * 99)) <= LONGEST_TITLE:
            columns.append(FileColumn(title, constant=texts["constant"]))
        else:
            faults.append(_fault(where, f"「{title}」应有 field(可用：{'、'.join(FIELDS)})或 constant。"))
    return tuple(columns), tuple(faults)


def _fault(where: str, what: str) -> Finding:
    return Finding(code="ledger.export_template", severity=Severity.BLOCKING, message=f"{where}：{what}", subject=where)


def as_csv(columns: Sequence[FileColumn], legs: Iterable[Leg], known: Known) -> tuple[bytes, int]:
    """UTF-8 with a byte order mark, so that Excel reads it; and the number of lines."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([escape_cell(column.title) for column in columns])
    count = 0
    for leg in legs:
        writer.writerow([escape_cell(column.value(leg, known)) for column in columns])
        count += 1
    return b"\xef\xbb\xbf" + text.getvalue().encode(), count


def as_xlsx(columns: Sequence[FileColumn], legs: Iterable[Leg], known: Known, made_at: datetime) -> tuple[bytes, int]:
    """One sheet with a header line; and the number of lines."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": made_at.replace(tzinfo=None)})
    head = book.add_format({"bold": True, "bottom": 1})
    money = book.add_format({"num_format": "#,##0.00;[Red]-#,##0.00"})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("凭证")
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(columns) - 1, 14)
    for place, column in enumerate(columns):
        sheet.write_string(0, place, str(escape_cell(column.title)), head)
    count = 0
    for leg in legs:
        count += 1
        for place, column in enumerate(columns):
            value = escape_cell(column.value(leg, known))
            if isinstance(value, Decimal):
                sheet.write_number(count, place, value, money)
            elif isinstance(value, int):
                sheet.write_number(count, place, value)
            elif isinstance(value, date):
                sheet.write_datetime(count, place, value, day)
            elif value:
                sheet.write_string(count, place, value)
    book.close()
    return file.getvalue(), count
