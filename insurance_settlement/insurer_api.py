"""API of the comparison with the insurer's grouping: read only."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from insurance_settlement.insurer_filters import ComparisonApiFilter
from insurance_settlement.models import GroupComparison
from insurance_settlement.selectors import CASE_READERS
from insurance_settlement.selectors.insurer import comparisons
from ops_platform.identity.access import log_patient_list
from ops_platform.kernel import Actor
from ops_platform.web.api_lists import VisibleList


class GroupComparisonSerializer(serializers.ModelSerializer):
    """A stay with our group and the insurer's; worth is a weight or points, money in yuan, differences ours − theirs."""

    institution = serializers.CharField(source="institution.code", help_text="机构代码")
    department = serializers.CharField(source="department.code", help_text="科室代码")
    case = serializers.IntegerField(source="case_id", allow_null=True, help_text="病例；本院没有分组时为空")

    class Meta:
        model = GroupComparison
        fields = [
            "institution",
            "period",
            "encounter_no",
            "department",
            "discharged",
            "scheme",
            "kind",
            "case",
            "drg",
            "worth",
            "payment",
            "their_drg",
            "their_worth",
            "their_payment",
            "worth_difference",
            "payment_difference",
            "told_on",
            "scheme_version",
            "reason",
        ]


@extend_schema_view(
    get=extend_schema(
        tags=["医保结算"], summary="医保分组对照(单个患者的数据，查询留痕)", operation_id="settlement_insurer_groupings"
    )
)
class ComparisonListView(VisibleList):
    """Stays within reach, the greatest difference first. Single patients: who asked is logged."""

    roles = CASE_READERS
    serializer_class = GroupComparisonSerializer
    filterset_class = ComparisonApiFilter

    def visible(self, actor: Actor) -> QuerySet[GroupComparison]:
        return comparisons(actor=actor)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        shown = {one.institution: request.GET.urlencode()[:80] or "all" for one in page}
        log_patient_list(request._request, "insurer_grouping_list", shown)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)
