"""API of the mapping of accounts kept elsewhere: what stands behind each, its history, proposals, what is not mapped."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ops_platform.kernel import NotFound, Period, from_fen
from ops_platform.ledger import services
from ops_platform.ledger.api.scope import (
    CLOSED,
    NOT_FOUND,
    PAGES,
    TAGS,
    FindingSerializer,
    InstitutionScope,
    MonthField,
    MonthScope,
    asked,
    kept_institution,
    page_of,
    paged,
    scope,
    yuan,
)
from ops_platform.ledger.engine.local_accounts import LONGEST_CODE, LONGEST_NAME, LocalMapping
from ops_platform.ledger.findings import UNMAPPED_ACCOUNT
from ops_platform.ledger.models import LocalAccount
from ops_platform.ledger.selectors import imported, local_accounts, modes
from ops_platform.ledger.selectors.local_accounts import KEEPERS, READERS, MappedAccount
from ops_platform.masterdata.models import Institution
from ops_platform.web.api import actor_of


class _MappingFields(serializers.Serializer):
    """What stands behind a local account."""

    account = serializers.CharField(help_text="统一科目编码，未对应时为空")
    counterparty = serializers.CharField(help_text="往来机构代码")
    cost_item = serializers.CharField(help_text="成本项目")
    funding_source = serializers.CharField(help_text="资金来源")


class ProposalSerializer(serializers.Serializer):
    """A unified account that fits by its code."""

    account = serializers.CharField(help_text="统一科目编码")
    name = serializers.CharField()
    missing = serializers.ListField(child=serializers.CharField(), help_text="还须注明的核算")


class LocalAccountSerializer(_MappingFields):
    """A local account with what holds for it in the month."""

    code = serializers.CharField(help_text="本地科目代码")
    name = serializers.CharField(help_text="本地科目名称")
    account_name = serializers.CharField(help_text="统一科目名称")
    mapped_by = serializers.CharField(help_text="按哪个本地代码对应")
    since = serializers.CharField(help_text="自哪个月起，未对应时为空")
    unmapped = serializers.BooleanField(help_text="有金额而未对应")
    proposal = ProposalSerializer(allow_null=True)
    opening = yuan("期初余额，借正贷负；不在余额表中时为空", allow_null=True)
    debit = yuan("本期借方", allow_null=True)
    credit = yuan("本期贷方", allow_null=True)
    closing = yuan("期末余额，借正贷负", allow_null=True)


class LocalAccountsScope(MonthScope):
    """Which institution and month; all, or what is not mapped."""

    unmapped = serializers.BooleanField(default=False, help_text="只看有金额而未对应的科目")


class MappingSaidSerializer(_MappingFields):
    """One thing that was said of a local code."""

    id = serializers.IntegerField()
    code = serializers.CharField(help_text="本地科目代码")
    name = serializers.CharField(help_text="本地科目名称")
    since = serializers.CharField(help_text="自哪个月起")
    recorded_by = serializers.CharField()
    recorded_at = serializers.DateTimeField()


class CodeScope(InstitutionScope):
    """Which institution and local code."""

    code = serializers.CharField(max_length=LONGEST_CODE, help_text="本地科目代码")


class WantedMappingSerializer(InstitutionScope):
    """What stands behind a local code, and all that begin with it, from a month on."""

    code = serializers.CharField(max_length=LONGEST_CODE, help_text="本地科目代码")
    name = serializers.CharField(max_length=LONGEST_NAME, default="", allow_blank=True, help_text="本地科目名称")
    account = serializers.CharField(max_length=20, help_text="统一科目编码，须为末级科目")
    counterparty = serializers.CharField(max_length=40, default="", allow_blank=True, help_text="往来机构代码")
    cost_item = serializers.CharField(max_length=20, default="", allow_blank=True, help_text="成本项目")
    funding_source = serializers.CharField(max_length=20, default="", allow_blank=True, help_text="资金来源")
    since = MonthField(help_text="自哪个月起，如 2026-03")


class MappedCountSerializer(serializers.Serializer):
    """How many local accounts were mapped anew."""

    mapped = serializers.IntegerField(help_text="新的对应数；重复提交为 0")


class LocalAccountsView(APIView):
    """The accounts of a chart kept elsewhere and what stands behind them; mapping one."""

    roles = READERS

    @extend_schema(
        tags=TAGS,
        summary="科目对应(某月有效)",
        operation_id="ledger_local_accounts",
        parameters=[LocalAccountsScope, *PAGES],
        responses={200: page_of("LocalAccount", LocalAccountSerializer, mode=serializers.CharField()), 404: NOT_FOUND},
    )
    def get(self, request: Request) -> Response:
        institution, given = _scope(request, LocalAccountsScope)
        rows = local_accounts.local_accounts(institution, given["period"])
        codes = _codes()
        return paged(
            request,
            self,
            [row for row in rows if row.unmapped or not given["unmapped"]],
            lambda row: _local_account(row, codes),
            mode=str(modes.modes_at([institution.pk], given["period"])[institution.pk]),
        )

    @extend_schema(
        tags=TAGS,
        summary="对应一个本地科目",
        operation_id="ledger_map_account",
        request=WantedMappingSerializer,
        responses={
            200: MappedCountSerializer,
            409: CLOSED,
            422: OpenApiResponse(description="内容有误，逐项列出"),
        },
    )
    def post(self, request: Request) -> Response:
        given = asked(WantedMappingSerializer, request.data)
        actor, institution = kept_institution(request, given, *KEEPERS)
        mapping = LocalMapping(
            code=given["code"],
            name=given["name"],
            account=given["account"],
            effective_from=given["since"].first_day,
            counterparty=_partner(institution, given["counterparty"]),
            cost_item=given["cost_item"],
            funding_source=given["funding_source"],
        )
        return Response({"mapped": services.map_accounts(actor, institution=institution, mappings=[mapping])})


class MappingHistoryView(APIView):
    """All that was ever said of a local code, newest first."""

    roles = READERS

    @extend_schema(
        tags=TAGS,
        summary="科目对应的历史",
        operation_id="ledger_mapping_history",
        parameters=[CodeScope, *PAGES],
        responses={200: page_of("MappingHistory", MappingSaidSerializer), 404: NOT_FOUND},
    )
    def get(self, request: Request) -> Response:
        institution, given = _scope(request, CodeScope)
        return paged(request, self, local_accounts.history_of(institution=institution, code=given["code"]), _said)


class AdoptProposalsView(APIView):
    """Take every proposal that lacks nothing."""

    roles = KEEPERS

    @extend_schema(
        tags=TAGS,
        summary="采用建议的科目对应",
        operation_id="ledger_adopt_proposals",
        request=MonthScope,
        responses={200: MappedCountSerializer, 409: CLOSED, 422: OpenApiResponse(description="该月没有科目余额表")},
    )
    def post(self, request: Request) -> Response:
        given = asked(MonthScope, request.data)
        actor, institution = kept_institution(request, given, *KEEPERS)
        mapped = services.adopt_proposals(actor, institution=institution, period=given["period"])
        return Response({"mapped": mapped})


class FindingsView(APIView):
    """What of a month's trial balance stands in no figure."""

    roles = READERS

    @extend_schema(
        tags=TAGS,
        summary="外部账的问题",
        operation_id="ledger_local_account_findings",
        parameters=[MonthScope, *PAGES],
        responses={
            200: page_of(
                "LocalAccountFinding",
                FindingSerializer,
                mode=serializers.CharField(),
                sent=serializers.BooleanField(help_text="该月的科目余额表已报送"),
            ),
            404: NOT_FOUND,
        },
    )
    def get(self, request: Request) -> Response:
        institution, given = _scope(request, MonthScope)
        lines = imported.local_lines(institution.pk, given["period"])
        return paged(
            request,
            self,
            [line for line in lines if line.has_amounts and not line.account],
            lambda line: {
                "code": UNMAPPED_ACCOUNT.code,
                "severity": str(UNMAPPED_ACCOUNT.severity),
                "subject": line.code,
                "message": f"{line.code} {line.name} 未对应统一科目：期末 {from_fen(line.closing):,}，"
                f"本期借 {from_fen(line.debit):,}、贷 {from_fen(line.credit):,} 元。",
            },
            mode=str(modes.modes_at([institution.pk], given["period"])[institution.pk]),
            sent=bool(lines),
        )


def _scope(request: Request, serializer: type[serializers.Serializer]) -> tuple[Institution, dict[str, Any]]:
    return scope(serializer, request.query_params, local_accounts.readable_institutions(actor=actor_of(request)))


def _partner(institution: Institution, code: str) -> int:
    """The number of the counterparty, 0 for none. Raises NotFound."""
    if not code:
        return 0
    found = Institution.objects.filter(alliance=institution.alliance_id, code=code).first()
    if found is None:
        raise NotFound("masterdata.no_institution", f"没有代码为 {code} 的往来机构。", field="counterparty")
    return found.pk


def _codes() -> dict[int, str]:
    return dict(Institution.objects.values_list("pk", "code"))


def _local_account(row: MappedAccount, codes: Mapping[int, str]) -> dict[str, Any]:
    line, proposal = row.line, row.proposal
    return {
        "code": row.code,
        "name": row.name,
        "account": row.account,
        "account_name": row.account_name,
        "counterparty": codes.get(row.dimensions.counterparty, ""),
        "cost_item": row.dimensions.cost_item,
        "funding_source": row.dimensions.funding_source,
        "mapped_by": row.mapped_by,
        "since": str(Period.of(row.effective_from)) if row.effective_from else "",
        "unmapped": row.unmapped,
        "proposal": {"account": proposal.account, "name": proposal.name, "missing": list(proposal.missing)}
        if proposal
        else None,
        **{name: from_fen(getattr(line, name)) if line else None for name in ("opening", "debit", "credit", "closing")},
    }


def _said(row: LocalAccount) -> dict[str, Any]:
    return {
        "id": row.pk,
        "code": row.code,
        "name": row.name,
        "account": row.account.code,
        "counterparty": row.counterparty.code if row.counterparty else "",
        "cost_item": row.cost_item,
        "funding_source": row.funding_source,
        "since": str(Period.of(row.effective_from)),
        "recorded_by": row.recorded_by,
        "recorded_at": row.recorded_at,
    }
