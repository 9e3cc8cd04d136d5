"""What of the ratio of cost to income needs a second person: which services make up a service unit."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from costing.models import GIVEN_KINDS, UnitDefinition, UnitProposal
from costing.second_person import SECOND
from costing.services.driver_rules import RULERS
from costing.services.service_units import KIND, WantedUnits, propose_service_units, put_units_in_force, refuse_units
from costing.titles import FEE_CLASS_TITLES
from costing.unit_files import KIND_TITLES, OTHERS
from ops_platform.his_intake.public import FEE_CLASSES
from ops_platform.kernel import Actor, Line, NotFound, Role
from ops_platform.masterdata.coded import CodedSerializer, InstitutionField
from ops_platform.masterdata.models import Department
from ops_platform.web.numbers import number_of
from workflows.public import (
    Attribute,
    Beginning,
    Decision,
    Kind,
    Subject,
    SubjectType,
    default,
)


class UnitPartFields(serializers.Serializer):
    """A department's services of a fee class, and the unit that they belong to."""

    department = serializers.CharField(max_length=40, help_text="科室代码")
    fee_class = serializers.ChoiceField(
        choices=FEE_CLASSES, required=False, allow_blank=True, default="", help_text="费用类别；空为该科室其余全部"
    )
    unit = serializers.CharField(max_length=24, help_text="单元编码")
    name = serializers.CharField(max_length=60, help_text="单元名称")
    kind = serializers.ChoiceField(choices=[(one.value, str(one.label)) for one in GIVEN_KINDS], help_text="单元类别")


class ServiceUnitFields(CodedSerializer):
    """The service units of an institution from a day on."""

    institution = InstitutionField()
    effective_from = serializers.DateField(help_text="生效日期")
    source_text = serializers.CharField(min_length=2, max_length=200, help_text="依据")
    ended = serializers.BooleanField(default=False, help_text="停用，恢复按执行科室")
    parts = UnitPartFields(many=True, required=False, help_text="单元的组成；停用时不填")


def _begin(actor: Actor, given: Mapping[str, Any]) -> int:
    wanted = WantedUnits(
        institution_id=given["institution"].pk,
        effective_from=given["effective_from"],
        source_text=given["source_text"],
        ended=given["ended"],
        rows=[
            [one[name] for name in ("department", "fee_class", "unit", "name", "kind")]
            for one in given.get("parts", ())
        ],
    )
    return propose_service_units(actor, wanted)[1]


def _load(subject: str) -> Subject:
    asked = UnitProposal.objects.select_related("institution").filter(pk=number_of(subject)).first()
    if asked is None:
        raise NotFound("costing.no_unit_proposal", "没有这个服务单元申请。")
    what = "停用服务单元" if asked.ended else "服务单元"
    return Subject(
        title=f"{what}：{asked.institution.name} 自 {asked.effective_from} 起",
        institution=asked.institution_id,
        values={"ended": asked.ended},
        content={
            "institution": asked.institution.code,
            "effective_from": asked.effective_from.isoformat(),
            "ended": asked.ended,
            "rows": asked.rows,
            "source_text": asked.source_text,
        },
        lines=(
            Line("机构", asked.institution.name),
            Line("现行", _present(asked)),
            *_unit_lines(asked),
            Line("生效日期", asked.effective_from.isoformat()),
            Line("依据", asked.source_text),
        ),
        url=reverse("costing:service-units"),
    )


def _unit_lines(asked: UnitProposal) -> list[Line]:
    """Each unit with its parts."""
    if asked.ended:
        return [Line("新的定义", "按执行科室")]
    codes = {row[0] for row in asked.rows}
    departments = Department.objects.filter(institution=asked.institution_id, code__in=codes)
    names = dict(departments.values_list("code", "name"))
    units: dict[tuple[str, str, str], list[str]] = {}
    for department, fee_class, unit, name, kind in asked.rows:
        words = f"{names.get(department, department)}：{FEE_CLASS_TITLES.get(fee_class, OTHERS)}"
        units.setdefault((unit, name, kind), []).append(words)
    return [
        Line(f"{unit} {name}({KIND_TITLES.get(kind, kind)})", "；".join(parts))
        for (unit, name, kind), parts in sorted(units.items())
    ]


def _present(asked: UnitProposal) -> str:
    rows = UnitDefinition.objects.filter(institution=asked.institution, effective_from__lt=asked.effective_from)
    newest = rows.order_by("-effective_from").first()
    if newest is None or newest.ended:
        return "按执行科室"
    return f"{newest.units.count()} 个服务单元，自 {newest.effective_from} 起"


def _approved(actor: Actor, subject: str, _decision: Decision) -> None:
    put_units_in_force(actor, proposal_id=number_of(subject))


def _refused(_actor: Actor, subject: str, _decision: Decision) -> None:
    refuse_units(proposal_id=number_of(subject))


SERVICE_UNITS = SubjectType(
    code=KIND,
    title=_("服务单元变更"),
    load=_load,
    applicants=RULERS,
    begin=Beginning(ServiceUnitFields, _begin),
    attributes=(Attribute("ended", "停用", Kind.FLAG),),
    on_approval=_approved,
    on_rejection=_refused,
    on_withdrawal=_refused,
    readers=(Role.FINANCE_OFFICER, Role.ACCOUNTING_REVIEWER),
    default=default(
        "服务单元变更",
        SECOND,
        note="服务单元影响成本收入比法的病种成本，须由申请人以外的一人同意。",
    ),
)
