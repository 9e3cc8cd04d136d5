"""API of why two versions of a month differ, and of the driver rules; read only. A rule is asked for by
`POST /api/v1/workflows/matters/`."""

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from costing.filters import DriverRuleApiFilter
from costing.models import DriverAssignment, DriverRule
from costing.selectors import access, comparison, explaining, rules
from ops_platform.kernel import Actor, NotFound
from ops_platform.masterdata.models import Department
from ops_platform.web.api import actor_of
from ops_platform.web.api_lists import VisibleList, money
from ops_platform.web.api_queries import refuse_unknown

TAGS = ["成本核算"]


class DriverAssignmentSerializer(serializers.ModelSerializer):
    """A department that a rule by direct assignment names, with its share in per cent."""

    department = serializers.CharField(source="department.code", help_text="科室代码")

    class Meta:
        model = DriverAssignment
        fields = ["department", "share"]


class DriverRuleSerializer(serializers.ModelSerializer):
    """Which driver divides a class, a department or a kind of bill from a day on."""

    institution = serializers.CharField(
        source="institution.code", allow_null=True, default=None, help_text="机构代码；空为整个医共体"
    )
    department = serializers.CharField(
        source="department.code", allow_null=True, default=None, help_text="科室代码；空为整个分类"
    )
    assignments = DriverAssignmentSerializer(many=True)

    class Meta:
        model = DriverRule
        fields = [
            "id",
            "institution",
            "department",
            "cost_class",
            "shared_as",
            "effective_from",
            "driver",
            "metric",
            "assignments",
            "source_mark",
            "source_text",
        ]


@extend_schema_view(get=extend_schema(tags=TAGS, summary="分摊动因", operation_id="costing_driver_rules"))
class DriverRuleListView(VisibleList):
    """Driver rules in all their versions."""

    roles = access.READERS
    serializer_class = DriverRuleSerializer
    filterset_class = DriverRuleApiFilter

    def visible(self, actor: Actor) -> QuerySet[DriverRule]:
        return rules.driver_rules(actor=actor)


class CauseSerializer(serializers.Serializer):
    """What changed."""

    title = serializers.CharField()
    dataset = serializers.CharField(allow_blank=True, help_text="数据集")
    rule = serializers.IntegerField(help_text="分摊动因规则；0 为不是规则")
    parameters = serializers.SerializerMethodField(help_text="参数的键")

    def get_parameters(self, cause: explaining.Cause) -> list[str]:
        return [key for key, _words in cause.parameters]


class MovedTierSerializer(serializers.Serializer):
    """What the departments of a class gained and lost."""

    title = serializers.CharField()
    gained = money()
    lost = money()


class EffectSerializer(serializers.Serializer):
    """What one change moved; all of them sum to the difference of the two versions."""

    causes = CauseSerializer(many=True)
    cost = money(help_text="全成本")
    income = money(help_text="收入")
    between = money(help_text="科室之间移动")
    tiers = MovedTierSerializer(many=True)


class MovedSerializer(serializers.Serializer):
    """A department in either version."""

    department = serializers.SerializerMethodField(help_text="科室代码")
    name = serializers.CharField()
    cost_class = serializers.CharField()
    cost_before = money(source="before.cost", help_text="直接成本与分摊转入")
    cost = money(source="now.cost")
    income_before = money(source="before.income")
    income = money(source="now.income")
    cost_change = money()
    income_change = money()

    def get_department(self, row: comparison.Moved) -> str:
        return str(self.context["codes"].get(row.department, ""))


class ComparisonSerializer(serializers.Serializer):
    """Two versions of a month, the earlier first."""

    earlier = serializers.IntegerField(source="earlier.pk")
    later = serializers.IntegerField(source="run.pk")
    cost_change = money()
    income_change = money()
    effects = EffectSerializer(many=True)
    departments = MovedSerializer(many=True)


class ComparisonView(APIView):
    """What each change between two versions of a month moved, and in which departments."""

    roles = access.READERS

    @extend_schema(
        tags=TAGS,
        summary="两版成本的比较",
        operation_id="costing_comparison",
        responses={
            200: ComparisonSerializer,
            404: OpenApiResponse(description="没有这两个版本，或不是同一机构的同一月份"),
        },
    )
    def get(self, request: Request, pk: int, other: int) -> Response:
        refuse_unknown(request, ())
        actor = actor_of(request)
        named = [access.access_run(actor=actor, run_id=number) for number in (pk, other)]
        earlier, run = sorted(named, key=lambda one: one.version)
        if (run.institution_id, run.period) != (earlier.institution_id, earlier.period):
            raise NotFound("costing.no_run", "这两次成本运行不是同一机构的同一月份。")
        codes = dict(Department.objects.filter(institution=run.institution_id).values_list("pk", "code"))
        found = {
            "earlier": earlier,
            "run": run,
            "cost_change": run.full_cost - earlier.full_cost,
            "income_change": run.income + run.other_income - earlier.income - earlier.other_income,
            "effects": explaining.effects(run=run, earlier=earlier),
            "departments": comparison.compare(run=run, earlier=earlier),
        }
        return Response(ComparisonSerializer(found, context={"codes": codes}).data)
