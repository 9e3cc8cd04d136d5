"""API of general requests, which take files with them."""

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ops_platform.web.api import FilesParser, JsonParser, actor_of
from workflows.api.matters import MatterSerializer, started
from workflows.api.scope import TAGS
from workflows.services.requests import ASKERS
from workflows.starting import RequestFields, start_request


class RequestWithFilesSerializer(RequestFields):
    """A general request with its attachments."""

    files = serializers.ListField(
        child=serializers.FileField(), required=False, help_text="附件，可多个；种类、大小和个数的限制与页面相同"
    )


class RequestView(APIView):
    """Submit a general request. Whatever else can be approved is started at `matters/`."""

    roles = ASKERS
    parser_classes = [JsonParser, FilesParser]

    @extend_schema(
        tags=TAGS,
        summary="发起事项申请，可带附件",
        description="以登录会话调用，提交后即进入审批。带附件时用 multipart/form-data，附件随内容一并签署。",
        request={"application/json": RequestFields, "multipart/form-data": RequestWithFilesSerializer},
        responses={201: OpenApiResponse(MatterSerializer, description="已提交")},
    )
    def post(self, request: Request) -> Response:
        actor = actor_of(request)
        asked = RequestFields(data=request.data, context={"actor": actor})
        asked.is_valid(raise_exception=True)
        matter = start_request(actor, asked.validated_data, files=request.FILES.getlist("files"))
        return started(request, matter)
