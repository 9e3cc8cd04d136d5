"""Plans to adjust prices: begun from a base of months, submitted for approval, put away. Nothing of a plan changes after it
was begun but where it stands."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from costing.days import check_day
from costing.engine.columns import COST_ITEMS
from costing.engine.price_adjustment import BASES
from costing.models import (
    IncomeCell,
    ItemCost,
    PatientRun,
    PriceAdjustment,
    PriceAdjustmentBase,
    PriceAdjustmentItem,
)
from costing.price_files import MOST_ITEMS, MOST_STEPS, PriceRow
from costing.selectors.purchases import purchases, together
from costing.services.scenarios import PLANNERS
from insurance_settlement.public import paid_by_case
from ops_platform.audit.public import record
from ops_platform.his_intake.public import ItemAt, PayersOfItem, items_as_of, payers_of_items
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, NotFound, Period
from ops_platform.masterdata.models import ChargeItem, ChargeItemTerm, Institution, ItemClass
from workflows.public import start

KIND = "costing.price_adjustment"
ZERO = Decimal("0.00")
State = PriceAdjustment.State


@dataclass(frozen=True, slots=True)
class WantedAdjustment:
    """A plan as it is asked for; see `PriceAdjustment`. Amounts in yuan a year."""

    institution_id: int
    title: str
    source_text: str
    first_month: Period
    last_month: Period
    steps: Sequence[date]
    rows: Sequence[PriceRow]
    loss: Decimal = ZERO
    loss_text: str = ""
    subsidy: Decimal = ZERO
    fund_limit: Decimal | None = None
    decision_on: date | None = None
    decision_no: str = ""


@transaction.atomic
def begin_adjustment(actor: Actor, wanted: WantedAdjustment) -> PriceAdjustment:
    """A draft with its items, measured on the base. Everything that it will say is fixed by this."""
    institution, planner = _planner(actor, wanted.institution_id)
    _must_be_steps(wanted)
    runs = base_runs(institution=institution, first=wanted.first_month, last=wanted.last_month)
    items = _items(institution, wanted.rows)
    costs = _costs(runs, [one.pk for one in items.values()])
    _must_have_base(wanted.rows, items, costs)
    last = runs[-1]
    payers = payers_of_items(
        institution=institution.pk, period=wanted.last_month, sequence=last.cost_run.input_sequence
    )
    kinds = items_as_of(institution, wanted.last_month.last_day, last.cost_run.input_sequence)
    services = [number for number, one in kinds.items() if one.item_class == ItemClass.SERVICE]
    whole = ItemCost.objects.filter(run__in=runs, item__isnull=False)
    of_all = whole.aggregate(income=Sum("income"), **{name: Sum(name) for name in COST_ITEMS})
    days = (wanted.first_month.first_day, wanted.last_month.last_day)
    adjustment = PriceAdjustment.objects.create(
        institution=institution,
        title=wanted.title.strip(),
        source_text=wanted.source_text.strip(),
        first_month=str(wanted.first_month),
        last_month=str(wanted.last_month),
        steps=list(wanted.steps),
        loss=wanted.loss,
        loss_text=wanted.loss_text.strip(),
        subsidy=wanted.subsidy,
        fund_limit=wanted.fund_limit,
        decision_on=wanted.decision_on,
        decision_no=wanted.decision_no.strip(),
        service_income=of_all["income"],
        service_cost=sum((of_all[name] for name in COST_ITEMS), ZERO),
        cells=_cells(runs),
        saved=together(purchases(institutions=[institution.pk], days=days)).saved or ZERO,
        by_case=paid_by_case(institution=institution.pk, day=wanted.last_month.last_day),
        created_by_id=planner,
    )
    caps = _caps(items.values(), wanted.steps[0])
    mixture = _mixture(payers[number] for number in services if number in payers)
    made = PriceAdjustmentItem.objects.bulk_create(
        _item(adjustment, items[row.code], row, kinds, payers, mixture, caps) for row in wanted.rows
    )
    PriceAdjustmentBase.objects.bulk_create(
        PriceAdjustmentBase(item=one, run_id=run, department_id=department, quantity=quantity, income=income, cost=cost)
        for one in made
        for run, department, quantity, income, cost in costs[one.item_id]
    )
    _record(actor, adjustment, "costing.price_adjustment_begun", items=len(made))
    return adjustment


def _item(
    adjustment: PriceAdjustment,
    item: ChargeItem,
    row: PriceRow,
    kinds: dict[int, ItemAt],
    payers: dict[int, PayersOfItem],
    mixture: PayersOfItem,
    caps: dict[int, Decimal],
) -> PriceAdjustmentItem:
    """An item with whose share pays; where it was not charged in the last month, as of all services."""
    mine = payers.get(item.pk)
    shares = mine if mine is not None and mine.charged > 0 else mixture
    return PriceAdjustmentItem(
        adjustment=adjustment,
        item=item,
        fee_class=kinds[item.pk].fee_class if item.pk in kinds else "",
        prices=list(row.prices),
        price_cap=caps.get(item.pk),
        charged=shares.charged,
        insured_stays=shares.insured_stays,
        insured_visits=shares.insured_visits,
        note=row.note.strip(),
    )


def _mixture(rows: Iterable[PayersOfItem]) -> PayersOfItem:
    found = list(rows)
    return PayersOfItem(
        sum((one.charged for one in found), ZERO),
        sum((one.insured_stays for one in found), ZERO),
        sum((one.insured_visits for one in found), ZERO),
    )


def base_runs(*, institution: Institution, first: Period, last: Period) -> list[PatientRun]:
    """The current patient run of each month of a base, in order. Raises Invalid for a base of another length, and for months
    whose patients are not costed."""
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    if months not in BASES:
        listed = "、".join(map(str, BASES))
        raise Invalid(
            "costing.price_base_months", f"基期应为 {listed} 个月，以便换算为全年，请改正起止月份。", field="last_month"
        )
    wanted = [str(first.shift(number)) for number in range(months)]
    rows = PatientRun.objects.filter(institution=institution, is_current=True, period__in=wanted)
    found = {one.period: one for one in rows.select_related("cost_run")}
    missing = [period for period in wanted if period not in found]
    if missing:
        words = f"{'、'.join(missing)} 还没有患者成本，请另选基期，或先完成这些月份的成本核算。"
        raise Invalid("costing.price_base_not_costed", words, field="first_month")
    return [found[period] for period in wanted]


def _must_be_steps(wanted: WantedAdjustment) -> None:
    days = list(wanted.steps)
    if not 1 <= len(days) <= MOST_STEPS or sorted(set(days)) != days:
        raise Invalid("costing.price_steps", f"请按先后填写 1 到 {MOST_STEPS} 个生效日期，不能重复。", field="step_1")
    for number, day in enumerate(days, 1):
        check_day(day, field=f"step_{number}")
    if days[0] <= wanted.last_month.last_day:
        raise Invalid("costing.price_steps", "第 1 步应在基期之后生效，请改正生效日期或基期。", field="step_1")
    if wanted.decision_on is not None and wanted.decision_on > days[0]:
        words = f"批准日期 {wanted.decision_on} 晚于第 1 步的生效日期 {days[0]}，请改正。"
        raise Invalid("costing.price_decision", words, field="decision_on")
    if (wanted.decision_on is None) != (not wanted.decision_no.strip()):
        raise Invalid("costing.price_decision", "批准日期和文号请一并填写，或都留空。", field="decision_no")
    if not 1 <= len(wanted.rows) <= MOST_ITEMS or any(len(row.prices) != len(days) for row in wanted.rows):
        raise Invalid("costing.price_rows", f"请填写 1 到 {MOST_ITEMS:,} 个项目各步的价格。", field="file")


def _items(institution: Institution, rows: Sequence[PriceRow]) -> dict[str, ChargeItem]:
    codes = [row.code for row in rows]
    if len(set(codes)) != len(codes):
        twice = next(code for code in codes if codes.count(code) > 1)
        raise Invalid("costing.item_twice", f"项目 {twice} 重复，请只保留一行。", field="file")
    return {one.code: one for one in ChargeItem.objects.filter(institution=institution, code__in=codes)}


Cost = tuple[int, int, Decimal, Decimal, Decimal]


def _costs(runs: Sequence[PatientRun], items: Sequence[int]) -> dict[int, list[Cost]]:
    """Of each item by run and department: quantity, income, medical cost."""
    found: dict[int, list[Cost]] = {}
    rows = ItemCost.objects.filter(run__in=runs, item__in=items).order_by("item_id", "run_id", "department_id")
    for item, run, department, quantity, income, *costs in rows.values_list(
        "item_id", "run_id", "department_id", "quantity", "income", *COST_ITEMS
    ):
        found.setdefault(item, []).append((run, department, quantity, income, sum(costs, ZERO)))
    return found


def _must_have_base(rows: Sequence[PriceRow], items: dict[str, ChargeItem], costs: dict[int, list[Cost]]) -> None:
    """More was charged than given back, since a mean price is the present one."""
    strange = [
        row.code
        for row in rows
        if row.code not in items
        or sum(quantity for _run, _department, quantity, _income, _cost in costs.get(items[row.code].pk, ())) <= 0
    ]
    if strange:
        words = f"基期没有收费并核算成本的医疗服务项目 {'、'.join(strange[:5])}，请核对编码。"
        raise Invalid("costing.unknown_item", words, field="file")


def _cells(runs: Sequence[PatientRun]) -> dict[str, str]:
    """Income of the base by item class and fee class, in yuan as text."""
    cells = IncomeCell.objects.filter(run__in=[one.cost_run_id for one in runs]).order_by("item_class", "fee_class")
    rows = cells.values_list("item_class", "fee_class").annotate(money=Sum("amount"))
    return {f"{item_class}/{fee_class}": str(money) for item_class, fee_class, money in rows}


def _caps(items: Iterable[ChargeItem], day: date) -> dict[int, Decimal]:
    """The highest price of each item on a day, where one is told."""
    terms = ChargeItemTerm.objects.filter(item__in=list(items), effective_from__lte=day)
    newest = terms.order_by("item_id", "-effective_from").distinct("item_id")
    return {one.item_id: one.price_cap for one in newest if one.price_cap is not None}


@transaction.atomic
def submit_adjustment(actor: Actor, *, adjustment_id: int) -> int:
    """Ask for approval; gives the number of the matter."""
    adjustment = _locked(actor, adjustment_id)
    if adjustment.state != State.DRAFT:
        raise Conflict("costing.price_adjustment_not_draft", "只有草案可以提交审批，请刷新页面后重试。")
    if adjustment.decision_on is None and adjustment.steps[0] < timezone.localdate():
        words = f"第 1 步的生效日期 {adjustment.steps[0]} 已过。主管部门已批准的，请另建方案并填写批准日期和文号。"
        raise Conflict("costing.price_step_passed", words)
    _move(adjustment, State.ASKED)
    return start(actor, kind=KIND, subject=str(adjustment.pk), comment=adjustment.source_text)


@transaction.atomic
def archive_adjustment(actor: Actor, *, adjustment_id: int) -> None:
    """Put a draft away; it can still be opened. A repeat changes nothing."""
    adjustment = _locked(actor, adjustment_id)
    if adjustment.state == State.ARCHIVED:
        return
    if adjustment.state != State.DRAFT:
        raise Conflict("costing.price_adjustment_not_draft", "审批中和已同意的方案不能归档。")
    _move(adjustment, State.ARCHIVED)
    _record(actor, adjustment, "costing.price_adjustment_archived")


def approve_adjustment(actor: Actor, *, adjustment_id: int) -> None:
    """The plan is approved. Called by the approval only; prices themselves change in the HIS."""
    adjustment = PriceAdjustment.objects.select_for_update(of=("self",)).get(pk=adjustment_id)
    adjustment.state, adjustment.approved_on = State.APPROVED, timezone.localdate()
    adjustment.save(update_fields=["state", "approved_on"])
    _record(actor, adjustment, "costing.price_adjustment_approved")


def return_adjustment(*, adjustment_id: int) -> None:
    """The plan is refused or withdrawn: a draft again. Called by the approval only."""
    PriceAdjustment.objects.filter(pk=adjustment_id, state=State.ASKED).update(state=State.DRAFT)


def _planner(actor: Actor, number: int) -> tuple[Institution, int]:
    """The institution, and who plans."""
    if actor.user is None or not actor.has(*PLANNERS):
        raise Forbidden("costing.may_not_plan", "只有财务人员、机构负责人和运营管理中心可以编制调价方案。")
    institution = Institution.objects.visible_to(actor, *PLANNERS).filter(pk=number).first()
    if institution is None:
        raise NotFound("masterdata.no_institution", "没有这个机构。")
    return institution, actor.user


def _locked(actor: Actor, number: int) -> PriceAdjustment:
    visible = PriceAdjustment.objects.visible_to(actor, *PLANNERS)
    found = visible.select_for_update(of=("self",)).select_related("institution").filter(pk=number).first()
    if found is None:
        raise NotFound("costing.no_price_adjustment", "没有这个调价方案。")
    return found


def _move(adjustment: PriceAdjustment, state: str) -> None:
    adjustment.state = state
    adjustment.save(update_fields=["state"])


def _record(actor: Actor, adjustment: PriceAdjustment, action: str, **detail: object) -> None:
    record(
        actor,
        action,
        institution=adjustment.institution.code,
        subject_type="price_adjustment",
        subject=adjustment.pk,
        detail={"title": adjustment.title, **detail},
    )
