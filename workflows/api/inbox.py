"""API of the inbox: what waits for the person, what they did, what they were informed of, and how much of each."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ops_platform.kernel import Actor
from ops_platform.web.api import actor_of
from ops_platform.web.api_lists import VisibleList
from workflows.api.matters import TaskSerializer
from workflows.api.scope import PERSONS, TAGS
from workflows.filters.matters import CopyFilter, TaskFilter
from workflows.models import Copy, Matter
from workflows.selectors import matters as selectors


class CopySerializer(serializers.ModelSerializer):
    """A matter that the person was informed of."""

    matter: Any = serializers.HyperlinkedRelatedField(view_name="api-matter", read_only=True)
    title = serializers.CharField(source="matter.title", help_text="事项")
    applicant = serializers.CharField(source="matter.applicant.username", help_text="申请人用户名")
    state = serializers.ChoiceField(source="matter.state", choices=Matter.State.choices, help_text="事项状态")

    class Meta:
        model = Copy
        fields = ["matter", "title", "applicant", "state", "at", "read_at"]


class CountsSerializer(serializers.Serializer):
    """How many entries each tab of the inbox has, without filters."""

    to_do = serializers.IntegerField(help_text="待办：待我审批的与退回给我的")
    returned = serializers.IntegerField(help_text="其中退回给我、等我修改后重新提交或撤回的")
    done = serializers.IntegerField(help_text="已办")
    started = serializers.IntegerField(help_text="我发起的")
    copied = serializers.IntegerField(help_text="抄送我的")


@extend_schema_view(get=extend_schema(tags=TAGS, summary="我的待办"))
class TaskListView(VisibleList):
    """Tasks that wait for the person."""

    roles = PERSONS
    serializer_class = TaskSerializer
    filterset_class = TaskFilter

    def visible(self, actor: Actor) -> QuerySet[Any]:
        return selectors.to_do(actor).select_related("person")


@extend_schema_view(get=extend_schema(tags=TAGS, summary="我的已办"))
class DoneView(VisibleList):
    """Tasks that the person, or a delegate for them, signed or refused, the latest first."""

    roles = PERSONS
    serializer_class = TaskSerializer
    filterset_class = TaskFilter

    def visible(self, actor: Actor) -> QuerySet[Any]:
        return selectors.done(actor)


@extend_schema_view(get=extend_schema(tags=TAGS, summary="抄送我的事项"))
class CopiedView(VisibleList):
    """Matters that the person was informed of, the latest first."""

    roles = PERSONS
    serializer_class = CopySerializer
    filterset_class = CopyFilter

    def visible(self, actor: Actor) -> QuerySet[Any]:
        return selectors.copied(actor)


class CountsView(APIView):
    """How much there is in each list."""

    roles = PERSONS

    @extend_schema(tags=TAGS, summary="待办、已办、我发起的、抄送我的各有多少件", responses=CountsSerializer)
    def get(self, request: Request) -> Response:
        actor = actor_of(request)
        return Response(
            {
                "to_do": selectors.to_do_count(actor),
                "returned": selectors.returned(actor).count(),
                "done": selectors.done(actor).count(),
                "started": selectors.started(actor).count(),
                "copied": selectors.copied(actor).count(),
            }
        )
