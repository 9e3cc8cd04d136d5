"""API of long work in the background: how far it is, what came of it."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from ops_platform.ledger.api.scope import TAGS
from ops_platform.ledger.models import Errand
from ops_platform.ledger.selectors import access, errands
from ops_platform.web.api import actor_of

COUNTS = ("booked", "taken_back", "standing", "findings", "entries", "repeated", "lines", "events", "different")


class ErrandSerializer(serializers.Serializer):
    """Work that somebody asked for."""

    id = serializers.IntegerField()
    url = serializers.CharField(help_text="查询进度的地址")
    kind = serializers.ChoiceField(choices=Errand.Kind.choices)
    institution = serializers.CharField(help_text="机构代码")
    period = serializers.CharField()
    state = serializers.ChoiceField(choices=Errand.State.choices)
    asked_by = serializers.CharField()
    asked_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    result = serializers.DictField(child=serializers.IntegerField(), help_text="完成后的件数")
    words = serializers.CharField(help_text="结果或未完成的原因")
    error_code = serializers.CharField()
    file = serializers.CharField(allow_null=True, help_text="导出文件的下载地址")


def told(request: Request, errand: Errand) -> dict[str, Any]:
    """An errand as the API tells it."""
    done = errand.state == Errand.State.SUCCEEDED
    export = errand.result.get("export")
    return {
        "id": errand.pk,
        "url": reverse("ledger-errand", args=[errand.pk], request=request),
        "kind": errand.kind,
        "institution": errand.institution.code,
        "period": errand.period,
        "state": errand.state,
        "asked_by": errand.asked_by,
        "asked_at": errand.asked_at,
        "started_at": errand.started_at,
        "finished_at": errand.finished_at,
        "result": {name: errand.result[name] for name in COUNTS if name in errand.result},
        "words": errands.outcome_words(errand) if done else errand.error,
        "error_code": errand.error_code,
        "file": reverse("ledger-export-file", args=[export], request=request) if export else None,
    }


def accepted(request: Request, errand: Errand) -> Response:
    """The answer to who asked for long work: where to see it."""
    body = told(request, errand)
    return Response(body, status=202, headers={"Location": body["url"]})


class ErrandView(APIView):
    """One piece of long work."""

    roles = access.READERS

    @extend_schema(tags=TAGS, summary="后台任务的进度与结果", operation_id="ledger_errand", responses=ErrandSerializer)
    def get(self, request: Request, pk: int) -> Response:
        return Response(told(request, errands.access_errand(actor_of(request), pk)))
