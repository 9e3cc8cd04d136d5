"""API of starting: what can be approved, how each begins, and beginning it. Apps say how by `SubjectType.begin`."""

from typing import Any, cast

from django.utils.translation import gettext as _now
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, PolymorphicProxySerializer, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ops_platform.identity.models import ROLE_TITLES
from ops_platform.kernel import Conflict, Forbidden, Invalid, Role
from ops_platform.web.api import actor_of
from workflows.api.matters import MatterListView, MatterSerializer, started
from workflows.api.scope import PERSONS, TAGS
from workflows.subjects import SubjectType, subject_types


def _with_type(registered: SubjectType, fields: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """The fields of a subject type under their `type`, as they are sent."""
    named = {"type": serializers.ChoiceField(choices=[registered.code], help_text="事项类型")}
    words = {"__doc__": str(registered.title), "__module__": __name__}
    name = "".join(part.capitalize() for part in registered.code.replace(".", "_").split("_"))
    return cast("type[serializers.Serializer[Any]]", type(f"Start{name}Serializer", (fields,), {**named, **words}))


def _fields_by_type() -> dict[str, Any]:
    return {each.code: _with_type(each, each.begin.fields) for each in subject_types() if each.begin is not None}


class SubjectTypeSerializer(serializers.Serializer):
    """A kind of matter and how it begins."""

    type = serializers.CharField(source="code", help_text="事项类型")
    title = serializers.CharField(help_text="名称")
    startable = serializers.SerializerMethodField(help_text="可否用 POST matters/ 发起")
    begun_at = serializers.CharField(help_text="不能用 POST matters/ 发起的，在哪里发起或为什么")
    roles = serializers.SerializerMethodField(help_text="可以发起的角色")
    mine = serializers.SerializerMethodField(help_text="本人的角色可否发起")
    fields_sent = serializers.SerializerMethodField(help_text="发起时各项内容的说明")

    def get_startable(self, registered: SubjectType) -> bool:
        return registered.begin is not None

    def get_roles(self, registered: SubjectType) -> list[str]:
        return [role.value for role in registered.applicants]

    def get_mine(self, registered: SubjectType) -> bool:
        return bool(self.context["actor"].has(*registered.applicants))

    def get_fields_sent(self, registered: SubjectType) -> dict[str, str]:
        if registered.begin is None:
            return {}
        fields = registered.begin.fields(context=self.context).fields
        return {name: str(field.help_text or "") for name, field in fields.items()}


class SubjectTypesView(APIView):
    """All kinds of matters."""

    roles = PERSONS

    @extend_schema(tags=TAGS, summary="可以审批的事项类型，各在哪里发起", responses=SubjectTypeSerializer(many=True))
    def get(self, request: Request) -> Response:
        context = {"actor": actor_of(request)}
        return Response(SubjectTypeSerializer(subject_types(), many=True, context=context).data)


class MattersView(MatterListView):
    """Matters the person may read; starting one."""

    @extend_schema(
        tags=TAGS,
        summary="发起一件事项",
        description=(
            "以登录会话调用，type 说明是哪一类，其余内容随类型而不同；规则与页面相同，提交后即进入审批。"
            "事项申请要带附件时用 POST requests/。在别处发起的类型见 GET subject-types/。"
        ),
        request=PolymorphicProxySerializer(
            component_name="StartMatter", serializers=_fields_by_type, resource_type_field_name="type"
        ),
        responses={201: OpenApiResponse(MatterSerializer, description="已提交")},
        examples=[
            OpenApiExample(
                "反结账",
                value={
                    "type": "nightly.reopening",
                    "institution": "H01",
                    "period": "2026-03",
                    "reason": "补录 3 月的外送检验费",
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        actor, registered = actor_of(request), _named(request)
        if not actor.has(*registered.applicants):
            titles = "、".join(str(ROLE_TITLES[Role(role)]) for role in registered.applicants)
            words = _now("您的角色不能发起「%(kind)s」，可以发起的有：%(titles)s。")
            raise Forbidden("workflows.may_not_apply", words % {"kind": registered.title, "titles": titles})
        if registered.begin is None:
            words = _now("「%(kind)s」不在这里发起：%(place)s")
            raise Conflict(
                "workflows.begun_elsewhere", words % {"kind": registered.title, "place": registered.begun_at}
            )
        asked = registered.begin.fields(data=request.data, context={"actor": actor})
        asked.is_valid(raise_exception=True)
        return started(request, registered.begin.start(actor, asked.validated_data))


def _named(request: Request) -> SubjectType:
    given = request.data.get("type") if isinstance(request.data, dict) else None
    found = next((each for each in subject_types() if each.code == given), None)
    if found is None:
        known = "、".join(each.code for each in subject_types())
        raise Invalid("workflows.unknown_type", f"请在 type 中给出事项类型，可用的有：{known}。", field="type")
    return found
