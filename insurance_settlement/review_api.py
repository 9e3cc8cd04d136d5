"""API of special reviews: read only, since a case is put forward by who knows the patient."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from insurance_settlement.filters import ReviewApiFilter
from insurance_settlement.models import SpecialReview
from insurance_settlement.patient_lists import PatientList
from insurance_settlement.selectors import CASE_READERS
from insurance_settlement.selectors.reviews import reviews
from ops_platform.kernel import Actor


class SpecialReviewSerializer(serializers.ModelSerializer):
    """A case put forward; money in yuan as on the day it was."""

    institution = serializers.CharField(source="institution.code", help_text="机构代码")
    department = serializers.CharField(source="department.code", help_text="科室代码")
    drg = serializers.CharField(source="case.drg", help_text="病组或病种")
    charges = serializers.DecimalField(source="case.charges", max_digits=18, decimal_places=2, help_text="费用(元)")
    payment = serializers.DecimalField(
        source="case.payment", max_digits=18, decimal_places=2, allow_null=True, help_text="申请时的支付(元)"
    )
    effective = serializers.CharField(help_text="评审通过的方式；尚未通过为空")
    worth = serializers.DecimalField(
        max_digits=20, decimal_places=8, allow_null=True, help_text="核定的权重或分值；按项目付费为空"
    )

    class Meta:
        model = SpecialReview
        fields = [
            "id",
            "institution",
            "period",
            "encounter_no",
            "department",
            "kind",
            "drg",
            "charges",
            "payment",
            "grounds",
            "asked",
            "asked_worth",
            "state",
            "declared_on",
            "appealed_on",
            "effective",
            "worth",
            "created_at",
        ]


@extend_schema_view(
    get=extend_schema(
        tags=["医保结算"], summary="特例单议(单个患者的数据，查询留痕)", operation_id="settlement_special_reviews"
    )
)
class ReviewListView(PatientList):
    """Reviews within reach, newest first. Single patients: who asked is logged."""

    log_as = "special_review_list"
    roles = CASE_READERS
    serializer_class = SpecialReviewSerializer
    filterset_class = ReviewApiFilter

    def visible(self, actor: Actor) -> QuerySet[SpecialReview]:
        return reviews(actor=actor)
