"""API of how services are costed: methods, coefficients, activities and service units in their versions, and what a month
made of them; read only. They are asked for by `POST /api/v1/workflows/matters/`."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from costing.api import PatientResultView
from costing.engine.columns import COLUMNS
from costing.filters import (
    ActivityCostFilter,
    ItemBasisFilter,
    ItemCoefficientFilter,
    UnitCostFilter,
    UnitDefinitionFilter,
)
from costing.models import (
    Activity,
    ActivityCost,
    ActivityResource,
    ActivityUse,
    ItemBasis,
    ItemCoefficient,
    ServiceUnit,
    ServiceUnitPart,
    UnitCost,
    UnitDefinition,
)
from costing.selectors.access import READERS
from ops_platform.kernel import Actor
from ops_platform.web.api_lists import ResultSerializer, VisibleList

TAGS = ["成本方法"]
ITEM: dict[str, Any] = {"source": "item.code", "help_text": "收费项目代码"}
DEPARTMENT: dict[str, Any] = {"source": "department.code", "allow_null": True, "default": None}


class ActivityResourceSerializer(serializers.ModelSerializer):
    """A resource driver (资源动因)."""

    class Meta:
        model = ActivityResource
        fields = ["column", "value"]


class ActivityUseSerializer(serializers.ModelSerializer):
    """Use of an activity by a unit of an item (作业动因量)."""

    item = serializers.CharField(**ITEM)

    class Meta:
        model = ActivityUse
        fields = ["item", "value"]


class ActivitySerializer(serializers.ModelSerializer):
    """An activity with its drivers."""

    resources = ActivityResourceSerializer(many=True)
    uses = ActivityUseSerializer(many=True)

    class Meta:
        model = Activity
        fields = ["number", "name", "resources", "uses"]


class ItemBasisSerializer(serializers.ModelSerializer):
    """By what a department's services (without a department: the institution's) are divided from a day on."""

    institution = serializers.CharField(source="institution.code", help_text="机构代码")
    department = serializers.CharField(**DEPARTMENT, help_text="科室代码；空为全院")
    activities = ActivitySerializer(many=True)

    class Meta:
        model = ItemBasis
        fields = ["id", "institution", "department", "method", "effective_from", "activities", "source_text"]


class ItemCoefficientSerializer(serializers.ModelSerializer):
    """Equivalent or minutes of an item from a day on."""

    institution = serializers.CharField(source="institution.code", help_text="机构代码")
    department = serializers.CharField(**DEPARTMENT, help_text="科室代码；空为全院")
    item = serializers.CharField(**ITEM)

    class Meta:
        model = ItemCoefficient
        fields = ["id", "institution", "department", "item", "method", "value", "effective_from"]


class ServiceUnitPartSerializer(serializers.ModelSerializer):
    """Services that belong to a unit."""

    department = serializers.CharField(source="department.code", help_text="执行科室代码")

    class Meta:
        model = ServiceUnitPart
        fields = ["department", "fee_class"]
        extra_kwargs: ClassVar[dict[str, Any]] = {"fee_class": {"help_text": "收费类别；空为该科室其余各类"}}


class ServiceUnitSerializer(serializers.ModelSerializer):
    """A service unit (服务单元)."""

    parts = ServiceUnitPartSerializer(many=True)

    class Meta:
        model = ServiceUnit
        fields = ["code", "name", "kind", "parts"]


class UnitDefinitionSerializer(serializers.ModelSerializer):
    """The service units of an institution from a day on."""

    institution = serializers.CharField(source="institution.code", help_text="机构代码")
    units = ServiceUnitSerializer(many=True)

    class Meta:
        model = UnitDefinition
        fields = ["id", "institution", "effective_from", "ended", "units", "source_text"]


class UnitCostSerializer(ResultSerializer):
    """A service unit's month; ratio = cost ÷ base."""

    unit = serializers.CharField(source="unit.code", allow_null=True, default=None, help_text="服务单元代码")
    department = serializers.CharField(**DEPARTMENT, help_text="没有归入任何单元的执行科室")

    class Meta:
        model = UnitCost
        fields = [
            "run",
            "institution",
            "period",
            "unit",
            "department",
            "kind",
            "title",
            "income",
            "base",
            "cost",
            "borne",
        ]


class ActivityCostSerializer(ResultSerializer):
    """What an item bears of an activity; without an item, what an activity kept that none used (闲置作业)."""

    department = serializers.CharField(source="activity.basis.department.code", help_text="科室代码")
    activity = serializers.CharField(source="activity.name")
    item = serializers.CharField(source="item.code", allow_null=True, default=None, help_text="收费项目代码；空为闲置")

    class Meta:
        model = ActivityCost
        fields = ["run", "institution", "period", "department", "activity", "item", "volume", *COLUMNS]


@extend_schema_view(get=extend_schema(tags=TAGS, summary="项目成本方法与作业", operation_id="costing_item_bases"))
class ItemBasisListView(VisibleList):
    """Methods in all their versions, the newest first."""

    roles = READERS
    serializer_class = ItemBasisSerializer
    filterset_class = ItemBasisFilter

    def visible(self, actor: Actor) -> QuerySet[ItemBasis]:
        rows = ItemBasis.objects.visible_to(actor, *READERS).select_related("institution", "department")
        read = rows.prefetch_related("activities__resources", "activities__uses__item")
        return read.order_by("institution__code", "department__code", "-effective_from", "-pk")


@extend_schema_view(
    get=extend_schema(tags=TAGS, summary="项目当量与操作时间", operation_id="costing_item_coefficients")
)
class ItemCoefficientListView(VisibleList):
    """Coefficients in all their versions, the newest first."""

    roles = READERS
    serializer_class = ItemCoefficientSerializer
    filterset_class = ItemCoefficientFilter

    def visible(self, actor: Actor) -> QuerySet[ItemCoefficient]:
        rows = ItemCoefficient.objects.visible_to(actor, *READERS).select_related("institution", "department", "item")
        return rows.order_by("institution__code", "item__code", "-effective_from", "-pk")


@extend_schema_view(get=extend_schema(tags=TAGS, summary="服务单元", operation_id="costing_service_units"))
class UnitDefinitionListView(VisibleList):
    """Definitions in all their versions, the newest first."""

    roles = READERS
    serializer_class = UnitDefinitionSerializer
    filterset_class = UnitDefinitionFilter

    def visible(self, actor: Actor) -> QuerySet[UnitDefinition]:
        rows = UnitDefinition.objects.visible_to(actor, *READERS).select_related("institution")
        read = rows.prefetch_related("units__parts__department")
        return read.order_by("institution__code", "-effective_from", "-pk")


@extend_schema_view(get=extend_schema(tags=TAGS, summary="服务单元成本收入比", operation_id="costing_unit_costs"))
class UnitCostListView(PatientResultView):
    """Service units' months."""

    serializer_class = UnitCostSerializer
    filterset_class = UnitCostFilter
    model = UnitCost
    related = ("unit", "department")


@extend_schema_view(get=extend_schema(tags=TAGS, summary="作业成本", operation_id="costing_activity_costs"))
class ActivityCostListView(PatientResultView):
    """What items bear of activities."""

    serializer_class = ActivityCostSerializer
    filterset_class = ActivityCostFilter
    model = ActivityCost
    related = ("activity__basis__department", "item")
