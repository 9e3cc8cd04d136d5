"""What figures of reports are made of, as parts that open: costs of departments to vouchers, computed costs and flows,
income to charge lines, costs of patients to encounters, discharges and items. Every report takes its parts from here."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from urllib.parse import urlencode

from django.urls import reverse

from costing.behaviour import Behaviour
from costing.derivations import Derivation, Kind, Part, product, quotient, total
from costing.measures import OF_CASES, OF_ENCOUNTERS, OF_ITEMS, OF_PATHWAYS, OF_UNITS, Measure
from costing.models import CostRun, DepartmentMonth, PatientRun
from costing.selectors.layers import ITEMS, Amounts, Layer
from costing.selectors.sheets.scope import Scope
from costing.titles import COST_ITEM_TITLES

Asked = str | int | None


def _address(list_name: str, run: int, amount: Decimal | int | None = None, /, **asked: Asked) -> str:
    """What is None is left out; "" asks for those without."""
    given: dict[str, object] = {key: value for key, value in asked.items() if value is not None}
    if amount is not None:
        given["came"] = amount
    return f"{reverse(f'costing:{list_name}', args=[run])}?{urlencode(given)}"


def direct(scope: Scope, department: int, amounts: Amounts, item: str = "") -> Part:
    """Direct cost of a department, of all items or one, in the layer."""
    return Part("直接成本", amounts.direct, url=scope.direct_url(department, item))


def moved(scope: Scope, department: int, amounts: Amounts, item: str = "", funding: str = "") -> list[Part]:
    """What was allocated to a department and what it gave on, as far as there is any; in the layer, or of `funding`."""
    received = Part("分摊转入", amounts.received, url=scope.flows_url(department, item, funding=funding))
    sent = Part("分摊转出", amounts.sent, sign=-1, url=scope.sent_url(department, item, funding))
    return [part for part in (received, sent) if part.amount]


def indirect(scope: Scope, department: int, amounts: Amounts, item: str = "", funding: str = "") -> Derivation | None:
    """Received − sent."""
    parts = moved(scope, department, amounts, item, funding)
    return total(parts) if parts else None


def full(scope: Scope, department: int, amounts: Amounts, item: str = "") -> Derivation:
    """Full cost of a department: direct + received − sent."""
    return total([direct(scope, department, amounts, item), *moved(scope, department, amounts, item)])


def by_behaviour(
    parts: Mapping[str, Part], shares: Mapping[str, Decimal], amounts: Mapping[str, Decimal]
) -> Derivation:
    """Σ of the cost items, each with its share (a parameter) that is variable, or that a head can control."""
    word = "占比(参数)"
    return total(
        [
            Part(str(COST_ITEM_TITLES[item]), amounts[item], made=product(part, Part(word, shares[item], "percent")))
            for item, part in parts.items()
            if part.amount
        ]
    )


def variable(traits: Behaviour, parts: Mapping[str, Part]) -> Derivation:
    """变动成本 of costs by item."""
    amounts = {item: traits.variable(item, Decimal(part.amount)) for item, part in parts.items()}
    return by_behaviour(parts, traits.variable_shares, amounts)


def controllable(traits: Behaviour, parts: Mapping[str, Part]) -> Derivation:
    """可控成本 of direct costs by item."""
    amounts = {item: traits.controllable(item, Decimal(part.amount)) for item, part in parts.items()}
    return by_behaviour(parts, traits.controllable_shares, amounts)


def full_by_item(scope: Scope, department: int, costs: Mapping[str, Amounts]) -> dict[str, Part]:
    """Full cost of each item of a department."""
    return {
        item: Part(f"{COST_ITEM_TITLES[item]}全成本", costs[item].full, made=full(scope, department, costs[item], item))
        for item in ITEMS
    }


def direct_by_item(scope: Scope, department: int, costs: Mapping[str, Amounts]) -> dict[str, Part]:
    """Direct cost of each item of a department."""
    return {item: direct(scope, department, costs[item], item) for item in ITEMS}


def other_income(scope: Scope, department: int) -> str:
    """The vouchers of a department's income outside charges."""
    return _address("income-entries", scope.run.pk, department=department)


def earned(scope: Scope, department: int, charges: Decimal, other: Decimal) -> list[Part]:
    """医疗收入 and other income of a department."""
    return [
        Part("医疗收入", charges, url=scope.income_url(department)),
        Part("其他收入", other, url=other_income(scope, department)),
    ]


def other_income_of_all(run: int) -> str:
    """The vouchers of an institution's income outside charges."""
    return _address("income-entries", run)


def spent_by_all(run: CostRun, layer: Layer, amount: Decimal, item: str = "") -> Part:
    """The direct costs of all departments of a run, which are its full costs."""
    return Part(
        "全院直接成本", amount, url=_address("cost-entries", run.pk, cost_item=item or None, funding=layer.value)
    )


def planned(run: int, amount: Decimal, *, span: str, department: int | None, item: str) -> str:
    """The amounts of the budget behind a planned figure."""
    return _address("budget-amounts", run, amount, span=span, department=department, cost_item=item or None)


def spent(run: CostRun, amount: Decimal, *, department: int | None, item: str) -> Part:
    """Direct cost of a month, of one department or of all."""
    asked = {"department": department, "cost_item": item or None, "funding": Layer.HOSPITAL.value}
    return Part(run.period, amount, url=_address("cost-entries", run.pk, **asked))


def workload(run: CostRun, quantity: Decimal, *, metric: str, department: int | None) -> str:
    """The workloads of a metric in a month, of one department or of all."""
    return _address("workloads", run.pk, quantity, metric=metric, department=department)


def earned_by_all(run: CostRun, charges: Decimal, other: Decimal) -> list[Part]:
    """Charges and other income of all departments of a run."""
    return [
        Part("医疗收入", charges, url=_address("charge-lines", run.pk)),
        Part("其他收入", other, url=_address("income-entries", run.pk)),
    ]


def income(scope: Scope, one: DepartmentMonth) -> Derivation:
    """Charges that a department ordered and its other income."""
    return total(
        [
            Part("医疗收入", one.income, url=scope.income_url(one.department_id)),
            Part("其他收入", one.other_income, url=other_income(scope, one.department_id)),
        ]
    )


def charged(run: int, item_class: str | None, ordering: int | None = None, fee_class: str | None = None) -> str:
    """The month's charge lines of a class of items, or of all; of a department or a fee class as well."""
    return _address("charge-lines", run, ordering=ordering, item_class=item_class, fee_class=fee_class)


def _measured(
    list_name: str,
    run: int,
    known: Mapping[str, Measure],
    measure: str,
    amount: Decimal | int,
    words: str,
    /,
    **asked: Asked,
) -> Part:
    kind: Kind = known[measure].kind
    url = _address(list_name, run, amount, measure=measure, **asked)
    return Part(words or known[measure].title, amount, kind, url=url)


def encounters(
    run: PatientRun, measure: str, amount: Decimal | int, *, department: int | None, inpatient: bool, words: str = ""
) -> Part:
    """Visits, or stays, of a month: of one department or of all."""
    kind = "stays" if inpatient else "visits"
    return _measured(
        "encounters", run.cost_run_id, OF_ENCOUNTERS, measure, amount, words, department=department, kind=kind
    )


def unit_cost(run: PatientRun, cost: Decimal, volume: int, *, department: int | None, inpatient: bool) -> Derivation:
    """Cost of a visit or of a bed-day, top-down."""
    count, words = ("days", "实际占用床日") if inpatient else ("count", "门急诊人次")
    return quotient(
        encounters(run, "top_down", cost, department=department, inpatient=inpatient),
        encounters(run, count, volume, department=department, inpatient=inpatient, words=words),
    )


def cases(run: CostRun, measure: str, amount: Decimal | int, words: str = "", /, **choice: Asked) -> Part:
    """Discharges of a month; `choice` as in `selectors.measured.CaseChoice`."""
    return _measured("cases", run.pk, OF_CASES, measure, amount, words, **choice)


def mean_of_cases(
    run: CostRun, measure: str, amount: Decimal | int, number: int, /, **choice: Asked
) -> Derivation | None:
    """A sum over discharges ÷ their number; None of none."""
    if not number:
        return None
    return quotient(cases(run, measure, amount, **choice), cases(run, "count", number, "例数", **choice))


def items(
    run: PatientRun,
    measure: str,
    amount: Decimal | int,
    *,
    department: int | None = None,
    item: str | None = None,
    fee_class: str | None = None,
    words: str = "",
) -> Part:
    """Service items of a month: one of all departments (`item` "" is handing out), those of a department, of a fee class, or
    all."""
    asked = {"department": department, "item": item, "fee_class": fee_class}
    return _measured("items", run.cost_run_id, OF_ITEMS, measure, amount, words, **asked)


def pathway_items(run: PatientRun, measure: str, amount: Decimal, *, pathway: int, item: int, words: str = "") -> Part:
    """What the cases of a pathway used of an item."""
    return _measured("pathway-items", run.cost_run_id, OF_PATHWAYS, measure, amount, words, pathway=pathway, item=item)


def unit_cases(
    run: CostRun, measure: str, amount: Decimal, *, kind: str, unit: str, name: str, **choice: Asked
) -> Part:
    """Discharges of a group (`drg`) or `disease` in a service unit."""
    return _measured("unit-cases", run.pk, OF_UNITS, measure, amount, "", kind=kind, unit=unit, name=name, **choice)


def difference(now: Part, before: Part) -> Derivation:
    """What a figure moved by since another month."""
    return total([now, replace(before, sign=-1)])


def added(parts: Iterable[Part]) -> Derivation | None:
    """Their sum, without those that are nothing; None of none."""
    kept = [part for part in parts if part.amount]
    return total(kept) if kept else None
