"""API of costing: read only. Results are those of current runs unless a run is named."""

from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from costing.engine.columns import COLUMNS
from costing.filters import (
    DepartmentCostApiFilter,
    DepartmentMonthApiFilter,
    FlowApiFilter,
    ItemCostApiFilter,
    PatientRunApiFilter,
    RunApiFilter,
)
from costing.models import AllocationFlow, CostRun, DepartmentCost, DepartmentMonth, ItemCost, PatientRun
from costing.selectors import access
from costing.selectors.patients import refuse_pruned
from ops_platform.kernel import Actor
from ops_platform.masterdata.models import Department
from ops_platform.web.api import actor_of
from ops_platform.web.api_lists import RUN_FIELDS, ResultSerializer, RunSerializer, VisibleList
from ops_platform.web.numbers import number_of

TAGS = ["成本核算"]


class CostRunSerializer(RunSerializer):
    """A cost run with all it was made from."""

    class Meta:
        model = CostRun
        fields = [*RUN_FIELDS, "method", "rules", "direct_cost", "full_cost", "income", "other_income"]


class DepartmentMonthSerializer(ResultSerializer):
    """What a department earned, cost and did in a month."""

    department = serializers.CharField(source="department.code", help_text="科室代码")

    class Meta:
        model = DepartmentMonth
        fields = [
            "run",
            "institution",
            "period",
            "department",
            "name",
            "cost_class",
            "income",
            "executed_income",
            "other_income",
            "drug_income",
            "material_income",
            "insured_income",
            "direct_cost",
            "received_cost",
            "full_cost",
            "surplus",
            "visits",
            "discharges",
            "bed_days",
        ]


class DepartmentCostSerializer(ResultSerializer):
    """Cost of a department by item and funding source: direct + received − sent = full."""

    department = serializers.CharField(source="department.code", help_text="科室代码")

    class Meta:
        model = DepartmentCost
        fields = [
            "run",
            "institution",
            "period",
            "department",
            "cost_item",
            "funding_source",
            "direct",
            "received",
            "sent",
            "full",
        ]


class FlowSerializer(ResultSerializer):
    """One step of the allocation."""

    sender = serializers.CharField(source="sender.code", help_text="分出科室代码")
    receiver = serializers.CharField(source="receiver.code", help_text="分入科室代码")

    class Meta:
        model = AllocationFlow
        fields = [
            "run",
            "institution",
            "period",
            "step",
            "sender",
            "receiver",
            "cost_item",
            "funding_source",
            "driver",
            "weight",
            "weight_total",
            "share",
            "amount",
        ]


@extend_schema_view(get=extend_schema(tags=TAGS, summary="成本运行", operation_id="costing_runs"))
class RunListView(VisibleList):
    """Runs of the institutions one may see, newest month first."""

    roles = access.READERS
    serializer_class = CostRunSerializer
    filterset_class = RunApiFilter

    def visible(self, actor: Actor) -> QuerySet[CostRun]:
        return access.runs(actor=actor)


class _ResultListView(VisibleList):
    roles = access.READERS
    model: ClassVar[type[Model]]
    related: ClassVar[tuple[str, ...]] = ("run__institution",)
    order: ClassVar[tuple[str, ...]]

    def visible(self, actor: Actor) -> QuerySet[Any]:
        runs = access.runs(actor=actor).order_by()
        if not self.request.query_params.get("run"):
            runs = runs.filter(is_current=True)
        rows = self.model._default_manager.filter(run__in=runs.values("pk"))
        return rows.select_related(*self.related).order_by(*self.order)


@extend_schema_view(get=extend_schema(tags=TAGS, summary="科室月度汇总", operation_id="costing_department_months"))
class DepartmentMonthListView(_ResultListView):
    """Department summaries."""

    serializer_class = DepartmentMonthSerializer
    filterset_class = DepartmentMonthApiFilter
    model = DepartmentMonth
    related = ("run__institution", "department")
    order = ("run", "department", "pk")


@extend_schema_view(
    get=extend_schema(tags=TAGS, summary="科室成本(逐成本项目)", operation_id="costing_department_costs")
)
class DepartmentCostListView(_ResultListView):
    """Department costs by item."""

    serializer_class = DepartmentCostSerializer
    filterset_class = DepartmentCostApiFilter
    model = DepartmentCost
    related = ("run__institution", "department")
    order = ("run", "department", "cost_item", "funding_source", "pk")


@extend_schema_view(get=extend_schema(tags=TAGS, summary="分摊明细", operation_id="costing_allocation_flows"))
class FlowListView(_ResultListView):
    """Every stored step of the allocation."""

    serializer_class = FlowSerializer
    filterset_class = FlowApiFilter
    model = AllocationFlow
    related = ("run__institution", "sender", "receiver")
    order = ("run", "step", "sender", "receiver", "cost_item", "funding_source", "pk")


class PatientRunSerializer(serializers.ModelSerializer):
    """A run of patient costing: full cost = patients + unassigned."""

    institution = serializers.CharField(source="institution.code", help_text="机构代码")
    bases = serializers.SerializerMethodField(help_text="按科室代码：服务成本的分配方法")
    pruned_at = serializers.DateTimeField(
        source="pruning.pruned_at", default=None, help_text="明细到期清理的时间；空为明细仍在"
    )

    class Meta:
        model = PatientRun
        fields = [
            "id",
            "institution",
            "period",
            "version",
            "is_current",
            "cost_run",
            "input_digest",
            "engine_version",
            "encounters",
            "full_cost",
            "patient_cost",
            "unassigned_cost",
            "bases",
            "findings",
            "created_at",
            "pruned_at",
        ]

    def get_bases(self, row: PatientRun) -> dict[str, str]:
        codes: dict[str, str] = self.context["codes"]
        return {codes[number]: basis for number, basis in row.bases.items() if number in codes}


class ItemCostSerializer(ResultSerializer):
    """What a service item cost in the department that carried it out, in the nine columns."""

    department = serializers.CharField(source="department.code", help_text="执行科室代码")
    item = serializers.CharField(source="item.code", default=None, help_text="项目编码；药品和材料调配为空")

    class Meta:
        model = ItemCost
        fields = ["run", "institution", "period", "department", "item", "quantity", "income", "weight", *COLUMNS]


@extend_schema_view(get=extend_schema(tags=TAGS, summary="患者成本运行", operation_id="costing_patient_runs"))
class PatientRunListView(VisibleList):
    """Runs of patient costing, newest month first."""

    roles = access.READERS
    serializer_class = PatientRunSerializer
    filterset_class = PatientRunApiFilter

    def visible(self, actor: Actor) -> QuerySet[PatientRun]:
        rows = PatientRun.objects.visible_to(actor, *access.READERS).select_related("institution", "pruning")
        return rows.order_by("-period", "institution__code", "-version", "pk")

    def get_serializer_context(self) -> dict[str, Any]:
        seen = Department.objects.visible_to(actor_of(self.request), *access.READERS)
        codes = {str(number): code for number, code in seen.values_list("pk", "code")}
        return {**super().get_serializer_context(), "codes": codes}


class PatientResultView(VisibleList):
    """Rows of current runs of patient costing, or of the run that is named; 404 for one whose detail was let go."""

    roles = access.READERS
    model: ClassVar[type[Model]]
    related: ClassVar[tuple[str, ...]]
    order: ClassVar[tuple[str, ...]] = ("run", "pk")

    def visible(self, actor: Actor) -> QuerySet[Any]:
        runs = PatientRun.objects.visible_to(actor, *access.READERS).order_by()
        if named := self.request.query_params.get("run"):
            refuse_pruned(actor, number_of(named))
        else:
            runs = runs.filter(is_current=True)
        rows = self.model._default_manager.filter(run__in=runs.values("pk"))
        return rows.select_related("run__institution", *self.related).order_by(*self.order)


@extend_schema_view(get=extend_schema(tags=TAGS, summary="医疗服务项目成本", operation_id="costing_item_costs"))
class ItemCostListView(PatientResultView):
    """Item costs."""

    serializer_class = ItemCostSerializer
    filterset_class = ItemCostApiFilter
    model = ItemCost
    related = ("department", "item")
    order = ("run", "department", "pk")
