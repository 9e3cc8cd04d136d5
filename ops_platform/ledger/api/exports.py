"""API of vouchers handed to a finance system: the history, a file."""

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ops_platform.kernel import Actor
from ops_platform.ledger import services
from ops_platform.ledger.api.errands import ErrandSerializer, accepted
from ops_platform.ledger.api.scope import TAGS, MonthScope, scope
from ops_platform.ledger.filters import ExportApiFilter
from ops_platform.ledger.models import VoucherExport
from ops_platform.ledger.selectors import access, exports
from ops_platform.ledger.selectors.exports import EXPORTERS
from ops_platform.ledger.views.exports import file_response
from ops_platform.web.api import actor_of
from ops_platform.web.api_lists import VisibleList


class ExportSerializer(serializers.ModelSerializer):
    """A file of vouchers that somebody took."""

    institution = serializers.CharField(source="institution.code", help_text="机构代码")
    template = serializers.CharField(source="template.code", help_text="导出模板代码")

    class Meta:
        model = VoucherExport
        fields = [
            "id",
            "institution",
            "period",
            "template",
            "file_format",
            "entries",
            "lines",
            "repeated",
            "digest",
            "made_by",
            "made_at",
        ]


class WantedExportSerializer(MonthScope):
    """Which vouchers to hand over."""

    template = serializers.CharField(max_length=40, help_text="导出模板代码")
    file_format = serializers.ChoiceField(choices=VoucherExport.Format.choices, default="xlsx", help_text="文件格式")
    again = serializers.BooleanField(default=False, help_text="重新导出：含已导出过的凭证")


@extend_schema_view(get=extend_schema(tags=TAGS, summary="凭证导出记录", operation_id="ledger_voucher_exports"))
class VoucherExportListView(VisibleList):
    """Files of vouchers that were taken, the newest first."""

    roles = access.READERS
    serializer_class = ExportSerializer
    filterset_class = ExportApiFilter

    def visible(self, actor: Actor) -> QuerySet[VoucherExport]:
        return exports.exports(actor)


class ExportVouchersView(APIView):
    """Have a file made of the vouchers of a month that were in no file yet, or of all of them again."""

    roles = EXPORTERS

    @extend_schema(
        tags=TAGS,
        summary="导出凭证文件",
        description="文件在后台生成，按返回的地址查询；完成后 `file` 是下载地址。",
        operation_id="ledger_export_vouchers",
        request=WantedExportSerializer,
        responses={202: ErrandSerializer, 409: OpenApiResponse(description="没有凭证，或都已导出")},
    )
    def post(self, request: Request) -> Response:
        actor = actor_of(request)
        institution, given = scope(WantedExportSerializer, request.data, access.institutions(actor))
        given.pop("institution")
        return accepted(request, services.ask_export(actor, institution=institution, **given))


class ExportFileView(APIView):
    """The file of an export."""

    roles = EXPORTERS

    @extend_schema(
        tags=TAGS, summary="下载导出的文件", operation_id="ledger_export_file", responses={200: OpenApiTypes.BINARY}
    )
    def get(self, request: Request, pk: int) -> HttpResponse:
        return file_response(*exports.file_of(actor_of(request), pk))
