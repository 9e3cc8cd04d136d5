"""What of the alliance's agreements needs a second person: an agreement, or another version of one."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from costing.models import Agreement, AgreementKind, AgreementProposal, PartyRole
from costing.selectors.agreements import words_of
from costing.services.agreements import (
    KIND,
    MAKERS,
    WantedAgreement,
    WantedParty,
    propose_agreement,
    put_agreement_in_force,
    refuse_agreement,
    wanted_of,
)
from ops_platform.his_intake.public import ALLIANCE_SERVICE_KINDS, FEE_CLASSES
from ops_platform.kernel import Actor, Line, NotFound, Role
from ops_platform.masterdata.models import Institution, SourceMark
from ops_platform.web.numbers import number_of
from workflows.public import (
    Attribute,
    Beginning,
    Decision,
    Kind,
    Level,
    Step,
    Subject,
    SubjectType,
    default,
    role,
)

MOST_PARTIES = 500


class PartyFields(serializers.Serializer):
    """A party."""

    role = serializers.ChoiceField(choices=PartyRole.choices, help_text="角色")
    institution = serializers.CharField(
        max_length=40, required=False, allow_blank=True, default="", help_text="机构代码；不填为任一接受机构或该级机构"
    )
    share = serializers.DecimalField(
        max_digits=9,
        decimal_places=6,
        min_value=0,
        max_value=1,
        required=False,
        default=Decimal(0),
        help_text="分担比例",
    )


class AgreementFields(serializers.Serializer):
    """An agreement, or its next version, from the first day of a month on."""

    code = serializers.CharField(max_length=40, help_text="协议编号")
    name = serializers.CharField(max_length=120, help_text="名称")
    kind = serializers.ChoiceField(choices=AgreementKind.choices, help_text="类别")
    effective_from = serializers.DateField(help_text="生效日期，某月 1 日")
    source_mark = serializers.ChoiceField(choices=SourceMark.choices, help_text="来源标记")
    source_text = serializers.CharField(min_length=2, max_length=200, help_text="依据")
    parties = PartyFields(many=True, required=False, help_text="参与方")
    unit_costs = serializers.DictField(
        child=serializers.DecimalField(max_digits=18, decimal_places=6, min_value=0),
        required=False,
        help_text="服务类别 → 单位成本(元)",
    )
    fee_classes = serializers.ListField(
        child=serializers.CharField(max_length=24), required=False, help_text="联合检查：检查收入的费用类别代码"
    )
    items = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, max_length=500, help_text="联合检查：收费项目代码"
    )
    by_full_cost = serializers.BooleanField(required=False, default=False, help_text="共享中心按全成本分摊")
    department = serializers.CharField(
        max_length=40, required=False, allow_blank=True, default="", help_text="共享中心的科室代码"
    )
    ended = serializers.BooleanField(required=False, default=False, help_text="自该月起终止")

    def validate_parties(self, parties: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len(parties) > MOST_PARTIES:
            raise serializers.ValidationError(f"一次最多 {MOST_PARTIES} 个参与方。")
        return parties


def _begin(actor: Actor, given: Mapping[str, Any]) -> int:
    parties = tuple(WantedParty(**party) for party in given.get("parties", ()))
    return propose_agreement(actor, WantedAgreement(**{**given, "parties": parties}))[1]


def _load(subject: str) -> Subject:
    asked = AgreementProposal.objects.filter(pk=number_of(subject)).first()
    if asked is None:
        raise NotFound("costing.no_agreement_proposal", "没有这个协议申请。")
    wanted = wanted_of(asked)
    names = dict(Institution.objects.values_list("code", "name"))
    former = (
        Agreement.objects.filter(code=asked.code, effective_from__lt=asked.effective_from)
        .order_by("-effective_from")
        .prefetch_related("shares__institution")
        .first()
    )
    kind = str(AgreementKind(wanted.kind).label)
    kinds = dict(ALLIANCE_SERVICE_KINDS)
    fees = dict(FEE_CLASSES)
    unit_costs = "\n".join(f"{kinds[code]}：{value.normalize():f} 元" for code, value in wanted.unit_costs.items())
    incomes = "、".join([*(fees[code] for code in wanted.fee_classes), *wanted.items])
    parties = [(party.role, names.get(party.institution, party.institution), party.share) for party in wanted.parties]
    before = (
        [(one.role, one.institution.name if one.institution else "", one.share) for one in former.shares.all()]
        if former
        else []
    )
    return Subject(
        title=f"{'终止' if wanted.ended else ''}医共体分担协议：{wanted.name}({kind})自 {asked.effective_from:%Y-%m} 起",
        institution=None,
        department=None,
        values={"kind": wanted.kind, "ended": wanted.ended},
        content={"code": asked.code, "effective_from": asked.effective_from.isoformat(), **asked.terms},
        lines=tuple(
            line
            for line in (
                Line("协议编号", asked.code),
                Line("类别", kind),
                Line("现行分担", words_of(before) or "—"),
                Line("新的分担", "终止" if wanted.ended else words_of(parties)),
                Line("单位成本", unit_costs),
                Line("检查收入", incomes),
                Line("计算方式", f"按科室 {wanted.department} 的全成本和使用量" if wanted.by_full_cost else ""),
                Line("生效月份", f"{asked.effective_from:%Y-%m}"),
                Line("来源", str(SourceMark(wanted.source_mark).label)),
                Line("依据", wanted.source_text),
            )
            if line.value
        ),
        url=reverse("costing:agreements"),
    )


def _approved(actor: Actor, subject: str, _decision: Decision) -> None:
    put_agreement_in_force(actor, proposal_id=number_of(subject))


def _refused(_actor: Actor, subject: str, _decision: Decision) -> None:
    refuse_agreement(proposal_id=number_of(subject))


AGREEMENT = SubjectType(
    code=KIND,
    title=_("医共体分担协议"),
    load=_load,
    applicants=MAKERS,
    begin=Beginning(AgreementFields, _begin),
    attributes=(
        Attribute("kind", "类别", Kind.CHOICE, tuple((str(code), str(title)) for code, title in AgreementKind.choices)),
        Attribute("ended", "终止", Kind.FLAG),
    ),
    on_approval=_approved,
    on_rejection=_refused,
    on_withdrawal=_refused,
    readers=(Role.FINANCE_DIRECTOR, Role.INSTITUTION_HEAD),
    default=default(
        "医共体分担协议",
        (
            Step(
                "second",
                "领导小组或运营管理中心另一人审批",
                (role(Role.LEADERSHIP, Level.ALLIANCE), role(Role.OPERATION_CENTRE, Level.ALLIANCE)),
                remind_hours=48,
            ),
        ),
        note="协议决定成员之间谁承担多少，须由申请人以外的一人同意。",
    ),
)
