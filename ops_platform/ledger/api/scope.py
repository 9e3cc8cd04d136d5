"""What the modules of the ledger API share: months and institutions as callers name them; findings and statements as they
are told."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ops_platform.kernel import Actor, Finding, NotFound, Period, from_fen
from ops_platform.kernel.period import YEARS
from ops_platform.ledger.engine.statements import Layout, Source, Statement, StatementLine
from ops_platform.ledger.selectors.statements import Quarter
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.services.periods import access_institution
from ops_platform.web.api import Pagination, actor_of

TAGS = ["账务"]
NOT_FOUND = OpenApiResponse(description="没有这个机构，或无权查看")
CLOSED = OpenApiResponse(description="该月已结账")
PAGES = [OpenApiParameter("page", int), OpenApiParameter("page_size", int)]
_QUARTER = re.compile(r"(\d{4})-Q([1-4])\Z")


class MonthField(serializers.CharField):
    """A month as 2026-03; gives a Period."""

    default_error_messages = {"month": _("请按 2026-03 的样子填写月份。")}

    def to_internal_value(self, data: Any) -> Any:
        try:
            return Period.parse(super().to_internal_value(data))
        except ValueError:
            self.fail("month")


class QuarterField(serializers.CharField):
    """A quarter as 2026-Q1; gives a Quarter."""

    default_error_messages = {"quarter": _("请按 2026-Q1 的样子填写季度。")}

    def to_internal_value(self, data: Any) -> Any:
        match = _QUARTER.match(super().to_internal_value(data))
        if not match or int(match[1]) not in YEARS:
            self.fail("quarter")
        return Quarter(int(match[1]), int(match[2]))


class InstitutionScope(serializers.Serializer):
    """Which institution."""

    institution = serializers.CharField(max_length=40, help_text="机构代码")


class MonthScope(InstitutionScope):
    """Which institution and month."""

    period = MonthField(help_text="期间，如 2026-03")


class FindingSerializer(serializers.Serializer):
    """What there is to know, and what to do about it."""

    code = serializers.CharField(help_text="代码")
    severity = serializers.CharField(help_text="blocking 须处理、warning 提醒、info 告知")
    subject = serializers.CharField(help_text="对象，如科目、机构、报表")
    message = serializers.CharField(help_text="说明")


class StatementColumnSerializer(serializers.Serializer):
    """A column of amounts."""

    measure = serializers.CharField(help_text="end 期末、start 年初、month 本月(本季)、year 本年累计")
    title = serializers.CharField()


def institution_code(source: str = "", **more: Any) -> serializers.CharField:
    """The code of an institution, of the related object `source` or of the row itself."""
    if source:
        more["source"] = f"{source}.code"
    return serializers.CharField(help_text="机构代码", **more)


def yuan(words: str = "", **more: Any) -> serializers.DecimalField:
    """An amount in yuan."""
    return serializers.DecimalField(max_digits=18, decimal_places=2, help_text=words or "金额(元)", **more)


def amounts_field(**more: Any) -> serializers.DictField:
    """Amounts by measure of the columns."""
    return serializers.DictField(child=yuan(), help_text="金额(元)，按栏目", **more)


class LineAccountSerializer(serializers.Serializer):
    """An account behind a line, as it counts there."""

    account = serializers.CharField(help_text="科目编码；现金收支汇总为「方向:对方科目」")
    name = serializers.CharField(help_text="科目名称")
    cost_item = serializers.CharField(help_text="成本项目，不区分时为空")
    amounts = amounts_field()


class StatementLineSerializer(serializers.Serializer):
    """A line of a statement. One of `of` only says more of that other line."""

    key = serializers.CharField(help_text="项目代码，不变")
    title = serializers.CharField()
    number = serializers.CharField(help_text="行次")
    level = serializers.IntegerField(help_text="层级")
    of = serializers.CharField(help_text="「其中」所属的项目，否则为空")
    heading = serializers.BooleanField(help_text="只是标题，没有金额")
    amounts = amounts_field()
    accounts = LineAccountSerializer(many=True)


class StatementSerializer(serializers.Serializer):
    """A statement with the accounts behind each line."""

    statement = serializers.CharField(help_text="报表代码")
    title = serializers.CharField()
    source_mark = serializers.CharField(help_text="格式依据：official、recall、default")
    columns = StatementColumnSerializer(many=True)
    lines = StatementLineSerializer(many=True)
    findings = FindingSerializer(many=True)


def asked(serializer: type[serializers.Serializer], given: Any) -> dict[str, Any]:
    """What was asked, checked. Raises ValidationError (422)."""
    form = serializer(data=given)
    form.is_valid(raise_exception=True)
    found: dict[str, Any] = form.validated_data
    return found


def institution_of(rows: QuerySet[Institution], code: str) -> Institution:
    """The one of these institutions that was named. Raises NotFound."""
    found = rows.filter(code=code).first()
    if found is None:
        raise NotFound("masterdata.no_institution", f"没有机构 {code}。")
    return found


def scope(
    serializer: type[serializers.Serializer], given: Any, rows: QuerySet[Institution]
) -> tuple[Institution, dict[str, Any]]:
    """The one of these institutions that was named, and all that was asked. Raises NotFound, ValidationError."""
    found = asked(serializer, given)
    return institution_of(rows, found["institution"]), found


def known_institution(request: Request, code: str) -> Institution:
    """An institution in which the caller has any role; the service says whether the role will do. Raises NotFound."""
    return institution_of(Institution.objects.visible_to(actor_of(request)), code)


def kept_institution(request: Request, given: Mapping[str, Any], *roles: Any) -> tuple[Actor, Institution]:
    """Who asks, and the institution whose books they keep. Raises NotFound, Forbidden."""
    actor = actor_of(request)
    institution = known_institution(request, given["institution"])
    access_institution(actor, institution.pk, *roles)
    return actor, institution


def paged(request: Request, view: Any, rows: Any, told: Any, **beside: Any) -> Response:
    """A page of rows, each told by `told`; `beside` is said of all of them."""
    pages = Pagination()
    page: Any = pages.paginate_queryset(rows, request, view=view)
    answer = pages.get_paginated_response([told(row) for row in page or ()])
    answer.data |= beside
    return answer


def page_of(name: str, row: type[serializers.Serializer], **beside: serializers.Field) -> Any:
    """How a page of rows is described."""
    fields: dict[str, Any] = {
        "count": serializers.IntegerField(),
        "next": serializers.CharField(allow_null=True),
        "previous": serializers.CharField(allow_null=True),
        "results": row(many=True),
        **beside,
    }
    return type(f"{name}PageSerializer", (serializers.Serializer,), {"__doc__": "A page of rows.", **fields})


def finding_of(finding: Finding) -> dict[str, str]:
    """A finding as the API tells it."""
    return {
        "code": finding.code,
        "severity": str(finding.severity),
        "subject": finding.subject,
        "message": finding.message,
    }


def by_measure(layout: Layout, values: Iterable[Any]) -> dict[str, Any]:
    """Amounts in yuan by the measure of their column; fen become yuan."""
    pairs = zip(layout.columns, values, strict=True)
    return {column.measure: from_fen(value) if isinstance(value, int) else value for column, value in pairs}


def statement_told(statement: Statement, names: Mapping[str, str]) -> dict[str, Any]:
    """A statement as the API tells it."""
    layout = statement.layout
    return {
        "statement": layout.code,
        "title": layout.title,
        "source_mark": layout.mark,
        "columns": [{"measure": column.measure, "title": column.title} for column in layout.columns],
        "lines": [line_told(line, layout, names) for line in statement.lines],
        "findings": [finding_of(each) for each in statement.findings],
    }


def line_told(row: StatementLine, layout: Layout, names: Mapping[str, str]) -> dict[str, Any]:
    """A line as the API tells it."""
    line = row.line
    return {
        "key": line.key,
        "title": line.title,
        "number": line.number,
        "level": line.level,
        "of": line.of,
        "heading": not (line.accounts or line.sum),
        "amounts": by_measure(layout, row.values),
        "accounts": [_account_told(source, layout, names) for source in row.sources],
    }


def _account_told(source: Source, layout: Layout, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "account": source.account,
        "name": names.get(source.account.rpartition(":")[2], ""),
        "cost_item": source.cost_item,
        "amounts": by_measure(layout, source.values),
    }
