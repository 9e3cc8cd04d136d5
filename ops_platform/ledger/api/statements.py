"""API of an institution's statements: of a month, of a quarter; its trial balance and its daily sheet."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ops_platform.kernel import NotFound, Period, from_fen
from ops_platform.ledger.api.scope import (
    TAGS,
    FindingSerializer,
    InstitutionScope,
    MonthScope,
    QuarterField,
    StatementColumnSerializer,
    StatementSerializer,
    finding_of,
    scope,
    statement_told,
    yuan,
)
from ops_platform.ledger.engine.fiscal_grants import GrantRow
from ops_platform.ledger.layouts import layouts
from ops_platform.ledger.models import Book
from ops_platform.ledger.selectors import access, balances, statements
from ops_platform.ledger.selectors.chart import accounts_of
from ops_platform.ledger.selectors.day_sheet import day_sheet
from ops_platform.ledger.selectors.fiscal_grants import fiscal_grants
from ops_platform.ledger.selectors.modes import modes_at
from ops_platform.masterdata.models import AccountingPeriod, Institution, PeriodState
from ops_platform.web.api import actor_of

NOT_FOUND = OpenApiResponse(description="没有这个机构(或无权查看)、没有这张报表")
UNCLEAR = OpenApiResponse(description="缺少机构或期间，或写法有误")


class StatementFormSerializer(serializers.Serializer):
    """A statement that there is."""

    statement = serializers.CharField(help_text="报表代码")
    title = serializers.CharField()
    source_mark = serializers.CharField(help_text="格式依据：official、recall、default")
    origin = serializers.CharField(help_text="出处")
    columns = StatementColumnSerializer(many=True)


class MonthStatementSerializer(StatementSerializer):
    """A statement of an institution's month; not official before the month is closed."""

    institution = serializers.CharField(help_text="机构代码")
    period = serializers.CharField(help_text="期间")
    closed = serializers.BooleanField(help_text="已结账；否则为暂估")
    mode = serializers.CharField(help_text="记账方式：own、elsewhere、both")


class QuarterScope(InstitutionScope):
    """Which institution and quarter."""

    quarter = QuarterField(help_text="季度，如 2026-Q1")


class QuarterStatementsSerializer(serializers.Serializer):
    """What goes to the fiscal department."""

    institution = serializers.CharField(help_text="机构代码")
    quarter = serializers.CharField(help_text="季度")
    statements = StatementSerializer(many=True)


class GrantRowSerializer(serializers.Serializer):
    """A row; `of_above` says more of the spending of the row above only."""

    title = serializers.CharField()
    number = serializers.CharField(help_text="行次")
    level = serializers.IntegerField()
    of_above = serializers.BooleanField()
    start = yuan("年初结转")
    start_left = yuan("年初结余")
    other = yuan("其他变动")
    income = yuan("本年收入")
    spent = yuan("本年支出")
    end = yuan("年末结转")
    end_left = yuan("年末结余")


class FiscalGrantsSerializer(serializers.Serializer):
    """财政拨款预算收入支出表; no rows where there are no grants."""

    institution = serializers.CharField(help_text="机构代码")
    period = serializers.CharField(help_text="期间")
    rows = GrantRowSerializer(many=True)
    findings = FindingSerializer(many=True)


class BookScope(MonthScope):
    """Which institution, month and book."""

    book = serializers.ChoiceField(
        choices=Book.values, default=Book.FINANCIAL.value, help_text="financial 财务会计、budget 预算会计"
    )


class TrialBalanceRowSerializer(serializers.Serializer):
    """An account; sum accounts hold what stands below them."""

    code = serializers.CharField(help_text="科目编码，合计行为空")
    name = serializers.CharField()
    level = serializers.IntegerField(help_text="层级，1 为总账科目")
    opening_debit = yuan()
    opening_credit = yuan()
    debit = yuan()
    credit = yuan()
    year_debit = yuan()
    year_credit = yuan()
    closing_debit = yuan()
    closing_credit = yuan()


class TrialBalanceSerializer(serializers.Serializer):
    """A trial balance with its total."""

    institution = serializers.CharField(help_text="机构代码")
    period = serializers.CharField(help_text="期间")
    book = serializers.CharField()
    balanced = serializers.BooleanField(help_text="借贷平衡")
    total = TrialBalanceRowSerializer()
    rows = TrialBalanceRowSerializer(many=True)


class DaySerializer(serializers.Serializer):
    """Income and expense of a day; without day: of the month."""

    day = serializers.DateField(allow_null=True)
    outpatient = yuan()
    inpatient = yuan()
    fiscal = yuan()
    other_income = yuan()
    income = yuan()
    personnel = yuan()
    goods = yuan()
    other_expense = yuan()
    expense = yuan()
    surplus = yuan()


class DaySheetSerializer(serializers.Serializer):
    """The daily sheet of a month; no total where nothing was booked."""

    institution = serializers.CharField(help_text="机构代码")
    period = serializers.CharField(help_text="期间")
    days = DaySerializer(many=True)
    total = DaySerializer(allow_null=True)


class LayoutListView(APIView):
    """Which statements there are."""

    roles = access.READERS

    @extend_schema(
        tags=TAGS, summary="报表种类", operation_id="ledger_statements", responses=StatementFormSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        return Response(
            [
                {
                    "statement": each.code,
                    "title": each.title,
                    "source_mark": each.mark,
                    "origin": each.source,
                    "columns": [{"measure": column.measure, "title": column.title} for column in each.columns],
                }
                for each in layouts().values()
            ]
        )


class StatementView(APIView):
    """One statement of an institution's month."""

    roles = access.READERS

    @extend_schema(
        tags=TAGS,
        summary="机构报表",
        operation_id="ledger_statement",
        parameters=[MonthScope],
        responses={200: MonthStatementSerializer, 404: NOT_FOUND, 422: UNCLEAR},
    )
    def get(self, request: Request, statement: str) -> Response:
        institution, given = _scope(request, MonthScope)
        period: Period = given["period"]
        if statement not in layouts():
            raise NotFound("ledger.no_statement", "没有这张报表。")
        found = statements.statement(institution=institution, period=period, code=statement)
        return Response(
            {
                "institution": institution.code,
                "period": str(period),
                "closed": AccountingPeriod.objects.filter(
                    institution=institution, period=str(period), state=PeriodState.CLOSED
                ).exists(),
                "mode": str(modes_at([institution.pk], period)[institution.pk]),
                **statement_told(found, _names(institution)),
            }
        )


class FiscalReportView(APIView):
    """The statements of a quarter for the fiscal department."""

    roles = access.READERS

    @extend_schema(
        tags=TAGS,
        summary="财政季报",
        operation_id="ledger_fiscal_report",
        parameters=[QuarterScope],
        responses={200: QuarterStatementsSerializer, 404: NOT_FOUND, 422: UNCLEAR},
    )
    def get(self, request: Request) -> Response:
        institution, given = _scope(request, QuarterScope)
        made = statements.quarter_statements(institution=institution, quarter=given["quarter"])
        names = _names(institution)
        return Response(
            {
                "institution": institution.code,
                "quarter": str(given["quarter"]),
                "statements": [statement_told(each, names) for each in made],
            }
        )


class FiscalGrantsView(APIView):
    """Fiscal grants of the year up to a month, of books that are kept here."""

    roles = access.READERS

    @extend_schema(
        tags=TAGS,
        summary="财政拨款预算收入支出表",
        operation_id="ledger_fiscal_grants",
        parameters=[MonthScope],
        responses={200: FiscalGrantsSerializer, 404: NOT_FOUND, 422: UNCLEAR},
    )
    def get(self, request: Request) -> Response:
        institution, given = _scope(request, MonthScope)
        sheet = fiscal_grants(institution.pk, given["period"])
        return Response(
            {
                "institution": institution.code,
                "period": str(given["period"]),
                "rows": [_grant_told(row) for row in sheet.rows],
                "findings": [finding_of(each) for each in sheet.findings],
            }
        )


class TrialBalanceView(APIView):
    """The trial balance of a month."""

    roles = access.READERS

    @extend_schema(
        tags=TAGS,
        summary="科目余额表",
        operation_id="ledger_trial_balance",
        parameters=[BookScope],
        responses={200: TrialBalanceSerializer, 404: NOT_FOUND, 422: UNCLEAR},
    )
    def get(self, request: Request) -> Response:
        institution, given = _scope(request, BookScope)
        found = balances.trial_balance(institution, given["period"], given["book"])
        return Response(
            {
                "institution": institution.code,
                "period": str(given["period"]),
                "book": given["book"],
                "balanced": found.balanced,
                "total": TrialBalanceRowSerializer(found.total).data,
                "rows": TrialBalanceRowSerializer(found.rows, many=True).data,
            }
        )


class DaySheetView(APIView):
    """Income and expense day by day."""

    roles = access.READERS

    @extend_schema(
        tags=TAGS,
        summary="收支日报",
        operation_id="ledger_day_sheet",
        parameters=[MonthScope],
        responses={200: DaySheetSerializer, 404: NOT_FOUND, 422: UNCLEAR},
    )
    def get(self, request: Request) -> Response:
        institution, given = _scope(request, MonthScope)
        rows = DaySerializer(day_sheet(institution=institution, period=given["period"]), many=True).data
        return Response(
            {
                "institution": institution.code,
                "period": str(given["period"]),
                "days": rows[:-1],
                "total": rows[-1] if rows else None,
            }
        )


def _scope(request: Request, serializer: type[serializers.Serializer]) -> tuple[Institution, dict[str, Any]]:
    return scope(serializer, request.query_params, access.institutions(actor_of(request)))


def _grant_told(row: GrantRow) -> dict[str, Any]:
    amounts = ("start", "start_left", "other", "income", "spent", "end", "end_left")
    return {
        "title": row.title,
        "number": row.number,
        "level": row.level,
        "of_above": row.of,
        **{name: from_fen(getattr(row, name)) for name in amounts},
    }


def _names(institution: Institution) -> dict[str, str]:
    return {code: row.name for code, row in accounts_of(institution).items()}
