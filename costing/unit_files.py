"""Service units as a workbook (服务单元表): one row for each department and fee class that carried services out. Out with
what is in force, in as a whole or not at all."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.http import FileResponse

from costing.models import GIVEN_KINDS, UnitKind
from costing.row_files import Faults, FileRow, none_of, read_table, shown
from costing.services.service_units import unit_faults
from costing.titles import FEE_CLASS_TITLES
from ops_platform.masterdata.models import Institution
from ops_platform.web.exports import xlsx_response

DEPARTMENT, NAME, FEE_CLASS, UNIT, TITLE, KIND = "科室编码", "科室名称", "费用类别", "单元编码", "单元名称", "单元类别"
COLUMNS = (DEPARTMENT, NAME, FEE_CLASS, UNIT, TITLE, KIND)
HEADERS = {"department": DEPARTMENT, "fee_class": FEE_CLASS, "unit": UNIT, "name": TITLE, "kind": KIND}
OTHERS = "其余全部"
MOST_ROWS = 5000
KIND_TITLES = {kind.value: str(kind.label) for kind in GIVEN_KINDS}
KIND_OF = {title: code for code, title in KIND_TITLES.items()}
FEE_CLASS_OF = {"": "", OTHERS: "", **{title: code for code, title in FEE_CLASS_TITLES.items()}}


@dataclass(frozen=True, slots=True)
class Part:
    """A department's services of a fee class ("" for all others of it) with the unit that they belong to; as text."""

    department: str
    name: str
    fee_class: str
    unit: str = ""
    title: str = ""
    kind: str = ""


def write(institution: Institution, day: str, parts: Iterable[Part]) -> FileResponse:
    """The workbook to fill in."""
    rows = (
        [
            one.department,
            one.name,
            FEE_CLASS_TITLES.get(one.fee_class, OTHERS),
            one.unit,
            one.title,
            KIND_TITLES.get(one.kind, ""),
        ]
        for one in parts
    )
    return xlsx_response(f"服务单元_{institution.code}_{day}", COLUMNS, rows)


def read(body: bytes, departments: Collection[str]) -> list[list[str]]:
    """[department code, fee class, unit code, unit name, kind] of the rows that name a unit; `departments` are the codes of
    the institution's. Raises Invalid: for the file, or with the faults of its cells."""
    table = read_table(body, COLUMNS, MOST_ROWS)
    rows, numbers = [], []
    for row in table.rows:
        if row[UNIT] or row[TITLE] or row[KIND]:
            rows.append(_row(row, table.faults))
            numbers.append(row.number)
    for index, field, message in unit_faults(departments, rows):
        table.faults.add(numbers[index], HEADERS[field], message)
    table.faults.refuse()
    return rows


def _row(row: FileRow, faults: Faults) -> list[str]:
    """A row in codes; a word that stands for none is told."""
    fee_class, kind = row[FEE_CLASS], row[KIND]
    if fee_class not in FEE_CLASS_OF:
        faults.add(row.number, FEE_CLASS, f"没有费用类别 {shown(fee_class)}，整个科室请填「{OTHERS}」。")
    if kind in (str(UnitKind.DRUGS.label), str(UnitKind.MATERIALS.label)):
        faults.add(row.number, KIND, f"{kind}自动为一个单元，成本收入比为 100%，请清空该行的单元。")
    elif kind not in KIND_OF:
        faults.add(row.number, KIND, none_of(kind, KIND_OF))
    return [row[DEPARTMENT], FEE_CLASS_OF.get(fee_class, fee_class), row[UNIT], row[TITLE], KIND_OF.get(kind, kind)]
