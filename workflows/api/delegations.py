"""API of handing one's tasks over for some days: the rules and refusals of the page."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ops_platform.kernel import Actor
from ops_platform.web.api import actor_of
from ops_platform.web.api_lists import VisibleList
from workflows import services
from workflows.api.scope import TAGS
from workflows.models import Delegation
from workflows.selectors import matters as selectors
from workflows.selectors.matters import SIGNERS


class DelegationSerializer(serializers.ModelSerializer):
    """Who acts for whom, on which days, in which types of matter."""

    principal = serializers.CharField(source="principal.username", help_text="委托人用户名")
    delegate = serializers.CharField(source="delegate.username", help_text="受托人用户名")
    kinds = serializers.ListField(
        source="subject_types", child=serializers.CharField(), help_text="事项类型，空表示全部事项"
    )

    class Meta:
        model = Delegation
        fields = ["id", "principal", "delegate", "first_day", "last_day", "kinds", "reason", "made_at", "revoked_at"]


class NewDelegationSerializer(serializers.Serializer):
    """A delegation to be made."""

    to = serializers.IntegerField(min_value=1, help_text="受托人的人员编号")
    first_day = serializers.DateField(help_text="开始日期")
    last_day = serializers.DateField(help_text="结束日期，含当日，最长 90 天")
    reason = serializers.CharField(min_length=2, max_length=200, help_text="原因")
    kinds = serializers.ListField(
        child=serializers.CharField(max_length=60), required=False, help_text="事项类型，不填表示全部事项"
    )


@extend_schema_view(get=extend_schema(tags=TAGS, summary="我委托他人的和他人委托我的"))
class DelegationListView(VisibleList):
    """Delegations that the person gave or received; making one."""

    roles = SIGNERS
    serializer_class = DelegationSerializer

    def visible(self, actor: Actor) -> QuerySet[Any]:
        return selectors.delegations_of(actor)

    @extend_schema(
        tags=TAGS,
        summary="委派",
        description="以登录会话调用，规则与页面相同：受托人须能以本人的每个角色签字；同一天同一类事项只有一位受托人。",
        request=NewDelegationSerializer,
        responses={201: OpenApiResponse(DelegationSerializer, description="已委派")},
        examples=[
            OpenApiExample(
                "出差三天，只委派事项申请",
                value={
                    "to": 12,
                    "first_day": "2026-12-01",
                    "last_day": "2026-12-03",
                    "reason": "外出开会",
                    "kinds": ["workflows.request"],
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        asked = NewDelegationSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        row = services.delegate(actor_of(request), **asked.validated_data)
        return Response(DelegationSerializer(row).data, status=201)


class RevocationView(APIView):
    """End a delegation now."""

    roles = SIGNERS

    @extend_schema(
        tags=TAGS,
        summary="撤销委派",
        description="只能撤销本人作出的委派；重复撤销不改变任何内容。未办的事项回到委托人。",
        request=None,
        responses=DelegationSerializer,
    )
    def post(self, request: Request, pk: int) -> Response:
        row = services.revoke_delegation(actor_of(request), delegation_id=pk)
        return Response(DelegationSerializer(row).data)
