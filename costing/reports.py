"""The official tables as .xlsx in their layout, with the basis of allocation below."""

from collections.abc import Sequence

from django.http import FileResponse

from costing.models import CostRun, PatientRun
from costing.selectors.patients import Reconciliation
from costing.selectors.tables import Basis, DirectRow, FullRow
from costing.titles import COST_ITEM_TITLES
from ops_platform.web import formats
from ops_platform.web.official_sheets import OfficialSheet

TITLES = tuple(COST_ITEM_TITLES.values())


def _sheet(title: str, run: CostRun, mark: str, columns: int) -> OfficialSheet:
    heading = (
        f"编制单位：{run.institution.name}    期间：{formats.period_label(run.period)}({mark})    单位：元"
        f"    第 {run.version} 版，读到批次 {run.input_sequence}"
    )
    return OfficialSheet(title, heading, columns)


def _basis(sheet: OfficialSheet, row: int, basis: Sequence[Basis]) -> None:
    sheet.text(row, 0, "分摊依据", "note")
    for offset, one in enumerate(basis, 1):
        sheet.text(row + offset, 0, f"{one.sender}:{one.driver}({one.mark_title}；{one.source_text})", "note")


def direct_costs(run: CostRun, rows: Sequence[DirectRow], basis: Sequence[Basis], mark: str) -> FileResponse:
    """成本01 医院各科室直接成本表"""
    columns = ["科室名称", *TITLES, "医疗成本合计", "财政项目经费", "医疗全成本合计", "科教经费", "医院全成本合计"]
    sheet = _sheet("医院各科室直接成本表", run, mark, len(columns))
    for column, title in enumerate(columns):
        sheet.text(2, column, title, "head")
    sheet.sheet.freeze_panes(3, 1)
    for number, row in enumerate(rows, 3):
        amounts = [*row.items, row.medical, row.fiscal_project, row.full_medical, row.research, row.total]
        sheet.line(number, row.name, amounts, strong=row.level != "department")
    _basis(sheet, len(rows) + 4, basis)
    return sheet.response(f"各科室直接成本表-{run.institution.code}-{run.period}")


def patient_costs(run: PatientRun, found: Reconciliation, mark: str) -> FileResponse:
    """患者成本归集表, in the layout of the page."""
    columns = ["归集对象", "就诊数", "收费收入", *TITLES, "医疗成本合计", "财政项目经费", "科教经费", "医院全成本合计"]
    sheet = _sheet("患者成本归集表", run.cost_run, mark, len(columns))
    for column, title in enumerate(columns):
        sheet.text(2, column, title, "head")
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


def full_costs(run: CostRun, rows: Sequence[FullRow], basis: Sequence[Basis], mark: str) -> FileResponse:
    """成本02 医院临床服务类科室全成本表"""
    groups = [*TITLES, "合计"]
    sheet = _sheet("医院临床服务类科室全成本表", run, mark, 1 + 3 * len(groups))
    sheet.sheet.merge_range(2, 0, 3, 0, "科室名称", sheet.formats["head"])
    for index, title in enumerate(groups):
        first = 1 + 3 * index
        sheet.sheet.merge_range(2, first, 2, first + 2, title, sheet.formats["head"])
        for part, words in enumerate(("直接成本", "间接成本", "全成本")):
            sheet.text(3, first + part, words, "head")
    sheet.sheet.freeze_panes(4, 1)
    for number, row in enumerate(rows, 4):
        amounts = [amount for item in (*row.items, row.total) for amount in item]
        sheet.line(number, row.name, amounts, strong=row.department is None)
    _basis(sheet, len(rows) + 5, basis)
    return sheet.response(f"临床科室全成本表-{run.institution.code}-{run.period}")
