"""Applying the changes of a scenario to what a run read. Amounts stay integer fen, rounded half away from zero where a
per cent is taken; costs and income are cut or raised cell by cell, so that the same changes give the same fen. Direct
cost is changed where it is collected, so that shares of bills and depreciation of cards change with it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from costing.assignments import words
from costing.behaviour import Behaviour, behaviour_at
from costing.charges import Income
from costing.drivers import Assigned, ChosenDriver
from costing.models import ChangeKind, DriverKind
from costing.recomputing import Inputs, Scaled
from costing.tiers import TIERS
from costing.titles import COST_ITEM_TITLES, FEE_CLASS_TITLES, SHARED_TITLES, driver_title
from ops_platform.kernel import Conflict
from ops_platform.masterdata.models import CostClass
from ops_platform.web import formats

NO_RULE = 0


@dataclass(frozen=True, slots=True)
class Change:
    """One change, as `ScenarioChange` says it."""

    kind: str
    department: int | None
    department_name: str
    target: str
    code: str
    metric: str
    value: Decimal | None
    assigned: tuple[Assigned, ...] = ()

    @property
    def words(self) -> str:
        """As people read it."""
        whose = self.department_name or "全院"
        value = formats.quantity(self.value)
        match self.kind:
            case ChangeKind.HEADCOUNT:
                return f"{whose}的人员数量改为 {value}"
            case ChangeKind.AREA:
                return f"{whose}的占用面积改为 {value} 平方米"
            case ChangeKind.COST_CLASS:
                return f"{whose}改为{CostClass(self.code).label}"
            case ChangeKind.DRIVER:
                divided = self.department_name or SHARED_TITLES.get(self.target) or CostClass(self.target).label
                driver = driver_title(f"{self.code}:{self.metric}" if self.metric else self.code)
                named = words((one.label, one.share) for one in self.assigned)
                return f"{divided}{driver}给 {named}" if named else f"{divided}按{driver}分摊"
            case ChangeKind.PRICE:
                return f"{whose}{FEE_CLASS_TITLES.get(self.code, '全部收费')}的价格变动 {_signed(self.value)}"
            case ChangeKind.VOLUME:
                return f"{whose}的业务量变动 {_signed(self.value)}"
            case ChangeKind.COST:
                return f"{whose}的{COST_ITEM_TITLES.get(self.code, '直接成本')}变动 {_signed(self.value)}"
        return f"{whose}关闭"


def _signed(value: Decimal | None) -> str:
    return f"{'+' if value and value > 0 else ''}{formats.quantity(value)}%"


def applied(inputs: Inputs, changes: Iterable[Change]) -> Inputs:
    """The inputs with every change, in order."""
    behaviour = behaviour_at(inputs.institution, inputs.period)
    for change in changes:
        inputs = _APPLY[ChangeKind(change.kind)](inputs, change, behaviour)
    return inputs


def _factor(change: Change) -> Decimal:
    return 1 + (change.value or Decimal(0)) / 100


def _times(fen: int, factor: Decimal) -> int:
    return int((fen * factor).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _with_month(inputs: Inputs, **fields: object) -> Inputs:
    return replace(inputs, month=replace(inputs.month, **fields))  # type: ignore[arg-type]


def _headcount(inputs: Inputs, change: Change, _behaviour: Behaviour) -> Inputs:
    return _with_month(inputs, headcounts=_put(inputs.month.headcounts, change))


def _area(inputs: Inputs, change: Change, _behaviour: Behaviour) -> Inputs:
    return _with_month(inputs, areas=_put(inputs.month.areas, change))


def _put(measured: Mapping[int, Decimal], change: Change) -> dict[int, Decimal]:
    if change.department is None:
        return dict(measured)
    return {**measured, change.department: change.value or Decimal(0)}


def _cost_class(inputs: Inputs, change: Change, _behaviour: Behaviour) -> Inputs:
    departments = dict(inputs.month.departments)
    if change.department in departments:
        departments[change.department] = replace(departments[change.department], cost_class=change.code)
    return _with_month(inputs, departments=departments)


def _driver(inputs: Inputs, change: Change, _behaviour: Behaviour) -> Inputs:
    driver = ChosenDriver(NO_RULE, DriverKind(change.code), change.metric, assigned=change.assigned)
    if change.target in SHARED_TITLES:
        return replace(inputs, shared={**(inputs.shared or {}), change.target: driver})
    numbers = [
        number
        for number, one in inputs.month.departments.items()
        if one.cost_class in TIERS and (change.department in (None, number))
        if change.department is not None or one.cost_class == change.target
    ]
    if change.department is not None and not numbers:
        raise Conflict(
            "costing.sends_nothing", f"{change.department_name}的成本不再分摊，没有动因可改，请取消「{change.words}」。"
        )
    return replace(inputs, chosen={**(inputs.chosen or {}), **dict.fromkeys(numbers, driver)})


def _price(inputs: Inputs, change: Change, _behaviour: Behaviour) -> Inputs:
    factor = _factor(change)
    mine = _is_mine(inputs, change.department)
    incomes = [
        replace(one, amount=_times(one.amount, factor), insured=_times(one.insured, factor))
        if change.code in ("", one.fee_class) and mine(one)
        else one
        for one in inputs.month.incomes
    ]
    return _with_month(inputs, incomes=incomes)


def _is_mine(inputs: Inputs, department: int | None) -> Callable[[Income], bool]:
    """Whose income is changed: what a clinical department ordered, what another one carried out for those that ordered."""
    if department is None:
        return lambda _one: True
    known = inputs.month.departments.get(department)
    if known is not None and known.cost_class == CostClass.CLINICAL:
        return lambda one: one.ordering == department
    return lambda one: one.executing == department


def _volume(inputs: Inputs, change: Change, behaviour: Behaviour) -> Inputs:
    """Income follows the volume, and of the direct cost what varies with it: of the department, and of those that carry out
    what it orders in so far as they do it for it. Workloads that are measured apart stay."""
    more = (change.value or Decimal(0)) / 100
    changed = _price(inputs, change, behaviour)
    if change.department is None:
        return _scaled(changed, None, {item: 1 + more * varies for item, varies in behaviour.variable_shares.items()})
    for number, part in _parts_of_volume(inputs, change.department).items():
        factors = {item: 1 + more * part * varies for item, varies in behaviour.variable_shares.items()}
        changed = _scaled(changed, number, factors)
    return changed


def _parts_of_volume(inputs: Inputs, department: int) -> dict[int, Decimal]:
    """Which part of its volume each department has by this one: all of its own; of a department of medical technology, by
    income, what this one ordered there."""
    mine = _is_mine(inputs, department)
    ordered: dict[int, int] = defaultdict(int)
    whole: dict[int, int] = defaultdict(int)
    for one in inputs.month.incomes:
        known = inputs.month.departments.get(one.executing)
        if one.executing != department and known is not None and known.cost_class == CostClass.MEDICAL_TECHNOLOGY:
            whole[one.executing] += one.amount
            ordered[one.executing] += one.amount if mine(one) else 0
    parts = {number: Decimal(ordered[number]) / fen for number, fen in sorted(whole.items()) if fen > 0}
    return {department: Decimal(1), **{number: part for number, part in parts.items() if part}}


def _cost(inputs: Inputs, change: Change, _behaviour: Behaviour) -> Inputs:
    items = (change.code,) if change.code else COST_ITEM_TITLES
    return _scaled(inputs, change.department, dict.fromkeys(items, _factor(change)))


def _close(inputs: Inputs, change: Change, behaviour: Behaviour) -> Inputs:
    """Nothing is ordered or carried out there any more, nobody works there, and it receives nothing; the variable direct
    cost falls away."""
    month = inputs.month
    closed = change.department
    departments = dict(month.departments)
    if closed in departments:
        departments[closed] = replace(departments[closed], closed=True)
    left = _with_month(
        inputs,
        departments=departments,
        incomes=[one for one in month.incomes if closed not in (one.ordering, one.executing)],
        headcounts={number: count for number, count in month.headcounts.items() if number != closed},
        areas={number: area for number, area in month.areas.items() if number != closed},
        workloads={key: quantity for key, quantity in month.workloads.items() if key[1] != closed},
    )
    return _scaled(left, closed, {item: 1 - varies for item, varies in behaviour.variable_shares.items()})


def _scaled(inputs: Inputs, department: int | None, factors: Mapping[str, Decimal]) -> Inputs:
    return replace(inputs, scaled=(*inputs.scaled, Scaled(department, factors)))


_APPLY: dict[ChangeKind, Callable[[Inputs, Change, Behaviour], Inputs]] = {
    ChangeKind.HEADCOUNT: _headcount,
    ChangeKind.AREA: _area,
    ChangeKind.COST_CLASS: _cost_class,
    ChangeKind.DRIVER: _driver,
    ChangeKind.PRICE: _price,
    ChangeKind.VOLUME: _volume,
    ChangeKind.COST: _cost,
    ChangeKind.CLOSE: _close,
}
