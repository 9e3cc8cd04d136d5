"""Cost budgets: asked for by one person as a whole year, in force when others have approved. Nothing of a version changes
but where it stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from costing.engine.budget import MONTHS
from costing.models import CostBudget, CostBudgetAmount
from costing.selectors.budgets import Amounts, amounts_of, in_force, moved
from costing.services.scenarios import PLANNERS
from costing.titles import COST_ITEM_TITLES
from ops_platform.audit.public import record
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, NotFound
from ops_platform.masterdata.models import AccountingPeriod, Department, Institution, PeriodState
from workflows.public import start

KIND = "costing.budget"
MOST_ROWS = 5_000
MOST_TOLD = 5
FIRST_YEAR, LAST_YEAR = 2000, 2100
LARGEST = Decimal(10) ** 12
FEN, ZERO = Decimal("0.01"), Decimal("0.00")
State = CostBudget.State


@dataclass(frozen=True, slots=True)
class BudgetRow:
    """The months of a department's cost item, January first, in yuan; the department by code."""

    department: str
    cost_item: str
    months: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with a row (numbered from 0), at which field."""

    row: int
    field: str
    message: str


@transaction.atomic
def propose_budget(
    actor: Actor, *, institution_id: int, year: int, rows: Sequence[BudgetRow], source_text: str
) -> tuple[CostBudget, int]:
    """Ask for a budget of a year, or for another version of it; gives the version and the number of the matter. Months that
    are closed keep what was in force for them."""
    if actor.user is None or not actor.has(*PLANNERS):
        raise Forbidden("costing.may_not_plan", "只有财务人员、机构负责人和运营管理中心可以编制成本预算。")
    institution = Institution.objects.visible_to(actor, *PLANNERS).select_for_update().filter(pk=institution_id).first()
    if institution is None:
        raise NotFound("masterdata.no_institution", "没有这个机构。")
    _must_be_rows(institution, year, rows)
    earlier = CostBudget.objects.filter(institution=institution, year=year)
    if earlier.filter(state=State.ASKED).exists():
        words = f"{institution.name} {year} 年已有预算在审批中，请先办结或撤回，再提交新的版本。"
        raise Conflict("costing.budget_asked", words)
    departments = dict(Department.objects.filter(institution=institution).values_list("code", "pk"))
    amounts = {
        (departments[row.department], row.cost_item, month): amount
        for row in rows
        for month, amount in enumerate(row.months, 1)
        if amount
    }
    _must_move_something(institution, year, amounts)
    _must_keep_closed_months(institution, year, amounts)
    newest = earlier.order_by("-version").first()
    budget = CostBudget.objects.create(
        institution=institution,
        year=year,
        version=newest.version + 1 if newest else 1,
        total=sum(amounts.values(), ZERO),
        source_text=source_text.strip(),
        asked_by_id=actor.user,
    )
    CostBudgetAmount.objects.bulk_create(
        (
            CostBudgetAmount(budget=budget, department_id=department, cost_item=item, month=month, amount=amount)
            for (department, item, month), amount in amounts.items()
        ),
        batch_size=2_000,
    )
    return budget, start(actor, kind=KIND, subject=str(budget.pk), comment=source_text)


def budget_faults(institution: Institution, rows: Sequence[BudgetRow]) -> list[RowFault]:
    """What is wrong with the rows, as `propose_budget` would refuse them."""
    known = set(Department.objects.filter(institution=institution).values_list("code", flat=True))
    seen: set[tuple[str, str]] = set()
    faults = []
    for number, row in enumerate(rows):
        place = (row.department, row.cost_item)
        if row.department not in known:
            faults.append(RowFault(number, "department", f"没有科室 {row.department[:40]}，请核对科室编码。"))
        elif row.cost_item not in COST_ITEM_TITLES:
            faults.append(RowFault(number, "cost_item", f"没有成本项目 {row.cost_item[:40]}。"))
        elif place in seen:
            words = f"科室 {row.department} 的{COST_ITEM_TITLES[row.cost_item]}重复，请合并为一行。"
            faults.append(RowFault(number, "cost_item", words))
        seen.add(place)
        if len(row.months) != MONTHS or not all(_is_amount(amount) for amount in row.months):
            words = "各月预算应为 0 或以上的金额，最多两位小数，共 12 个月。"
            faults.append(RowFault(number, "months", words))
    return faults


def _is_amount(amount: Decimal) -> bool:
    return amount.is_finite() and 0 <= amount < LARGEST and amount == amount.quantize(FEN)


def _must_be_rows(institution: Institution, year: int, rows: Sequence[BudgetRow]) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Invalid("costing.budget_year", f"预算年度应在 {FIRST_YEAR} 至 {LAST_YEAR} 年之间。", field="year")
    if not rows or len(rows) > MOST_ROWS:
        raise Invalid("costing.budget_rows", f"请填写 1 到 {MOST_ROWS:,} 行预算。", field="file")
    faults = budget_faults(institution, rows)
    if faults:
        told = " ".join(f"第 {one.row + 1} 行：{one.message}" for one in faults[:MOST_TOLD])
        more = f" 等共 {len(faults)} 处" if len(faults) > MOST_TOLD else ""
        raise Invalid("costing.budget_rows", told + more, field="file")
    if not any(any(row.months) for row in rows):
        raise Invalid("costing.budget_rows", "各行各月都没有金额，请填写后提交。", field="file")


def _must_move_something(institution: Institution, year: int, amounts: Amounts) -> None:
    former = in_force(institution=institution.pk, year=year)
    if former is not None and not moved(amounts_of(budgets=[former.pk])[former.pk], amounts):
        words = f"与现行的第 {former.version} 版完全相同，没有需要审批的调整。"
        raise Conflict("costing.budget_unchanged", words, field="file")


def _must_keep_closed_months(institution: Institution, year: int, amounts: Amounts) -> None:
    """History keeps the budget it was measured against; the first budget of a year may come late."""
    former = in_force(institution=institution.pk, year=year)
    if former is None:
        return
    closed = AccountingPeriod.objects.filter(
        institution=institution, period__startswith=f"{year}-", state=PeriodState.CLOSED
    )
    months = {int(period[5:]) for period in closed.values_list("period", flat=True)}
    before = amounts_of(budgets=[former.pk])[former.pk]
    changed = [place for place in moved(before, amounts) if place[2] in months]
    if changed:
        listed = "、".join(f"{year}-{month:02d}" for month in sorted({month for _where, _item, month in changed}))
        names = Department.objects.in_bulk({department for department, _item, _month in changed})
        told = "；".join(
            f"{names[where].name} {COST_ITEM_TITLES[item]} {month} 月应为 {before.get((where, item, month), ZERO):,}"
            for where, item, month in changed[:MOST_TOLD]
        )
        more = f" 等共 {len(changed)} 处" if len(changed) > MOST_TOLD else ""
        words = (
            f"{listed} 已结账，预算不能再改动。请恢复第 {former.version} 版的金额，只调整未结账的月份：{told}{more}。"
        )
        raise Conflict("costing.budget_closed_month", words, field="file")


def put_budget_in_force(actor: Actor, *, budget_id: int) -> None:
    """The version holds from now on. Called by the approval only; refuses what months closed meanwhile forbid."""
    budget = _locked(budget_id)
    _must_keep_closed_months(budget.institution, budget.year, amounts_of(budgets=[budget.pk])[budget.pk])
    CostBudget.objects.filter(institution=budget.institution, year=budget.year, state=State.IN_FORCE).update(
        state=State.REPLACED
    )
    _decide(budget, State.IN_FORCE)
    record(
        actor,
        "costing.budget_in_force",
        institution=budget.institution.code,
        subject_type="cost_budget",
        subject=budget.pk,
        detail={"year": budget.year, "version": budget.version, "total": format(budget.total, "f")},
    )


def refuse_budget(*, budget_id: int) -> None:
    """The version was refused or withdrawn. Called by the approval only."""
    _decide(_locked(budget_id), State.REFUSED)


def _locked(number: int) -> CostBudget:
    return CostBudget.objects.select_for_update(of=("self",)).select_related("institution").get(pk=number)


def _decide(budget: CostBudget, state: str) -> None:
    if budget.state != State.ASKED:
        return
    budget.state, budget.decided_at = state, timezone.now()
    budget.save(update_fields=["state", "decided_at"])
