"""API of classification mappings: versions, their rows, simulations, and a month by the mapping in force. Read only: a
version is made from its workbook and has to be judged by people."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from insurance_settlement.engine.mapping import Dimension
from insurance_settlement.models import MappingRow, MappingSimulation, MappingVersion, SimulatedClass
from insurance_settlement.selectors import MONTH_READERS
from insurance_settlement.selectors import mappings as selected
from ops_platform.kernel import Actor, NotFound, Period, from_fen
from ops_platform.web.api import actor_of
from ops_platform.web.api_lists import VisibleList, money
from ops_platform.web.api_queries import MonthQuery

TAGS = ["医保结算"]


class MappingVersionSerializer(serializers.ModelSerializer):
    """A version; `institution` is empty for the province's."""

    institution = serializers.CharField(source="institution.code", default="", help_text="机构代码；省版为空")
    rows = serializers.IntegerField(source="rows_now", allow_null=True, help_text="行数")
    replaced_on = serializers.DateField(allow_null=True, help_text="自何日起由新版替代")

    class Meta:
        model = MappingVersion
        fields = [
            "id",
            "institution",
            "number",
            "name",
            "effective_from",
            "replaced_on",
            "state",
            "based_on",
            "source_text",
            "rows",
            "digest",
            "simulation",
            "created_at",
            "approved_at",
        ]


class MappingVersionFilter(django_filters.FilterSet):
    """Versions by owner and state."""

    institution = django_filters.CharFilter(field_name="institution__code")
    state = django_filters.ChoiceFilter(choices=MappingVersion.State.choices)

    class Meta:
        model = MappingVersion
        fields: list[str] = []


@extend_schema_view(get=extend_schema(tags=TAGS, summary="归集口径版本", operation_id="settlement_mappings"))
class MappingVersionListView(VisibleList):
    """Versions within reach, the province's approved ones among them."""

    roles = MONTH_READERS
    serializer_class = MappingVersionSerializer
    filterset_class = MappingVersionFilter

    def visible(self, actor: Actor) -> QuerySet[MappingVersion]:
        return selected.versions(actor=actor)


class MappingRowSerializer(serializers.ModelSerializer):
    """A national item, its local price item, and their classes by code."""

    class Meta:
        model = MappingRow
        fields = [
            "line",
            "national_code",
            "national_name",
            "item_code",
            "item_name",
            *(str(dimension) for dimension in Dimension),
            "origin",
            "note",
        ]


class MappingRowFilter(django_filters.FilterSet):
    """Rows by the code of the local item."""

    item = django_filters.CharFilter(field_name="item_code")

    class Meta:
        model = MappingRow
        fields: list[str] = []


@extend_schema_view(get=extend_schema(tags=TAGS, summary="归集口径内容", operation_id="settlement_mapping_rows"))
class MappingRowListView(VisibleList):
    """The rows of a version, in the order of its workbook."""

    roles = MONTH_READERS
    serializer_class = MappingRowSerializer
    filterset_class = MappingRowFilter

    def visible(self, actor: Actor) -> QuerySet[MappingRow]:
        return selected.rows_of(selected.access_version(actor=actor, version_id=self.kwargs["pk"]))


class SimulatedClassSerializer(serializers.ModelSerializer):
    """A class before and after, in yuan."""

    explanation = serializers.CharField(source="explanation.text", default="", help_text="变动原因")

    class Meta:
        model = SimulatedClass
        fields = ["dimension", "code", "title", "before", "after", "needs_words", "explanation"]


class MappingSimulationSerializer(serializers.ModelSerializer):
    """A simulation; ratios before and after by name, exact to twelve places."""

    institution = serializers.CharField(source="institution.code", help_text="机构代码")
    classes = SimulatedClassSerializer(many=True)

    class Meta:
        model = MappingSimulation
        fields = [
            "id",
            "version",
            "institution",
            "first_period",
            "last_period",
            "before",
            "rows_digest",
            "input_digest",
            "input_sequence",
            "engine_version",
            "outpatient",
            "inpatient",
            "unmapped",
            "threshold",
            "indicators",
            "classes",
            "created_at",
        ]


class MappingSimulationFilter(django_filters.FilterSet):
    """Simulations by version and institution."""

    version = django_filters.NumberFilter(field_name="version")
    institution = django_filters.CharFilter(field_name="institution__code")

    class Meta:
        model = MappingSimulation
        fields: list[str] = []


@extend_schema_view(get=extend_schema(tags=TAGS, summary="归集口径模拟", operation_id="settlement_mapping_simulations"))
class MappingSimulationListView(VisibleList):
    """Simulations of institutions within reach with every class, newest first."""

    roles = MONTH_READERS
    serializer_class = MappingSimulationSerializer
    filterset_class = MappingSimulationFilter

    def visible(self, actor: Actor) -> QuerySet[MappingSimulation]:
        return selected.simulations(actor=actor).prefetch_related("classes__explanation")


class IncomeClassSerializer(serializers.Serializer):
    """A class of a month."""

    dimension = serializers.CharField(help_text="维度")
    code = serializers.CharField(allow_blank=True, help_text="类别编码；空为未归集")
    title = serializers.CharField(help_text="类别")
    items = serializers.IntegerField(help_text="项目数")
    amount = money(help_text="收费(元)")


class MappedIncomeSerializer(serializers.Serializer):
    """A month by the mapping that holds on its last day; `version` null: by the fee classes that the HIS reports."""

    institution = serializers.CharField()
    period = serializers.CharField()
    version = serializers.IntegerField(allow_null=True)
    input_sequence = serializers.IntegerField()
    total = money(help_text="收费合计(元)")
    classes = IncomeClassSerializer(many=True)


class MappedIncomeView(APIView):
    """A month's charges by class of every dimension."""

    roles = MONTH_READERS

    @extend_schema(
        tags=TAGS,
        summary="按归集口径的收入",
        operation_id="settlement_mapped_income",
        parameters=[MonthQuery],
        responses=MappedIncomeSerializer,
    )
    def get(self, request: Request) -> Response:
        asked = MonthQuery.of(request)
        institution = selected.institutions_of(actor=actor_of(request)).filter(code=asked["institution"]).first()
        if institution is None:
            raise NotFound("insurance_settlement.no_mapped_income", "没有这个机构的收入数据。")
        month = selected.mapped_month(institution=institution, period=Period.parse(asked["period"]))
        answer: dict[str, Any] = {
            "institution": institution.code,
            "period": str(month.period),
            "version": month.version.pk if month.version else None,
            "input_sequence": month.sequence,
            "total": from_fen(month.total),
            "classes": [
                {
                    "dimension": str(line.dimension),
                    "code": line.code,
                    "title": line.title,
                    "items": line.items,
                    "amount": from_fen(line.amount),
                }
                for line in month.lines
            ],
        }
        return Response(MappedIncomeSerializer(answer).data)
