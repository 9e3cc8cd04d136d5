"""API of the reports of a month: the same figures as the pages and workbooks."""

from dataclasses import replace
from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from costing.selectors import access
from costing.selectors.layers import Layer
from costing.selectors.sheets import REPORTS, Report, Scope
from costing.selectors.sheets.ranking import CHOICES
from ops_platform.identity.access import log_patient_list
from ops_platform.kernel import Actor, NotFound
from ops_platform.web.api import actor_of
from ops_platform.web.api_queries import MonthQuery

TAGS = ["成本核算"]


class ReportQuery(MonthQuery):
    """Which month, which layer of cost, and what it is compared with; each counts where the report knows it."""

    layer = serializers.ChoiceField(
        choices=[(one.value, one.words) for one in Layer],
        required=False,
        default="",
        help_text="成本层次；不填为该表首先列示的层次",
    )
    order = serializers.CharField(
        required=False,
        default="",
        max_length=4000,
        help_text="顺序分摊的次序：科室编码，用逗号分开；只用于分摊方法比较表",
    )
    measure = serializers.ChoiceField(
        choices=CHOICES, required=False, default=CHOICES[0][0], help_text="排名的指标；只用于排名表"
    )
    compare = serializers.ChoiceField(
        choices=[("month", "环比"), ("year", "同比")], default="month", help_text="比较期间"
    )


class ReportColumnSerializer(serializers.Serializer):
    """A column: what it is called, and how its figures are meant."""

    title = serializers.CharField()
    group = serializers.CharField(allow_blank=True, help_text="上级表头")
    kind = serializers.ChoiceField(
        choices=["money", "quantity", "decimal", "percent", "points", "text", "words"],
        help_text="money 为元，percent 为小数(0.125 即 12.5%)，points 为百分点",
    )


class ReportRowSerializer(serializers.Serializer):
    """A row: its name, its level, and a figure for each column."""

    name = serializers.CharField()
    level = serializers.ChoiceField(choices=["department", "subtotal", "total"])
    values = serializers.ListField(
        child=serializers.CharField(allow_null=True), help_text="与列一一对应；数字为文本，不丢精度；空为 null"
    )


class ReportSerializer(serializers.Serializer):
    """A report of a month."""

    code = serializers.CharField()
    title = serializers.CharField()
    institution = serializers.CharField()
    period = serializers.CharField()
    run = serializers.IntegerField(help_text="成本运行")
    first = serializers.CharField(help_text="首列标题")
    columns = ReportColumnSerializer(many=True)
    rows = ReportRowSerializer(many=True)
    notes = serializers.ListField(child=serializers.CharField())


class ReportView(APIView):
    """One report of an institution's month, from its current run."""

    roles = access.READERS

    @extend_schema(
        tags=TAGS,
        summary="成本报表",
        operation_id="costing_report",
        parameters=[
            OpenApiParameter("code", str, OpenApiParameter.PATH, description="、".join(REPORTS)),
            ReportQuery,
        ],
        responses={
            200: ReportSerializer,
            404: OpenApiResponse(description="没有这张报表、机构或月份，或不在权限之内"),
            422: OpenApiResponse(description="参数不合要求"),
        },
    )
    def get(self, request: Request, code: str) -> Response:
        report = REPORTS.get(code)
        if report is None:
            raise NotFound("costing.no_report", "没有这张成本报表。")
        scope = _scope(actor_of(request), report, ReportQuery.of(request))
        if report.patient_level:
            log_patient_list(request, f"costing.{report.code}", {scope.run.institution: scope.run.period})
        return Response(_told(report, scope))


def _scope(actor: Actor, report: Report, asked: dict[str, Any]) -> Scope:
    institution = access.institutions(actor=actor).filter(code=asked["institution"]).first()
    run = access.current_run(institution=institution.pk, period=asked["period"]) if institution else None
    if run is None:
        raise NotFound("costing.no_run", "没有这个机构或月份的成本运行。")
    scope = Scope.of(
        run,
        Layer(asked["layer"]) if asked["layer"] else report.layer,
        asked["compare"] if report.compared else "",
        asked["order"] if report.ordered else "",
        asked["measure"],
    )
    if not report.alliance:
        return scope
    return replace(scope, seen=tuple(one.pk for one in access.institutions(actor=actor)))


def _told(report: Report, scope: Scope) -> dict[str, Any]:
    found = report.build(scope)
    return {
        "code": report.code,
        "title": report.title,
        "institution": scope.run.institution.code,
        "period": scope.run.period,
        "run": scope.run.pk,
        "first": found.first,
        "columns": [{"title": one.title, "group": one.group, "kind": one.kind} for one in found.columns],
        "rows": [
            {
                "name": row.name,
                "level": row.level,
                "values": [None if cell.value is None else str(cell.value) for cell in row.cells],
            }
            for row in found.rows
        ],
        "notes": list(found.notes),
    }
