"""REST intake: one address per dataset, so that the OpenAPI page shows each dataset's fields."""

import zlib
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import Http404
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import generics, serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ops_platform.his_intake import formats, selectors, services
from ops_platform.his_intake.datasets.catalogue import DATASETS
from ops_platform.his_intake.datasets.declaration import Dataset
from ops_platform.his_intake.formats import Delivery
from ops_platform.his_intake.models import Batch
from ops_platform.his_intake.schema import ERRORS, example_of, row_serializer, xml_example_of, xml_schema
from ops_platform.his_intake.xml_rows import from_xml
from ops_platform.kernel import DomainError, Forbidden, Invalid, Role
from ops_platform.web.api import actor_of


class TooLarge(DomainError):
    """The body is larger than the gate takes."""

    status = 413


class UnsupportedType(DomainError):
    """The content type is none of those the gate reads."""

    status = 415


class BadBody(DomainError):
    """The body cannot be read at all."""

    status = 400


class RawParser(BaseParser):
    """Leaves the body as it is: its digest is taken before anything is parsed."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        return bytes(stream.read(settings.INTAKE_MAX_BODY_BYTES + 1))


class ReceiptSerializer(serializers.Serializer):
    """The answer to an accepted batch."""

    institution = serializers.CharField(source="batch.institution.code", help_text="机构代码")
    dataset = serializers.CharField(source="batch.dataset", help_text="数据集")
    batch_no = serializers.CharField(source="batch.batch_no", help_text="报送方的批次号")
    sequence = serializers.IntegerField(source="batch.sequence", help_text="本机构的批次顺序号")
    rows = serializers.IntegerField(source="batch.rows", help_text="总行数")
    landed = serializers.IntegerField(source="batch.landed", help_text="新入库")
    superseded = serializers.IntegerField(source="batch.superseded", help_text="更正(替换同一主键的旧行)")
    unchanged = serializers.IntegerField(source="batch.unchanged", help_text="与已有数据相同")
    retracted = serializers.IntegerField(source="batch.retracted", help_text="撤回")
    quarantined = serializers.IntegerField(source="batch.quarantined", help_text="进入隔离区")
    errors = serializers.SerializerMethodField(  # type: ignore[assignment]
        help_text="前 100 个错误：row, field, value, code, message"
    )
    url = serializers.SerializerMethodField(help_text="该批次的地址，含全部错误")

    def get_errors(self, receipt: services.Receipt) -> list[dict[str, Any]]:
        return [
            {"row": e.row, "field": e.field, "value": e.value, "code": e.code, "message": e.message}
            for e in receipt.errors
        ]

    def get_url(self, receipt: services.Receipt) -> str:
        return reverse("intake-batch", args=[receipt.batch.pk])


class BatchSerializer(serializers.ModelSerializer):
    """A batch as listed."""

    institution = serializers.CharField(source="institution.code")
    url = serializers.HyperlinkedIdentityField(view_name="intake-batch")

    class Meta:
        model = Batch
        fields = [
            "id",
            "url",
            "institution",
            "dataset",
            "batch_no",
            "sequence",
            "source",
            "received_at",
            "rows",
            "landed",
            "superseded",
            "unchanged",
            "retracted",
            "quarantined",
            "months",
        ]


class BatchDetailSerializer(BatchSerializer):
    """A batch with all its faulty rows."""

    errors = serializers.SerializerMethodField()  # type: ignore[assignment]

    class Meta(BatchSerializer.Meta):
        fields = [*BatchSerializer.Meta.fields, "errors"]

    def get_errors(self, batch: Batch) -> list[dict[str, Any]]:
        rows = batch.quarantined_rows.order_by("row_no").values_list("faults", flat=True)
        return [fault for faults in rows for fault in faults]


READERS_OF_ROWS: dict[str, Callable[[Dataset, bytes], Delivery]] = {
    "application/x-ndjson": formats.from_ndjson,
    "text/csv": formats.from_csv,
    "application/xml": from_xml,
    "text/xml": from_xml,
}
"""Bodies that hold rows only: institution and batch number stand in the address."""


class IntakeView(APIView):
    """Takes one batch of a dataset."""

    roles = services.SENDERS
    parser_classes = [RawParser]
    dataset: Dataset

    def take(self, request: Request) -> Response:
        """The one way in; each dataset's view has a `post` of its own only to be described apart."""
        sent: Any = request.data
        if not isinstance(sent, bytes):
            raise BadBody("his_intake.no_rows", "请求体为空。")
        body = self._unpacked(request, sent)
        kind = (request.content_type or "").split(";")[0].strip().lower()
        self._check_scope(request)
        if kind == "application/json":
            envelope = _as_bad_body(lambda: formats.from_json(body))
            if not isinstance(envelope, dict):
                raise BadBody("his_intake.not_an_envelope", "请求体应为 {institution, batch_no, rows}。")
            institution, batch_no = envelope.get("institution"), envelope.get("batch_no")
            if not isinstance(institution, str | None):
                raise BadBody("his_intake.not_an_envelope", "institution 应为机构代码(文本)。")

            def read() -> Delivery:
                return formats.from_rows(self.dataset, envelope.get("rows"))

        elif kind in READERS_OF_ROWS:
            institution = request.query_params.get("institution")
            batch_no = request.query_params.get("batch_no")

            def read() -> Delivery:
                return READERS_OF_ROWS[kind](self.dataset, body)

        else:
            raise UnsupportedType(
                "his_intake.content_type",
                "Content-Type 应为 application/json、application/x-ndjson、text/csv 或 application/xml。",
            )
        actor = actor_of(request)
        receipt = services.accept_batch(
            actor,
            dataset=self.dataset,
            institution=services.access_institution(actor, institution, *self.roles),
            batch_no=batch_no,
            digest=services.digest_of_body(body),
            read=read,
        )
        return Response(ReceiptSerializer(receipt).data, status=200 if receipt.repeated else 201)

    def _check_scope(self, request: Request) -> None:
        scope = getattr(request.auth, "datasets", None)
        if scope and self.dataset.code not in scope:
            raise Forbidden(
                "his_intake.key_not_for_dataset",
                f"此密钥不能报送数据集 {self.dataset.code}，请联系系统管理员调整密钥范围。",
            )

    def _unpacked(self, request: Request, body: bytes) -> bytes:
        if len(body) > settings.INTAKE_MAX_BODY_BYTES:
            raise TooLarge("his_intake.too_large", "请求体过大，请分成几批报送。")
        encoding = request.headers.get("Content-Encoding", "").lower()
        if encoding in ("", "identity"):
            return body
        if encoding != "gzip":
            raise UnsupportedType("his_intake.content_encoding", "Content-Encoding 只支持 gzip。")
        return _gunzip(body)


def _gunzip(body: bytes) -> bytes:
    """All members of a gzip body, within the limit."""
    parts: list[bytes] = []
    room, rest = settings.INTAKE_MAX_UNPACKED_BYTES, body
    while rest:
        unpacker = zlib.decompressobj(wbits=31)
        try:
            parts.append(unpacker.decompress(rest, room + 1))
        except zlib.error as error:
            raise BadBody("his_intake.not_gzip", "请求体不是有效的 gzip。") from error
        room -= len(parts[-1])
        if room < 0:
            raise TooLarge("his_intake.too_large", "请求体解压后过大，请分成几批报送。")
        if not unpacker.eof:
            raise BadBody("his_intake.not_gzip", "gzip 内容不完整，请重新报送。")
        rest = unpacker.unused_data
    return b"".join(parts)


def _as_bad_body(read: Any) -> Any:
    try:
        return read()
    except Invalid as error:
        raise BadBody(error.code, error.message) from error


def intake_view(dataset: Dataset) -> type[IntakeView]:
    """The view class of a dataset, described for the OpenAPI page."""
    row = row_serializer(dataset)
    name = row.__name__.removesuffix("Row")
    envelope = type(
        f"{name}Batch",
        (serializers.Serializer,),
        {
            "__doc__": f"一批{dataset.title}。",
            "institution": serializers.CharField(help_text="机构代码"),
            "batch_no": serializers.CharField(help_text="报送方自己的批次号，同一机构同一数据集内唯一"),
            "rows": row(many=True),
        },
    )

    def post(self: IntakeView, request: Request) -> Response:
        return self.take(request)

    view = type(f"{name}IntakeView", (IntakeView,), {"dataset": dataset, "__doc__": dataset.hint, "post": post})
    keys = "、".join(dataset.by_name[key].title for key in dataset.key)
    decorate = extend_schema(
        operation_id=f"intake_{dataset.code.replace('-', '_')}",
        summary=f"报送{dataset.title}",
        description=f'{dataset.hint}\n\n主键：机构 + {keys}。同一主键再报内容不同时更正旧行；`"op": "retract"` 撤回。',
        tags=["数据采集"],
        parameters=[
            OpenApiParameter("institution", str, description="机构代码(NDJSON、CSV、XML 用)"),
            OpenApiParameter("batch_no", str, description="批次号(NDJSON、CSV、XML 用)"),
        ],
        request={
            "application/json": envelope,
            "application/x-ndjson": OpenApiTypes.STR,
            "text/csv": OpenApiTypes.STR,
            "application/xml": xml_schema(row),
        },
        responses={
            201: OpenApiResponse(ReceiptSerializer, description="已接收"),
            200: OpenApiResponse(ReceiptSerializer, description="同一批次此前已接收，返回当时的结果"),
            **ERRORS,
        },
        examples=[
            OpenApiExample("示例", value=example_of(dataset), request_only=True, media_type="application/json"),
            OpenApiExample("XML 示例", value=xml_example_of(dataset), request_only=True, media_type="application/xml"),
        ],
    )
    view.post = decorate(view.post)  # type: ignore[attr-defined]
    return view


class UnknownDatasetView(APIView):
    """Any other dataset name."""

    roles = services.SENDERS
    parser_classes = [RawParser]

    @extend_schema(exclude=True)
    def post(self, request: Request, dataset: str) -> Response:
        services.dataset_of(dataset)
        raise Http404

    @extend_schema(exclude=True)
    def get(self, request: Request, dataset: str) -> Response:
        services.dataset_of(dataset)
        raise Http404


READERS = (*services.SENDERS, Role.AUDITOR, Role.ACCOUNTING_REVIEWER)


@extend_schema(tags=["数据采集"], summary="批次列表", responses={200: BatchSerializer(many=True), **ERRORS})
class BatchListView(generics.ListAPIView):
    """Batches of the institutions one may see, newest first."""

    roles = READERS
    serializer_class = BatchSerializer
    filterset_fields = {"institution__code": ["exact"], "dataset": ["exact"], "batch_no": ["exact"]}

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return Batch.objects.none()
        return selectors.batches(actor=actor_of(self.request))


@extend_schema(tags=["数据采集"], summary="一个批次及其全部错误", responses={200: BatchDetailSerializer, **ERRORS})
class BatchDetailView(generics.RetrieveAPIView):
    """One batch with every faulty row."""

    roles = READERS
    serializer_class = BatchDetailSerializer

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return Batch.objects.none()
        return selectors.batches(actor=actor_of(self.request))


VIEWS = {code: intake_view(dataset) for code, dataset in DATASETS.items()}
