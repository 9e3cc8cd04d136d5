"""Special reviews (特例单议): put forward, approved inside the hospital, declared; opinions, conclusion, appeal.

What is approved by the insurer changes the price of the case in the next run of its month; nothing here prices.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.core.files import File
from django.db import transaction
from django.utils import timezone

from insurance_settlement.engine.worth import SELF_PAY
from insurance_settlement.models import (
    CaseResult,
    ReviewConclusion,
    ReviewGround,
    ReviewOpinion,
    ReviewOutcome,
    SpecialReview,
)
from insurance_settlement.selectors import access_case
from insurance_settlement.selectors.reviews import current_case, quota_of
from ops_platform.audit.public import record
from ops_platform.documents.public import CheckedFile, attach
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, NotFound, Role
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.selectors import parameter_value
from workflows.public import start

KIND = "insurance_settlement.special_review"
CONCLUSION = "insurance_settlement.review_conclusion"
FILES = "insurance_settlement.special_review"
APPEAL_DAYS = "insurance_settlement.review_appeal_days"
APPLICANTS = (Role.INSURANCE_OFFICER, Role.DEPARTMENT_HEAD)
RECORDERS = (Role.INSURANCE_OFFICER, Role.OPERATION_CENTRE)
LONGEST, LONGEST_OPINION = 2000, 1000
MOST_WORTH = Decimal(10) ** 6
State = SpecialReview.State


@dataclass(frozen=True, slots=True)
class WantedReview:
    """What is asked for a case: why, in words, and by items or with a weight (points) of its own."""

    grounds: Sequence[str]
    statement: str
    asked: str
    asked_worth: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an expert says, or the insurer decides."""

    outcome: str
    worth: Decimal | None
    text: str


@transaction.atomic
def begin_review(
    actor: Actor, *, case_id: int, wanted: WantedReview, files: Iterable[File | CheckedFile] = ()
) -> SpecialReview:
    """A draft for a case of a current run, with the papers that show it. Raises Conflict where the stay has one."""
    case = access_case(actor=actor, case_id=case_id)
    institution = Institution.objects.select_for_update(no_key=True).get(pk=case.run.institution_id)
    _must_apply(actor, institution.pk, case.department_id)
    _check(wanted)
    if not case.run.is_current:
        raise Conflict(
            "insurance_settlement.case_superseded", "该病例已重新分组计价，请从当前的病例页面申请。", field="grounds"
        )
    _must_be_insured(case)
    live = SpecialReview.objects.filter(institution=institution, encounter=case.encounter).exclude(state=State.ARCHIVED)
    if live.exists():
        raise Conflict("insurance_settlement.review_exists", "该病例已有特例单议申请，请打开原申请。", field="grounds")
    made = SpecialReview.objects.create(
        institution=institution,
        case=case,
        encounter=case.encounter,
        encounter_no=case.encounter_no,
        period=case.run.period,
        department=case.department,
        kind=case.run.scheme.kind,
        created_by_id=_person(actor),
        **_given(wanted),
    )
    attach(actor, owner_type=FILES, owner_id=str(made.pk), institution=institution, files=files)
    _note(actor, made, "review_begun", asked=made.asked)
    return made


@transaction.atomic
def change_review(
    actor: Actor, *, review_id: int, wanted: WantedReview, files: Iterable[File | CheckedFile] = ()
) -> SpecialReview:
    """Another text of a draft; its papers stay, new ones are added."""
    review = _held(actor, review_id, State.DRAFT)
    _must_apply(actor, review.institution_id, review.department_id)
    _check(wanted)
    for name, value in _given(wanted).items():
        setattr(review, name, value)
    review.save(update_fields=["grounds", "statement", "asked", "asked_worth"])
    attach(actor, owner_type=FILES, owner_id=str(review.pk), institution=review.institution, files=files)
    _note(actor, review, "review_changed", asked=review.asked)
    return review


@transaction.atomic
def submit_review(actor: Actor, *, review_id: int) -> int:
    """Ask for the approval inside the hospital; gives the number of the matter. The year's quota must not be used up."""
    review = _held(actor, review_id, State.DRAFT)
    _must_apply(actor, review.institution_id, review.department_id)
    Institution.objects.select_for_update(no_key=True).get(pk=review.institution_id)
    quota = quota_of(institution=review.institution, kind=review.kind, year=int(review.period[:4]))
    if quota.left < 1:
        raise Conflict(
            "insurance_settlement.review_quota",
            f"{review.period[:4]} 年可申报 {quota.most} 例(出院 {quota.discharges} 例的 {quota.share * 100:f}%，"
            f"参数可修改)，已申报 {quota.used} 例。请先撤回不急需的申请。",
        )
    _catch_up(review)
    _move(review, State.ASKED)
    return start(actor, kind=KIND, subject=str(review.pk), comment=review.statement[:200])


def _must_be_insured(case: CaseResult) -> None:
    if case.scheme == SELF_PAY:
        words = "自费患者不由医保支付，不能申请特例单议。险种有误的，请在信息系统更正后重新报送。"
        raise Conflict("insurance_settlement.review_self_pay", words, field="grounds")


def _catch_up(review: SpecialReview) -> None:
    """The approvers read the case as it is paid now, not as it was when the draft was written."""
    current = current_case(review)
    if current.pk != review.case_id:
        review.case = current
        review.save(update_fields=["case"])
    _must_be_insured(current)


@transaction.atomic
def archive_review(actor: Actor, *, review_id: int) -> None:
    """Put a draft away, so that the stay may be put forward anew. A repeat changes nothing."""
    review = _locked(actor, review_id)
    _must_apply(actor, review.institution_id, review.department_id)
    if review.state == State.ARCHIVED:
        return
    if review.state != State.DRAFT:
        raise Conflict("insurance_settlement.review_state", "只有草稿可以作废；审批中的请先在审批页面撤回。")
    _move(review, State.ARCHIVED)
    _note(actor, review, "review_archived")


def declare_review(actor: Actor, *, review_id: int) -> None:
    """Approved inside: declared to the insurer. Called by the approval only."""
    review = SpecialReview.objects.select_for_update(of=("self",)).get(pk=review_id)
    review.state, review.declared_on = State.DECLARED, timezone.localdate()
    review.save(update_fields=["state", "declared_on"])
    _note(actor, review, "review_declared")


def return_review(*, review_id: int) -> None:
    """Refused or taken back inside: a draft again. Called by the approval only."""
    SpecialReview.objects.filter(pk=review_id, state=State.ASKED).update(state=State.DRAFT)


@transaction.atomic
def record_opinion(actor: Actor, *, review_id: int, expert: str, unit: str, verdict: Verdict) -> ReviewOpinion:
    """What an expert said of a declared case. Who works at the hospital itself must not judge it."""
    review = _held(actor, review_id, State.DECLARED, State.APPEALED)
    _must_record(actor, review)
    _check_verdict(verdict, LONGEST_OPINION)
    told, own = "".join(unit.split()), "".join(review.institution.name.split())
    if told == review.institution.code or own in told:  # a department of the hospital is the hospital
        raise Conflict(
            "insurance_settlement.expert_recusal",
            f"专家 {expert} 在 {review.institution.name} 工作，应当回避，不能评审本机构的病例。",
            field="unit",
        )
    number = _round(review)
    if review.opinions.filter(round=number, expert=expert.strip()).exists():
        raise Conflict("insurance_settlement.opinion_exists", f"专家 {expert} 的意见已登记。", field="expert")
    made = ReviewOpinion.objects.create(
        review=review,
        round=number,
        expert=expert.strip(),
        unit=unit.strip(),
        outcome=verdict.outcome,
        worth=verdict.worth,
        text=verdict.text.strip(),
        recorded_by_id=_person(actor),
    )
    _note(actor, review, "review_opinion", outcome=verdict.outcome)
    return made


@transaction.atomic
def conclude_review(
    actor: Actor,
    *,
    review_id: int,
    verdict: Verdict,
    decided_on: date,
    document_no: str,
    files: Iterable[File | CheckedFile] = (),
) -> int:
    """What the insurer's document says; a second person is asked to confirm it. Gives the number of the matter."""
    review = _held(actor, review_id, State.DECLARED, State.APPEALED)
    _must_record(actor, review)
    _check_verdict(verdict, LONGEST_OPINION)
    since = review.appealed_on or review.declared_on
    if since is None or not since <= decided_on <= timezone.localdate():
        raise Invalid(
            "insurance_settlement.review_decided_on",
            f"结论日期应在申报(申诉)日 {since} 至今天之间，请改正。",
            field="decided_on",
        )
    if not document_no.strip():
        raise Invalid("insurance_settlement.review_document", "请填写评审结论的文号或通知单号。", field="document_no")
    made = ReviewConclusion.objects.create(
        review=review,
        round=_round(review),
        outcome=verdict.outcome,
        worth=verdict.worth,
        decided_on=decided_on,
        document_no=document_no.strip(),
        text=verdict.text.strip(),
        recorded_by_id=_person(actor),
    )
    attach(actor, owner_type=FILES, owner_id=str(review.pk), institution=review.institution, files=files)
    _move(review, State.CONCLUDING)
    _note(actor, review, "review_concluded", outcome=verdict.outcome, document_no=made.document_no)
    return start(actor, kind=CONCLUSION, subject=str(made.pk), comment=made.document_no)


def confirm_conclusion(actor: Actor, *, conclusion_id: int) -> None:
    """The second person found it as the document says: it holds. Called by the approval only."""
    conclusion = ReviewConclusion.objects.select_related("review__institution").get(pk=conclusion_id)
    review = SpecialReview.objects.select_for_update(of=("self",)).get(pk=conclusion.review_id)
    _settle(conclusion, ReviewConclusion.State.CONFIRMED)
    if conclusion.outcome == ReviewOutcome.REJECTED:
        _move(review, State.REJECTED)
    else:
        review.state, review.effective, review.worth = State.APPROVED, conclusion.outcome, conclusion.worth
        review.save(update_fields=["state", "effective", "worth"])
    _note(actor, review, "review_confirmed", outcome=conclusion.outcome)


def refuse_conclusion(*, conclusion_id: int) -> None:
    """Recorded wrongly, or taken back: it is to be recorded anew. Called by the approval only."""
    conclusion = ReviewConclusion.objects.select_related("review").get(pk=conclusion_id)
    _settle(conclusion, ReviewConclusion.State.REFUSED)
    _move(conclusion.review, State.APPEALED if conclusion.round > 1 else State.DECLARED)


@transaction.atomic
def appeal_review(
    actor: Actor, *, review_id: int, appeal: str, files: Iterable[File | CheckedFile] = ()
) -> SpecialReview:
    """Against a rejection, once, and within the days that the parameter gives from the day of the decision."""
    review = _held(actor, review_id, State.REJECTED)
    _must_apply(actor, review.institution_id, review.department_id)
    if review.appealed_on is not None:
        raise Conflict("insurance_settlement.review_appealed", "只能申诉一次，该病例已申诉过。", field="appeal")
    if not 2 <= len(appeal.strip()) <= LONGEST:
        raise Invalid("insurance_settlement.review_appeal", f"请写明申诉理由，2 到 {LONGEST} 字。", field="appeal")
    decided_on = review.conclusions.filter(state=ReviewConclusion.State.CONFIRMED).latest("pk").decided_on
    days = int(parameter_value(key=APPEAL_DAYS, day=decided_on, institution=review.institution))
    last = decided_on + timedelta(days=days)
    if timezone.localdate() > last:
        raise Conflict(
            "insurance_settlement.review_appeal_late", f"申诉期已于 {last} 届满(结论后 {days} 日)。", field="appeal"
        )
    review.state, review.appeal, review.appealed_on = State.APPEALED, appeal.strip(), timezone.localdate()
    review.save(update_fields=["state", "appeal", "appealed_on"])
    attach(actor, owner_type=FILES, owner_id=str(review.pk), institution=review.institution, files=files)
    _note(actor, review, "review_appealed")
    return review


def _given(wanted: WantedReview) -> dict[str, object]:
    return {
        "grounds": list(dict.fromkeys(wanted.grounds)),
        "statement": wanted.statement.strip(),
        "asked": wanted.asked,
        "asked_worth": wanted.asked_worth,
    }


def _check(wanted: WantedReview) -> None:
    if not wanted.grounds or not set(wanted.grounds) <= set(ReviewGround.values):
        raise Invalid("insurance_settlement.review_grounds", "请至少选择一个申请理由。", field="grounds")
    if not 2 <= len(wanted.statement.strip()) <= LONGEST:
        raise Invalid(
            "insurance_settlement.review_statement", f"请写明病情说明，2 到 {LONGEST} 字。", field="statement"
        )
    if wanted.asked not in (ReviewOutcome.ITEMS, ReviewOutcome.RESCORED):
        raise Invalid("insurance_settlement.review_asked", "请选择申请按项目付费或重新核定。", field="asked")
    _check_worth(wanted.asked, wanted.asked_worth, "asked_worth")


def _check_verdict(verdict: Verdict, longest: int) -> None:
    if verdict.outcome not in ReviewOutcome.values:
        raise Invalid("insurance_settlement.review_outcome", "请选择意见或结论。", field="outcome")
    _check_worth(verdict.outcome, verdict.worth, "worth")
    if not 2 <= len(verdict.text.strip()) <= longest:
        raise Invalid("insurance_settlement.review_text", f"请写明意见，2 到 {longest} 字。", field="text")


def _check_worth(outcome: str, worth: Decimal | None, field: str) -> None:
    if (outcome == ReviewOutcome.RESCORED) != (worth is not None):
        raise Invalid(
            "insurance_settlement.review_worth", "重新核定的须填写权重或分值，其他结果留空，请改正。", field=field
        )
    if worth is not None and not 0 < worth <= MOST_WORTH:
        raise Invalid("insurance_settlement.review_worth", f"权重或分值应大于 0，不超过 {MOST_WORTH:,}。", field=field)


def _round(review: SpecialReview) -> int:
    return 2 if review.appealed_on else 1


def _must_apply(actor: Actor, institution: int, department: int) -> None:
    if not actor.may(institution, *APPLICANTS, department=department):
        raise Forbidden("insurance_settlement.may_not_apply", "只有医保专员或病例所在科室的负责人可以申请特例单议。")


def _must_record(actor: Actor, review: SpecialReview) -> None:
    if not actor.may(review.institution_id, *RECORDERS):
        raise Forbidden("insurance_settlement.may_not_record", "只有医保专员或运营管理中心可以登记评审意见和结论。")


def _person(actor: Actor) -> int:
    if actor.user is None:
        raise Forbidden("insurance_settlement.may_not_apply", "特例单议由人申请和登记，程序不能代为办理。")
    return actor.user


def _locked(actor: Actor, number: int) -> SpecialReview:
    rows = SpecialReview.objects.select_for_update(of=("self",)).select_related("institution", "department")
    found = rows.filter(pk=number).first()
    reach = (*APPLICANTS, *RECORDERS)
    if found is None or not actor.may(found.institution_id, *reach, department=found.department_id):
        raise NotFound("insurance_settlement.no_review", "没有这个特例单议申请。")
    return found


def _held(actor: Actor, number: int, *states: str) -> SpecialReview:
    review = _locked(actor, number)
    if review.state not in states:
        wanted = "、".join(str(State(one).label) for one in states)
        raise Conflict(
            "insurance_settlement.review_state",
            f"该申请现为「{review.get_state_display()}」，此操作只用于「{wanted}」。请刷新页面。",
        )
    return review


def _move(review: SpecialReview, state: str) -> None:
    review.state = state
    review.save(update_fields=["state"])


def _settle(conclusion: ReviewConclusion, state: str) -> None:
    conclusion.state = state
    conclusion.save(update_fields=["state"])


def _note(actor: Actor, review: SpecialReview, action: str, **detail: object) -> None:
    record(
        actor,
        f"insurance_settlement.{action}",
        institution=review.institution.code,
        subject_type="special_review",
        subject=review.pk,
        detail={"encounter_no": review.encounter_no, **detail},
    )
