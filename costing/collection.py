"""Direct cost of the departments of a month: booked straight (直接计入), and computed (计算计入) — shares of bills that one
department took in for all, and depreciation of asset cards."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from costing import asset_cards, drivers
from costing.engine.findings import yuan
from costing.engine.shared_bills import Bill, divide
from costing.facts import MonthFacts
from costing.models import ComputedCost
from costing.titles import SHARED_TITLES
from ops_platform.kernel import Conflict, Period
from ops_platform.masterdata.models import Institution

Costs = dict[tuple[int, str, str], int]


@dataclass(frozen=True, slots=True)
class Computed:
    """A computed part of a department's direct cost, in fen (`ComputedCost`)."""

    department: int
    origin: str
    kind: str
    item: str
    source: str
    driver: str
    weight: Decimal
    total: Decimal
    amount: int


@dataclass(frozen=True, slots=True)
class Collected:
    """`direct` by (department, cost item, funding source), everything; `computed` says what of it was computed."""

    direct: Costs
    computed: tuple[Computed, ...]


def collect(
    institution: Institution,
    period: Period,
    sequence: int,
    month: MonthFacts,
    shared: Mapping[str, drivers.ChosenDriver],
    source: asset_cards.Source,
) -> Collected:
    """The month's direct cost; `sequence` is that of the asset cards, `source` where depreciation comes from. Raises
    Conflict for a bill that no driver divides, and where depreciation is computed from cards while it is sent as well."""
    computed = [
        *_shares(institution, period, month, shared),
        *_depreciation(institution, period, sequence, month, source),
    ]
    direct: Costs = defaultdict(int, month.costs)
    for one in computed:
        direct[one.department, one.item, one.source] += one.amount
    return Collected(dict(direct), tuple(computed))


def _shares(
    institution: Institution, period: Period, month: MonthFacts, shared: Mapping[str, drivers.ChosenDriver]
) -> list[Computed]:
    bills = [Bill(kind, item, source, fen) for (kind, item, source), fen in month.shared.items()]
    weights = drivers.Weights(month)
    _refuse_assignments(institution, period, month, shared)
    open_departments = {number: one.code for number, one in month.departments.items() if not one.closed}
    by_code = {code: number for number, code in open_departments.items()}
    measured = {
        kind: {
            open_departments[number]: weight
            for number, weight in weights.of(0, driver).items()
            if number in open_departments
        }
        for kind, driver in shared.items()
    }
    shares, findings = divide(bills, measured, SHARED_TITLES)
    if findings:
        raise Conflict(
            "costing.blocked",
            f"{institution.name} {period} 的成本不能归集：" + " ".join(finding.message for finding in findings),
            findings=[finding.code for finding in findings],
        )
    return [
        Computed(
            by_code[one.department],
            ComputedCost.Origin.SHARED,
            one.bill.kind,
            one.bill.item,
            one.bill.source,
            shared[one.bill.kind].text,
            Decimal(one.weight),
            Decimal(one.total),
            one.amount,
        )
        for one in shares
    ]


def _refuse_assignments(
    institution: Institution, period: Period, month: MonthFacts, shared: Mapping[str, drivers.ChosenDriver]
) -> None:
    """A bill that is assigned to a department that cannot bear it has nobody who could keep it: it stops the month."""
    for kind, driver in sorted(shared.items()):
        refused = drivers.refused(month, 0, driver, month.departments)
        fen = sum(fen for (of_kind, _, _), fen in month.shared.items() if of_kind == kind)
        if refused:
            names = "、".join(f"{one.label}({why})" for one, why in refused)
            raise Conflict(
                "costing.blocked",
                f"{institution.name} {period} 的成本不能归集：{SHARED_TITLES[kind]} {yuan(fen)}直接指定给{names}。"
                "请为该费用改定接收科室，或改选其他动因。",
                findings=["costing.assignment_refused"],
            )


def _depreciation(
    institution: Institution, period: Period, sequence: int, month: MonthFacts, source: asset_cards.Source
) -> list[Computed]:
    sent = {item for _, item, _ in month.costs} & asset_cards.DEPRECIATED
    items = asset_cards.from_cards(source, sent)
    if sent & items:
        twice = sum(fen for (_, item, _), fen in month.costs.items() if item in sent)
        raise Conflict(
            "costing.depreciation_twice",
            f"{institution.name} {period} 按资产卡片计提折旧，又报送了折旧或摊销凭证 {yuan(twice)}，"
            "会重复计入。请撤回这些凭证，或把参数「折旧和摊销的来源」改为 0。",
        )
    amounts: dict[tuple[int, str, str, str], int] = defaultdict(int)
    cards: dict[tuple[int, str, str, str], int] = defaultdict(int)
    for card in asset_cards.card_charges(institution, period, sequence) if items else ():
        if card.cost_item not in items:
            continue
        key = (card.charge.department, card.category, card.cost_item, card.charge.funding_source)
        amounts[key] += card.charge.amount
        cards[key] += 1
    totals: dict[str, int] = defaultdict(int)
    for (_, category, _, _), number in cards.items():
        totals[category] += number
    return [
        Computed(
            department,
            ComputedCost.Origin.DEPRECIATION,
            category,
            item,
            source,
            "",
            Decimal(cards[department, category, item, source]),
            Decimal(totals[category]),
            amount,
        )
        for (department, category, item, source), amount in sorted(amounts.items())
        if amount
    ]
