"""API of the alliance's agreements: read only. One is asked for by `POST /api/v1/workflows/matters/`."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from costing.models import SettlementPart
from costing.selectors import agreements
from costing.selectors.access import READERS
from ops_platform.kernel import Actor
from ops_platform.web.api import actor_of
from ops_platform.web.api_lists import VisibleList
from ops_platform.web.api_queries import MonthField, Query, refuse_unknown

TAGS = ["医共体分担"]


class AgreementPartySerializer(serializers.Serializer):
    """A party."""

    role = serializers.CharField()
    institution = serializers.CharField(source="institution.code", allow_null=True, default=None, help_text="机构代码")
    share = serializers.DecimalField(max_digits=9, decimal_places=6)


class AgreementRateSerializer(serializers.Serializer):
    """What a unit costs."""

    service_kind = serializers.CharField()
    unit_cost = serializers.DecimalField(max_digits=18, decimal_places=6)


class AgreementSerializer(serializers.Serializer):
    """A version of an agreement."""

    code = serializers.CharField(source="row.code")
    name = serializers.CharField(source="row.name")
    kind = serializers.CharField(source="row.kind")
    effective_from = serializers.DateField(source="row.effective_from")
    state = serializers.ChoiceField(choices=("in_force", "next", "former", "ended"))
    by_full_cost = serializers.BooleanField(source="row.by_full_cost")
    department = serializers.CharField(source="row.department.code", allow_null=True, default=None)
    fee_classes = serializers.ListField(source="row.fee_classes", child=serializers.CharField())
    items = serializers.ListField(source="row.items", child=serializers.CharField())
    parties = AgreementPartySerializer(source="row.shares.all", many=True)
    unit_costs = AgreementRateSerializer(source="row.rates.all", many=True)
    source_mark = serializers.CharField(source="row.source_mark")
    source_text = serializers.CharField(source="row.source_text")


class SettlementPartSerializer(serializers.ModelSerializer):
    """What a member bears of an amount, and for whom; equal bearer and payee: its own."""

    agreement = serializers.CharField(source="run.code")
    period = serializers.CharField(source="run.period")
    version = serializers.IntegerField(source="run.version")
    what = serializers.CharField(source="basis.what")
    provider = serializers.CharField(source="basis.provider.code")
    receiver = serializers.CharField(source="basis.receiver.code", allow_null=True, default=None)
    volume = serializers.DecimalField(source="basis.volume", max_digits=18, decimal_places=4)
    basis_amount = serializers.DecimalField(source="basis.amount", max_digits=18, decimal_places=2)
    bearer = serializers.CharField(source="bearer.code", help_text="承担机构代码")
    payee = serializers.CharField(source="payee.code", help_text="收取机构代码")

    class Meta:
        model = SettlementPart
        fields = [
            "run",
            "agreement",
            "period",
            "version",
            "what",
            "provider",
            "receiver",
            "volume",
            "basis_amount",
            "role",
            "share",
            "bearer",
            "payee",
            "amount",
        ]


class PeriodQuery(Query):
    """Narrowed to a month."""

    period = MonthField(required=False, help_text="期间，如 2026-03；不填为全部")


class AgreementListView(APIView):
    """Agreements that concern the caller."""

    roles = READERS

    @extend_schema(
        tags=TAGS,
        summary="分担协议及其版本",
        operation_id="costing_agreements",
        responses=AgreementSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        refuse_unknown(request, ())
        rows = agreements.versions(actor=actor_of(request), day=timezone.localdate())
        return Response(AgreementSerializer(rows, many=True).data)


@extend_schema_view(
    get=extend_schema(
        tags=TAGS,
        summary="医共体分担结算(当前版本)",
        operation_id="costing_agreement_settlements",
        parameters=[PeriodQuery],
    )
)
class SettlementPartListView(VisibleList):
    """What members bear for each other."""

    roles = READERS
    serializer_class = SettlementPartSerializer
    query = PeriodQuery

    def visible(self, actor: Actor) -> Any:
        period = PeriodQuery.of(self.request).get("period")
        rows = agreements.parts_seen(actor=actor).filter(run__is_current=True)
        return rows.filter(run__period=period) if period else rows
