"""The official tables as .xlsx in their layout, with the basis of allocation below."""

from collections.abc import Sequence

from django.http import FileResponse

from costing.models import CostRun, PatientRun
from costing.selectors.basis import Basis
from costing.selectors.patients import Reconciliation
from costing.selectors.sheets import Report, Scope
from costing.sheets import Sheet
from costing.titles import COST_ITEM_TITLES
from ops_platform.web import formats
from ops_platform.web.official_sheets import OfficialSheet

TITLES = tuple(COST_ITEM_TITLES.values())


def _heading(run: CostRun, mark: str) -> str:
    return (
        f"编制单位：{run.institution.name}    期间：{formats.period_label(run.period)}({mark})    单位：元"
        f"    第 {run.version} 版，读到批次 {run.input_sequence}"
    )


def _of_members(run: CostRun, members: int) -> str:
    """Of a report of several institutions, each of its own run."""
    return f"编制范围：{members} 家成员单位    期间：{formats.period_label(run.period)}    单位：元"


def _basis(sheet: OfficialSheet, row: int, basis: Sequence[Basis]) -> None:
    if not basis:
        return
    sheet.text(row, 0, "分摊依据", "note")
    for offset, one in enumerate(basis, 1):
        sheet.text(row + offset, 0, f"{one.sender}:{one.driver}({one.mark_title}；{one.source_text})", "note")


def patient_costs(run: PatientRun, found: Reconciliation, mark: str) -> FileResponse:
    """患者成本归集表, in the layout of the page."""
    columns = ["归集对象", "就诊数", "收费收入", *TITLES, "医疗成本合计", "财政项目经费", "科教经费", "医院全成本合计"]
    sheet = OfficialSheet("患者成本归集表", _heading(run.cost_run, mark), len(columns))
    for column, title in enumerate(columns):
        sheet.column_title(2, column, title)
    sheet.sheet.freeze_panes(3, 1)
    parts = [*found.patients, found.borne, *found.unassigned, found.full, found.difference]
    for number, part in enumerate(parts, 3):
        strong = part.code in ("borne", "full", "difference")
        amounts = [part.income, *part.items, part.medical, part.fiscal_project, part.research, part.hospital]
        sheet.text(number, 0, part.name, "strong" if strong else "text")
        sheet.text(number, 1, "" if part.encounters is None else f"{part.encounters:,}", "text")
        for column, amount in enumerate(amounts, 2):
            sheet.amount(number, column, amount, strong=strong)
    return sheet.response(f"患者成本归集表-{run.institution.code}-{run.period}")


def sheet(report: Report, scope: Scope, found: Sheet, basis: Sequence[Basis], mark: str) -> FileResponse:
    """Any report in the layout of its page; the pages of an official form are sheets of the file."""
    title = f"{report.title}({scope.layer.words})" if report.layered else report.title
    heading = _of_members(scope.run, len(found.rows)) if report.alliance else _heading(scope.run, mark)
    if report.form:
        heading = f"{report.form}    {heading}"
    pages = [(f"{report.title}({name})", name, found.page(columns)) for name, columns in found.pages]
    (name, tab, page), *others = pages or [(title, title, found)]
    written = OfficialSheet(name, heading, 1 + len(page.columns), tab)
    _fill(written, page, basis)
    for name, tab, page in others:
        written.add(name, heading, 1 + len(page.columns), tab)
        _fill(written, page, basis)
    of = "成员单位" if report.alliance else scope.run.institution.code
    return written.response(f"{report.title}-{of}-{scope.run.period}")


def workbook_of(name: str, heading: str, pages: Sequence[tuple[str, Sheet]]) -> FileResponse:
    """Several reports as sheets of one file, each under its title."""
    (title, first), *others = pages
    written = OfficialSheet(title, heading, 1 + len(first.columns), title)
    _fill(written, first, ())
    for title, found in others:
        written.add(title, heading, 1 + len(found.columns), title)
        _fill(written, found, ())
    return written.response(name)


def _fill(written: OfficialSheet, found: Sheet, basis: Sequence[Basis]) -> None:
    first = _heads(written, found)
    for number, row in enumerate(found.rows, first):
        strong = row.level != "department"
        written.text(number, 0, row.name, "strong" if strong else "text")
        for column, (cell, kind, tone) in enumerate(zip(row.cells, found.kinds, found.tones(row), strict=True), 1):
            written.figure(number, column, cell.value, kind, strong=strong, tone=tone)
    below = first + len(found.rows) + 1
    for offset, note in enumerate(found.said):
        written.text(below + offset, 0, note, "note")
    _basis(written, below + len(found.said), basis)


def _heads(written: OfficialSheet, found: Sheet) -> int:
    """The header in one line, or in two where columns have groups; returns the line of the first row."""
    titles = 3 if found.groups else 2
    column = 1
    for group, columns in found.heads:
        if group:
            written.merged(2, column, len(columns), group)
        column += len(columns)
    for column, title, group in [
        (0, found.first, ""),
        *((at, one.title, one.group) for at, one in enumerate(found.columns, 1)),
    ]:
        if found.groups and not group:
            written.upright(2, column, title)
        else:
            written.column_title(titles, column, title)
    written.sheet.freeze_panes(titles + 1, 1)
    written.sheet.repeat_rows(0, titles)
    return titles + 1
