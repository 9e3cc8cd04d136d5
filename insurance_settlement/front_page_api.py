"""API of front page findings: read only, since a front page is corrected in the HIS."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from insurance_settlement.front_page_filters import FrontPageApiFilter
from insurance_settlement.models import FrontPageFinding
from insurance_settlement.selectors import CASE_READERS
from insurance_settlement.selectors.front_pages import front_page_findings
from ops_platform.identity.access import log_patient_list
from ops_platform.kernel import Actor
from ops_platform.web.api_lists import VisibleList, money


class FrontPageFindingSerializer(serializers.ModelSerializer):
    """A finding with the case as it stands; charges in yuan."""

    institution = serializers.CharField(source="institution.code", help_text="机构代码")
    department = serializers.CharField(source="case.department.code", help_text="科室代码")
    drg = serializers.CharField(source="case.drg", help_text="病组或病种")
    status = serializers.CharField(source="case.status", help_text="入组状态")
    charges = money(source="case.charges", help_text="费用(元)")
    marked = serializers.SerializerMethodField(help_text="已标记核对无误的依据；未标记为空")
    drg_after = serializers.CharField(
        source="closed_case.drg", allow_null=True, default=None, help_text="关闭后的病组或病种；未关闭为空"
    )

    class Meta:
        model = FrontPageFinding
        fields = [
            "id",
            "institution",
            "period",
            "encounter_no",
            "department",
            "rule",
            "subject",
            "severity",
            "message",
            "drg",
            "status",
            "charges",
            "marked",
            "closing",
            "drg_after",
        ]

    def get_marked(self, row: FrontPageFinding) -> str:
        """What was compared."""
        mark = getattr(row, "mark", None)
        return mark.reason if mark else ""


@extend_schema_view(
    get=extend_schema(
        tags=["医保结算"],
        summary="病案首页问题(单个患者的数据，查询留痕)",
        operation_id="settlement_front_page_findings",
    )
)
class FrontPageFindingListView(VisibleList):
    """Findings within reach, of all states, the dearest stay first. Single patients: who asked is logged."""

    roles = CASE_READERS
    serializer_class = FrontPageFindingSerializer
    filterset_class = FrontPageApiFilter

    def visible(self, actor: Actor) -> QuerySet[FrontPageFinding]:
        return front_page_findings(actor=actor)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        shown = {row.institution: request.GET.urlencode()[:80] or "all" for row in page}
        log_patient_list(request._request, "front_page_list", shown)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)
