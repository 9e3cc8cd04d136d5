"""REST: runs with their progress, and starting one."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from ops_platform.nightly import selectors, services
from ops_platform.nightly.forms import PERIOD
from ops_platform.nightly.models import NightlyRun

TAGS = ["夜间运行"]


class RunSerializer(serializers.ModelSerializer):
    """A run as listed."""

    url = serializers.HyperlinkedIdentityField(view_name="api-nightly-run")

    class Meta:
        model = NightlyRun
        fields = ["id", "url", "business_date", "trigger", "started_by", "state", "started_at", "finished_at"]


class ProgressSerializer(serializers.Serializer):
    """How far a run is, in steps."""

    total = serializers.IntegerField(help_text="步骤总数")
    done = serializers.IntegerField(help_text="已成功(含无变化)")
    failed = serializers.IntegerField(help_text="失败或受阻")
    percent = serializers.IntegerField(help_text="已结束的百分比")


class RunDetailSerializer(RunSerializer):
    """A run with its progress."""

    progress = serializers.SerializerMethodField()

    class Meta(RunSerializer.Meta):
        fields = [*RunSerializer.Meta.fields, "progress"]

    @extend_schema(responses=ProgressSerializer)
    def get_progress(self, run: NightlyRun) -> dict[str, Any]:
        return ProgressSerializer(selectors.progress(run_id=run.pk)).data


class StartSerializer(serializers.Serializer):
    """What a run is to cover."""

    business_date = serializers.DateField(help_text="业务日期")
    period = serializers.RegexField(rf"^{PERIOD}$", required=False, help_text="只运行一个月份，如 2026-03")
    institutions = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, max_length=1_000, help_text="机构代码；空为全部"
    )


class StartedSerializer(serializers.Serializer):
    """The run that was started."""

    id = serializers.IntegerField()
    url = serializers.URLField()


class RunListView(generics.ListAPIView):
    """Runs, newest first; POST starts one."""

    roles = selectors.READERS
    serializer_class = RunSerializer
    filterset_fields = {"state": ["exact"], "business_date": ["exact", "gte", "lte"]}

    def get_queryset(self) -> Any:
        return NightlyRun.objects.order_by("-id")

    @extend_schema(tags=TAGS, summary="运行列表")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        tags=TAGS,
        summary="启动运行",
        description="限运营管理中心与财务负责人，以登录会话调用。运行在后台进行，按返回的地址查询进度。",
        request=StartSerializer,
        responses={202: OpenApiResponse(StartedSerializer, description="已启动")},
    )
    def post(self, request: Request) -> Response:
        asked = StartSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        run = services.start_run(request._request.actor, trigger="api", **asked.validated_data)  # type: ignore[attr-defined]
        url = reverse("api-nightly-run", args=[run.pk], request=request)
        return Response({"id": run.pk, "url": url}, status=202, headers={"Location": url})


@extend_schema(tags=TAGS, summary="一次运行及其进度", responses=RunDetailSerializer)
class RunDetailView(APIView):
    """One run with its progress."""

    roles = selectors.READERS

    def get(self, request: Request, pk: int) -> Response:
        run = selectors.access_run(run_id=pk)
        return Response(RunDetailSerializer(run, context={"request": request}).data)
