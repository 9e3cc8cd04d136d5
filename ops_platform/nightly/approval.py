"""What of the month's end needs a second person: reopening a closed month. Its objects are of masterdata, which stands below
the approval engine and cannot register them itself."""

from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import Actor, Line, NotFound, Role
from ops_platform.masterdata.models import PeriodReopening
from ops_platform.masterdata.services import confirm_reopening, refuse_reopening, withdraw_reopening
from workflows.public import Attribute, Decision, Kind, Level, Step, Subject, SubjectType, default, role, start

KIND = "nightly.reopening"


def _load(subject: str) -> Subject:
    rows = PeriodReopening.objects.select_related("accounting_period__institution")
    request = rows.filter(pk=int(subject) if subject.isascii() and subject.isdigit() else 0).first()
    if request is None:
        raise NotFound("masterdata.no_reopening", "没有这个反结账申请。")
    month, institution = request.accounting_period, request.accounting_period.institution
    later = institution.periods.filter(period__gt=month.period, state="closed").count()
    return Subject(
        title=f"反结账：{institution.name} {month.period}",
        institution=institution.pk,
        values={"later_closed_months": Decimal(later), "institution_kind": institution.kind},
        content={"institution": institution.code, "period": month.period, "reason": request.reason},
        lines=(
            Line("机构", institution.name),
            Line("期间", month.period),
            Line("原因", request.reason),
            Line("其后已结账的月份", f"{later} 个"),
            Line("同意之后", "该期间重新打开，可以补录和更正；原核算结果保留，重新核算的结果标为重述。"),
        ),
        url=reverse("masterdata:period", args=[institution.pk, month.period]),
    )


def _approved(actor: Actor, subject: str, _decision: Decision) -> None:
    confirm_reopening(actor, reopening_id=int(subject))


def _rejected(actor: Actor, subject: str, _decision: Decision) -> None:
    refuse_reopening(actor, reopening_id=int(subject))


def _withdrawn(_actor: Actor, subject: str, _decision: Decision) -> None:
    withdraw_reopening(reopening_id=int(subject))


def begin(actor: Actor, request: PeriodReopening) -> None:
    """A person asked for a reopening: it goes on its way. What the platform itself asks for needs nobody's approval."""
    if actor.user is not None:
        start(actor, kind=KIND, subject=str(request.pk), comment=request.reason)


REOPENING = SubjectType(
    code=KIND,
    title=_("反结账"),
    load=_load,
    attributes=(
        Attribute("later_closed_months", "其后已结账的月份数", Kind.NUMBER),
        Attribute("institution_kind", "机构类型", Kind.TEXT),
    ),
    on_approval=_approved,
    on_rejection=_rejected,
    on_withdrawal=_withdrawn,
    readers=(Role.FINANCE_OFFICER, Role.ACCOUNTING_REVIEWER),
    default=default(
        "反结账",
        (
            Step(
                "second",
                "第二人审批",
                (role(Role.FINANCE_DIRECTOR), role(Role.OPERATION_CENTRE, Level.ALLIANCE)),
                remind_hours=24,
            ),
        ),
        note="反结账须写明原因，经财务负责人或运营管理中心中申请人以外的一人同意。",
    ),
)
