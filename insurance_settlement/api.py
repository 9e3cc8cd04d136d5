"""API of insurance settlement: read only."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from insurance_settlement import selectors
from insurance_settlement.filters import CaseApiFilter, RunFilter
from insurance_settlement.models import CaseResult, GroupingRun
from insurance_settlement.patient_lists import PatientList
from insurance_settlement.selectors import CASE_READERS, MONTH_READERS
from ops_platform.kernel import Actor
from ops_platform.masterdata.models import Institution
from ops_platform.web.api_lists import RUN_FIELDS, ResultSerializer, RunSerializer, VisibleList

TAGS = ["医保结算"]


class GroupingRunSerializer(RunSerializer):
    """A grouping and pricing run."""

    scheme = serializers.CharField(source="scheme.name", help_text="分组方案")
    price_book = serializers.CharField(source="price_book.name", help_text="价格规则")

    class Meta:
        model = GroupingRun
        fields = [
            *RUN_FIELDS,
            "scheme",
            "price_book",
            "cases",
            "grouped",
            "without_abstract",
            "total_weight",
            "charges",
            "priced_charges",
            "payment",
            "without_settlement",
            "fund",
            "billed",
        ]


class CaseSerializer(ResultSerializer):
    """A priced discharge."""

    department = serializers.CharField(source="department.code", help_text="科室代码")

    class Meta:
        model = CaseResult
        fields = [
            "id",
            "institution",
            "period",
            "encounter_no",
            "department",
            "scheme",
            "discharged",
            "stay_days",
            "mdc",
            "adrg",
            "drg",
            "status",
            "kind",
            "weight",
            "charges",
            "payment",
            "balance",
            "fund",
            "billed",
        ]


@extend_schema_view(get=extend_schema(tags=TAGS, summary="分组计价运行", operation_id="settlement_runs"))
class RunListView(VisibleList):
    """Runs of the institutions one may see, newest month first."""

    roles = MONTH_READERS
    serializer_class = GroupingRunSerializer
    filterset_class = RunFilter

    def visible(self, actor: Actor) -> QuerySet[GroupingRun]:
        return selectors.runs(actor=actor)


@extend_schema_view(
    get=extend_schema(tags=TAGS, summary="病例(单个患者的数据，查询留痕)", operation_id="settlement_cases")
)
class CaseListView(PatientList):
    """Cases of current runs. Single patients: who asked is logged."""

    log_as = "case_list"
    roles = CASE_READERS
    serializer_class = CaseSerializer
    filterset_class = CaseApiFilter

    def visible(self, actor: Actor) -> QuerySet[CaseResult]:
        return selectors.cases(actor=actor)

    def institution_of(self, row: CaseResult) -> Institution:
        return row.run.institution
