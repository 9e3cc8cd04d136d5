"""What of costing needs a second person: another driver of allocation."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from costing import starting
from costing.assignments import of_rows, words
from costing.models import DriverKind, DriverProposal, DriverRule
from costing.services.driver_rules import CLOSED_CLASSES, KIND, RULERS, put_in_force, refuse_proposal
from costing.titles import rule_title
from ops_platform.his_intake.public import METRICS
from ops_platform.kernel import Actor, Line, NotFound, Role
from ops_platform.masterdata.models import AccountingPeriod, CostClass, Department, PeriodState
from ops_platform.web import formats
from ops_platform.web.numbers import number_of
from workflows.public import Attribute, Decision, Kind, Level, Step, Subject, SubjectType, default, role

SHARED = "shared"  # in the place of a class, for a kind of bill


def _load(subject: str) -> Subject:
    rows = DriverProposal.objects.select_related("institution", "department")
    asked = rows.filter(pk=number_of(subject)).first()
    if asked is None:
        raise NotFound("costing.no_driver_proposal", "没有这个分摊动因申请。")
    where = asked.institution.name if asked.institution else "整个医共体"
    whose = str(asked.department) if asked.department else asked.divided
    months = AccountingPeriod.objects.filter(period__gte=f"{asked.effective_from:%Y-%m}")
    if asked.institution_id is not None:
        months = months.filter(institution=asked.institution_id)
    still_open = months.exclude(state=PeriodState.CLOSED).count()
    return Subject(
        title=f"分摊动因：{where} {whose} 自 {asked.effective_from} 起按{_words(asked.driver, asked.metric)}",
        institution=asked.institution_id,
        department=asked.department_id,
        values={
            "cost_class": str(asked.cost_class) or SHARED,
            "driver": str(asked.driver),
            "whole": asked.institution_id is None,
        },
        content={
            "institution": asked.institution.code if asked.institution else "",
            "department": asked.department.code if asked.department else "",
            "cost_class": str(asked.cost_class),
            "shared_as": str(asked.shared_as),
            "driver": str(asked.driver),
            "metric": asked.metric,
            "effective_from": asked.effective_from.isoformat(),
            "source_text": asked.source_text,
            **({"assigned": asked.assigned} if asked.assigned else {}),
        },
        lines=(
            Line("范围", f"{where} {whose}"),
            Line("现行动因", _present(asked)),
            Line("新的动因", _words(asked.driver, asked.metric)),
            *_assigned(asked),
            Line("生效日期", asked.effective_from.isoformat()),
            Line("依据", asked.source_text),
            Line("将重新计算", f"{still_open} 个未结账的机构月份"),
        ),
        url=reverse("costing:driver-rules"),
    )


def _words(driver: str, metric: str) -> str:
    title = str(DriverKind(driver).label)
    return f"{title}({dict(METRICS).get(metric, metric)})" if metric else title


def _assigned(asked: DriverProposal) -> tuple[Line, ...]:
    """The departments that a direct assignment names, with their shares and the sum of them."""
    shares = of_rows(asked.assigned)
    if not shares:
        return ()
    codes = [one.department for one in shares]
    names = dict(Department.objects.filter(institution=asked.institution, code__in=codes).values_list("code", "name"))
    told = words((f"{names.get(one.department, '')}({one.department})", one.share) for one in shares)
    return (Line("指定科室", f"{told}，合计 {formats.quantity(sum(one.share for one in shares))}%"),)


def _present(asked: DriverProposal) -> str:
    """The rule that the new one takes the place of: the narrowest in force on that day."""
    rows = DriverRule.objects.filter(
        cost_class=asked.cost_class, shared_as=asked.shared_as, effective_from__lt=asked.effective_from
    )
    places: list[dict[str, Any]] = [
        {"institution": asked.institution, "department": asked.department},
        {"institution": asked.institution, "department": None},
        {"institution": None, "department": None},
    ]
    for place in places:
        rule = rows.filter(**place).order_by("-effective_from").first()
        if rule is not None:
            return rule_title(rule)
    return "—"


def _approved(_actor: Actor, subject: str, _decision: Decision) -> None:
    put_in_force(proposal_id=int(subject))


def _refused(_actor: Actor, subject: str, _decision: Decision) -> None:
    refuse_proposal(proposal_id=int(subject))


DRIVER = SubjectType(
    code=KIND,
    title=_("分摊动因变更"),
    load=_load,
    applicants=RULERS,
    begin=starting.DRIVER,
    attributes=(
        Attribute(
            "cost_class",
            "科室分类",
            Kind.CHOICE,
            (*((one.value, str(one.label)) for one in CostClass if one in CLOSED_CLASSES), (SHARED, "公共费用")),
        ),
        Attribute("driver", "动因", Kind.CHOICE, tuple((str(code), str(title)) for code, title in DriverKind.choices)),
        Attribute("whole", "适用整个医共体", Kind.FLAG),
    ),
    on_approval=_approved,
    on_rejection=_refused,
    on_withdrawal=_refused,
    readers=(Role.FINANCE_OFFICER, Role.ACCOUNTING_REVIEWER),
    default=default(
        "分摊动因变更",
        (
            Step(
                "institution",
                "财务负责人或运营管理中心审批",
                (role(Role.FINANCE_DIRECTOR), role(Role.OPERATION_CENTRE, Level.ALLIANCE)),
                condition="not whole",
                remind_hours=24,
                escalate_hours=72,
            ),
            Step(
                "alliance",
                "领导小组审批",
                (role(Role.LEADERSHIP, Level.ALLIANCE),),
                condition="whole",
                remind_hours=48,
            ),
        ),
        note="分摊动因影响各科室成本，须由申请人以外的一人同意；整个医共体适用的由领导小组同意。",
    ),
)
