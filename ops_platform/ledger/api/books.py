"""API of keeping the books: pending entries, floors, own accounts, carrying a year forward."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ops_platform.kernel import Actor, NotFound
from ops_platform.kernel.period import YEARS
from ops_platform.ledger import services
from ops_platform.ledger.api.journal import AccountSerializer, LegSerializer
from ops_platform.ledger.api.scope import (
    PAGES,
    TAGS,
    InstitutionScope,
    asked,
    known_institution,
    page_of,
    yuan,
)
from ops_platform.ledger.models import Account, PendingEntry, PendingLeg
from ops_platform.ledger.selectors import access, balances
from ops_platform.ledger.selectors.floors import floors, forbidden_by
from ops_platform.masterdata.models import Institution
from ops_platform.web.api import Pagination, actor_of
from ops_platform.web.api_lists import VisibleList


class PendingLegSerializer(LegSerializer):
    """One line of a pending entry."""

    class Meta(LegSerializer.Meta):
        model = PendingLeg  # type: ignore[assignment]


class PendingEntrySerializer(serializers.ModelSerializer):
    """An entry that waits to be posted, or what became of it."""

    institution = serializers.CharField(source="institution.code", help_text="机构代码")
    state = serializers.CharField(help_text="pending 待记账、posted 已记账、voided 已作废、expired 已失效")
    legs = PendingLegSerializer(many=True)

    class Meta:
        model = PendingEntry
        fields = [
            "id",
            "institution",
            "day",
            "summary",
            "source",
            "key",
            "document",
            "state",
            "entry",
            "made_by",
            "made_at",
            "expires_at",
            "resolved_at",
            "resolved_by",
            "remark",
            "legs",
        ]


class PendingApiFilter(django_filters.FilterSet):
    """Pending entries by codes."""

    institution = django_filters.CharFilter(field_name="institution__code")
    state = django_filters.CharFilter()
    source = django_filters.CharFilter()
    key = django_filters.CharFilter()


class AccountScope(InstitutionScope):
    """Which account of which institution."""

    account = serializers.CharField(max_length=20, help_text="科目编码")


class FloorScope(serializers.Serializer):
    """Of which institution; of all that one may see when none is named."""

    institution = serializers.CharField(max_length=40, required=False, help_text="机构代码")


class FloorSerializer(serializers.Serializer):
    """That an account may not be overdrawn. Amounts are of its usual side, over all dimensions."""

    id = serializers.IntegerField()
    institution = serializers.CharField(help_text="机构代码")
    account = serializers.CharField(help_text="科目编码")
    name = serializers.CharField(help_text="科目名称")
    standing = yuan("现有余额(元)")
    held = yuan("待记账凭证占用(元)")
    available = yuan("可用(元)")
    since = serializers.DateTimeField(allow_null=True, help_text="何时起")
    by = serializers.CharField(help_text="由谁设置")


class OwnAccountSerializer(InstitutionScope):
    """An account of an institution below a unified one."""

    parent = serializers.CharField(max_length=20, help_text="上级科目编码")  # type: ignore[assignment]
    code = serializers.CharField(max_length=20, help_text="编码，以上级编码开头")
    name = serializers.CharField(max_length=100, help_text="名称")


class YearSerializer(InstitutionScope):
    """Which institution and year."""

    year = serializers.IntegerField(min_value=YEARS[0], max_value=YEARS[-1], help_text="年度，如 2026")


class CarriedSerializer(serializers.Serializer):
    """The entry that carries the year forward."""

    entry = serializers.IntegerField(help_text="凭证编号")
    period = serializers.CharField(help_text="期间")
    voucher_no = serializers.IntegerField(help_text="凭证号")


@extend_schema_view(get=extend_schema(tags=TAGS, summary="待记账凭证(含分录)", operation_id="ledger_pending_entries"))
class PendingListView(VisibleList):
    """What waits to be posted, from all sources, the newest first; on accounts with a floor its amounts are held."""

    roles = access.READERS
    serializer_class = PendingEntrySerializer
    filterset_class = PendingApiFilter

    def visible(self, actor: Actor) -> QuerySet[PendingEntry]:
        related = ("legs__account", "legs__dimension__department", "legs__dimension__counterparty")
        return access.pending_entries(actor).prefetch_related(*related)


class FloorsView(APIView):
    """Accounts that may not be overdrawn; forbidding it for one more. A repeat changes nothing."""

    roles = access.READERS

    @extend_schema(
        tags=TAGS,
        summary="不得透支的科目",
        operation_id="ledger_floors",
        parameters=[FloorScope, *PAGES],
        responses=page_of("Floor", FloorSerializer),
    )
    def get(self, request: Request) -> Response:
        given = asked(FloorScope, request.query_params)
        rows = floors(actor_of(request))
        if "institution" in given:
            rows = rows.filter(institution__code=given["institution"])
        pages = Pagination()
        page = pages.paginate_queryset(rows, request, view=self) or []
        deeds = forbidden_by(page)
        return pages.get_paginated_response([_floor(row, deeds) for row in page])

    @extend_schema(
        tags=TAGS,
        summary="禁止透支",
        operation_id="ledger_forbid_overdraft",
        request=AccountScope,
        responses={
            200: FloorSerializer,
            404: OpenApiResponse(description="没有这个机构或科目"),
            409: OpenApiResponse(description="该科目已透支"),
            422: OpenApiResponse(description="有明细科目"),
        },
    )
    def post(self, request: Request) -> Response:
        given = asked(AccountScope, request.data)
        institution = _kept(request, given)
        account = balances.leaf_account(institution, given["account"])
        actor = actor_of(request)
        made = services.forbid_overdraft(actor, institution=institution, account=account)
        row = floors(actor).get(pk=made.pk)
        return Response(_floor(row, forbidden_by([row])))


class AddOwnAccountView(APIView):
    """Add an own account below a unified one; from now on legs of the institution stand on own accounts there."""

    roles = access.KEEPERS

    @extend_schema(
        tags=TAGS,
        summary="自设明细科目",
        operation_id="ledger_add_own_account",
        request=OwnAccountSerializer,
        responses={201: AccountSerializer, 409: OpenApiResponse(description="编码已用，或上级科目还有余额")},
    )
    def post(self, request: Request) -> Response:
        given = asked(OwnAccountSerializer, request.data)
        institution = _kept(request, given)
        row = services.add_own_account(
            actor_of(request),
            institution_id=institution.pk,
            parent=given["parent"],
            code=given["code"],
            name=given["name"],
        )
        return Response(AccountSerializer(row).data, status=201)


class CloseOwnAccountView(APIView):
    """From today on an own account takes no legs any more."""

    roles = access.KEEPERS

    @extend_schema(
        tags=TAGS,
        summary="停用自设明细科目",
        operation_id="ledger_close_own_account",
        request=AccountScope,
        responses={
            200: AccountSerializer,
            404: OpenApiResponse(description="没有这个机构或自设科目"),
            409: OpenApiResponse(description="科目还有余额"),
        },
    )
    def post(self, request: Request) -> Response:
        given = asked(AccountScope, request.data)
        institution = _kept(request, given)
        own = Account.objects.filter(institution=institution, code=given["account"]).first()
        if own is None:
            raise NotFound("ledger.no_account", f"没有机构自设科目 {given['account']}。")
        row = services.close_own_account(actor_of(request), account_id=own.pk, closed_on=timezone.localdate())
        return Response(AccountSerializer(row).data)


class CarryForwardView(APIView):
    """Carry a year forward. A repeat gives the entry that is there."""

    roles = access.KEEPERS

    @extend_schema(
        tags=TAGS,
        summary="年末结转",
        operation_id="ledger_carry_forward",
        request=YearSerializer,
        responses={
            200: CarriedSerializer,
            409: OpenApiResponse(description="本年还有月份未结账，或十二月已结账"),
            422: OpenApiResponse(description="没有可结转的余额"),
        },
    )
    def post(self, request: Request) -> Response:
        given = asked(YearSerializer, request.data)
        institution = _kept(request, given)
        row = services.carry_year_forward(actor_of(request), institution=institution, year=given["year"])
        return Response({"entry": row.pk, "period": row.period, "voucher_no": row.voucher_no})


def _kept(request: Request, given: dict[str, Any]) -> Institution:
    """The institution whose books the caller keeps. Raises NotFound, Forbidden."""
    return access.access_kept(actor_of(request), known_institution(request, given["institution"]).pk)


def _floor(row: Any, deeds: dict[int, Any]) -> dict[str, Any]:
    since, name = deeds.get(row.pk, (None, ""))
    return {
        "id": row.pk,
        "institution": row.institution.code,
        "account": row.account.code,
        "name": row.account.name,
        "standing": row.standing,
        "held": row.held,
        "available": row.available,
        "since": since,
        "by": name,
    }
