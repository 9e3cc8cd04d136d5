"""One department's month: where its income and its cost came from, and where its cost went."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Min, QuerySet, Sum

from costing.models import AllocationFlow, ComputedCost, CostRun, DepartmentCost, DepartmentMonth, IncomeCell
from costing.selectors.summaries import DepartmentFigures, figures
from costing.titles import COST_ITEM_TITLES, FEE_CLASS_TITLES, driver_title, driver_value
from ops_platform.his_intake.public import FactPage

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class RunMark:
    """Which computation the figures come from."""

    id: int
    institution: int
    period: str
    version: int
    is_current: bool
    restatement: bool
    input_sequence: int
    input_digest: str
    created_at: Any


@dataclass(frozen=True, slots=True)
class CostLine:
    """A cost item of a department."""

    item: str
    title: str
    direct: Decimal
    received: Decimal
    sent: Decimal
    full: Decimal

    @property
    def total(self) -> Decimal:
        """Before it is sent on."""
        return self.direct + self.received


@dataclass(frozen=True, slots=True)
class IncomeLine:
    """Charge income by fee class, or by the department on the other side."""

    code: str
    title: str
    amount: Decimal
    insured: Decimal
    lines: int
    department: int | None = None


@dataclass(frozen=True, slots=True)
class FlowLine:
    """What one department gave another, all items together; driver, weight and share are the same for each item."""

    step: int
    department: int
    name: str
    driver: str
    weight: Decimal
    weight_total: Decimal
    share: Decimal
    amount: Decimal

    @property
    def driver_title(self) -> str:
        """The driver as people call it."""
        return driver_title(self.driver)

    @property
    def driven(self) -> str:
        """By what the share was measured: weight ÷ total."""
        return f"{driver_value(self.driver, self.weight)} ÷ {driver_value(self.driver, self.weight_total)}"


@dataclass(frozen=True, slots=True)
class DepartmentStatement:
    """All of a department's month. Incomes of a clinical department are those it ordered, of others those it executed."""

    run: RunMark
    now: DepartmentFigures
    costs: tuple[CostLine, ...]
    by_fee_class: tuple[IncomeLine, ...]
    by_other_side: tuple[IncomeLine, ...]
    received: tuple[FlowLine, ...]
    sent: tuple[FlowLine, ...]


def mark(run: CostRun) -> RunMark:
    """The run without its figures."""
    return RunMark(*(getattr(run, name) for name in ("id", "institution_id", *RunMark.__slots__[2:])))


def department_months(*, department: int) -> list[DepartmentFigures]:
    """Every month of the department, oldest first."""
    rows = DepartmentMonth.objects.filter(department=department, run__is_current=True)
    return figures(rows.order_by("run__period", "pk"))


def statement(*, now: DepartmentFigures) -> DepartmentStatement:
    """The parts behind a department's month; a fixed number of queries."""
    run = CostRun.objects.get(pk=now.run)
    side = "ordering" if now.is_clinical else "executing"
    cells = IncomeCell.objects.filter(run=run, **{side: now.department})
    return DepartmentStatement(
        run=mark(run),
        now=now,
        costs=tuple(cost_lines(run=run.pk, department=now.department)),
        by_fee_class=_by_fee_class(cells),
        by_other_side=_by_department(cells, "executing" if now.is_clinical else "ordering"),
        received=tuple(flow_lines(run=run.pk, receiver=now.department)),
        sent=() if now.is_clinical else tuple(flow_lines(run=run.pk, sender=now.department)),
    )


def cost_lines(*, run: int, department: int) -> list[CostLine]:
    """By cost item in the official order."""
    rows = (
        DepartmentCost.objects.filter(run=run, department=department)
        .order_by()
        .values_list("cost_item")
        .annotate(a=Sum("direct"), b=Sum("received"), c=Sum("sent"), d=Sum("full"))
    )
    found = {item: amounts for item, *amounts in rows}
    nothing = [ZERO, ZERO, ZERO, ZERO]
    return [CostLine(item, title, *found.get(item, nothing)) for item, title in COST_ITEM_TITLES.items()]


def _by_fee_class(cells: QuerySet[IncomeCell]) -> tuple[IncomeLine, ...]:
    rows = cells.order_by().values_list("fee_class").annotate(a=Sum("amount"), b=Sum("insured_amount"), c=Sum("lines"))
    return tuple(
        IncomeLine(code, FEE_CLASS_TITLES.get(code, code), *sums) for code, *sums in rows.order_by("-a", "fee_class")
    )


def _by_department(cells: QuerySet[IncomeCell], side: str) -> tuple[IncomeLine, ...]:
    rows = (
        cells.order_by()
        .values_list(side, f"{side}__code", f"{side}__name")
        .annotate(a=Sum("amount"), b=Sum("insured_amount"), c=Sum("lines"))
        .order_by("-a", f"{side}__code")
    )
    return tuple(IncomeLine(code, name, amount, insured, lines, pk) for pk, code, name, amount, insured, lines in rows)


def flow_lines(*, run: int, receiver: int | None = None, sender: int | None = None) -> list[FlowLine]:
    """Flows into or out of a department by the department on the other side, in the order of the steps."""
    other = "sender" if receiver is not None else "receiver"
    own = {"receiver": receiver} if receiver is not None else {"sender": sender}
    rows = (
        AllocationFlow.objects.filter(run=run, **own)
        .order_by()
        .values_list("step", other, f"{other}__name", "driver")
        .annotate(a=Min("weight"), b=Min("weight_total"), c=Min("share"), d=Sum("amount"))
        .order_by("step", "-d", other)
    )
    return [FlowLine(*row) for row in rows]


def flow_page(*, run: CostRun, offset: int, limit: int | None, **chosen: Any) -> FactPage[AllocationFlow]:
    """The stored steps themselves, item by item, with their sum; `chosen` as in `expected_flows`."""
    rows = _flows(run.pk, **chosen)
    sums = rows.order_by().aggregate(count=Count("id"), total=Sum("amount"))
    shown = rows.select_related("sender", "receiver").order_by(
        "step", "sender__code", "receiver__code", "cost_item", "funding_source", "pk"
    )[offset : None if limit is None else offset + limit]
    return FactPage(tuple(shown), sums["count"], sums["total"] or ZERO)


def _flows(
    run: int,
    receiver: int | None = None,
    sender: int | None = None,
    cost_item: str = "",
    funding_sources: tuple[str, ...] = (),
    sender_class: str = "",
) -> QuerySet[AllocationFlow]:
    rows = AllocationFlow.objects.filter(run=run)
    if sender_class:
        of_class = DepartmentMonth.objects.filter(run=run, cost_class=sender_class)
        rows = rows.filter(sender__in=of_class.values("department"))
    if funding_sources:
        rows = rows.filter(funding_source__in=funding_sources)
    if receiver is not None:
        rows = rows.filter(receiver=receiver)
    if sender is not None:
        rows = rows.filter(sender=sender)
    return rows.filter(cost_item=cost_item) if cost_item else rows


def expected_flows(
    *,
    run: int,
    receiver: int | None,
    sender: int | None,
    cost_item: str,
    funding_sources: tuple[str, ...] = (),
    sender_class: str = "",
) -> Decimal:
    """What a list of flows must add up to: what the receiver received, or what the sender sent. Between two departments, and
    of a class of senders, the flows themselves are all there is."""
    if (receiver is None) == (sender is None) or sender_class:
        rows = _flows(run, receiver, sender, cost_item, funding_sources, sender_class)
        return rows.aggregate(total=Sum("amount"))["total"] or ZERO
    side = "received" if sender is None else "sent"
    department = receiver if sender is None else sender
    return expected_cost(
        run=run, department=department, cost_item=cost_item, funding_sources=funding_sources, side=side
    )


def expected_cost(
    *, run: int, department: int | None, cost_item: str, funding_sources: tuple[str, ...], side: str
) -> Decimal:
    """The amount of the summary that a list of entries (side direct) or flows (received, sent) must add up to."""
    rows = DepartmentCost.objects.filter(run=run)
    if department is not None:
        rows = rows.filter(department=department)
    if cost_item:
        rows = rows.filter(cost_item=cost_item)
    if funding_sources:
        rows = rows.filter(funding_source__in=funding_sources)
    return rows.aggregate(total=Sum(side))["total"] or ZERO


def computed_costs(
    *,
    run: int,
    department: int | None = None,
    cost_item: str = "",
    funding_sources: tuple[str, ...] = (),
    origin: str = "",
    kind: str = "",
) -> QuerySet[ComputedCost]:
    """What of the direct cost was computed, by department."""
    rows = ComputedCost.objects.filter(run=run).select_related("department")
    if department is not None:
        rows = rows.filter(department=department)
    if funding_sources:
        rows = rows.filter(funding_source__in=funding_sources)
    given = {"cost_item": cost_item, "origin": origin, "kind": kind}
    rows = rows.filter(**{name: value for name, value in given.items() if value})
    return rows.order_by("origin", "kind", "department__code", "cost_item", "funding_source", "pk")


def computed_total(**conditions: Any) -> Decimal:
    """The sum of `computed_costs`."""
    return computed_costs(**conditions).order_by().aggregate(total=Sum("amount"))["total"] or ZERO


def expected_income(*, run: int, **conditions: Any) -> Decimal:
    """The amount of the summary that a list of charge lines must add up to."""
    given = {name: value for name, value in conditions.items() if value not in (None, "")}
    return IncomeCell.objects.filter(run=run, **given).aggregate(total=Sum("amount"))["total"] or ZERO


def expected_other_income(*, run: int, department: int | None) -> Decimal:
    """The amount that a list of income entries must add up to."""
    rows = DepartmentMonth.objects.filter(run=run)
    if department is not None:
        rows = rows.filter(department=department)
    return rows.aggregate(total=Sum("other_income"))["total"] or ZERO
