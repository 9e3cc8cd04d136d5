"""API of consolidations: making one, what is left to do, making it official. For those who see all members."""

from decimal import Decimal
from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ops_platform.kernel import Actor, NotFound
from ops_platform.ledger.api.of_runs import NO_RUN, maker, run_of
from ops_platform.ledger.api.scope import (
    TAGS,
    FindingSerializer,
    MonthField,
    asked,
    institution_code,
)
from ops_platform.ledger.layouts import consolidated_layouts
from ops_platform.ledger.models import (
    ConsolidationRun,
    PairMatch,
)
from ops_platform.ledger.selectors import access
from ops_platform.ledger.selectors import consolidation as reads
from ops_platform.ledger.services import consolidation as writes
from ops_platform.ledger.services import finalising
from ops_platform.masterdata.models import Institution
from ops_platform.web.api import actor_of
from ops_platform.web.api_lists import VisibleList
from ops_platform.web.filter_fields import MonthFilter, TrueFalseFilter


class ConsolidationSerializer(serializers.ModelSerializer):
    """A consolidation of a month; the current one counts."""

    state = serializers.CharField(help_text="draft 草稿、final 已定稿")
    member_count = serializers.SerializerMethodField(help_text="成员单位数")

    class Meta:
        model = ConsolidationRun
        fields = [
            "id",
            "period",
            "version",
            "is_current",
            "state",
            "member_count",
            "input_digest",
            "engine_version",
            "tolerance",
            "explanation",
            "actor",
            "created_at",
            "finalised_by",
            "finalised_at",
        ]

    def get_member_count(self, row: ConsolidationRun) -> int:
        return len(row.members)


class MemberOfRunSerializer(serializers.Serializer):
    """A member as it was consolidated in this run."""

    institution = institution_code()
    share = serializers.DecimalField(max_digits=18, decimal_places=6, help_text="持有份额，1 为全部")
    joined = serializers.CharField(help_text="本年度中加入的月份，否则为空")
    closed = serializers.BooleanField(help_text="该月已结账")


class ConsolidationDetailSerializer(ConsolidationSerializer):
    """A consolidation with what is left to do before it can be made final."""

    members = MemberOfRunSerializer(many=True)
    pairs = serializers.DictField(child=serializers.IntegerField(), help_text="内部往来对数，按状态")
    findings = FindingSerializer(many=True)
    statements = serializers.ListField(child=serializers.CharField(), help_text="报表代码")

    class Meta(ConsolidationSerializer.Meta):
        fields = [*ConsolidationSerializer.Meta.fields, "members", "pairs", "findings", "statements"]


class ConsolidateSerializer(serializers.Serializer):
    """Which month to consolidate."""

    period = MonthField(help_text="期间，如 2026-03")


class ConsolidatedSerializer(ConsolidationSerializer):
    """The current run of the month; `created` when the books had changed since the last one."""

    created = serializers.BooleanField()

    class Meta(ConsolidationSerializer.Meta):
        fields = [*ConsolidationSerializer.Meta.fields, "created"]


class FinaliseSerializer(serializers.Serializer):
    """Words that go with the report."""

    explanation = serializers.CharField(
        max_length=finalising.LONGEST_EXPLANATION, default="", allow_blank=True, help_text="定稿说明"
    )


class AskedFinalSerializer(serializers.Serializer):
    """What became of it: not final before it is approved."""

    matter = serializers.IntegerField(help_text="审批事项编号；审批通过后才定稿")


class RunFilter(django_filters.FilterSet):
    """Consolidations by month and state."""

    period = MonthFilter()
    state = django_filters.CharFilter()
    is_current = TrueFalseFilter()


@extend_schema_view(get=extend_schema(tags=TAGS, summary="合并记录", operation_id="ledger_consolidations"))
class ConsolidationListView(VisibleList):
    """Consolidations, the newest month first; consolidating a month. The same books make no new one."""

    roles = access.WHOLE_READERS
    serializer_class = ConsolidationSerializer
    filterset_class = RunFilter

    def visible(self, actor: Actor) -> QuerySet[ConsolidationRun]:
        return reads.runs(actor=actor)

    @extend_schema(
        tags=TAGS,
        summary="合并一个月",
        operation_id="ledger_consolidate",
        request=ConsolidateSerializer,
        responses={
            200: ConsolidatedSerializer,
            201: ConsolidatedSerializer,
            422: OpenApiResponse(description="没有这个月份，或没有纳入合并的机构"),
        },
    )
    def post(self, request: Request) -> Response:
        actor = maker(request)
        outcome = writes.consolidate(actor, period=asked(ConsolidateSerializer, request.data)["period"])
        told = ConsolidationSerializer(outcome.run).data | {"created": outcome.created}
        return Response(told, status=201 if outcome.created else 200)


class CurrentConsolidationView(APIView):
    """The consolidation that counts for a month."""

    roles = access.WHOLE_READERS

    @extend_schema(
        tags=TAGS,
        summary="某月的当前合并",
        operation_id="ledger_current_consolidation",
        parameters=[ConsolidateSerializer],
        responses={200: ConsolidationDetailSerializer, 404: NO_RUN},
    )
    def get(self, request: Request) -> Response:
        actor = actor_of(request)
        access.refuse_without_the_whole(actor=actor)
        period = asked(ConsolidateSerializer, request.query_params)["period"]
        run = reads.current_run(actor=actor, period=str(period))
        if run is None:
            raise NotFound("ledger.no_consolidation", f"{period} 还没有合并。")
        return Response(_detail(run))


class ConsolidationView(APIView):
    """One consolidation."""

    roles = access.WHOLE_READERS

    @extend_schema(
        tags=TAGS,
        summary="一次合并",
        operation_id="ledger_consolidation",
        responses={200: ConsolidationDetailSerializer, 404: NO_RUN},
    )
    def get(self, request: Request, pk: int) -> Response:
        return Response(_detail(run_of(request, pk)))


class FinaliseView(APIView):
    """Ask that the newest version become the official one; somebody who made nothing of it signs. A repeat gives the same
    matter."""

    roles = writes.MAKERS

    @extend_schema(
        tags=TAGS,
        summary="提请合并定稿",
        operation_id="ledger_finalise_consolidation",
        request=FinaliseSerializer,
        responses={
            202: AskedFinalSerializer,
            404: NO_RUN,
            409: OpenApiResponse(description="已定稿、账目又有变动、有差异未说明、有成员未结账，或有须先处理的问题"),
        },
    )
    def post(self, request: Request, pk: int) -> Response:
        given = asked(FinaliseSerializer, request.data)
        matter = finalising.ask_final(maker(request), run_id=pk, explanation=given["explanation"])
        return Response({"matter": matter}, status=202)


def _detail(run: ConsolidationRun) -> dict[str, Any]:
    codes = dict(Institution.objects.values_list("pk", "code"))
    waiting = set(writes.open_members(run))
    counts = reads.pair_counts(run=run)
    members = [
        {
            "institution": codes[each["institution"]],
            "share": Decimal(each["share"]).scaleb(-6),
            "joined": each.get("joined") or "",
            "closed": each["institution"] not in waiting,
        }
        for each in run.members
    ]
    return ConsolidationSerializer(run).data | {
        "members": sorted(members, key=lambda each: each["institution"]),
        "pairs": {state: counts.get(state, 0) for state in PairMatch.State.values},
        "findings": reads.findings_left(run=run, counts=counts),
        "statements": [*consolidated_layouts()],
    }
