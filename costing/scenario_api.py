"""API of scenarios: read only, computed when read, and never among the official figures."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from costing.filters import ScenarioApiFilter
from costing.models import Scenario
from costing.selectors import scenarios
from costing.selectors.access import READERS
from ops_platform.kernel import Actor
from ops_platform.masterdata.models import Department
from ops_platform.web.api import actor_of
from ops_platform.web.api_lists import VisibleList, money
from ops_platform.web.api_queries import refuse_unknown

TAGS = ["成本测算"]


class ScenarioSerializer(serializers.ModelSerializer):
    """A question asked of a cost run."""

    institution = serializers.CharField(source="institution.code", help_text="机构代码")
    period = serializers.CharField(source="run.period")
    changes = serializers.IntegerField(source="number", help_text="有效的改动数")

    class Meta:
        model = Scenario
        fields = ["id", "institution", "period", "run", "title", "note", "archived", "changes", "created_at"]


class BesideSerializer(serializers.Serializer):
    """A department as it was and as it would be; the last row is the hospital."""

    department = serializers.SerializerMethodField(help_text="科室代码；全院为空")
    name = serializers.CharField()
    income_before = money()
    income = money()
    cost_before = money()
    cost = money()
    surplus_before = money()
    surplus = money()
    change = money(help_text="结余变动")

    def get_department(self, row: scenarios.Beside) -> str:
        return str(self.context["codes"].get(row.department, ""))


class OutcomeSerializer(serializers.Serializer):
    """A scenario with its figures, or with why nothing comes out."""

    scenario = ScenarioSerializer()
    refusal = serializers.CharField(allow_blank=True)
    rows = BesideSerializer(many=True)


@extend_schema_view(get=extend_schema(tags=TAGS, summary="测算方案", operation_id="costing_scenarios"))
class ScenarioListView(VisibleList):
    """Scenarios within reach, newest first."""

    roles = READERS
    serializer_class = ScenarioSerializer
    filterset_class = ScenarioApiFilter

    def visible(self, actor: Actor) -> Any:
        return scenarios.scenarios(actor=actor)


class ScenarioView(APIView):
    """One scenario beside the run it starts from."""

    roles = READERS

    @extend_schema(tags=TAGS, summary="测算结果", operation_id="costing_scenario", responses=OutcomeSerializer)
    def get(self, request: Request, pk: int) -> Response:
        refuse_unknown(request, ())
        scenario = scenarios.access_scenario(actor=actor_of(request), scenario_id=pk)
        found = scenarios.outcome(scenario)
        codes = dict(Department.objects.filter(institution=scenario.institution_id).values_list("pk", "code"))
        told = {"scenario": scenario, "refusal": found.refusal, "rows": found.rows}
        return Response(OutcomeSerializer(told, context={"codes": codes}).data)
