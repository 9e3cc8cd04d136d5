"""分摊方法比较表: the month's clinical departments by the official method and by two others, from the same inputs.

Official is step-down by tiers (阶梯分摊). Beside it: one department after the other in an order (顺序分摊), where those of a
class serve each other as far as the order goes, and all at once (交互分摊). All three divide the same direct costs by the
same drivers; only who may receive differs (docs/algorithms/allocation.md). Nothing of the two others is stored: they are
computed when the page is read, from what the run read."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from django.db.models import Sum

from costing import drivers
from costing.derivations import Part, minus, per, plus, total
from costing.engine.allocation import Allocation, allocate
from costing.engine.model import AllocationModel, Method
from costing.facts import MonthFacts
from costing.models import DepartmentCost, DepartmentMonth
from costing.recomputing import Computation, compute, inputs_of, model_of
from costing.selectors.layers import Layer, layer_costs
from costing.selectors.sheets import sources
from costing.selectors.sheets.computed import transfers
from costing.selectors.sheets.scope import Scope
from costing.sheets import Cell, Column, Row, Sheet, Value, cells, share
from costing.tiers import TIERS
from ops_platform.kernel import Conflict, Severity, from_fen, to_fen
from ops_platform.masterdata.models import CostClass

COMPARISON = "只供比较，不入账，不是规定报表；对外和考核以阶梯分摊为准。"
SAME = (
    "三种方法在此只差尾数：同一类科室用同一动因、也不向前一类提供服务时，先后次序和互相服务不改变结果。"
    "为单个科室另设动因，或动因数据包含同类和前一类科室时，才会有差别。"
)
TRIFLE = 100  # fen
CHANGED = "重新计算的阶梯分摊与本版运行不一致，请重新运行科室成本分摊后再比较。"
COLUMNS = (
    Column("直接成本"),
    Column("阶梯分摊(正式)", "money", "全成本"),
    Column("顺序分摊", "money", "全成本"),
    Column("交互分摊", "money", "全成本"),
    Column("差额", "money", "顺序与正式", "none", minus(2, 1)),
    Column("差异率", "percent", "顺序与正式", "none", per(4, 1)),
    Column("差额", "money", "交互与正式", "none", minus(3, 1)),
    Column("差异率", "percent", "交互与正式", "none", per(6, 1)),
)


def methods(scope: Scope) -> Sheet:
    """Full cost of each department that keeps cost, by each method, with the differences; the sums are the same."""
    inputs = inputs_of(scope.run)
    try:
        computed = compute(inputs)
    except Conflict as refusal:
        return Sheet("科室名称", COLUMNS, (), (refusal.message,))
    month, official = inputs.month, model_of(inputs.month, computed.collected, computed.chosen, computed.held)
    order, unknown = _order(month, computed, scope.order)
    by_method = {
        "顺序分摊": replace(official, steps=drivers.steps_in_order(month, computed.chosen, order, computed.held)),
        "交互分摊": replace(
            official, method=Method.RECIPROCAL, steps=drivers.step_of_all(month, computed.chosen, computed.held)
        ),
    }
    found = {name: allocate(model) for name, model in by_method.items()}
    codes = [month.departments[number].code for number in order]
    notes = [COMPARISON, f"顺序分摊的次序：{' → '.join(codes)}。未指定时，每类之内直接成本大的在先。"]
    if unknown:
        notes.append(f"次序中的 {'、'.join(unknown)} 不是本月要分摊的科室，没有采用；请填科室编码，用逗号分开。")
    notes += [f"{name}不能计算：{_refusal(one)}" for name, one in found.items() if one.blocked]
    fulls = [_by_department(computed.allocation), *(_by_department(one) for one in found.values())]
    absent = [False, *(one.blocked for one in found.values())]
    flows = [one.flows for one in found.values()]
    rows = _rows(
        scope, official, fulls, absent, lambda code: [transfers(one, month, computed.chosen, code) for one in flows]
    )
    if _only_roundings(fulls, absent):
        notes.append(SAME)
    if _stored(scope) != {code: fen for code, fen in fulls[0].items() if fen}:
        notes.insert(0, CHANGED)
    return Sheet("科室名称", COLUMNS, tuple(rows), tuple(notes))


def _order(month: MonthFacts, computed: Computation, asked: Sequence[str]) -> tuple[list[int], list[str]]:
    """Those that send: the named ones first, as named, then class by class, the greatest direct cost first; and what was
    named that does not send."""
    direct: dict[int, int] = defaultdict(int)
    for (number, _item, _source), fen in computed.collected.direct.items():
        direct[number] += fen
    sending = {month.departments[number].code: number for number in computed.chosen if number not in computed.held}
    known = [sending[code] for code in dict.fromkeys(asked) if code in sending]

    def place(number: int) -> tuple[int, int, str]:
        one = month.departments[number]
        return TIERS.index(CostClass(one.cost_class)), -direct[number], one.code

    rest = sorted((number for number in sending.values() if number not in known), key=place)
    return [*known, *rest], [code for code in dict.fromkeys(asked) if code not in sending]


def _by_department(allocation: Allocation) -> dict[str, int]:
    """Fen that each department ends with, by code."""
    found: dict[str, int] = defaultdict(int)
    for (code, _item), fen in allocation.full_costs.items():
        found[code] += fen
    return found


def _only_roundings(fulls: Sequence[Mapping[str, int]], absent: Sequence[bool]) -> bool:
    """Whether no department differs by more than what rounding moves."""
    official, *others = (full for full, missing in zip(fulls, absent, strict=True) if not missing)
    codes = {code for full in (official, *others) for code in full}
    return bool(others) and all(
        abs(other.get(code, 0) - official.get(code, 0)) < TRIFLE for other in others for code in codes
    )


def _refusal(allocation: Allocation) -> str:
    return " ".join(one.message for one in allocation.findings if one.severity is Severity.BLOCKING)


def _rows(
    scope: Scope,
    official: AllocationModel,
    fulls: Sequence[Mapping[str, int]],
    absent: Sequence[bool],
    moved: Callable[[str], Sequence[list[Part]]],
) -> list[Row]:
    """The departments that keep cost by any method, by code, then all of them; a method that came to nothing is empty.
    `moved` says what a department received and sent by each of the other methods."""
    direct: dict[str, int] = defaultdict(int)
    for (code, _item), fen in official.costs.items():
        direct[code] += fen
    listed = {
        one.department.code: one
        for one in DepartmentMonth.objects.filter(run=scope.run)
        .select_related("department")
        .order_by("department__code")
    }
    costs = layer_costs(run=scope.run, layer=Layer.HOSPITAL)
    rows: list[Row] = []
    sums = [0] * (1 + len(fulls))
    for code, one in listed.items():
        amounts = [direct[code], *(full.get(code, 0) for full in fulls)]
        if one.cost_class != CostClass.CLINICAL and not any(amounts[1:]):
            continue
        sums = [total + fen for total, fen in zip(sums, amounts, strict=True)]
        values = _figures(amounts, absent)
        number, whole = one.department_id, costs.whole(one.department_id)
        opening = (
            Cell(values[0].value, scope.direct_url(number) if amounts[0] else ""),
            Cell(values[1].value, made=sources.full(scope, number, whole)),
        )
        own = Part("直接成本", from_fen(amounts[0]), url=scope.direct_url(number))
        others = [
            Cell(cell.value, made=None if cell.value is None else total([own, *parts]))
            for cell, parts in zip(values[2:4], moved(code), strict=True)
        ]
        rows.append(Row(one.name, (*opening, *others, *values[4:]), scope.department_url(number)))
    return [*rows, Row("合计", _figures(sums, absent), level="total", made=plus(*range(len(rows))))]


def _figures(amounts: Sequence[int], absent: Sequence[bool]) -> tuple[Cell, ...]:
    direct, official, *others = (from_fen(fen) for fen in amounts)
    shown: list[Value] = [None if missing else other for other, missing in zip(others, absent[1:], strict=True)]
    beside: list[Value] = []
    for other, missing in zip(others, absent[1:], strict=True):
        beside += [None, None] if missing else [other - official, share(other - official, official)]
    return cells(direct, official, *shown, *beside)


def _stored(scope: Scope) -> dict[str, int]:
    """What the run says, where it says anything."""
    rows = DepartmentCost.objects.filter(run=scope.run).order_by().values_list("department__code").annotate(Sum("full"))
    return {code: to_fen(amount) for code, amount in rows if amount}
