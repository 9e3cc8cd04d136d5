"""Plans to adjust prices, and what they come to; computed from what a plan was born with whenever it is read."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cached_property

from django.db.models import Count, Q, QuerySet, Sum

from costing.engine.columns import COST_ITEMS
from costing.engine.price_adjustment import (
    UNIT,
    YEAR,
    Borne,
    Bounds,
    Change,
    PricedItem,
    Raised,
    Terms,
    changes,
    concerns_of_item,
    concerns_of_plan,
    departure,
    mean_departure,
    recovery,
    steps,
)
from costing.models import ItemCost, PatientRun, PriceAdjustment, PriceAdjustmentBase, PriceAdjustmentItem
from costing.selectors.access import READERS
from costing.titles import FEE_CLASS_TITLES
from ops_platform.kernel import Actor, NotFound, Period, to_fen
from ops_platform.masterdata.models import ChargeItemTerm, Department
from ops_platform.masterdata.selectors import parameter_value

ZERO = Decimal("0.00")
MOST_RISE, MOST_GROWTH = "costing.price_step_rise", "costing.price_total_growth"


def adjustments(*, actor: Actor) -> QuerySet[PriceAdjustment]:
    """Of the institutions that the actor may see, newest first; put away ones last."""
    rows = PriceAdjustment.objects.visible_to(actor, *READERS).select_related("institution", "created_by")
    put_away = Q(state=PriceAdjustment.State.ARCHIVED)
    return rows.annotate(number=Count("items"), put_away=put_away).order_by("put_away", "-created_at", "-pk")


def access_adjustment(*, actor: Actor, adjustment: int) -> PriceAdjustment:
    """One plan. Raises NotFound for what the actor may not see."""
    found = adjustments(actor=actor).filter(pk=adjustment).first()
    if found is None:
        raise NotFound("costing.no_price_adjustment", "没有这个调价方案。")
    return found


@dataclass(frozen=True, slots=True)
class Measured:
    """What a department charged of an item and what it cost in a month of the base, in yuan."""

    run: PatientRun
    department: int
    quantity: Decimal
    income: Decimal
    cost: Decimal


@dataclass(frozen=True, slots=True)
class ItemOutcome:
    """An item of the plan with its steps."""

    row: PriceAdjustmentItem
    base: tuple[Measured, ...]
    priced: PricedItem
    changes: tuple[Change, ...]
    months: int

    @property
    def name(self) -> str:
        """Code and name."""
        return f"{self.row.item.code} {self.row.item.name}"

    @property
    def cost(self) -> int:
        """Of a year, in fen."""
        return self.priced.cost * (YEAR // self.months)

    @property
    def before(self) -> int:
        """Income of a year before the first step, in fen."""
        return self.priced.income * (YEAR // self.months)

    def moved(self, step: int) -> int:
        """Change of a year from the base to a step (0 is the first), in fen."""
        return self.changes[step].income - self.before

    def borne(self, step: int) -> tuple[int, int, int]:
        """Of that change the parts of insured stays, of insured visits, of patients."""
        until = self.changes[: step + 1]
        return (
            sum(one.stays for one in until),
            sum(one.visits for one in until),
            sum(one.patients for one in until),
        )


@dataclass(frozen=True)
class Outcome:
    """A plan worked out. Amounts in fen of a year."""

    adjustment: PriceAdjustment
    items: tuple[ItemOutcome, ...]
    terms: Terms
    bounds: Bounds

    @cached_property
    def months(self) -> int:
        """Of the base."""
        return base_length(self.adjustment)

    @cached_property
    def times(self) -> int:
        """A year is so many bases."""
        return YEAR // self.months

    @cached_property
    def borne(self) -> tuple[Borne, ...]:
        """Who bears each step, from the base on."""
        sums = steps((one.changes for one in self.items), len(self.adjustment.steps))
        return tuple(Borne(one, self.terms) for one in sums)

    @cached_property
    def services(self) -> int:
        """Income of all services."""
        return to_fen(self.adjustment.service_income) * self.times

    @cached_property
    def service_cost(self) -> int:
        """Cost of all services."""
        return to_fen(self.adjustment.service_cost) * self.times

    def received_recovery(self, step: int) -> Fraction | None:
        """成本回收率 of all services at a step by what is received: without what nobody pays."""
        return recovery(self.services + self.borne[step].received, self.service_cost)

    def recovery_of_all(self, step: int | None = None) -> Fraction | None:
        """成本回收率 of all services, before (None) or at a step."""
        moved = 0 if step is None else self.borne[step].step.change
        return recovery(self.services + moved, self.service_cost)

    def departure_of(self, one: ItemOutcome, step: int | None = None) -> Fraction | None:
        """比价偏离 of an item."""
        income = one.before if step is None else one.changes[step].income
        return departure(recovery(income, one.cost), self.recovery_of_all(step))

    def mean_departure(self, step: int | None = None) -> Fraction | None:
        """Of the items of the plan, by their income before."""
        return mean_departure((one.before, self.departure_of(one, step)) for one in self.items)

    @cached_property
    def concerns(self) -> list[Raised]:
        """What is odd: the plan, then its items."""
        of_plan = concerns_of_plan(self.borne, self.services, self.bounds)
        of_items = [
            concern
            for number, one in enumerate(self.items)
            for concern in concerns_of_item(number, one.priced, one.changes, self.months, self.bounds)
        ]
        return [*of_plan, *of_items]


def decided_on(adjustment: PriceAdjustment) -> date | None:
    """Since when its prices may be charged: the authority's decision, else the hospital's own approval."""
    return adjustment.decision_on or adjustment.approved_on


def base_length(adjustment: PriceAdjustment) -> int:
    """Months of the base."""
    first, last = Period.parse(adjustment.first_month), Period.parse(adjustment.last_month)
    return (last.year - first.year) * YEAR + last.month - first.month + 1


def outcome(adjustment: PriceAdjustment) -> Outcome:
    """The plan worked out; three queries and two parameters."""
    months = base_length(adjustment)
    rows = PriceAdjustmentItem.objects.filter(adjustment=adjustment).select_related("item").order_by("item__code")
    based: dict[int, list[Measured]] = defaultdict(list)
    measured = PriceAdjustmentBase.objects.filter(item__adjustment=adjustment).select_related("run")
    for one in measured.order_by("item_id", "run__period", "department__code"):
        based[one.item_id].append(Measured(one.run, one.department_id, one.quantity, one.income, one.cost))
    items = tuple(_outcome_of(row, tuple(based[row.pk]), months) for row in rows)
    day, times = adjustment.steps[0], YEAR // months
    limit = adjustment.fund_limit
    return Outcome(
        adjustment,
        items,
        Terms(
            loss=to_fen(adjustment.loss),
            subsidy=to_fen(adjustment.subsidy),
            saved=to_fen(adjustment.saved) * times,
            fund_limit=None if limit is None else to_fen(limit),
            by_case=adjustment.by_case,
        ),
        Bounds(
            step=Fraction(parameter_value(key=MOST_RISE, day=day, institution=adjustment.institution)),
            total=Fraction(parameter_value(key=MOST_GROWTH, day=day, institution=adjustment.institution)),
        ),
    )


def _outcome_of(row: PriceAdjustmentItem, base: tuple[Measured, ...], months: int) -> ItemOutcome:
    priced = PricedItem(
        quantity=_units(sum((one.quantity for one in base), Decimal(0))),
        income=sum(to_fen(one.income) for one in base),
        cost=sum(to_fen(one.cost) for one in base),
        prices=tuple(_units(price) for price in row.prices),
        charged=to_fen(row.charged),
        insured_stays=to_fen(row.insured_stays),
        insured_visits=to_fen(row.insured_visits),
        cap=None if row.price_cap is None else _units(row.price_cap),
    )
    return ItemOutcome(row, base, priced, changes(priced, months), months)


def _units(value: Decimal) -> int:
    return int(value * UNIT)


def departments_of(found: Outcome) -> dict[int, tuple[str, str]]:
    """Code and name of the departments that carry the items out; one query."""
    numbers = {one.department for item in found.items for one in item.base}
    rows = Department.objects.filter(pk__in=numbers).values_list("pk", "code", "name")
    return {number: (code, name) for number, code, name in rows}


def superseded(found: Outcome) -> list[PatientRun]:
    """The runs of the base that count no more: the month was costed anew since."""
    runs = {one.run.pk: one.run for item in found.items for one in item.base}
    return [run for _number, run in sorted(runs.items()) if not run.is_current]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A service item in a base: what it was charged at and what it cost."""

    code: str
    name: str
    fee_class: str
    quantity: Decimal
    income: Decimal
    cost: Decimal
    cap: Decimal | None


def candidates(*, runs: Sequence[PatientRun]) -> list[Candidate]:
    """Service items of which more was charged than given back, the greatest gap between income and cost first. Two
    queries."""
    rows = ItemCost.objects.filter(run__in=runs, item__isnull=False).order_by("item_id")
    sums = rows.values_list("item_id", "item__code", "item__name").annotate(
        volume=Sum("quantity"), earned=Sum("income"), **{f"of_{name}": Sum(name) for name in COST_ITEMS}
    )
    listed = list(sums.filter(volume__gt=0))
    terms = _terms([number for number, *_rest in listed])
    found = [
        Candidate(
            code,
            name,
            terms[number].fee_class if number in terms else "",
            volume,
            earned,
            sum(costs, ZERO),
            terms[number].price_cap if number in terms else None,
        )
        for number, code, name, volume, earned, *costs in listed
    ]
    return sorted(found, key=lambda one: (-abs(one.income - one.cost), one.code))


def _terms(items: Iterable[int]) -> dict[int, ChargeItemTerm]:
    """What each item is by its newest term."""
    rows = (
        ChargeItemTerm.objects.filter(item__in=list(items)).order_by("item_id", "-effective_from").distinct("item_id")
    )
    return {one.item_id: one for one in rows}


def workbook_rows(candidates_: Sequence[Candidate]) -> Iterable[tuple[list[str], list[Decimal | None]]]:
    """The rows of the workbook to fill in: what each is, then its figures; the reference price covers costs as far as all
    services together do."""
    income = sum((one.income for one in candidates_), ZERO)
    cost = sum((one.cost for one in candidates_), ZERO)
    of_all = income / cost if cost > 0 else None
    for one in candidates_:
        unit = one.cost / one.quantity
        figures = [
            one.quantity,
            one.income,
            _short(one.income / one.quantity),
            _short(unit),
            None if one.cost <= 0 else _short(one.income / one.cost * 100),
            None if of_all is None else _short(unit * of_all),
            one.cap,
        ]
        yield [one.code, one.name, FEE_CLASS_TITLES.get(one.fee_class, "")], figures


def _short(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"))


@dataclass(frozen=True, slots=True)
class Followed:
    """An item in a month after a step: the price of the plan, and what was charged."""

    item: ItemOutcome
    price: Decimal
    quantity: Decimal
    income: Decimal

    @property
    def expected(self) -> Decimal:
        """Price of the plan × quantity, to the fen."""
        return (self.price * self.quantity).quantize(ZERO, rounding=ROUND_HALF_UP)

    @property
    def difference(self) -> Decimal:
        """Charged − expected; not zero where the HIS charges another price."""
        return self.income - self.expected


@dataclass(frozen=True, slots=True)
class FollowedMonth:
    """A month in which one step held throughout (counted from 0)."""

    run: PatientRun
    step: int
    rows: tuple[Followed, ...]


def followed(found: Outcome) -> list[FollowedMonth]:
    """The months since the first step and since the plan was decided on, whose patients are costed, newest first; those in
    which a step began after their first day hold two prices and are left out. Two queries."""
    began, decided = found.adjustment.steps, decided_on(found.adjustment)
    if decided is None:
        return []
    runs = PatientRun.objects.filter(
        institution=found.adjustment.institution_id, is_current=True, period__gte=f"{began[0]:%Y-%m}"
    ).select_related("cost_run")
    in_step = {}
    for run in runs.order_by("-period"):
        first, last = Period.parse(run.period).first_day, Period.parse(run.period).last_day
        held = [at for at, day in enumerate(began) if day <= first]
        if held and decided <= first and not any(first < day <= last for day in began):
            in_step[run.pk] = (run, held[-1])
    mine = {one.row.item_id: one for one in found.items}
    sums: dict[int, dict[int, tuple[Decimal, Decimal]]] = defaultdict(dict)
    rows = ItemCost.objects.filter(run__in=in_step, item__in=mine).order_by("run_id", "item_id")
    for run, item, quantity, income in rows.values_list("run_id", "item_id").annotate(
        volume=Sum("quantity"), earned=Sum("income")
    ):
        sums[run][item] = quantity, income
    return [
        FollowedMonth(
            run,
            step,
            tuple(
                Followed(one, one.row.prices[step], *sums[run.pk][number])
                for number, one in mine.items()
                if number in sums[run.pk]
            ),
        )
        for run, step in in_step.values()
    ]
