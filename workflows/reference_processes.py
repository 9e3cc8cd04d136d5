"""The processes that the platform itself embeds, as entries of the lead hospital's register (000-08).

Only what is true of the platform is shipped: matter, flow, risks and the controls that answer them. Figures before and
after are the hospital's own; nobody here knows them. Entries of flows that no app has registered are left out.
"""

from dataclasses import dataclass

from django.db import transaction

from ops_platform.masterdata.models import Institution, InstitutionKind
from workflows.models import Area, Flow, Principle, Process, ProcessPoint

PLATFORM_NAME = "业财融合运营管理平台"


@dataclass(frozen=True, slots=True)
class Guard:
    """A control with the risks it answers: (where, what)."""

    place: str
    control: str
    responsible: str
    risks: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Shipped:
    """One process of the platform; its flow is the alliance's of that subject type."""

    code: str
    subject_type: str
    name: str
    matter: str
    guards: tuple[Guard, ...]


SECOND_PERSON = "审批人"
PLATFORM_ITSELF = "平台自动"

SHIPPED = (
    Shipped(
        "PT-01",
        "nightly.reopening",
        "反结账",
        "已结账期间的重新打开",
        (
            Guard(
                "审批",
                "反结账须写明原因，由申请人以外的第二人同意后期间才重新打开",
                SECOND_PERSON,
                (("申请", "一个人自行打开已结账期间，改动已上报的数据"),),
            ),
            Guard(
                "重算",
                "原正式结果保留不动，重算结果另存一版并标为重述",
                PLATFORM_ITSELF,
                (("重算", "重算覆盖原来的正式数据，前后口径无法核对"),),
            ),
        ),
    ),
    Shipped(
        "PT-02",
        "his_intake.release",
        "隔离数据放行",
        "未通过校验的业务数据的放行或放弃",
        (
            Guard(
                "审批",
                "一次放行或放弃的行数超过上限时，须经第二人同意",
                SECOND_PERSON,
                (("放行", "一个人大批放行或丢弃未通过校验的数据，成本和收入失真"),),
            ),
            Guard(
                "重报",
                "放行的数据重新经过同一道校验，不合格的仍留在隔离区",
                PLATFORM_ITSELF,
                (("重报", "有错的数据绕过校验进入核算"),),
            ),
        ),
    ),
    Shipped(
        "PT-03",
        "costing.driver",
        "分摊动因变更",
        "成本分摊动因的变更",
        (
            Guard(
                "审批",
                "动因变更须经申请人以外的第二人同意后生效",
                SECOND_PERSON,
                (("申请", "随意更换分摊动因，调节科室成本和结余"),),
            ),
            Guard(
                "生效",
                "动因只增加、不覆盖，新动因从生效日起使用，以前的期间仍按原动因计算",
                PLATFORM_ITSELF,
                (("生效", "改动因连带改变以前期间的结果"),),
            ),
        ),
    ),
    Shipped(
        "PT-04",
        "identity.role",
        "角色授予",
        "平台角色和权限的授予",
        (
            Guard(
                "审批",
                "授予角色须由申请人和本人以外的另一位系统管理员同意",
                "系统管理员",
                (("申请", "一个人给自己或他人授权，越权查看和办理业务"),),
            ),
            Guard(
                "授予与办理",
                "授予时和办理时都检查不相容职务，冲突的不予授予、不予办理",
                PLATFORM_ITSELF,
                (("授予", "不相容职务由同一人担任"),),
            ),
        ),
    ),
    Shipped(
        "PT-05",
        "workflows.request",
        "事项申请",
        "日常支出、采购等事项的申请与审批",
        (
            Guard(
                "审批",
                "按金额分级审批，申请人和与事项有关的人不能审批",
                SECOND_PERSON,
                (("审批", "越级审批，或自己批准自己的申请"),),
            ),
            Guard(
                "签署",
                "每次签署记下内容摘要，提交之后内容有变动的不能签署",
                PLATFORM_ITSELF,
                (("签署", "审批之后改动金额或内容"),),
            ),
            Guard(
                "办理",
                "每一步办理都留下人员、时间和所写的意见，不能修改或删除",
                PLATFORM_ITSELF,
                (("办理", "责任不清，事后无从追溯"),),
            ),
        ),
    ),
)


@transaction.atomic
def load_processes() -> int:
    """Enter the platform's processes that the lead hospital's register lacks; returns how many. Without a lead hospital
    there is nothing to enter; what people have changed stays."""
    hospital = Institution.objects.filter(kind=InstitutionKind.LEAD_HOSPITAL).order_by("code").first()
    if hospital is None:
        return 0
    flows = {flow.subject_type: flow for flow in Flow.objects.filter(institution=None, current__isnull=False)}
    held = set(Process.objects.filter(institution=hospital).values_list("code", flat=True))
    missing = [each for each in SHIPPED if each.code not in held and each.subject_type in flows]
    for shipped in missing:
        _enter(shipped, hospital, flows[shipped.subject_type])
    return len(missing)


def _enter(shipped: Shipped, hospital: Institution, flow: Flow) -> None:
    process = Process.objects.create(
        institution=hospital,
        code=shipped.code,
        name=shipped.name,
        matter=shipped.matter,
        area=Area.MANAGEMENT,
        status=Process.Status.EMBEDDED,
        flow=flow,
        embedded_system=PLATFORM_NAME,
        principles=[Principle.COMPLIANCE, Principle.CONTROL],
    )
    for guard in shipped.guards:
        control = ProcessPoint.objects.create(
            process=process,
            kind=ProcessPoint.Kind.CONTROL,
            place=guard.place,
            text=guard.control,
            responsible=guard.responsible,
        )
        for place, risk in guard.risks:
            ProcessPoint.objects.create(
                process=process,
                kind=ProcessPoint.Kind.RISK,
                place=place,
                text=risk,
                responsible=guard.responsible,
                control=control,
            )
