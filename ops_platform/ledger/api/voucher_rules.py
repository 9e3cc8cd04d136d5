"""API of voucher rules: their versions, asking for other ones."""

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ops_platform.ledger.api.scope import PAGES, TAGS, asked, page_of, paged
from ops_platform.ledger.models import VoucherRules
from ops_platform.ledger.selectors import access
from ops_platform.ledger.services.voucher_rules import LONGEST_NOTE, WantedRules, propose_voucher_rules
from ops_platform.web.api import actor_of


class RulesSerializer(serializers.ModelSerializer):
    """A version of the rules with its rule book."""

    class Meta:
        model = VoucherRules
        fields = ["version", "effective_from", "note", "source_mark", "made_by", "approved_by", "made_at", "body"]


class WantedRulesSerializer(serializers.Serializer):
    """Another rule book that is asked for."""

    effective_from = serializers.DateField(help_text="生效日期")
    note = serializers.CharField(max_length=LONGEST_NOTE, help_text="变更依据")
    body = serializers.JSONField(help_text="凭证规则，格式见 docs/algorithms/voucher_rules.md")


class AskedRulesSerializer(serializers.Serializer):
    """What became of it."""

    proposal = serializers.IntegerField(help_text="申请编号")
    matter = serializers.IntegerField(help_text="审批事项编号")


class VoucherRulesView(APIView):
    """Versions of the rules, and asking for another one."""

    roles = access.READERS

    @extend_schema(
        tags=TAGS,
        summary="凭证规则的版本",
        operation_id="ledger_voucher_rules",
        parameters=PAGES,
        responses=page_of("VoucherRules", RulesSerializer),
    )
    def get(self, request: Request) -> Response:
        versions = VoucherRules.objects.order_by("-version")
        return paged(request, self, versions, lambda row: RulesSerializer(row).data)

    @extend_schema(
        tags=TAGS,
        summary="申请变更凭证规则",
        operation_id="ledger_propose_voucher_rules",
        request=WantedRulesSerializer,
        responses={201: AskedRulesSerializer, 422: OpenApiResponse(description="规则有误，逐处列出")},
    )
    def post(self, request: Request) -> Response:
        wanted = WantedRules(**asked(WantedRulesSerializer, request.data))
        proposal, matter = propose_voucher_rules(actor_of(request), wanted)
        return Response({"proposal": proposal.pk, "matter": matter}, status=201)
