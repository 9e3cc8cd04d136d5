"""API of what patients cost and who bears the community's costs; read only. Reading encounters is logged."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from costing.engine.columns import COLUMNS, COST_ITEMS
from costing.models import PatientCost
from costing.selectors import access, department_groups, patients, reconciling
from costing.selectors.access import READERS
from ops_platform.his_intake.public import encounter_numbers
from ops_platform.identity.access import log_patient_list
from ops_platform.kernel import Actor, NotFound
from ops_platform.masterdata.models import Department, Institution
from ops_platform.web.api import actor_of
from ops_platform.web.api_lists import VisibleList, money
from ops_platform.web.api_queries import MonthField, MonthQuery, Query

TAGS = ["患者与病组成本"]


class PatientCostQuery(MonthQuery):
    """A month, or of it one department or the stays alone."""

    department = serializers.CharField(required=False, help_text="收治科室代码")
    inpatient = serializers.BooleanField(required=False, allow_null=True, default=None, help_text="true 只看住院")


class PatientCostSerializer(serializers.ModelSerializer):
    """An encounter's cost in the month, by the three official methods: bottom-up in the nine columns, top-down and cost to
    income as medical cost."""

    encounter_no = serializers.SerializerMethodField(help_text="就诊号")
    department = serializers.CharField(source="department.code", help_text="收治科室代码")

    class Meta:
        model = PatientCost
        fields = [
            "run",
            "encounter_no",
            "department",
            "inpatient",
            "discharged",
            "days",
            "income",
            "drug_cost",
            "material_cost",
            "top_down",
            "cost_to_income",
            *COLUMNS,
        ]

    def get_encounter_no(self, row: PatientCost) -> str:
        return str(self.context["numbers"].get(row.encounter, ""))


@extend_schema_view(
    get=extend_schema(
        tags=TAGS, summary="患者成本", operation_id="costing_patient_costs", parameters=[PatientCostQuery]
    )
)
class PatientCostView(VisibleList):
    """The encounters of an institution's month from its current run, in order of department."""

    roles = READERS
    serializer_class = PatientCostSerializer
    query = PatientCostQuery

    def visible(self, actor: Actor) -> QuerySet[PatientCost]:
        asked = PatientCostQuery.of(self.request)
        institution = _institution(actor, asked["institution"])
        self.run = patients.current_run(institution=institution.pk, period=asked["period"])
        if self.run is None:
            raise NotFound("costing.no_run", "没有这个机构或月份的患者成本运行。")
        rows = PatientCost.objects.filter(run=self.run).select_related("department")
        if "department" in asked:
            rows = rows.filter(department__code=asked["department"])
        if asked["inpatient"] is not None:
            rows = rows.filter(inpatient=asked["inpatient"])
        return rows.order_by("department", "encounter")

    def paginate_queryset(self, queryset: Any) -> Any:
        """A page, noted as looked at, with what the hospital calls its encounters."""
        shown = super().paginate_queryset(queryset)
        if self.run is not None:
            log_patient_list(self.request, "costing.patient_costs", {self.run.institution: self.run.period})
        self.numbers = encounter_numbers([row.encounter for row in shown or ()])
        return shown

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "numbers": getattr(self, "numbers", {})}


class ReconciledSerializer(serializers.Serializer):
    """Cost of an institution's departments, and who bears it; direct = patients + unborne + difference."""

    institution = serializers.SerializerMethodField(help_text="机构代码；合计行为空")
    state = serializers.ChoiceField(choices=("costed", "stale", "not_costed", "no_run"))
    direct = money()
    visits = money()
    discharged = money()
    staying = money(help_text="在产品")
    without_services = money()
    idle = money(help_text="闲置作业")
    not_allocated = money(help_text="未分摊")
    difference = money(allow_null=True)

    def get_institution(self, row: reconciling.Reconciled) -> str:
        return str(self.context["codes"].get(row.institution, ""))


class ReconciliationQuery(Query):
    """A month, of all institutions or of one."""

    period = MonthField(help_text="期间，如 2026-03")
    institution = serializers.CharField(required=False, help_text="机构代码；不填为权限内全部机构")


class ReconciliationView(APIView):
    """All institutions that one may read, then their sum."""

    roles = READERS

    @extend_schema(
        tags=TAGS,
        summary="全部机构成本核对",
        operation_id="costing_reconciliation",
        parameters=[ReconciliationQuery],
        responses=ReconciledSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        asked, actor = ReconciliationQuery.of(request), actor_of(request)
        one = asked.get("institution")
        seen = [_institution(actor, one)] if one else list(access.institutions(actor=actor))
        found = reconciling.community(institutions=seen, period=asked["period"])
        codes = {one.pk: one.code for one in seen}
        return Response(ReconciledSerializer([*found.rows, found.whole], many=True, context={"codes": codes}).data)


class DepartmentQuery(MonthQuery):
    """A department's month."""

    department = serializers.CharField(help_text="科室代码")


class DepartmentGroupSerializer(serializers.Serializer):
    """A disease group of a department's discharges, beside the institution's norm of the months before."""

    drg = serializers.CharField(source="group.drg")
    name = serializers.CharField(source="group.name")
    cases = serializers.IntegerField(source="group.cases")
    surplus = money(source="group.surplus", help_text="支付 − 医疗成本")
    mean_cost = serializers.SerializerMethodField(help_text="例均成本的七项(元)")
    norm = serializers.SerializerMethodField(help_text="本院前三个月例均成本的七项；没有时为空")
    above = serializers.CharField(help_text="高出最多的成本项目")

    def get_mean_cost(self, row: department_groups.DepartmentGroup) -> dict[str, str]:
        return {item: format(mean, ".2f") for item, mean, _norm in row.composition()}

    def get_norm(self, row: department_groups.DepartmentGroup) -> dict[str, str]:
        return {item: format(row.norm[item], ".2f") for item in COST_ITEMS if item in row.norm}


class DepartmentGroupView(APIView):
    """What each disease group earned or lost for a department, the greatest loss first."""

    roles = access.DRILL_READERS

    @extend_schema(
        tags=TAGS,
        summary="科室病组结余",
        operation_id="costing_department_groups",
        parameters=[DepartmentQuery],
        responses=DepartmentGroupSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        asked = DepartmentQuery.of(request)
        named = Department.objects.filter(institution__code=asked["institution"], code=asked["department"])
        number = named.values_list("pk", flat=True).first() or 0
        department = department_groups.access_department(actor=actor_of(request), department_id=number)
        rows = department_groups.groups_of_department(department=department, period=asked["period"])
        return Response(DepartmentGroupSerializer(rows, many=True).data)


def _institution(actor: Actor, code: str) -> Institution:
    found = access.institutions(actor=actor).filter(code=code).first()
    if found is None:
        raise NotFound("masterdata.no_institution", "没有这个机构。")
    return found
