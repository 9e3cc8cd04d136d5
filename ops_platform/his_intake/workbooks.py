"""Workbooks of a dataset: the template to fill in, and faulty rows to correct and upload again.

Both have the header that `formats.from_table` reads. Columns of codes are text, so that a spreadsheet keeps leading
zeros and does not turn 2026-03 into a date.
"""

import tempfile
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import xlsxwriter
from django.http import FileResponse
from django.utils.translation import gettext as _

from ops_platform.his_intake.datasets.declaration import Dataset
from ops_platform.his_intake.datasets.fields import Choice, Day, Field, Number, Reference
from ops_platform.his_intake.examples import own_examples
from ops_platform.his_intake.formats import FAULTS_TITLE, OP, RETRACT
from ops_platform.his_intake.models import QuarantinedRow
from ops_platform.his_intake.sheets import (
    content_of,
    faults_in_words,
    field_faults,
    sent_text,
)
from ops_platform.masterdata.models import Institution
from ops_platform.web.exports import XLSX, escape_cell

PREPARED_ROWS = 5_000
EXACT_DIGITS = 15


class _Workbook:
    """A workbook in a temporary file, with the formats that the two sheets share."""

    def __init__(self) -> None:
        self.file = tempfile.TemporaryFile()  # noqa: SIM115  the response closes it
        self.book = xlsxwriter.Workbook(self.file, {"strings_to_formulas": False, "strings_to_urls": False})
        head = {"bold": True, "bottom": 1, "valign": "vcenter"}
        self.required = self.book.add_format({**head, "bg_color": "#dcebf0"})
        self.optional = self.book.add_format({**head, "bg_color": "#eef1f5"})
        self.wrapped = self.book.add_format({"text_wrap": True, "valign": "top"})
        self.by_kind = {False: self._body({}), True: self._body({"bg_color": "#f9d9db"})}
        self.message = self.book.add_format({"font_color": "#a3161f"})

    def _body(self, look: dict[str, Any]) -> dict[str, Any]:
        number_forms = {"text": "@", "day": "yyyy-mm-dd", "number": "General"}
        return {kind: self.book.add_format({**look, "num_format": form}) for kind, form in number_forms.items()}

    def format_of(self, field: Field, *, faulty: bool = False) -> Any:
        """How cells of the field look."""
        kind = "day" if isinstance(field, Day) else "number" if isinstance(field, Number) else "text"
        return self.by_kind[faulty][kind]

    def data_sheet(self, dataset: Dataset, extra: Iterable[str] = ()) -> Any:
        """The sheet that is read when the file comes back."""
        sheet = self.book.add_worksheet(_("数据"))
        sheet.freeze_panes(1, 0)
        sheet.set_row(0, 22)
        for position, field in enumerate(dataset.fields):
            title = f"{field.title}*" if field.required else field.title
            sheet.set_column(position, position, max(12, 2 * len(title) + 3), self.format_of(field))
            sheet.write_string(0, position, title, self.required if field.required else self.optional)
            if isinstance(field, Choice):
                sheet.data_validation(1, position, PREPARED_ROWS, position, _choices(field))
        for position, title in enumerate(extra, start=len(dataset.fields)):
            sheet.write_string(0, position, title, self.optional)
            sheet.set_column(position, position, 12)
        return sheet

    def response(self, name: str) -> FileResponse:
        """The finished file as a download."""
        self.book.close()
        self.file.seek(0)
        return FileResponse(self.file, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)


def _choices(field: Choice) -> dict[str, Any]:
    titles = [str(title) for _code, title in field.choices]
    return {
        "validate": "list",
        "source": titles,
        "ignore_blank": True,
        "error_title": field.title,
        "error_message": _("请从下拉列表中选择。"),
    }


def template(dataset: Dataset, institution: Institution | None) -> FileResponse:
    """The empty form of a dataset, and a second sheet that explains each column with examples of the institution."""
    workbook = _Workbook()
    workbook.data_sheet(dataset)
    _instructions(workbook, dataset, institution)
    return workbook.response(_("%(dataset)s模板") % {"dataset": dataset.title})


def _instructions(workbook: _Workbook, dataset: Dataset, institution: Institution | None) -> None:
    sheet = workbook.book.add_worksheet(_("填写说明"))
    for position, width in enumerate((26, 8, 60, 34)):
        sheet.set_column(position, position, width)
    keys = "、".join(dataset.by_name[name].title for name in dataset.key)
    own = own_examples(dataset, institution)
    notes = [
        dataset.hint,
        _("在「数据」表中从第二行起填写，不要改动表头；带 * 的列必填。本表不会被读取。"),
        _("同一%(keys)s再次上传且内容不同时，以新内容更正原有数据。") % {"keys": keys},
        _("不得填写姓名、身份证号、电话号码；患者与医师一律使用假名。"),
    ]
    if own and institution:
        notes.append(_("示例中的代码取自%(institution)s。") % {"institution": institution.name})
    for row, note in enumerate(notes):
        sheet.merge_range(row, 0, row, 3, note, workbook.wrapped)
    start = len(notes) + 1
    for position, title in enumerate((_("列"), _("必填"), _("填写形式"), _("示例"))):
        sheet.write_string(start, position, title, workbook.required)
    for row, field in enumerate(dataset.fields, start=start + 1):
        sheet.write_string(row, 0, field.title, workbook.wrapped)
        sheet.write_string(row, 1, _("是") if field.required else "", workbook.wrapped)
        sheet.write_string(row, 2, form_of(field), workbook.wrapped)
        sheet.write_string(row, 3, example_of(field, own), workbook.wrapped)


def form_of(field: Field) -> str:
    """What a value looks like, for somebody who fills in a table."""
    if isinstance(field, Choice):
        return _("选择：%(choices)s") % {"choices": "、".join(str(title) for _code, title in field.choices)}
    if isinstance(field, Reference):
        return _("%(form)s(原样填写，保留前面的 0)") % {"form": field.form}
    return field.form


def example_of(field: Field, own: Mapping[str, str]) -> str:
    """The example as a person would type it: the institution's own where there is one."""
    example = own.get(field.name, field.example)
    return str(dict(field.choices).get(example, example)) if isinstance(field, Choice) else example


def faulty_rows(dataset: Dataset, rows: Iterable[QuarantinedRow], name: str) -> FileResponse:
    """Quarantined rows with their faulty cells in red and a column that says what is wrong."""
    rows = list(rows)
    workbook = _Workbook()
    retracting = any(content_of(row).get(OP) == RETRACT for row in rows)
    extra = [*([_("操作")] if retracting else []), FAULTS_TITLE]
    sheet = workbook.data_sheet(dataset, extra)
    for line, row in enumerate(rows, start=1):
        content = content_of(row)
        for position, field in enumerate(dataset.fields):
            look = workbook.format_of(field, faulty=bool(field_faults(row, field.name)))
            _write(sheet, line, position, field, sent_text(content.get(field.name)), look)
        last = len(dataset.fields)
        if retracting:
            sheet.write_string(line, last, sent_text(content.get(OP)))
        sheet.write_string(line, last + len(extra) - 1, faults_in_words(dataset, row), workbook.message)
    sheet.set_column(len(dataset.fields) + len(extra) - 1, len(dataset.fields) + len(extra) - 1, 60)
    _instructions(workbook, dataset, rows[0].institution if rows else None)
    return workbook.response(name)


def _write(sheet: Any, line: int, position: int, field: Field, text: str, look: Any) -> None:
    if not text:
        sheet.write_blank(line, position, None, look)
    elif isinstance(field, Number) and (number := _exact_number(text)) is not None:
        sheet.write_number(line, position, number, look)
    else:
        sheet.write_string(line, position, str(escape_cell(text)), look)


def _exact_number(text: str) -> Decimal | None:
    """A number that a spreadsheet keeps to the last digit; None for anything else."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and len(number.as_tuple().digits) <= EXACT_DIGITS else None
