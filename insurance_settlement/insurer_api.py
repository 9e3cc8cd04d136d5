"""API of the comparison with the insurer's grouping: read only."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from insurance_settlement.insurer_filters import ComparisonApiFilter
from insurance_settlement.models import GroupComparison
from insurance_settlement.patient_lists import PatientList
from insurance_settlement.selectors import CASE_READERS
from insurance_settlement.selectors.insurer import comparisons
from ops_platform.kernel import Actor


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
class ComparisonListView(PatientList):
    """Stays within reach, the greatest difference first. Single patients: who asked is logged."""

    log_as = "insurer_grouping_list"
    roles = CASE_READERS
    serializer_class = GroupComparisonSerializer
    filterset_class = ComparisonApiFilter

    def visible(self, actor: Actor) -> QuerySet[GroupComparison]:
        return comparisons(actor=actor)
