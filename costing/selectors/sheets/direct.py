"""成本01 医院各科室直接成本表 (domain.md 1.7): departments by class with subtotals, then the hospital.

Medical cost (医疗成本) is the cost of the seven items borne by own and basic fiscal funds; with fiscal projects it is the
full medical cost (医疗全成本), with research and teaching the full cost of the hospital (医院全成本). The form has two
pages: the seven items with the medical cost, and what makes it the other two.
"""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from django.db.models import Sum

from costing.derivations import plus
from costing.engine.columns import COLUMNS, column_of
from costing.models import DepartmentCost, DepartmentMonth
from costing.selectors.layers import ITEMS, ZERO
from costing.selectors.sheets.scope import Scope
from costing.sheets import Cell, Column, Row, Sheet, cells, summed
from costing.titles import COST_ITEM_TITLES
from ops_platform.masterdata.models import CostClass

Amounts = list[Decimal]
FIRST_PAGE, SECOND_PAGE = "医疗成本", "医疗全成本和医院全成本"
OF_PROJECTS, OF_RESEARCH = "财政项目经费", "科教经费"
COLUMNS_OF_PAGES = (
    *(Column(title, "money", FIRST_PAGE) for title in (*COST_ITEM_TITLES.values(), "医疗成本合计")),
    *(Column(title, "money", SECOND_PAGE) for title in (OF_PROJECTS, "医疗全成本合计", OF_RESEARCH, "医院全成本合计")),
)
MEDICAL = len(ITEMS)
PAGES = (
    (FIRST_PAGE, tuple(range(MEDICAL + 1))),
    (SECOND_PAGE, tuple(range(MEDICAL, len(COLUMNS_OF_PAGES)))),
)


def direct_costs(scope: Scope) -> Sheet:
    """Each amount of a department opens to its vouchers and computed parts."""
    amounts: dict[int, Amounts] = defaultdict(lambda: [ZERO] * len(COLUMNS))
    sums = DepartmentCost.objects.filter(run=scope.run).order_by()
    grouped = sums.values_list("department", "cost_item", "funding_source").annotate(total=Sum("direct"))
    for department, item, source, amount in grouped:
        amounts[department][column_of(item, source)] += amount
    departments = list(DepartmentMonth.objects.filter(run=scope.run).order_by("department__code", "pk"))
    rows: list[Row] = []
    subtotals: list[int] = []
    for cost_class in reversed(CostClass):
        members = [one for one in departments if one.cost_class == cost_class]
        first = len(rows)
        rows += [_department(scope, one, amounts[one.department_id]) for one in members]
        if members:
            together = _sum([amounts[one.department_id] for one in members])
            subtotals.append(len(rows))
            made = plus(*range(first, len(rows)))
            rows.append(Row(f"{cost_class.label}小计", cells(*_figures(together)), level="subtotal", made=made))
    if departments:
        whole = _sum([amounts[one.department_id] for one in departments])
        rows.append(Row("全院合计", cells(*_figures(whole)), level="total", made=plus(*subtotals)))
    return Sheet("科室名称", COLUMNS_OF_PAGES, tuple(rows), pages=PAGES)


def _sum(rows: Sequence[Amounts]) -> Amounts:
    return [summed([row[at] for row in rows]) for at in range(len(COLUMNS))]


def _figures(amounts: Amounts) -> list[Decimal]:
    """The seven items, then each layer with what it adds."""
    *items, fiscal_project, research = amounts
    medical = summed(items)
    return [*items, medical, fiscal_project, medical + fiscal_project, research, summed(amounts)]


def _department(scope: Scope, one: DepartmentMonth, amounts: Amounts) -> Row:
    number = one.department_id
    asked = [(item, "medical") for item in ITEMS]
    asked += [("", "medical"), ("", "fiscal_project"), ("", "full_medical"), ("", "research"), ("", "hospital")]
    listed = tuple(
        Cell(value, scope.direct_url(number, item, funding) if value else "")
        for value, (item, funding) in zip(_figures(amounts), asked, strict=True)
    )
    return Row(one.name, listed, scope.department_url(number))
