"""API of the ledger: accounts, entries with their legs, balances; and making a voucher, which a second person reviews."""

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ops_platform.kernel import Actor, Invalid, to_fen
from ops_platform.ledger import services
from ops_platform.ledger.api.scope import TAGS, asked, known_institution, yuan
from ops_platform.ledger.engine.chart import DIMENSION_TITLES, Dimensions
from ops_platform.ledger.engine.entry import Leg as LegInput
from ops_platform.ledger.filters import AccountApiFilter, BalanceApiFilter, EntryApiFilter
from ops_platform.ledger.models import Account, Entry, Leg, PeriodBalance
from ops_platform.ledger.selectors import access
from ops_platform.masterdata.models import Department, Institution
from ops_platform.web.api import actor_of
from ops_platform.web.api_lists import VisibleList


class AccountSerializer(serializers.ModelSerializer):
    """An account of the chart."""

    parent_code = serializers.CharField(source="parent.code", default="", help_text="上级科目编码")
    institution = serializers.CharField(source="institution.code", default="", help_text="机构代码，统一科目为空")

    class Meta:
        model = Account
        fields = [
            "code",
            "name",
            "parent_code",
            "institution",
            "kind",
            "book",
            "side",
            "leaf",
            "required",
            "optional",
            "closed_on",
            "source_mark",
            "note",
        ]


class _DimensionFields(serializers.Serializer):
    """What a leg or balance says beside its account."""

    department = serializers.CharField(source="dimension.department.code", default="", help_text="科室代码")
    counterparty = serializers.CharField(source="dimension.counterparty.code", default="", help_text="往来机构代码")
    project = serializers.CharField(source="dimension.project", help_text="项目")
    purpose = serializers.CharField(source="dimension.purpose", help_text="资金用途")
    insurer = serializers.CharField(source="dimension.insurer", help_text="医保经办机构")
    scheme = serializers.CharField(source="dimension.scheme", help_text="险种")
    fund_type = serializers.CharField(source="dimension.fund_type", help_text="基金类型")
    cost_item = serializers.CharField(source="dimension.cost_item", help_text="成本项目")
    funding_source = serializers.CharField(source="dimension.funding_source", help_text="资金来源")


class LegSerializer(_DimensionFields, serializers.ModelSerializer):
    """One line of an entry."""

    account = serializers.CharField(source="account.code", help_text="科目编码")

    class Meta:
        model = Leg
        fields = ["position", "account", "debit", "credit", "summary", *DIMENSION_TITLES]


class EntrySerializer(serializers.ModelSerializer):
    """A posted voucher with its lines and its place in the chain."""

    institution = serializers.CharField(source="institution.code", help_text="机构代码")
    legs = LegSerializer(many=True)

    class Meta:
        model = Entry
        fields = [
            "id",
            "institution",
            "number",
            "period",
            "voucher_no",
            "day",
            "kind",
            "summary",
            "source",
            "key",
            "document",
            "reverses",
            "made_by",
            "checked_by",
            "posted_at",
            "previous_hash",
            "hash",
            "legs",
        ]


class BalanceSerializer(_DimensionFields, serializers.ModelSerializer):
    """What an account moved in a month."""

    institution = serializers.CharField(source="institution.code", help_text="机构代码")
    account = serializers.CharField(source="account.code", help_text="科目编码")

    class Meta:
        model = PeriodBalance
        fields = [
            "institution",
            "period",
            "account",
            "debit",
            "credit",
            "carried_debit",
            "carried_credit",
            *DIMENSION_TITLES,
        ]


class VoucherLineSerializer(serializers.Serializer):
    """One line to be booked."""

    account = serializers.CharField(max_length=20, help_text="科目编码")
    debit = yuan("借方金额(元)", default=Decimal(0))
    credit = yuan("贷方金额(元)", default=Decimal(0))
    summary = serializers.CharField(max_length=200, default="", allow_blank=True, help_text="行摘要")
    department = serializers.CharField(max_length=40, default="", allow_blank=True, help_text="科室代码")
    counterparty = serializers.CharField(max_length=40, default="", allow_blank=True, help_text="往来机构代码")
    project = serializers.CharField(max_length=60, default="", allow_blank=True)
    purpose = serializers.CharField(max_length=40, default="", allow_blank=True)
    insurer = serializers.CharField(max_length=40, default="", allow_blank=True)
    scheme = serializers.CharField(max_length=20, default="", allow_blank=True)
    fund_type = serializers.CharField(max_length=20, default="", allow_blank=True)
    cost_item = serializers.CharField(max_length=20, default="", allow_blank=True)
    funding_source = serializers.CharField(max_length=20, default="", allow_blank=True)


class VoucherSerializer(serializers.Serializer):
    """A voucher to be reviewed."""

    institution = serializers.CharField(max_length=40, help_text="机构代码")
    day = serializers.DateField(help_text="记账日期")
    summary = serializers.CharField(max_length=200, help_text="摘要")
    lines = VoucherLineSerializer(many=True)
    once = serializers.UUIDField(required=False, help_text="重复提交时返回同一张凭证")


class MadeVoucherSerializer(serializers.Serializer):
    """What became of it."""

    voucher = serializers.IntegerField(help_text="手工凭证编号")
    matter = serializers.IntegerField(help_text="审核事项编号")


@extend_schema_view(get=extend_schema(tags=TAGS, summary="会计科目", operation_id="ledger_accounts"))
class AccountListView(VisibleList):
    """The unified chart and own accounts of institutions one may see."""

    roles = access.READERS
    serializer_class = AccountSerializer
    filterset_class = AccountApiFilter

    def visible(self, actor: Actor) -> QuerySet[Account]:
        own = Account.objects.filter(institution__in=access.institutions(actor))
        rows = Account.objects.filter(institution=None) | own
        return rows.select_related("parent", "institution").order_by("code", "pk")


@extend_schema_view(get=extend_schema(tags=TAGS, summary="凭证(含分录)", operation_id="ledger_entries"))
class EntryListView(VisibleList):
    """Posted entries of institutions one may see, the newest first."""

    roles = access.READERS
    serializer_class = EntrySerializer
    filterset_class = EntryApiFilter

    def visible(self, actor: Actor) -> QuerySet[Entry]:
        related = ("legs__account", "legs__dimension__department", "legs__dimension__counterparty")
        return access.entries(actor).prefetch_related(*related)


@extend_schema_view(get=extend_schema(tags=TAGS, summary="期间发生额", operation_id="ledger_balances"))
class BalanceListView(VisibleList):
    """What accounts moved by month and dimension."""

    roles = access.READERS
    serializer_class = BalanceSerializer
    filterset_class = BalanceApiFilter

    def visible(self, actor: Actor) -> QuerySet[PeriodBalance]:
        rows = PeriodBalance.objects.visible_to(actor, *access.READERS)
        related = ("institution", "account", "dimension__department", "dimension__counterparty")
        return rows.select_related(*related).order_by("institution", "period", "account", "pk")


class VoucherView(APIView):
    """Make a voucher; it is in the books when a second person has reviewed it."""

    roles = services.MAKERS

    @extend_schema(
        tags=TAGS,
        summary="制单(提交审核)",
        operation_id="ledger_make_voucher",
        request=VoucherSerializer,
        responses={201: MadeVoucherSerializer, 422: OpenApiResponse(description="内容有误，逐条列出")},
    )
    def post(self, request: Request) -> Response:
        given = asked(VoucherSerializer, request.data)
        institution = known_institution(request, given["institution"])
        voucher, matter = services.make_voucher(
            actor_of(request),
            institution_id=institution.pk,
            day=given["day"],
            summary=given["summary"],
            legs=_legs(institution, given["lines"]),
            once=given.get("once"),
        )
        return Response({"voucher": voucher.pk, "matter": matter}, status=201)


def _legs(institution: Institution, lines: list[dict[str, Any]]) -> list[LegInput]:
    """Codes to numbers, in two queries for all lines."""
    departments = dict(
        Department.objects.filter(
            institution=institution, code__in={line["department"] for line in lines if line["department"]}
        ).values_list("code", "pk")
    )
    members = dict(
        Institution.objects.filter(
            code__in={line["counterparty"] for line in lines if line["counterparty"]}
        ).values_list("code", "pk")
    )
    legs = []
    for place, line in enumerate(lines, start=1):
        for name, known in (("department", departments), ("counterparty", members)):
            if line[name] and line[name] not in known:
                title = DIMENSION_TITLES[name]
                raise Invalid(
                    "ledger.unknown_dimension", f"第 {place} 条分录的{title} {line[name]} 不存在。", field=name
                )
        legs.append(
            LegInput(
                account=line["account"],
                debit=to_fen(line["debit"]),
                credit=to_fen(line["credit"]),
                summary=line["summary"],
                dimensions=Dimensions(
                    department=departments.get(line["department"], 0),
                    counterparty=members.get(line["counterparty"], 0),
                    **{name: line[name] for name in [*DIMENSION_TITLES][2:]},
                ),
            )
        )
    return legs
