"""What of cost targets needs a second person: targets, or other versions of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from costing.models import CostTarget, CostTargetProposal, TargetMetric
from costing.selectors.responsibility.targets import figure_words, former_targets, limit_words, sign, title_of
from costing.services.driver_rules import RULERS
from costing.services.targets import (
    KIND,
    MOST_TARGETS,
    WantedTarget,
    propose_targets,
    put_targets_in_force,
    refuse_targets,
    wanted_of,
)
from ops_platform.identity.selectors import display_names
from ops_platform.kernel import Actor, Line, NotFound, Role
from ops_platform.masterdata.coded import CodedSerializer, InstitutionField
from ops_platform.masterdata.models import Department, SourceMark
from ops_platform.web.numbers import number_of
from workflows.public import Attribute, Beginning, Decision, Kind, Level, Step, Subject, SubjectType, default, role

SHOWN_ROWS = 20


class TargetFields(serializers.Serializer):
    """A target; ratios as a share of 1."""

    department = serializers.CharField(
        max_length=40, required=False, allow_blank=True, default="", help_text="科室代码；不填为全院"
    )
    metric = serializers.ChoiceField(choices=TargetMetric.choices, help_text="指标")
    object = serializers.CharField(
        max_length=40, required=False, allow_blank=True, default="", help_text="成本项目代码或病组编码"
    )
    effective_from = serializers.DateField(help_text="生效日期，某月 1 日")
    limit = serializers.DecimalField(
        max_digits=18, decimal_places=6, required=False, allow_null=True, default=None, help_text="限额；比例用小数"
    )
    standard = serializers.DecimalField(
        max_digits=18, decimal_places=2, required=False, allow_null=True, default=None, help_text="病组支付标准(元)"
    )
    responsible = serializers.CharField(
        max_length=150, required=False, allow_blank=True, default="", help_text="责任人用户名；不填为科室主任"
    )
    specialists = serializers.ListField(
        child=serializers.CharField(max_length=150), required=False, max_length=2, help_text="成本专员用户名，最多两人"
    )
    ended = serializers.BooleanField(required=False, default=False, help_text="自该月起终止")


class TargetsFields(CodedSerializer):
    """Targets of an institution, all or none."""

    institution = InstitutionField()
    source_mark = serializers.ChoiceField(choices=SourceMark.choices, help_text="来源标记")
    source_text = serializers.CharField(min_length=2, max_length=200, help_text="依据")
    rows = TargetFields(many=True, help_text="成本目标")

    def validate_rows(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len(rows) > MOST_TARGETS:
            raise serializers.ValidationError(f"一次最多 {MOST_TARGETS} 个成本目标。")
        return rows


def _begin(actor: Actor, given: Mapping[str, Any]) -> int:
    rows = [WantedTarget(**{**row, "specialists": tuple(row.get("specialists", ()))}) for row in given["rows"]]
    return propose_targets(
        actor,
        institution_id=given["institution"].pk,
        rows=rows,
        source_mark=given["source_mark"],
        source_text=given["source_text"],
    )[1]


def _load(subject: str) -> Subject:
    rows = CostTargetProposal.objects.select_related("institution")
    asked = rows.filter(pk=number_of(subject)).first()
    if asked is None:
        raise NotFound("costing.no_target_proposal", "没有这个成本目标申请。")
    wanted = [wanted_of(row) for row in asked.rows]
    departments = dict(Department.objects.filter(institution=asked.institution).values_list("code", "name"))
    people = display_names({name for row in wanted for name in (row.responsible, *row.specialists)})
    former = former_targets(asked.institution_id)
    shown = [_words(row, departments, people) + _before(row, former) for row in wanted[:SHOWN_ROWS]]
    more = [f"……共 {len(wanted)} 个"] if len(wanted) > SHOWN_ROWS else []
    first = min(row.effective_from for row in wanted)
    return Subject(
        title=f"成本目标：{asked.institution.name} {len(wanted)} 个，自 {first:%Y-%m} 起",
        institution=asked.institution_id,
        department=None,
        values={"whole": any(not row.department for row in wanted)},
        content={
            "institution": asked.institution.code,
            "rows": asked.rows,
            "source_mark": asked.source_mark,
            "source_text": asked.source_text,
        },
        lines=(
            Line("机构", asked.institution.name),
            Line("成本目标", "\n".join([*shown, *more])),
            Line("来源", str(SourceMark(asked.source_mark).label)),
            Line("依据", asked.source_text),
        ),
        url=reverse("costing:targets") + f"?institution={asked.institution_id}",
    )


def _words(row: WantedTarget, departments: Mapping[str, str], people: Mapping[str, str]) -> str:
    where = departments.get(row.department, row.department) if row.department else "全院"
    what = f"{where} {title_of(row.metric, row.object)}"
    if row.ended:
        return f"{what}：自 {row.effective_from:%Y-%m} 起终止"
    standard = f"(支付标准 {row.standard:,} 元)" if row.standard is not None else ""
    answer = "、".join(people.get(name, name) for name in (row.responsible, *row.specialists) if name)
    return (
        f"{what} {sign(row.metric)} {figure_words(row.metric, row.limit)}{standard}，"
        f"自 {row.effective_from:%Y-%m} 起，责任人和成本专员 {answer}"
    )


def _before(row: WantedTarget, former: Mapping[tuple[str, str, str], Sequence[CostTarget]]) -> str:
    """What holds until then, for the second person to compare."""
    held = [one for one in former.get(row.line, ()) if one.effective_from < row.effective_from]
    if not held or held[-1].ended:
        return ""
    standard = f"(支付标准 {held[-1].standard:,} 元)" if held[-1].standard is not None else ""
    return f"；现行 {limit_words(held[-1])}{standard}"


def _approved(actor: Actor, subject: str, _decision: Decision) -> None:
    put_targets_in_force(actor, proposal_id=number_of(subject))


def _refused(_actor: Actor, subject: str, _decision: Decision) -> None:
    refuse_targets(proposal_id=number_of(subject))


TARGET = SubjectType(
    code=KIND,
    title=_("成本控制目标"),
    load=_load,
    applicants=RULERS,
    begin=Beginning(TargetsFields, _begin),
    attributes=(Attribute("whole", "含全院目标", Kind.FLAG),),
    on_approval=_approved,
    on_rejection=_refused,
    on_withdrawal=_refused,
    readers=(Role.FINANCE_OFFICER, Role.ACCOUNTING_REVIEWER, Role.INSTITUTION_HEAD),
    default=default(
        "成本控制目标",
        (
            Step(
                "second",
                "院领导、财务负责人或运营管理中心另一人审批",
                (
                    role(Role.INSTITUTION_HEAD),
                    role(Role.FINANCE_DIRECTOR),
                    role(Role.OPERATION_CENTRE, Level.ALLIANCE),
                ),
                remind_hours=24,
                escalate_hours=72,
            ),
        ),
        note="目标决定各科室的成本责任，须由申请人以外的一人同意。",
    ),
)
