"""API of books kept elsewhere: the mapping of their accounts, where official figures come from, what is not mapped, the
comparison with the books kept here, and beginning books with a trial balance."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ops_platform.kernel import Actor, Invalid, NotFound, Period, from_fen
from ops_platform.ledger import services
from ops_platform.ledger.api_scope import (
    PAGES,
    TAGS,
    FindingSerializer,
    InstitutionScope,
    MonthField,
    MonthScope,
    asked,
    institution_of,
    known_institution,
    page_of,
    paged,
)
from ops_platform.ledger.engine.comparison import Amounts, Compared
from ops_platform.ledger.engine.local_accounts import LONGEST_CODE, LONGEST_NAME, LocalMapping
from ops_platform.ledger.findings import UNMAPPED_ACCOUNT
from ops_platform.ledger.models import BooksMode, LocalAccount
from ops_platform.ledger.selectors import chart, imported, local_accounts, modes
from ops_platform.ledger.selectors.local_accounts import KEEPERS, READERS, MappedAccount
from ops_platform.ledger.services.local_accounts import MODE_KEEPERS
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.services.periods import access_institution
from ops_platform.web.api import actor_of

NOT_FOUND = OpenApiResponse(description="没有这个机构，或无权查看")
CLOSED = OpenApiResponse(description="该月已结账")


def _yuan(words: str, **more: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=18, decimal_places=2, help_text=words, **more)


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
    opening = _yuan("期初余额，借正贷负；不在余额表中时为空", allow_null=True)
    debit = _yuan("本期借方", allow_null=True)
    credit = _yuan("本期贷方", allow_null=True)
    closing = _yuan("期末余额，借正贷负", allow_null=True)


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


class BooksModeSerializer(serializers.Serializer):
    """What was said of where official figures come from."""

    id = serializers.IntegerField()
    mode = serializers.CharField(help_text="own 在本平台记账、elsewhere 在外部系统记账、both 两边记账")
    since = serializers.CharField(help_text="自哪个月起")
    recorded_by = serializers.CharField()
    recorded_at = serializers.DateTimeField()


class SetModeSerializer(InstitutionScope):
    """Where official figures come from, from a month on."""

    mode = serializers.ChoiceField(choices=BooksMode.Mode.values, help_text="own、elsewhere、both")
    since = MonthField(help_text="自哪个月起，如 2026-03")


class ModeAtSerializer(serializers.Serializer):
    """What holds from that month on; `changed` when it did not before."""

    institution = serializers.CharField(help_text="机构代码")
    mode = serializers.CharField()
    since = serializers.CharField(help_text="所问的月份")
    changed = serializers.BooleanField()


class OpeningSerializer(serializers.Serializer):
    """The opening entry."""

    entry = serializers.IntegerField(help_text="凭证编号")
    number = serializers.IntegerField(help_text="凭证序号")
    day = serializers.DateField()


class BooksAmountsSerializer(serializers.Serializer):
    """What books say of an account in the month."""

    opening = _yuan("期初余额，借正贷负")
    debit = _yuan("本期借方")
    credit = _yuan("本期贷方")
    closing = _yuan("期末余额，借正贷负")


class ComparedSerializer(serializers.Serializer):
    """A unified account in both books."""

    account = serializers.CharField(help_text="统一科目编码")
    name = serializers.CharField()
    reason = serializers.CharField(
        help_text="missing_here 本平台没有、missing_there 外部没有、amount 金额不同；一致时为空"
    )
    own = BooksAmountsSerializer(allow_null=True)
    imported = BooksAmountsSerializer(allow_null=True)
    difference = BooksAmountsSerializer(help_text="本平台减外部")


class ComparisonScope(MonthScope):
    """Which institution and month; all, or what differs."""

    different = serializers.BooleanField(default=False, help_text="只看不一致的科目")


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
        actor, institution = _kept(request, given, *KEEPERS)
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
        actor, institution = _kept(request, given, *KEEPERS)
        period: Period = given["period"]
        if str(period) not in imported.months_with_trial_balances(institution.pk):
            raise Invalid("ledger.no_trial_balance", "没有这个月份的科目余额表，请先报送。", field="period")
        return Response({"mapped": services.adopt_proposals(actor, institution=institution, period=period)})


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


class BooksModesView(APIView):
    """Where the institution's official figures come from, newest first; setting it from a month on."""

    roles = READERS

    @extend_schema(
        tags=TAGS,
        summary="记账方式",
        operation_id="ledger_books_modes",
        parameters=[InstitutionScope, *PAGES],
        responses={200: page_of("BooksMode", BooksModeSerializer), 404: NOT_FOUND},
    )
    def get(self, request: Request) -> Response:
        institution, _given = _scope(request, InstitutionScope)
        return paged(
            request,
            self,
            modes.history_of(institution=institution),
            lambda row: {
                "id": row.pk,
                "mode": row.mode,
                "since": str(Period.of(row.effective_from)),
                "recorded_by": row.recorded_by,
                "recorded_at": row.recorded_at,
            },
        )

    @extend_schema(
        tags=TAGS,
        summary="设置记账方式",
        operation_id="ledger_set_books_mode",
        request=SetModeSerializer,
        responses={200: ModeAtSerializer, 409: CLOSED},
    )
    def post(self, request: Request) -> Response:
        given = asked(SetModeSerializer, request.data)
        actor, institution = _kept(request, given, *MODE_KEEPERS)
        since: Period = given["since"]
        row = services.set_books_mode(
            actor, institution=institution, mode=BooksMode.Mode(given["mode"]), effective_from=since.first_day
        )
        return Response(
            {
                "institution": institution.code,
                "mode": given["mode"],
                "since": str(since),
                "changed": row is not None,
            }
        )


class OpeningView(APIView):
    """Begin the books with the opening columns of the first month's trial balance. A repeat gives the entry that stands."""

    roles = MODE_KEEPERS

    @extend_schema(
        tags=TAGS,
        summary="录入期初余额",
        operation_id="ledger_book_opening",
        request=InstitutionScope,
        responses={
            200: OpeningSerializer,
            409: OpenApiResponse(description="另有期初余额，或首月已结账"),
            422: OpenApiResponse(description="没有科目余额表、有科目未对应，或借贷不平"),
        },
    )
    def post(self, request: Request) -> Response:
        actor, institution = _kept(request, asked(InstitutionScope, request.data), *MODE_KEEPERS)
        entry = services.book_opening_from_trial_balance(actor, institution)
        return Response({"entry": entry.pk, "number": entry.number, "day": entry.day})


class ComparisonView(APIView):
    """The books kept here against the trial balance of the month."""

    roles = READERS

    @extend_schema(
        tags=TAGS,
        summary="外部账对照",
        operation_id="ledger_comparison",
        parameters=[ComparisonScope, *PAGES],
        responses={
            200: page_of(
                "Comparison",
                ComparedSerializer,
                counts=serializers.DictField(child=serializers.IntegerField(), help_text="科目数，按结果"),
            ),
            404: NOT_FOUND,
        },
    )
    def get(self, request: Request) -> Response:
        institution, given = _scope(request, ComparisonScope)
        rows = local_accounts.comparison([institution.pk], given["period"])
        names = {code: row.name for code, row in chart.accounts_of(institution).items()}
        counts = dict.fromkeys(("missing_here", "missing_there", "amount", "same"), 0)
        for row in rows:
            counts[str(row.reason or "same")] += 1
        return paged(
            request,
            self,
            [row for row in rows if row.reason or not given["different"]],
            lambda row: _compared(row, names),
            counts=counts,
        )


def _scope(request: Request, serializer: type[serializers.Serializer]) -> tuple[Institution, dict[str, Any]]:
    """The institution that was named, and all that was asked. Raises NotFound, ValidationError."""
    given = asked(serializer, request.query_params)
    rows = local_accounts.readable_institutions(actor=actor_of(request))
    return institution_of(rows, given["institution"]), given


def _kept(request: Request, given: Mapping[str, Any], *roles: Any) -> tuple[Actor, Institution]:
    """Who asks, and the institution whose books they keep. Raises NotFound, Forbidden."""
    actor = actor_of(request)
    institution = known_institution(request, given["institution"])
    access_institution(actor, institution.pk, *roles)
    return actor, institution


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


def _compared(row: Compared, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "account": row.account,
        "name": names.get(row.account, ""),
        "reason": str(row.reason or ""),
        "own": _amounts(row.own),
        "imported": _amounts(row.imported),
        "difference": _amounts(row.difference),
    }


def _amounts(told: Amounts | None) -> dict[str, Any] | None:
    if told is None:
        return None
    return {name: from_fen(getattr(told, name)) for name in ("opening", "debit", "credit", "closing")}
