"""API of consolidations: runs with their statements, work sheet, pairs and eliminations; making, explaining and finalising
one; who is consolidated. For those who see all members."""

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

from ops_platform.kernel import Actor, NotFound, to_fen
from ops_platform.ledger.api_scope import (
    PAGES,
    TAGS,
    FindingSerializer,
    MonthField,
    StatementSerializer,
    amounts_field,
    asked,
    by_measure,
    institution_of,
    page_of,
    paged,
    statement_told,
)
from ops_platform.ledger.engine.entry import LONGEST_WORDS
from ops_platform.ledger.layouts import layouts
from ops_platform.ledger.models import (
    ConsolidatedFigure,
    ConsolidationMember,
    ConsolidationRun,
    Elimination,
    EliminationLeg,
    MinorityInterest,
    PairMatch,
)
from ops_platform.ledger.selectors import access, worksheet
from ops_platform.ledger.selectors import consolidation as reads
from ops_platform.ledger.services import consolidation as writes
from ops_platform.ledger.services import consolidation_members as membership
from ops_platform.ledger.services import eliminations
from ops_platform.ledger.tables.consolidation import kind_title
from ops_platform.masterdata.models import Institution
from ops_platform.web.api import actor_of
from ops_platform.web.api_lists import VisibleList

NO_RUN = OpenApiResponse(description="没有这次合并")
SMALLEST_SHARE = Decimal("0.000001")


def _code(source: str = "", **more: Any) -> serializers.CharField:
    if source:
        more["source"] = f"{source}.code"
    return serializers.CharField(help_text="机构代码", **more)


def _yuan(words: str, **more: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=18, decimal_places=2, help_text=words, **more)


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

    institution = _code()
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

    explanation = serializers.CharField(max_length=500, default="", allow_blank=True, help_text="定稿说明")


class MemberAmountsSerializer(serializers.Serializer):
    """What a member adds to a line."""

    institution = _code()
    amounts = amounts_field()


class AccountAmountsSerializer(serializers.Serializer):
    """What the whole has of an account on a line."""

    account = serializers.CharField(help_text="科目编码")
    name = serializers.CharField()
    amounts = amounts_field()


class BehindLineSerializer(serializers.Serializer):
    """What stands behind a line of a consolidated statement."""

    statement = serializers.CharField(help_text="报表代码")
    key = serializers.CharField(help_text="项目代码")
    title = serializers.CharField()
    members = MemberAmountsSerializer(many=True)
    summed = amounts_field()
    eliminated = amounts_field()
    consolidated = amounts_field()
    accounts = AccountAmountsSerializer(many=True)


class SheetColumnSerializer(serializers.Serializer):
    """A column of the work sheet."""

    key = serializers.CharField(help_text="机构类别，或机构代码")
    title = serializers.CharField()
    is_kind = serializers.BooleanField(help_text="一类机构之和；以 kind 查询可展开")


class SheetRowSerializer(serializers.Serializer):
    """An account of the work sheet; debits less credits."""

    account = serializers.CharField(help_text="科目编码")
    name = serializers.CharField()
    side = serializers.CharField(help_text="debit 借、credit 贷")
    cells = serializers.DictField(
        child=serializers.DecimalField(max_digits=18, decimal_places=2, allow_null=True), help_text="金额(元)，按列"
    )
    summed = _yuan("合计")
    eliminated = _yuan("抵销")
    consolidated = _yuan("合并")


class SheetScope(serializers.Serializer):
    """Which measure, and the class of members that is opened."""

    measure = serializers.ChoiceField(
        choices=[*reads.MEASURES], default="end", help_text="end 期末余额、start 年初余额、month 本月、year 本年累计"
    )
    kind = serializers.CharField(max_length=40, default="", allow_blank=True, help_text="展开的机构类别")


class ConsolidatedFigureSerializer(serializers.ModelSerializer):
    """What a member, the eliminations or the whole says of an account; debits less credits."""

    part = serializers.CharField(help_text="member 成员、elimination 抵销、consolidated 合并")
    institution = serializers.CharField(source="institution.code", default="", help_text="机构代码，非成员行为空")
    account = serializers.CharField(source="account.code", help_text="科目编码")
    end = serializers.SerializerMethodField(help_text="期末余额(元)")

    class Meta:
        model = ConsolidatedFigure
        fields = ["part", "institution", "account", "cost_item", "start", "month", "year", "end"]

    def get_end(self, row: ConsolidatedFigure) -> Decimal:
        return row.start + row.year


class EliminationLegSerializer(serializers.ModelSerializer):
    """A leg of an elimination: what is added, debits less credits."""

    elimination = serializers.IntegerField(source="elimination_id", help_text="抵销分录编号")
    institution = _code("institution")
    account = serializers.CharField(source="account.code", help_text="科目编码")
    counterparty = _code("counterparty", default="")

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


class AccountOfMemberSerializer(serializers.Serializer):
    """What a member says of the account."""

    institution = _code()
    start = _yuan("年初余额")
    month = _yuan("本月发生")
    year = _yuan("本年累计")
    end = _yuan("期末余额")


class ConsolidatedAccountSerializer(serializers.Serializer):
    """An account in a run; debits less credits."""

    account = serializers.CharField(help_text="科目编码")
    name = serializers.CharField()
    members = AccountOfMemberSerializer(many=True)
    eliminations = EliminationLegSerializer(many=True)
    consolidated = AccountOfMemberSerializer(help_text="合并数")


class MemberPairSerializer(serializers.ModelSerializer):
    """What two members say of the same dealings."""

    creditor = _code("creditor")
    debtor = _code("debtor")
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
    creditor = _code("creditor", default="")
    debtor = _code("debtor", default="")

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

    amount = _yuan("本年抵销(借方合计)", allow_null=True)
    earlier = _yuan("年初抵销(借方合计)", allow_null=True)

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
    debit = _yuan("借方金额(元)", min_value=Decimal(0), default=Decimal(0))
    credit = _yuan("贷方金额(元)", min_value=Decimal(0), default=Decimal(0))
    cost_item = serializers.CharField(max_length=20, default="", allow_blank=True, help_text="成本项目")

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


class MinoritySerializer(serializers.ModelSerializer):
    """What of a member belongs to others."""

    institution = _code("institution")

    class Meta:
        model = MinorityInterest
        fields = ["institution", "share", "net_assets_start", "net_assets", "surplus_month", "surplus_year"]


class ConsolidationMemberSerializer(serializers.ModelSerializer):
    """That an institution is consolidated from a month on, and the share owned."""

    institution = _code("institution")

    class Meta:
        model = ConsolidationMember
        fields = ["id", "institution", "share", "since", "until", "changed_by", "changed_at", "ended_by"]


class JoinSerializer(serializers.Serializer):
    """An institution that is consolidated from a month on, or with another share from then on."""

    institution = serializers.CharField(max_length=40, help_text="机构代码")
    share = serializers.DecimalField(
        max_digits=7, decimal_places=6, min_value=SMALLEST_SHARE, max_value=Decimal(1), help_text="持有份额，1 为全部"
    )
    since = MonthField(help_text="自哪个月起，如 2026-03")


class LeaveSerializer(serializers.Serializer):
    """An institution that leaves after a month."""

    institution = serializers.CharField(max_length=40, help_text="机构代码")
    until = MonthField(help_text="最后合并的月份，如 2026-06")


class IncludedSerializer(serializers.Serializer):
    """How many institutions came in."""

    included = serializers.IntegerField()


class RunFilter(django_filters.FilterSet):
    """Consolidations by month and state."""

    period = django_filters.CharFilter()
    state = django_filters.CharFilter()
    is_current = django_filters.BooleanFilter()


class FigureFilter(django_filters.FilterSet):
    """Figures of a run by part, member and account."""

    part = django_filters.CharFilter()
    institution = django_filters.CharFilter(field_name="institution__code")
    account = django_filters.CharFilter(field_name="account__code", lookup_expr="startswith")
    cost_item = django_filters.CharFilter()


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


class _OfRun(VisibleList):
    """Rows of the run that the address names."""

    roles = access.WHOLE_READERS

    def rows(self, run: ConsolidationRun) -> QuerySet[Any]:
        """Its rows, in their order."""
        raise NotImplementedError

    def visible(self, actor: Actor) -> QuerySet[Any]:
        return self.rows(reads.access_run(actor=actor, run_id=self.kwargs["pk"]))


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
        actor = _maker(request)
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
        return Response(_detail(_run(request, pk)))


class FinaliseView(APIView):
    """Make the current version the official one. A repeat changes nothing."""

    roles = writes.MAKERS

    @extend_schema(
        tags=TAGS,
        summary="合并定稿",
        operation_id="ledger_finalise_consolidation",
        request=FinaliseSerializer,
        responses={
            200: ConsolidationSerializer,
            404: NO_RUN,
            409: OpenApiResponse(description="账目又有变动、有差异未说明、有成员未结账，或有须先处理的问题"),
        },
    )
    def post(self, request: Request, pk: int) -> Response:
        given = asked(FinaliseSerializer, request.data)
        run = writes.finalise(actor_of(request), run_id=pk, explanation=given["explanation"])
        return Response(ConsolidationSerializer(run).data)


class ConsolidatedStatementView(APIView):
    """A consolidated statement with the accounts of the whole behind each line."""

    roles = access.WHOLE_READERS

    @extend_schema(
        tags=TAGS,
        summary="合并报表",
        operation_id="ledger_consolidated_statement",
        responses={200: StatementSerializer, 404: OpenApiResponse(description="没有这次合并或这张报表")},
    )
    def get(self, request: Request, pk: int, statement: str) -> Response:
        found = reads.statement(run=_run(request, pk), code=statement)
        names = reads.account_names(
            {source.account.rpartition(":")[2] for line in found.lines for source in line.sources}
        )
        return Response(statement_told(found, names))


class ConsolidatedLineView(APIView):
    """The members and the eliminations behind a line, and its accounts."""

    roles = access.WHOLE_READERS

    @extend_schema(
        tags=TAGS,
        summary="合并报表项目的构成",
        operation_id="ledger_consolidated_line",
        responses={200: BehindLineSerializer, 404: OpenApiResponse(description="没有这次合并、报表或项目")},
    )
    def get(self, request: Request, pk: int, statement: str, line: str) -> Response:
        row, behind = reads.behind(run=_run(request, pk), code=statement, key=line)
        layout = layouts()[statement]
        names = reads.account_names(behind.accounts)
        return Response(
            {
                "statement": layout.code,
                "key": row.line.key,
                "title": row.line.title,
                "members": [
                    {"institution": each.institution.code, "amounts": by_measure(layout, each.values)}
                    for each in behind.members
                ],
                "summed": by_measure(layout, behind.summed),
                "eliminated": by_measure(layout, behind.eliminated),
                "consolidated": by_measure(layout, behind.consolidated),
                "accounts": [
                    {"account": code, "name": names.get(code, ""), "amounts": by_measure(layout, values)}
                    for code, values in behind.accounts.items()
                ],
            }
        )


class WorksheetView(APIView):
    """The work sheet: accounts × classes of members, or × the members of one class; sum, eliminations, whole."""

    roles = access.WHOLE_READERS

    @extend_schema(
        tags=TAGS,
        summary="合并工作底稿",
        operation_id="ledger_worksheet",
        parameters=[SheetScope, *PAGES],
        responses={
            200: page_of(
                "Worksheet",
                SheetRowSerializer,
                measure=serializers.CharField(),
                columns=SheetColumnSerializer(many=True),
            ),
            404: NO_RUN,
        },
    )
    def get(self, request: Request, pk: int) -> Response:
        run = _run(request, pk)
        given = asked(SheetScope, request.query_params)
        columns, rows = worksheet.worksheet(run=run, measure=given["measure"], kind=given["kind"])
        codes = dict(Institution.objects.values_list("pk", "code"))
        keys = [column.key if column.kind else codes[int(column.key)] for column in columns]
        told = [
            {"key": key, "title": str(column.title), "is_kind": bool(column.kind)}
            for key, column in zip(keys, columns, strict=True)
        ]
        return paged(
            request,
            self,
            rows,
            lambda row: {
                "account": row.code,
                "name": row.name,
                "side": row.side,
                "cells": dict(zip(keys, row.cells, strict=True)),
                "summed": row.summed,
                "eliminated": row.eliminated,
                "consolidated": row.consolidated,
            },
            measure=given["measure"],
            columns=told,
        )


@extend_schema_view(
    get=extend_schema(tags=TAGS, summary="合并数据(成员 × 科目)", operation_id="ledger_consolidated_figures")
)
class FigureListView(_OfRun):
    """All that a run is made of: members, eliminations and the whole by account and cost item."""

    serializer_class = ConsolidatedFigureSerializer
    filterset_class = FigureFilter

    def rows(self, run: ConsolidationRun) -> QuerySet[ConsolidatedFigure]:
        rows = run.figures.select_related("institution", "account")
        return rows.order_by("account__code", "cost_item", "part", "institution__code", "pk")


class ConsolidatedAccountView(APIView):
    """An account in a run: what each member says, and the eliminations on it."""

    roles = access.WHOLE_READERS

    @extend_schema(
        tags=TAGS,
        summary="合并科目的构成",
        operation_id="ledger_consolidated_account",
        responses={200: ConsolidatedAccountSerializer, 404: OpenApiResponse(description="没有这次合并或这个科目")},
    )
    def get(self, request: Request, pk: int, account: str) -> Response:
        row, said, legs, whole = worksheet.account_rows(run=_run(request, pk), code=account)
        legs = legs.select_related("elimination", "institution", "account", "counterparty")
        return Response(
            {
                "account": row.code,
                "name": row.name,
                "members": [_of_member(each["institution__code"], each) for each in said],
                "eliminations": EliminationLegSerializer(legs, many=True).data,
                "consolidated": _of_member("", whole),
            }
        )


@extend_schema_view(get=extend_schema(tags=TAGS, summary="内部往来对", operation_id="ledger_pairs"))
class PairListView(_OfRun):
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
class EliminationListView(_OfRun):
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
        actor = _maker(request)
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


@extend_schema_view(get=extend_schema(tags=TAGS, summary="少数权益", operation_id="ledger_minority_interest"))
class MinorityListView(_OfRun):
    """What of each member belongs to others."""

    serializer_class = MinoritySerializer

    def rows(self, run: ConsolidationRun) -> QuerySet[MinorityInterest]:
        return run.minority.select_related("institution").order_by("institution__code", "pk")


@extend_schema_view(get=extend_schema(tags=TAGS, summary="合并范围", operation_id="ledger_consolidation_members"))
class MemberListView(VisibleList):
    """Who is and was consolidated; including an institution, or changing its share."""

    roles = access.WHOLE_READERS
    serializer_class = ConsolidationMemberSerializer

    def visible(self, actor: Actor) -> QuerySet[ConsolidationMember]:
        return reads.members(actor=actor)

    @extend_schema(
        tags=TAGS,
        summary="纳入合并范围",
        operation_id="ledger_include_member",
        request=JoinSerializer,
        responses={200: ConsolidationMemberSerializer, 409: OpenApiResponse(description="更晚月份的合并范围已定")},
    )
    def post(self, request: Request) -> Response:
        actor = _maker(request)
        given = asked(JoinSerializer, request.data)
        institution = institution_of(Institution.objects.all(), given["institution"])
        row = membership.include_member(actor, institution=institution, share=given["share"], since=given["since"])
        return Response(ConsolidationMemberSerializer(row).data)


class EndMembershipView(APIView):
    """An institution leaves."""

    roles = membership.KEEPERS

    @extend_schema(
        tags=TAGS,
        summary="退出合并范围",
        operation_id="ledger_end_membership",
        request=LeaveSerializer,
        responses={200: ConsolidationMemberSerializer, 409: OpenApiResponse(description="该月不在合并范围内")},
    )
    def post(self, request: Request) -> Response:
        actor = _maker(request)
        given = asked(LeaveSerializer, request.data)
        institution = institution_of(Institution.objects.all(), given["institution"])
        row = membership.end_membership(actor, institution=institution, until=given["until"])
        return Response(ConsolidationMemberSerializer(row).data)


class IncludeEverybodyView(APIView):
    """Consolidate every institution that never was, owned in full."""

    roles = membership.KEEPERS

    @extend_schema(
        tags=TAGS,
        summary="纳入全部机构",
        operation_id="ledger_include_everybody",
        request=None,
        responses=IncludedSerializer,
    )
    def post(self, request: Request) -> Response:
        return Response({"included": len(membership.include_everybody(actor_of(request)))})


def _maker(request: Request) -> Actor:
    """Who asks, if they may make consolidations at all. Raises Forbidden."""
    actor = actor_of(request)
    writes.of_the_whole(actor, *writes.MAKERS)
    return actor


def _run(request: Request, pk: int) -> ConsolidationRun:
    return reads.access_run(actor=actor_of(request), run_id=pk)


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
        "statements": [*layouts()],
    }


def _of_member(code: str, sums: dict[str, Any]) -> dict[str, Any]:
    zero = Decimal("0.00")
    names = {"start": "opening", "month": "of_month", "year": "of_year", "end": "standing"}
    return {"institution": code, **{name: sums[source] or zero for name, source in names.items()}}


def _legs(given: Sequence[dict[str, Any]]) -> tuple[eliminations.WantedLeg, ...]:
    """Codes to numbers, in one query for all legs. Raises NotFound."""
    known = dict(Institution.objects.filter(code__in={leg["institution"] for leg in given}).values_list("code", "pk"))
    for leg in given:
        if leg["institution"] not in known:
            raise NotFound("masterdata.no_institution", f"没有机构 {leg['institution']}。")
    return tuple(
        eliminations.WantedLeg(
            known[leg["institution"]], leg["account"], to_fen(leg["debit"]) - to_fen(leg["credit"]), leg["cost_item"]
        )
        for leg in given
    )
