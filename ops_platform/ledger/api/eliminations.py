"""API of what members dealt with each other: pairs and their explanation, the elimination sheet, eliminations by hand.
For those who see all members."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ops_platform.kernel import NotFound, to_fen
from ops_platform.ledger.api.of_runs import OfRun, maker
from ops_platform.ledger.api.scope import (
    TAGS,
    MonthField,
    asked,
    institution_code,
    yuan,
)
from ops_platform.ledger.engine.entry import LONGEST_WORDS
from ops_platform.ledger.models import (
    ConsolidationRun,
    Elimination,
    EliminationLeg,
    PairMatch,
)
from ops_platform.ledger.selectors import access
from ops_platform.ledger.selectors import consolidation as reads
from ops_platform.ledger.services import consolidation as writes
from ops_platform.ledger.services import eliminations
from ops_platform.ledger.tables.consolidation import kind_title
from ops_platform.masterdata.models import Institution
from ops_platform.web.api import actor_of


class EliminationLegSerializer(serializers.ModelSerializer):
    """A leg of an elimination: what is added, debits less credits."""

    elimination = serializers.IntegerField(source="elimination_id", help_text="抵销分录编号")
    institution = institution_code("institution")
    account = serializers.CharField(source="account.code", help_text="科目编码")
    counterparty = institution_code("counterparty", default="")

    class Meta:
        model = EliminationLeg
        fields = [
            "elimination",
            "position",
            "institution",
            "account",
            "cost_item",
            "counterparty",
            "start",
            "month",
            "year",
        ]


class MemberPairSerializer(serializers.ModelSerializer):
    """What two members say of the same dealings."""

    creditor = institution_code("creditor")
    debtor = institution_code("debtor")
    title = serializers.SerializerMethodField(help_text="种类名称")
    by_hand = serializers.DecimalField(max_digits=18, decimal_places=2, help_text="差异中已手工抵销的部分")
    unexplained = serializers.DecimalField(max_digits=18, decimal_places=2, help_text="差异中尚未说明、也未抵销的部分")
    state = serializers.CharField(help_text="matched 一致、different 有差异、explained 已说明")

    class Meta:
        model = PairMatch
        fields = [
            "id",
            "kind",
            "title",
            "creditor",
            "debtor",
            "claim",
            "debt",
            "difference",
            "by_hand",
            "unexplained",
            "month_claim",
            "month_debt",
            "eliminated",
            "state",
            "explanation",
            "explained_by",
            "explained_at",
        ]

    def get_title(self, row: PairMatch) -> str:
        return kind_title(row.kind)


class ExplanationSerializer(serializers.Serializer):
    """Why two members say different amounts."""

    explanation = serializers.CharField(max_length=300, help_text="差异原因")


class _EliminationFields(serializers.ModelSerializer):
    """An entry of the elimination sheet."""

    kind = serializers.CharField(help_text="pair 内部往来抵销、joining 年度中加入、hand 手工抵销")
    state = serializers.CharField(help_text="asked 审批中、approved 有效、refused 未同意")
    creditor = institution_code("creditor", default="")
    debtor = institution_code("debtor", default="")

    class Meta:
        model = Elimination
        fields = [
            "id",
            "kind",
            "state",
            "title",
            "pair_kind",
            "creditor",
            "debtor",
            "period",
            "through",
            "made_at",
            "decided_at",
        ]


class EliminationRowSerializer(_EliminationFields):
    """An elimination with its debits of this year and of before."""

    amount = yuan("本年抵销(借方合计)", allow_null=True)
    earlier = yuan("年初抵销(借方合计)", allow_null=True)

    class Meta(_EliminationFields.Meta):
        fields = [*_EliminationFields.Meta.fields, "amount", "earlier"]


class EliminationDetailSerializer(_EliminationFields):
    """An elimination with its legs."""

    asked_by = serializers.CharField(source="asked_by.username", default="", help_text="提出人")
    legs = EliminationLegSerializer(many=True)

    class Meta(_EliminationFields.Meta):
        fields = [*_EliminationFields.Meta.fields, "asked_by", "legs"]


class WantedLegSerializer(serializers.Serializer):
    """A leg with an amount on one side."""

    institution = serializers.CharField(max_length=40, help_text="机构代码")
    account = serializers.CharField(max_length=20, help_text="科目编码")
    debit = yuan("借方金额(元)", min_value=Decimal(0), default=Decimal(0))
    credit = yuan("贷方金额(元)", min_value=Decimal(0), default=Decimal(0))
    cost_item = serializers.CharField(max_length=20, default="", allow_blank=True, help_text="成本项目")
    counterparty = serializers.CharField(
        max_length=40, default="", allow_blank=True, help_text="往来机构代码；处理往来对时可省略"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs["debit"]) == bool(attrs["credit"]):
            raise serializers.ValidationError("只在借方或贷方填一个金额。")
        return attrs


class WantedEliminationSerializer(serializers.Serializer):
    """An elimination by hand; in force when a second person approved it."""

    period = MonthField(help_text="适用期间，如 2026-03")
    through = MonthField(help_text="适用至，须在同一年内")
    reason = serializers.CharField(max_length=LONGEST_WORDS, help_text="原因")
    pair = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=2**62, help_text="所处理的内部往来对编号"
    )
    legs = WantedLegSerializer(many=True)


class AskedEliminationSerializer(serializers.Serializer):
    """What became of it."""

    elimination = serializers.IntegerField(help_text="抵销分录编号")
    matter = serializers.IntegerField(help_text="审批事项编号")


class PairFilter(django_filters.FilterSet):
    """Pairs by state, kind and members."""

    state = django_filters.CharFilter()
    kind = django_filters.CharFilter()
    creditor = django_filters.CharFilter(field_name="creditor__code")
    debtor = django_filters.CharFilter(field_name="debtor__code")


class EliminationFilter(django_filters.FilterSet):
    """Eliminations by kind."""

    kind = django_filters.CharFilter()
    pair_kind = django_filters.CharFilter()


@extend_schema_view(get=extend_schema(tags=TAGS, summary="内部往来对", operation_id="ledger_pairs"))
class PairListView(OfRun):
    """Pairs of a run, differences first."""

    serializer_class = MemberPairSerializer
    filterset_class = PairFilter

    def rows(self, run: ConsolidationRun) -> QuerySet[PairMatch]:
        return reads.pairs(run=run)


class ExplainView(APIView):
    """Say why two members say different amounts."""

    roles = writes.MAKERS

    @extend_schema(
        tags=TAGS,
        summary="说明差异",
        operation_id="ledger_explain_pair",
        request=ExplanationSerializer,
        responses={
            200: MemberPairSerializer,
            404: OpenApiResponse(description="没有这对内部往来"),
            409: OpenApiResponse(description="没有差异，或这一版已定稿、已被取代"),
        },
    )
    def post(self, request: Request, pk: int) -> Response:
        given = asked(ExplanationSerializer, request.data)
        pair = writes.explain_difference(actor_of(request), pair_id=pk, explanation=given["explanation"])
        return Response(MemberPairSerializer(pair).data)


@extend_schema_view(get=extend_schema(tags=TAGS, summary="抵销分录", operation_id="ledger_eliminations"))
class EliminationListView(OfRun):
    """The elimination sheet of a run."""

    serializer_class = EliminationRowSerializer
    filterset_class = EliminationFilter

    def rows(self, run: ConsolidationRun) -> QuerySet[Elimination]:
        return reads.eliminations(run=run)


class EliminationView(APIView):
    """One elimination with its legs."""

    roles = access.WHOLE_READERS

    @extend_schema(
        tags=TAGS,
        summary="一张抵销分录",
        operation_id="ledger_elimination",
        responses={200: EliminationDetailSerializer, 404: OpenApiResponse(description="没有这张抵销分录")},
    )
    def get(self, request: Request, pk: int) -> Response:
        row = reads.access_elimination(actor=actor_of(request), elimination_id=pk)
        return Response(EliminationDetailSerializer(row).data)


class ProposeEliminationView(APIView):
    """Ask for an elimination by hand; in force when a second person approved it."""

    roles = writes.MAKERS

    @extend_schema(
        tags=TAGS,
        summary="申请手工抵销",
        operation_id="ledger_propose_elimination",
        request=WantedEliminationSerializer,
        responses={201: AskedEliminationSerializer, 422: OpenApiResponse(description="内容有误，逐条列出")},
    )
    def post(self, request: Request) -> Response:
        actor = maker(request)
        given = asked(WantedEliminationSerializer, request.data)
        row, matter = eliminations.propose_elimination(
            actor,
            eliminations.WantedElimination(
                period=given["period"],
                through=given["through"],
                reason=given["reason"],
                legs=_legs(given["legs"]),
                pair=given["pair"],
            ),
        )
        return Response({"elimination": row.pk, "matter": matter}, status=201)


def _legs(given: Sequence[dict[str, Any]]) -> tuple[eliminations.WantedLeg, ...]:
    """Codes to numbers, in one query for all legs. Raises NotFound."""
    named = {leg[name] for leg in given for name in ("institution", "counterparty") if leg[name]}
    known = dict(Institution.objects.filter(code__in=named).values_list("code", "pk"))
    for code in sorted(named - set(known)):
        raise NotFound("masterdata.no_institution", f"没有机构 {code}。")
    return tuple(
        eliminations.WantedLeg(
            known[leg["institution"]],
            leg["account"],
            to_fen(leg["debit"]) - to_fen(leg["credit"]),
            leg["cost_item"],
            known[leg["counterparty"]] if leg["counterparty"] else 0,
        )
        for leg in given
    )
