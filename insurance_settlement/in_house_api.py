"""API of the forecast for patients who are still in: read only."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from insurance_settlement.selectors import CASE_READERS
from insurance_settlement.selectors.in_house import in_house, institutions_in_house
from ops_platform.identity.access import log_patient_list
from ops_platform.kernel import NotFound
from ops_platform.web.api import actor_of
from ops_platform.web.api_lists import money
from ops_platform.web.api_queries import Query


class InHouseQuery(Query):
    """One institution, or a department of it."""

    institution = serializers.CharField(help_text="机构代码")
    department = serializers.CharField(required=False, help_text="科室代码")


def _ratio(**more: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=18, decimal_places=4, allow_null=True, **more)


class InHouseSerializer(serializers.Serializer):
    """A stay that is not over, with the estimate by its latest diagnoses (no settlement); money in yuan."""

    encounter_no = serializers.CharField()
    department = serializers.CharField(source="department.code", help_text="科室代码")
    admitted = serializers.DateTimeField(source="stay.admitted")
    days = serializers.IntegerField(help_text="已住院(天)")
    charges = money(help_text="目前费用(元)")
    drg = serializers.CharField(help_text="预计病组；尚无法判断为空")
    payment = money(allow_null=True, help_text="预计支付(元)")
    remaining = money(allow_null=True, help_text="预计支付 − 目前费用(元)")
    used = _ratio(help_text="目前费用 ÷ 预计支付")
    high_limit = money(allow_null=True, help_text="高倍率界限(元)")
    mean_days = serializers.DecimalField(max_digits=10, decimal_places=2, allow_null=True, help_text="本院同组平均(天)")
    mean_charges = money(allow_null=True, help_text="本院同组次均费用(元)")
    notices = serializers.ListField(child=serializers.CharField(), help_text="提示")


class InHouseView(APIView):
    """Patients who are still in. Single patients: who asked is logged."""

    roles = CASE_READERS

    @extend_schema(
        tags=["医保结算"],
        summary="在院病例预测(单个患者的数据，查询留痕；估算，不是结算)",
        operation_id="settlement_in_house",
        parameters=[InHouseQuery],
        responses=InHouseSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        asked, actor = InHouseQuery.of(request), actor_of(request)
        institution = institutions_in_house(actor=actor).filter(code=asked["institution"]).first()
        if institution is None:
            raise NotFound("masterdata.no_institution", "没有这个机构。")
        log_patient_list(request._request, "in_house_list", {institution: request.GET.urlencode()[:80]})
        department = asked.get("department", "")
        found = in_house(actor=actor, institution=institution)
        lines = [line for line in found.lines if department in ("", line.department.code)]
        return Response(InHouseSerializer(lines, many=True).data)
