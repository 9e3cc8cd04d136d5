"""API of what a consolidation says: statements down to members and accounts, the work sheet, figures, minority interest. For
those who see all members."""

from decimal import Decimal
from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ops_platform.ledger.api.eliminations import EliminationLegSerializer
from ops_platform.ledger.api.of_runs import NO_RUN, OfRun, run_of
from ops_platform.ledger.api.scope import (
    PAGES,
    TAGS,
    StatementSerializer,
    amounts_field,
    asked,
    by_measure,
    institution_code,
    page_of,
    paged,
    statement_told,
    yuan,
)
from ops_platform.ledger.layouts import layouts
from ops_platform.ledger.models import (
    ConsolidatedFigure,
    ConsolidationRun,
    MinorityInterest,
)
from ops_platform.ledger.selectors import access, worksheet
from ops_platform.ledger.selectors import consolidation as reads
from ops_platform.ledger.selectors.behind import behind_line
from ops_platform.masterdata.models import Institution


class MemberAmountsSerializer(serializers.Serializer):
    """What a member adds to a line."""

    institution = institution_code()
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
    summed = yuan("合计")
    eliminated = yuan("抵销")
    consolidated = yuan("合并")


class SheetScope(serializers.Serializer):
    """Which measure, and the class of members that is opened."""

    measure = serializers.ChoiceField(
        choices=[*worksheet.MEASURE_TITLES],
        default="end",
        help_text="end 期末余额、start 年初余额、month 本月、year 本年累计、carried 年末结转",
    )
    kind = serializers.CharField(max_length=40, default="", allow_blank=True, help_text="展开的机构类别")


class ConsolidatedFigureSerializer(serializers.ModelSerializer):
    """What a member, the eliminations or the whole says of an account; debits less credits."""

    part = serializers.CharField(help_text="member 成员、elimination 抵销、consolidated 合并")
    institution = serializers.CharField(source="institution.code", default="", help_text="机构代码，非成员行为空")
    account = serializers.CharField(source="account.code", help_text="科目编码")
    carried = yuan("年末结转(元)")
    end = yuan("期末余额(元)")

    class Meta:
        model = ConsolidatedFigure
        fields = ["part", "institution", "account", "cost_item", "start", "month", "year", "carried", "end"]


class AccountOfMemberSerializer(serializers.Serializer):
    """What a member says of the account."""

    institution = institution_code()
    start = yuan("年初余额")
    month = yuan("本月发生")
    year = yuan("本年累计")
    carried = yuan("年末结转")
    end = yuan("期末余额")


class ConsolidatedAccountSerializer(serializers.Serializer):
    """An account in a run; debits less credits."""

    account = serializers.CharField(help_text="科目编码")
    name = serializers.CharField()
    members = AccountOfMemberSerializer(many=True)
    eliminations = EliminationLegSerializer(many=True)
    consolidated = AccountOfMemberSerializer(help_text="合并数")


class MinoritySerializer(serializers.ModelSerializer):
    """What of a member belongs to others."""

    institution = institution_code("institution")

    class Meta:
        model = MinorityInterest
        fields = ["institution", "share", "net_assets_start", "net_assets", "surplus_month", "surplus_year"]


class FigureFilter(django_filters.FilterSet):
    """Figures of a run by part, member and account."""

    part = django_filters.CharFilter()
    institution = django_filters.CharFilter(field_name="institution__code")
    account = django_filters.CharFilter(field_name="account__code", lookup_expr="startswith")
    cost_item = django_filters.CharFilter()


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
        found = reads.statement(run=run_of(request, pk), code=statement)
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
        row, behind = behind_line(run=run_of(request, pk), code=statement, key=line)
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
        run = run_of(request, pk)
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
class FigureListView(OfRun):
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
        row, said, legs, whole = worksheet.account_rows(run=run_of(request, pk), code=account)
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


@extend_schema_view(get=extend_schema(tags=TAGS, summary="少数权益", operation_id="ledger_minority_interest"))
class MinorityListView(OfRun):
    """What of each member belongs to others."""

    serializer_class = MinoritySerializer

    def rows(self, run: ConsolidationRun) -> QuerySet[MinorityInterest]:
        return run.minority.select_related("institution").order_by("institution__code", "pk")


def _of_member(code: str, sums: dict[str, Any]) -> dict[str, Any]:
    zero = Decimal("0.00")
    names = {"start": "opening", "month": "of_month", "year": "of_year", "carried": "moved_on", "end": "standing"}
    return {"institution": code, **{name: sums[source] or zero for name, source in names.items()}}
