"""Deviations of cost: found in the night or opened by finance, explained, approved, acted on, confirmed by a second person.

The same person never confirms what is their own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.core.files import File
from django.db import transaction
from django.utils import timezone

from costing import deviation_telling as telling
from costing.days import check_day
from costing.engine.targets import Verdict
from costing.models import CostDeviation, CostTarget, DeviationAction, DeviationKind, PatientRun
from costing.selectors.responsibility import low_benefit, reach
from costing.selectors.responsibility.measuring import PLACES, MonthFigures
from costing.selectors.responsibility.targets import TargetMonth, in_force, measured
from ops_platform.audit.public import record
from ops_platform.documents.public import CheckedFile, attach
from ops_platform.identity.models import User
from ops_platform.identity.selectors import department_heads, own_holders
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, NotFound, Period, Role
from ops_platform.masterdata.models import Institution
from workflows.public import hold_returned, start

KIND = "costing.deviation"
PROOF = "costing.deviation-action"
MOST_ACTIONS = 5
LONGEST = 2000
State = CostDeviation.State


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A month that was judged: how many targets were kept, missed, without a figure; which deviations are new."""

    kept: int
    missed: int
    unknown: int
    opened: tuple[CostDeviation, ...]


@transaction.atomic
def evaluate_month(actor: Actor, *, institution: Institution, period: Period) -> Evaluation:
    """Judge an ended month by its targets and open a deviation for each that was missed. A repeat opens nothing twice, and
    never changes what was opened: its figures stay those of the run that it was found with."""
    if not actor.system and not actor.may(institution.pk, *reach.EVALUATORS):
        raise Forbidden("costing.deviation_not_allowed", "只有财务人员、财务负责人或运营管理中心可以评价成本目标。")
    if period.last_day >= timezone.localdate():
        raise Conflict("costing.month_not_ended", f"{period} 尚未结束，月末后评价成本目标。")
    Institution.objects.select_for_update().get(pk=institution.pk)
    month = MonthFigures(institution=institution.pk, period=str(period))
    rows = in_force(
        CostTarget.objects.filter(institution=institution).select_related(
            "institution", "department", "responsible", "specialist", "second_specialist"
        ),
        str(period),
    )
    found = measured(rows, month)
    new = [one for one in found if one.verdict is Verdict.MISSED and one.deviation is None]
    opened = tuple(_open(actor, one, month) for one in new)
    telling.tell_opened(opened)
    for one in opened:  # last: whoever holds the lock of the audit chain waits for nothing else
        _note(actor, one, "costing.deviation_opened", limit=one.limit, actual=one.actual)
    counts = {verdict: sum(one.verdict is verdict for one in found) for verdict in Verdict}
    return Evaluation(counts[Verdict.KEPT], counts[Verdict.MISSED], counts[Verdict.UNKNOWN], opened)


def _open(actor: Actor, one: TargetMonth, month: MonthFigures) -> CostDeviation:
    if month.run is None or one.actual is None:
        raise TypeError("a missed target has a figure")
    target = one.target
    return CostDeviation.objects.create(
        kind=DeviationKind.TARGET,
        institution_id=target.institution_id,
        department_id=target.department_id,
        period=month.period,
        target=target,
        object=target.object,
        title=f"{one.place} {one.title}",
        limit=target.limit,
        actual=_stored(one.actual),
        cost_run=month.run,
        patient_run=month.patients,
        responsible=target.responsible,
        specialist=target.specialist,
        second_specialist=target.second_specialist,
        opened_by=actor.name,
    )


def _stored(value: Decimal) -> Decimal:
    return value.quantize(PLACES, ROUND_HALF_UP)


@transaction.atomic
def open_low_benefit(actor: Actor, *, run_id: int, kind: str, department: int, object_: str) -> CostDeviation:
    """Open a deviation for an item or a group of the month's list of high cost and low benefit."""
    run = PatientRun.objects.visible_to(actor, *reach.EVALUATORS).filter(pk=run_id, is_current=True).first()
    if run is None:
        raise NotFound("costing.no_run", "没有这次成本运行。")
    Institution.objects.select_for_update().get(pk=run.institution_id)
    limits = low_benefit.thresholds(institution=run.institution, period=run.period)
    one = low_benefit.one_of(run=run, limits=limits, kind=kind, department=department, object_=object_)
    if one is None:
        raise NotFound("costing.no_low_benefit", "清单中没有这个项目或病组，请刷新后重试。")
    if one.deviation is not None:
        raise Conflict("costing.deviation_open", "该项目或病组当月已发起整改。")
    responsible = _head(run.institution_id, department)
    deviation = CostDeviation.objects.create(
        kind=kind,
        institution=run.institution,
        department_id=department,
        period=run.period,
        object=object_,
        title=f"{one.department_name} {one.name}({object_})"[:200],
        limit=_stored(limits.ratio),
        actual=_stored(one.ratio),
        cost_run=run.cost_run,
        patient_run=run,
        responsible=responsible,
        opened_by=actor.name,
    )
    _note(actor, deviation, "costing.deviation_opened", cost=one.cost, income=one.income)
    telling.tell_opened((deviation,))
    return deviation


def _head(institution: int, department: int) -> User:
    heads = department_heads(institution=institution).get(department, [])
    leaders = own_holders(Role.INSTITUTION_HEAD, institutions=[institution]).get(institution, [])
    for person in [*heads, *leaders]:
        return User.objects.get(pk=person)
    raise Conflict(
        "costing.nobody_responsible", "该科室没有科室主任，机构也没有负责人，不能发起。请先由管理员授予角色。"
    )


@transaction.atomic
def explain_deviation(
    actor: Actor, *, deviation_id: int, reason: str, plan: Sequence[tuple[str, date]]
) -> tuple[CostDeviation, int]:
    """Say why, and what will be done until when; goes to approval. What was returned is changed and submitted again on the
    approval's page. Gives the number of the matter. A plan may be empty only where a newer run keeps the target."""
    deviation = _locked(actor, deviation_id)
    if not reach.may_answer(actor, deviation):
        raise Forbidden("costing.not_responsible", "只有责任人、成本专员或科室(机构)负责人可以说明。")
    if deviation.state not in (State.OPEN, State.SUBMITTED):
        raise Conflict("costing.deviation_state", f"该偏差{deviation.get_state_display()}，不能再说明。")
    _must_explain(deviation, reason, plan)
    matter = None
    if deviation.state == State.SUBMITTED:
        matter = hold_returned(actor, kind=KIND, subject=str(deviation.pk))
    deviation.reason = reason.strip()
    deviation.plan = [[what.strip(), due.isoformat()] for what, due in plan]
    deviation.explained_by_id = actor.user
    deviation.state = State.SUBMITTED
    deviation.save(update_fields=["reason", "plan", "explained_by", "state"])
    if matter is None:
        matter = start(actor, kind=KIND, subject=str(deviation.pk), comment=deviation.reason[:200])
    _note(actor, deviation, "costing.deviation_explained", actions=len(plan))
    telling.settle_opened(deviation)
    return deviation, matter


def _must_explain(deviation: CostDeviation, reason: str, plan: Sequence[tuple[str, date]]) -> None:
    if not 2 <= len(reason.strip()) <= LONGEST:
        raise Invalid("costing.deviation_reason", f"请写明原因，2 到 {LONGEST} 字。", field="reason")
    if len(plan) > MOST_ACTIONS:
        raise Invalid("costing.deviation_plan", f"整改措施最多 {MOST_ACTIONS} 项。", field="what_1")
    if not plan and not is_kept_now(deviation):
        raise Invalid("costing.deviation_plan", "请至少写一项整改措施及完成期限。", field="what_1")
    today = timezone.localdate()
    for number, (what, due) in enumerate(plan, 1):
        if not 2 <= len(what.strip()) <= 500:
            raise Invalid("costing.deviation_plan", "整改措施为 2 到 500 字。", field=f"what_{number}")
        if due < today:
            raise Invalid(
                "costing.deviation_due", f"完成期限 {due} 已过，请填今天或以后的日期。", field=f"due_{number}"
            )
        check_day(due, field=f"due_{number}")


def is_kept_now(deviation: CostDeviation) -> bool:
    """Whether the current runs say that the target was kept after all."""
    if deviation.target is None:
        return False
    month = MonthFigures(institution=deviation.institution_id, period=deviation.period)
    (now,) = measured([deviation.target], month)
    return now.verdict is Verdict.KEPT


@transaction.atomic
def approve_plan(actor: Actor, *, deviation_id: int) -> None:
    """The explanation is approved: its actions are to be done now. Called by the approval only."""
    deviation = CostDeviation.objects.select_for_update(of=("self",)).get(pk=deviation_id)
    DeviationAction.objects.bulk_create(
        DeviationAction(deviation=deviation, number=number, what=what, due=date.fromisoformat(due))
        for number, (what, due) in enumerate(deviation.plan, 1)
    )
    deviation.state = State.ACTING if deviation.plan else State.CONFIRMING
    deviation.save(update_fields=["state"])
    _note(actor, deviation, "costing.deviation_approved", actions=len(deviation.plan))
    telling.tell_approved(deviation)


def refuse_plan(*, deviation_id: int) -> None:
    """The explanation is refused or taken back: it is to be explained anew. Called by the approval only."""
    CostDeviation.objects.filter(pk=deviation_id, state=State.SUBMITTED).update(state=State.OPEN)


@transaction.atomic
def complete_action(
    actor: Actor, *, deviation_id: int, number: int, proof: str, files: Iterable[File | CheckedFile] = ()
) -> DeviationAction:
    """A measure is done, with what proves it. When all are, a second person is asked to confirm."""
    deviation = _locked(actor, deviation_id)
    if not reach.may_answer(actor, deviation):
        raise Forbidden("costing.not_responsible", "只有责任人、成本专员或科室(机构)负责人可以填报完成情况。")
    action = deviation.actions.select_for_update(of=("self",)).filter(number=number).first()
    if action is None:
        raise NotFound("costing.no_deviation_action", "没有这项整改措施。")
    if deviation.state != State.ACTING or action.done_at is not None:
        raise Conflict("costing.deviation_state", "该措施已完成，或偏差不在整改中。")
    if not 2 <= len(proof.strip()) <= LONGEST:
        raise Invalid("costing.deviation_proof", f"请写明完成情况和依据，2 到 {LONGEST} 字。", field="proof")
    attach(actor, owner_type=PROOF, owner_id=str(action.pk), institution=deviation.institution, files=files)
    action.proof, action.done_by_id, action.done_at = proof.strip(), actor.user, timezone.now()
    action.save(update_fields=["proof", "done_by", "done_at"])
    _note(actor, deviation, "costing.deviation_action_done", measure=number)
    telling.settle_overdue(action)
    if not deviation.actions.filter(done_at=None).exists():
        deviation.state = State.CONFIRMING
        deviation.save(update_fields=["state"])
        telling.tell_to_confirm(deviation)
    return action


@transaction.atomic
def confirm_deviation(actor: Actor, *, deviation_id: int, remark: str = "") -> CostDeviation:
    """A second person confirms that what was to be done has been: the deviation is closed."""
    deviation = _to_confirm(actor, deviation_id)
    deviation.state, deviation.remark = State.CLOSED, remark.strip()[:500]
    deviation.confirmed_by_id, deviation.confirmed_at = actor.user, timezone.now()
    deviation.save(update_fields=["state", "remark", "confirmed_by", "confirmed_at"])
    _note(actor, deviation, "costing.deviation_closed", remark=deviation.remark)
    telling.settle_to_confirm(deviation)
    return deviation


@transaction.atomic
def send_back(actor: Actor, *, deviation_id: int, remark: str) -> CostDeviation:
    """The second person does not accept what was done: the actions are to be done again."""
    deviation = _to_confirm(actor, deviation_id)
    if len(remark.strip()) < 2:
        raise Invalid("costing.deviation_remark", "请写明为什么退回整改。", field="remark")
    if not deviation.plan:
        deviation.state = State.OPEN  # there is nothing to do again: it is explained anew
    else:
        deviation.state = State.ACTING
        deviation.actions.update(done_by=None, done_at=None)
    deviation.remark = remark.strip()[:500]
    deviation.save(update_fields=["state", "remark"])
    _note(actor, deviation, "costing.deviation_sent_back", remark=deviation.remark)
    telling.settle_to_confirm(deviation)
    telling.tell_sent_back(deviation)
    return deviation


def _to_confirm(actor: Actor, deviation_id: int) -> CostDeviation:
    deviation = _locked(actor, deviation_id)
    if deviation.state != State.CONFIRMING:
        raise Conflict("costing.deviation_state", f"该偏差{deviation.get_state_display()}，还不能确认。")
    if not reach.may_confirm(actor, deviation):
        raise Forbidden(
            "costing.deviation_own", "须由财务、机构负责人或运营管理中心中未参与本偏差说明和整改的另一人确认。"
        )
    return deviation


def _locked(actor: Actor, deviation_id: int) -> CostDeviation:
    reach.access_deviation(actor=actor, deviation_id=deviation_id)
    rows = CostDeviation.objects.select_for_update(of=("self",)).select_related(
        "institution", "department", "target", "responsible", "specialist", "second_specialist"
    )
    return rows.get(pk=deviation_id)


def _note(actor: Actor, deviation: CostDeviation, action: str, **detail: Any) -> None:
    record(
        actor,
        action,
        institution=deviation.institution.code,
        subject_type="cost_deviation",
        subject=deviation.pk,
        detail={
            "period": deviation.period,
            "title": deviation.title,
            "run": deviation.cost_run_id,
            **{name: str(value) if isinstance(value, Decimal) else value for name, value in detail.items()},
        },
    )


def remind_overdue(*, institution: int, today: date) -> int:
    """Tell who is responsible of actions whose due date has passed; each is told once."""
    rows = DeviationAction.objects.filter(
        deviation__institution=institution, deviation__state=State.ACTING, done_at=None, due__lt=today
    ).select_related("deviation__responsible")
    return telling.tell_overdue(rows.order_by("pk"))
