"""Starting by the approval API: another driver of allocation, another method of dividing the cost of services over items."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from costing.activities import WantedActivity
from costing.engine.columns import COLUMNS
from costing.models import DriverKind, ItemMethod
from costing.services.driver_rules import CLOSED_CLASSES, Wanted, propose_driver_rule
from costing.services.item_bases import WantedBasis, propose_item_basis
from ops_platform.his_intake.public import METRICS, SHARED_KINDS
from ops_platform.kernel import Actor
from ops_platform.masterdata.coded import CodedSerializer, InstitutionField, department_code
from workflows.public import Beginning

MOST_ROWS = 5000


class DriverFields(CodedSerializer):
    """A driver for a class of departments, for one department, or for a kind of shared bill, from a day on."""

    institution = InstitutionField(required=False, allow_null=True, default=None)
    department = department_code()
    cost_class = serializers.ChoiceField(
        choices=[(one.value, str(one.label)) for one in CLOSED_CLASSES],
        required=False,
        allow_blank=True,
        default="",
        help_text="科室分类；公共费用留空",
    )
    shared_as = serializers.ChoiceField(
        choices=SHARED_KINDS, required=False, allow_blank=True, default="", help_text="公共费用类别；科室分类留空"
    )
    driver = serializers.ChoiceField(choices=DriverKind.choices, help_text="分摊动因")
    metric = serializers.ChoiceField(
        choices=METRICS, required=False, allow_blank=True, default="", help_text="工作量指标，按工作量分摊时必填"
    )
    effective_from = serializers.DateField(help_text="生效日期")
    source_text = serializers.CharField(min_length=2, max_length=200, help_text="依据")


class CoefficientFields(serializers.Serializer):
    """The equivalent of an item."""

    item = serializers.CharField(max_length=40, help_text="收费项目代码")
    value = serializers.DecimalField(max_digits=18, decimal_places=6, min_value=0, help_text="系数")


class ResourceFields(serializers.Serializer):
    """The resource driver of an activity."""

    column = serializers.ChoiceField(
        choices=COLUMNS,
        required=False,
        allow_blank=True,
        default="",
        help_text="成本项目；空为没有单独动因的全部成本项目",
    )
    value = serializers.DecimalField(max_digits=13, decimal_places=4, min_value=0, help_text="资源动因")


class UseFields(serializers.Serializer):
    """The use of an activity by a unit of an item."""

    item = serializers.CharField(max_length=40, help_text="收费项目代码")
    value = serializers.DecimalField(max_digits=10, decimal_places=4, min_value=0, help_text="作业动因量")


class ActivityFields(serializers.Serializer):
    """An activity of a department."""

    name = serializers.CharField(max_length=60, help_text="作业名称")
    resources = ResourceFields(many=True, help_text="资源动因")
    uses = UseFields(many=True, help_text="各项目的作业动因量")


class ItemBasisFields(CodedSerializer):
    """A method for an institution or one of its departments from a day on, with its coefficients."""

    institution = InstitutionField()
    department = department_code()
    method = serializers.ChoiceField(choices=ItemMethod.choices, help_text="方法")
    effective_from = serializers.DateField(help_text="生效日期")
    source_text = serializers.CharField(min_length=2, max_length=200, help_text="依据")
    rows = CoefficientFields(many=True, required=False, help_text="各项目的系数")
    activities = ActivityFields(many=True, required=False, help_text="作业成本法的作业，须指定科室")

    def validate_rows(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len(rows) > MOST_ROWS:
            raise serializers.ValidationError(f"一次最多 {MOST_ROWS} 个项目。")
        return rows


def _driver(actor: Actor, given: Mapping[str, Any]) -> int:
    wanted = Wanted(
        cost_class=given["cost_class"],
        shared_as=given["shared_as"],
        driver=given["driver"],
        metric=given["metric"],
        effective_from=given["effective_from"],
        source_text=given["source_text"],
        institution_id=given["institution"].pk if given["institution"] else None,
        department_id=given["department_id"],
    )
    return propose_driver_rule(actor, wanted)[1]


def _item_basis(actor: Actor, given: Mapping[str, Any]) -> int:
    wanted = WantedBasis(
        institution_id=given["institution"].pk,
        department_id=given["department_id"],
        method=given["method"],
        effective_from=given["effective_from"],
        source_text=given["source_text"],
        rows=[[row["item"], format(row["value"], "f")] for row in given.get("rows", ())],
        activities=[
            WantedActivity(
                one["name"].strip(),
                {row["column"]: format(row["value"].normalize(), "f") for row in one["resources"]},
                {row["item"]: format(row["value"].normalize(), "f") for row in one["uses"]},
            )
            for one in given.get("activities", ())
        ],
    )
    return propose_item_basis(actor, wanted)[1]


DRIVER = Beginning(DriverFields, _driver)
ITEM_BASIS = Beginning(ItemBasisFields, _item_basis)
