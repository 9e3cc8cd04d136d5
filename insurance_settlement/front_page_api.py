"""API of front page findings: read only, since a front page is corrected in the HIS."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from insurance_settlement.front_page_filters import FrontPageApiFilter
from insurance_settlement.models import FrontPageFinding
from insurance_settlement.patient_lists import PatientList
from insurance_settlement.selectors import CASE_READERS
from insurance_settlement.selectors.front_pages import front_page_findings
from ops_platform.kernel import Actor
from ops_platform.web.api_lists import money


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
class FrontPageFindingListView(PatientList):
    """Findings within reach, of all states, the dearest stay first. Single patients: who asked is logged."""

    log_as = "front_page_list"
    roles = CASE_READERS
    serializer_class = FrontPageFindingSerializer
    filterset_class = FrontPageApiFilter

    def visible(self, actor: Actor) -> QuerySet[FrontPageFinding]:
        return front_page_findings(actor=actor)
