"""API of acting upon a matter. The same services as the pages."""

from collections.abc import Callable, Sequence
from typing import Any

from django.core.files import File
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ops_platform.kernel import Actor, Invalid
from ops_platform.web.api import FilesParser, JsonParser, actor_of
from workflows import services
from workflows.api.matters import MatterDetailSerializer
from workflows.api.scope import PERSONS, TAGS
from workflows.models import Matter
from workflows.selectors import matters as selectors


class ActingSerializer(serializers.Serializer):
    """An act upon a matter."""

    act = serializers.ChoiceField(
        choices=[
            "approve",
            "reject",
            "return",
            "transfer",
            "add_before",
            "add_after",
            "take_back",
            "withdraw",
            "resubmit",
            "urge",
            "comment",
        ],
        help_text="办理动作",
    )
    task = serializers.IntegerField(
        required=False, min_value=1, help_text="待办编号；同意、否决、退回、转办、加签时必填"
    )
    comment = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="", help_text="意见")
    step = serializers.CharField(max_length=40, required=False, allow_blank=True, default="", help_text="退回到的环节")
    person = serializers.IntegerField(required=False, min_value=1, help_text="转办、加签或取消加签的人员编号")


class ActingWithFilesSerializer(ActingSerializer):
    """A comment with files."""

    files = serializers.ListField(
        child=serializers.FileField(),
        required=False,
        help_text="附件，只用于评论，可多个；种类、大小和个数的限制与页面相同",
    )


class ActView(APIView):
    """Act upon a matter as the signed-in person."""

    roles = PERSONS
    parser_classes = [JsonParser, FilesParser]

    @extend_schema(
        tags=TAGS,
        summary="办理",
        description=(
            "以登录会话调用，规则与页面相同：不能审批自己的事项，待办须是本人的。评论带附件时用 multipart/form-data。"
        ),
        request={"application/json": ActingSerializer, "multipart/form-data": ActingWithFilesSerializer},
        responses=MatterDetailSerializer,
    )
    def post(self, request: Request, pk: int) -> Response:
        asked = ActingSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        actor = actor_of(request)
        selectors.access_matter(actor, pk)
        _verb(actor, pk, asked.validated_data, request.FILES.getlist("files"))()
        matter = selectors.access_matter(actor, pk)
        return Response(MatterDetailSerializer(matter, context={"request": request}).data)


def _verb(actor: Actor, pk: int, given: dict[str, Any], files: Sequence[File]) -> Callable[[], Matter]:
    act, words = given["act"], given["comment"]
    if files and act != "comment":
        raise Invalid(
            "workflows.files_with_comment", "附件只能随评论(act=comment)上传，请先评论再办理。", field="files"
        )
    if act in ("withdraw", "resubmit"):
        return lambda: getattr(services, act)(actor, matter_id=pk, comment=words)
    if act == "urge":
        return lambda: services.urge(actor, matter_id=pk)
    if act == "comment":
        return lambda: services.comment(actor, matter_id=pk, words=words, files=files)
    if "task" not in given:
        raise Invalid("workflows.no_task_named", "请在 task 中给出本人的待办编号。", field="task")
    common = {"matter_id": pk, "task": given["task"], "comment": words}
    if act in ("approve", "reject"):
        return lambda: getattr(services, act)(actor, **common)
    if act == "return":
        return lambda: services.return_to(actor, step=given["step"], **common)
    if "person" not in given:
        raise Invalid("workflows.no_such_colleague", "请在 person 中给出人员编号。", field="person")
    if act == "transfer":
        return lambda: services.transfer(actor, to=given["person"], **common)
    if act == "take_back":
        return lambda: services.take_back_signer(actor, guest=given["person"], **common)
    return lambda: services.add_signer(actor, added=given["person"], before=act == "add_before", **common)
