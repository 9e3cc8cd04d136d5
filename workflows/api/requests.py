"""API of general requests."""

from decimal import Decimal

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from ops_platform.kernel import Invalid, NotFound
from ops_platform.masterdata.models import Department, Institution
from ops_platform.web.api import actor_of
from workflows import services
from workflows.api.matters import MatterSerializer
from workflows.api.scope import TAGS
from workflows.models import RequestKind
from workflows.services.requests import ASKERS


class RequestSerializer(serializers.Serializer):
    """A general request."""

    institution = serializers.CharField(max_length=40, help_text="机构代码")
    department = serializers.CharField(max_length=40, required=False, allow_blank=True, help_text="科室代码，可不填")
    kind = serializers.ChoiceField(choices=RequestKind.choices, help_text="类别")
    title = serializers.CharField(max_length=120, help_text="事项名称")
    amount = serializers.DecimalField(max_digits=18, decimal_places=2, min_value=Decimal(0), help_text="金额(元)")
    reason = serializers.CharField(max_length=1000, help_text="理由")


class RequestView(APIView):
    """Submit a general request. What else is approved begins on its own page, as a reopening at the month."""

    roles = ASKERS

    @extend_schema(
        tags=TAGS,
        summary="发起事项申请",
        description="以登录会话调用，提交后即进入审批。反结账、角色授予等其他事项在各自的页面上发起。",
        request=RequestSerializer,
        responses={201: OpenApiResponse(MatterSerializer, description="已提交")},
    )
    def post(self, request: Request) -> Response:
        asked = RequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = dict(asked.validated_data)
        actor = actor_of(request)
        code, department = given.pop("institution"), given.pop("department", "")
        institution = Institution.objects.visible_to(actor).filter(code=code).first()
        if institution is None:
            raise NotFound("masterdata.no_institution", "没有这个机构。")
        found = Department.objects.filter(institution=institution, code=department).first() if department else None
        if department and found is None:
            raise Invalid("workflows.department_elsewhere", "所选科室不属于所选机构。", field="department")
        _row, matter = services.ask(
            actor, institution_id=institution.pk, department_id=found.pk if found else None, **given
        )
        place = reverse("api-matter", args=[matter.pk], request=request)
        body = MatterSerializer(matter, context={"request": request}).data
        return Response(body, status=201, headers={"Location": place})
