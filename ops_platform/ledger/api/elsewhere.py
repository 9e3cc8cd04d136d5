"""API of books kept elsewhere: where official figures come from, beginning books with a trial balance, the comparison with
the books kept here."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ops_platform.kernel import Period, from_fen
from ops_platform.ledger import services
from ops_platform.ledger.api.scope import (
    CLOSED,
    NOT_FOUND,
    PAGES,
    TAGS,
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
from ops_platform.ledger.engine.comparison import Amounts, Compared
from ops_platform.ledger.models import BooksMode
from ops_platform.ledger.selectors import chart, local_accounts, modes
from ops_platform.ledger.selectors.local_accounts import READERS
from ops_platform.ledger.services.local_accounts import MODE_KEEPERS
from ops_platform.masterdata.models import Institution
from ops_platform.web.api import actor_of


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

    opening = yuan("期初余额，借正贷负")
    debit = yuan("本期借方")
    credit = yuan("本期贷方")
    closing = yuan("期末余额，借正贷负")


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
        actor, institution = kept_institution(request, given, *MODE_KEEPERS)
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
        actor, institution = kept_institution(request, asked(InstitutionScope, request.data), *MODE_KEEPERS)
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


def _scope(request: Request, serializer: type[serializers.Serializer]) -> tuple[Institution, dict[str, Any]]:
    return scope(serializer, request.query_params, local_accounts.readable_institutions(actor=actor_of(request)))
