"""API of cost responsibility: read only. Targets are asked for by `POST /api/v1/workflows/matters/`; a deviation is
explained and confirmed by people on its page."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from costing.engine.saving_gate import Gate
from costing.models import CostDeviation, DeviationKind, TargetMetric
from costing.selectors import access, patients
from costing.selectors.responsibility import low_benefit, reach, savings, targets
from costing.selectors.responsibility.measuring import PLACES
from ops_platform.kernel import Actor, NotFound
from ops_platform.masterdata.models import Institution
from ops_platform.web.api import actor_of
from ops_platform.web.api_lists import VisibleList, money
from ops_platform.web.api_queries import MonthField, MonthQuery, Query

TAGS = ["成本责任"]


class TargetMonthSerializer(serializers.Serializer):
    """A target in a month; ratios as shares of 1."""

    id = serializers.IntegerField(source="target.pk")
    department = serializers.CharField(source="target.department.code", allow_null=True, default=None)
    metric = serializers.ChoiceField(source="target.metric", choices=TargetMetric.choices)
    object = serializers.CharField(source="target.object", allow_blank=True, help_text="成本项目代码或病组编码")
    effective_from = serializers.DateField(source="target.effective_from")
    limit = serializers.DecimalField(source="target.limit", max_digits=18, decimal_places=6)
    standard = money(allow_null=True, source="target.standard", help_text="病组支付标准(元)")
    actual = serializers.SerializerMethodField(help_text="实际；没有时为 null")
    verdict = serializers.ChoiceField(choices=("kept", "missed", "unknown"))
    why = serializers.CharField(source="measured.why", allow_blank=True, help_text="不可比的原因")
    responsible = serializers.CharField(source="target.responsible.username")
    deviation = serializers.IntegerField(source="deviation.pk", allow_null=True, default=None)

    def get_actual(self, row: targets.TargetMonth) -> str | None:
        return None if row.actual is None else format(row.actual.quantize(PLACES), "f")


class ConditionSerializer(serializers.Serializer):
    """One thing that the gate of a saving hangs on; `holds` is null where it cannot be told."""

    title = serializers.CharField()
    holds = serializers.BooleanField(allow_null=True)
    words = serializers.CharField()


class SavingSerializer(serializers.Serializer):
    """A target of an amount, its month and the year until then. `bonus` is a proposal and is not paid."""

    id = serializers.IntegerField(source="target.pk")
    department = serializers.CharField(source="target.department.code", allow_null=True, default=None)
    metric = serializers.CharField(source="target.metric")
    object = serializers.CharField(source="target.object", allow_blank=True)
    limit = money(allow_null=True)
    actual = money(allow_null=True, source="month.actual")
    month_saving = money(allow_null=True)
    months = serializers.IntegerField(source="year.months")
    year_limit = money(allow_null=True)
    year_actual = money(allow_null=True)
    year_saving = money(allow_null=True)
    share = serializers.DecimalField(max_digits=9, decimal_places=6)
    gate = serializers.ChoiceField(source="gate.state", choices=[one.value for one in Gate])
    conditions = ConditionSerializer(source="gate.conditions", many=True)
    bonus = money(allow_null=True)


class LowBenefitSerializer(serializers.Serializer):
    """An item or a disease group of high cost and low benefit."""

    kind = serializers.ChoiceField(choices=("item", "group"))
    department = serializers.CharField(source="department_name")
    object = serializers.CharField()
    name = serializers.CharField()
    volume = serializers.DecimalField(max_digits=18, decimal_places=4)
    cost = money(allow_null=True)
    income = money(allow_null=True)
    surplus = money(allow_null=True)
    deviation = serializers.IntegerField(source="deviation.pk", allow_null=True, default=None)


class DeviationSerializer(serializers.ModelSerializer):
    """A deviation with the figures it was found with."""

    institution = serializers.CharField(source="institution.code")
    department = serializers.CharField(source="department.code", allow_null=True, default=None)
    responsible = serializers.CharField(source="responsible.username")
    confirmed_by = serializers.CharField(source="confirmed_by.username", allow_null=True, default=None)

    class Meta:
        model = CostDeviation
        fields = [
            "id", "kind", "institution", "department", "period", "target", "object", "title", "limit", "actual",
            "cost_run", "patient_run", "responsible", "state", "reason", "plan", "opened_at", "confirmed_by",
            "confirmed_at",
        ]  # fmt: skip


class DeviationQuery(Query):
    """Narrowed to an institution, a month, a kind or a state."""

    institution = serializers.CharField(
        required=False, source="institution__code", help_text="机构代码；不填为权限内全部"
    )
    period = MonthField(required=False, help_text="期间，如 2026-03；不填为全部")
    kind = serializers.ChoiceField(choices=DeviationKind.choices, required=False, help_text="类别")
    state = serializers.ChoiceField(choices=CostDeviation.State.choices, required=False, help_text="状态")


def _asked(request: Request) -> tuple[Actor, Institution, str]:
    asked, actor = MonthQuery.of(request), actor_of(request)
    institution = reach.institutions(actor=actor).filter(code=asked["institution"]).first()
    if institution is None:
        raise NotFound("masterdata.no_institution", "没有这个机构。")
    return actor, institution, asked["period"]


class TargetMonthView(APIView):
    """The targets of an institution's month with their figures."""

    roles = access.DRILL_READERS

    @extend_schema(
        tags=TAGS,
        summary="成本目标与实际",
        operation_id="costing_targets",
        parameters=[MonthQuery],
        responses=TargetMonthSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        actor, institution, period = _asked(request)
        rows = targets.month_of_targets(actor=actor, institution=institution.pk, period=period)
        return Response(TargetMonthSerializer(rows, many=True).data)


class SavingView(APIView):
    """Savings against targets of amounts."""

    roles = access.DRILL_READERS

    @extend_schema(
        tags=TAGS,
        summary="成本节约与可提出的分享",
        operation_id="costing_savings",
        parameters=[MonthQuery],
        responses=SavingSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        actor, institution, period = _asked(request)
        share = savings.share_of(institution=institution, period=period).value
        rows = savings.savings(actor=actor, institution=institution, period=period, share=share)
        return Response(SavingSerializer(rows, many=True).data)


class LowBenefitView(APIView):
    """Items and disease groups of high cost and low benefit."""

    roles = access.READERS

    @extend_schema(
        tags=TAGS,
        summary="高成本低效益的项目和病组",
        operation_id="costing_low_benefits",
        parameters=[MonthQuery],
        responses=LowBenefitSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        actor, institution, period = _asked(request)
        run = patients.current_run(institution=institution.pk, period=period)
        if run is None or not actor.may(institution.pk, *access.READERS):
            raise NotFound("costing.no_run", "没有这个机构或月份的成本运行。")
        limits = low_benefit.thresholds(institution=institution, period=period)
        return Response(LowBenefitSerializer(low_benefit.low_benefits(run=run, limits=limits), many=True).data)


@extend_schema_view(
    get=extend_schema(tags=TAGS, summary="成本偏差", operation_id="costing_deviations", parameters=[DeviationQuery])
)
class DeviationListView(VisibleList):
    """Deviations within reach."""

    roles = access.DRILL_READERS
    serializer_class = DeviationSerializer
    query = DeviationQuery

    def visible(self, actor: Actor) -> Any:
        return reach.deviations(actor=actor).filter(**DeviationQuery.of(self.request))
