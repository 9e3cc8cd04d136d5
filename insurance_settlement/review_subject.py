"""What of special reviews needs a second person: that a case is put forward, and what the insurer concluded."""

from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from insurance_settlement.models import CaseResult, ReviewConclusion, ReviewOutcome, SchemeKind, SpecialReview
from insurance_settlement.selectors.reviews import access_review, current_case
from insurance_settlement.services.reviews import (
    APPLICANTS,
    CONCLUSION,
    KIND,
    RECORDERS,
    confirm_conclusion,
    declare_review,
    refuse_conclusion,
    return_review,
)
from ops_platform.his_intake.public import SCHEMES
from ops_platform.kernel import Actor, Line, NotFound, Role
from ops_platform.web import formats
from ops_platform.web.numbers import number_of
from workflows.public import (
    ApproverRule,
    Attribute,
    Decision,
    Kind,
    Level,
    Step,
    Subject,
    SubjectType,
    Who,
    default,
    role,
)

READERS = (Role.FINANCE_OFFICER, Role.FINANCE_DIRECTOR, Role.INSTITUTION_HEAD, Role.INSURANCE_OFFICER)
ASKED = (ReviewOutcome.ITEMS, ReviewOutcome.RESCORED)


def _choices(rows: tuple[ReviewOutcome, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((str(one), str(one.label)) for one in rows)


def outcome_words(outcome: str, worth: Decimal | None) -> str:
    """An outcome with its weight or points."""
    title = str(ReviewOutcome(outcome).label)
    return title if worth is None else f"{title}：{formats.quantity(worth)}"


def _review(number: int) -> SpecialReview:
    rows = SpecialReview.objects.select_related("institution", "department", "case")
    found = rows.filter(pk=number).first()
    if found is None:
        raise NotFound("insurance_settlement.no_review", "没有这个特例单议申请。")
    return found


def _case_lines(review: SpecialReview, case: CaseResult) -> tuple[Line, ...]:
    payment = "没有支付标准" if case.payment is None else f"{formats.money(case.payment)} 元"
    balance = "—" if case.balance is None else f"{formats.money(case.balance)} 元"
    return (
        Line("机构", review.institution.name),
        Line("科室", review.department.name),
        Line("病例", f"{review.encounter_no}，{formats.period_label(review.period)}出院，住院 {case.stay_days} 天"),
        Line("险种", dict(SCHEMES).get(case.scheme, case.scheme) or "未报送"),
        Line("病组", f"{case.drg}({SchemeKind(review.kind).label})"),
        Line("费用", f"{formats.money(case.charges)} 元"),
        Line("现支付", payment),
        Line("盈亏", balance),
    )


def _load(subject: str) -> Subject:
    review = _review(number_of(subject))
    case = review.case
    loss = Decimal(0) if case.balance is None else -case.balance
    return Subject(
        title=f"特例单议：{review.encounter_no}",
        institution=review.institution_id,
        department=review.department_id,
        values={"loss": loss, "charges": case.charges, "asked": review.asked, "kind": review.kind},
        content={
            "institution": review.institution.code,
            "encounter_no": review.encounter_no,
            "case": case.pk,
            "grounds": review.grounds,
            "statement": review.statement,
            "asked": review.asked,
            "asked_worth": None if review.asked_worth is None else format(review.asked_worth, "f"),
        },
        lines=(
            *_case_lines(review, review.case),
            Line("申请", outcome_words(review.asked, review.asked_worth)),
            Line("理由", "、".join(review.ground_titles)),
            Line("病情说明", review.statement),
        ),
        url=reverse("insurance_settlement:review", args=[review.pk]),
        edit=reverse("insurance_settlement:change-review", args=[review.pk]),
    )


def _conclusion(number: int) -> ReviewConclusion:
    rows = ReviewConclusion.objects.select_related("review__institution", "review__department", "review__case")
    found = rows.filter(pk=number).first()
    if found is None:
        raise NotFound("insurance_settlement.no_review", "没有这个特例单议结论。")
    return found


def _load_conclusion(subject: str) -> Subject:
    found = _conclusion(number_of(subject))
    review = found.review
    opinions = [
        f"{one.expert}({one.unit})：{outcome_words(one.outcome, one.worth)}。{one.text}"
        for one in review.opinions.filter(round=found.round)
    ]
    return Subject(
        title=f"特例单议结论：{review.encounter_no}",
        institution=review.institution_id,
        department=review.department_id,
        values={"outcome": found.outcome, "charges": review.case.charges},
        content={
            "institution": review.institution.code,
            "encounter_no": review.encounter_no,
            "round": found.round,
            "outcome": found.outcome,
            "worth": None if found.worth is None else format(found.worth, "f"),
            "decided_on": found.decided_on.isoformat(),
            "document_no": found.document_no,
            "text": found.text,
        },
        lines=(
            *_case_lines(review, current_case(review)),
            Line("申请", outcome_words(review.asked, review.asked_worth)),
            Line("专家意见", "\n".join(opinions) or "没有登记"),
            Line("结论", outcome_words(found.outcome, found.worth)),
            Line("依据", f"{found.decided_on} {found.document_no}"),
            Line("说明", found.text),
        ),
        url=reverse("insurance_settlement:review", args=[review.pk]),
    )


def _declared(actor: Actor, subject: str, _decision: Decision) -> None:
    declare_review(actor, review_id=number_of(subject))


def _returned(_actor: Actor, subject: str, _decision: Decision) -> None:
    return_review(review_id=number_of(subject))


def _confirmed(actor: Actor, subject: str, _decision: Decision) -> None:
    confirm_conclusion(actor, conclusion_id=number_of(subject))


def _refused(_actor: Actor, subject: str, _decision: Decision) -> None:
    refuse_conclusion(conclusion_id=number_of(subject))


def may_see_files(actor: Actor, owner_id: str) -> bool:
    """Whether the actor may open the papers of a review."""
    try:
        access_review(actor=actor, review_id=number_of(owner_id))
    except NotFound:
        return False
    return True


REVIEW = SubjectType(
    code=KIND,
    title=_("特例单议申报"),
    load=_load,
    applicants=APPLICANTS,
    begun_at="病例页面的「申请特例单议」：病情由医师写明，程序不能代为申请。",
    attributes=(
        Attribute("loss", "亏损(元)", Kind.NUMBER),
        Attribute("charges", "费用(元)", Kind.NUMBER),
        Attribute("asked", "申请方式", Kind.CHOICE, _choices(ASKED)),
        Attribute("kind", "付费方式", Kind.CHOICE, tuple((str(one), str(one.label)) for one in SchemeKind)),
    ),
    on_approval=_declared,
    on_rejection=_returned,
    on_withdrawal=_returned,
    readers=READERS,
    default=default(
        "特例单议申报",
        (
            Step(
                "department",
                "科室负责人确认病情",
                (ApproverRule(Who.DEPARTMENT_HEAD), role(Role.INSTITUTION_HEAD, or_above=True)),
                remind_hours=24,
                escalate_hours=72,
            ),
            Step(
                "insurance",
                "医保部门审核",
                (
                    role(Role.INSURANCE_OFFICER),
                    role(Role.FINANCE_DIRECTOR),
                    role(Role.OPERATION_CENTRE, Level.ALLIANCE),
                ),
                remind_hours=24,
                escalate_hours=72,
            ),
        ),
        note="科室说明病情，医保部门审核后向经办机构申报；申报后由经办机构组织专家评审。",
    ),
)

REVIEW_CONCLUSION = SubjectType(
    code=CONCLUSION,
    title=_("特例单议结论"),
    load=_load_conclusion,
    applicants=RECORDERS,
    begun_at="特例单议页面的「登记结论」：以经办机构的通知为准，由人登记、第二人确认。",
    attributes=(
        Attribute("outcome", "结论", Kind.CHOICE, _choices(tuple(ReviewOutcome))),
        Attribute("charges", "费用(元)", Kind.NUMBER),
    ),
    on_approval=_confirmed,
    on_rejection=_refused,
    on_withdrawal=_refused,
    readers=READERS,
    default=default(
        "特例单议结论",
        (
            Step(
                "confirm",
                "核对经办机构通知",
                (role(Role.FINANCE_DIRECTOR, or_above=True), role(Role.OPERATION_CENTRE, Level.ALLIANCE)),
                remind_hours=24,
                escalate_hours=72,
            ),
        ),
        note="结论改变病例的支付，登记人以外的第二人核对通知后生效，下一次计价按结论支付。",
    ),
)
