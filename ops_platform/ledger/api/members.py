"""API of who is consolidated: joining, leaving, everybody. For those who see all members."""

from decimal import Decimal

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ops_platform.kernel import Actor
from ops_platform.ledger.api.of_runs import maker
from ops_platform.ledger.api.scope import (
    TAGS,
    MonthField,
    asked,
    institution_code,
    institution_of,
)
from ops_platform.ledger.models import (
    ConsolidationMember,
)
from ops_platform.ledger.selectors import access
from ops_platform.ledger.selectors import consolidation as reads
from ops_platform.ledger.services import consolidation_members as membership
from ops_platform.masterdata.models import Institution
from ops_platform.web.api import actor_of
from ops_platform.web.api_lists import VisibleList

SMALLEST_SHARE = Decimal("0.000001")


class ConsolidationMemberSerializer(serializers.ModelSerializer):
    """That an institution is consolidated from a month on, and the share owned."""

    institution = institution_code("institution")

    class Meta:
        model = ConsolidationMember
        fields = ["id", "institution", "share", "since", "until", "changed_by", "changed_at", "ended_by"]


class JoinSerializer(serializers.Serializer):
    """An institution that is consolidated from a month on, or with another share from then on."""

    institution = serializers.CharField(max_length=40, help_text="机构代码")
    share = serializers.DecimalField(
        max_digits=7, decimal_places=6, min_value=SMALLEST_SHARE, max_value=Decimal(1), help_text="持有份额，1 为全部"
    )
    since = MonthField(help_text="自哪个月起，如 2026-03")


class LeaveSerializer(serializers.Serializer):
    """An institution that leaves after a month."""

    institution = serializers.CharField(max_length=40, help_text="机构代码")
    until = MonthField(help_text="最后合并的月份，如 2026-06")


class IncludedSerializer(serializers.Serializer):
    """How many institutions came in."""

    included = serializers.IntegerField()


@extend_schema_view(get=extend_schema(tags=TAGS, summary="合并范围", operation_id="ledger_consolidation_members"))
class MemberListView(VisibleList):
    """Who is and was consolidated; including an institution, or changing its share."""

    roles = access.WHOLE_READERS
    serializer_class = ConsolidationMemberSerializer

    def visible(self, actor: Actor) -> QuerySet[ConsolidationMember]:
        return reads.members(actor=actor)

    @extend_schema(
        tags=TAGS,
        summary="纳入合并范围",
        operation_id="ledger_include_member",
        request=JoinSerializer,
        responses={200: ConsolidationMemberSerializer, 409: OpenApiResponse(description="更晚月份的合并范围已定")},
    )
    def post(self, request: Request) -> Response:
        actor = maker(request)
        given = asked(JoinSerializer, request.data)
        institution = institution_of(Institution.objects.all(), given["institution"])
        row = membership.include_member(actor, institution=institution, share=given["share"], since=given["since"])
        return Response(ConsolidationMemberSerializer(row).data)


class EndMembershipView(APIView):
    """An institution leaves."""

    roles = membership.KEEPERS

    @extend_schema(
        tags=TAGS,
        summary="退出合并范围",
        operation_id="ledger_end_membership",
        request=LeaveSerializer,
        responses={200: ConsolidationMemberSerializer, 409: OpenApiResponse(description="该月不在合并范围内")},
    )
    def post(self, request: Request) -> Response:
        actor = maker(request)
        given = asked(LeaveSerializer, request.data)
        institution = institution_of(Institution.objects.all(), given["institution"])
        row = membership.end_membership(actor, institution=institution, until=given["until"])
        return Response(ConsolidationMemberSerializer(row).data)


class IncludeEverybodyView(APIView):
    """Consolidate every institution that never was, owned in full."""

    roles = membership.KEEPERS

    @extend_schema(
        tags=TAGS,
        summary="纳入全部机构",
        operation_id="ledger_include_everybody",
        request=None,
        responses=IncludedSerializer,
    )
    def post(self, request: Request) -> Response:
        return Response({"included": len(membership.include_everybody(actor_of(request)))})
