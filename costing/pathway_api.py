"""API of clinical pathways: read only. A pathway is asked for by `POST /api/v1/workflows/matters/` with its items."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from costing.models import Pathway, PatientRun
from costing.selectors import access, pathways, patients
from costing.selectors.pathway_cases import CaseLine, CasesOfPathway, PathwayCase, month_of_pathways
from ops_platform.identity.access import log_patient_access
from ops_platform.kernel import Actor, NotFound
from ops_platform.web.api import actor_of
from ops_platform.web.api_queries import MonthField, MonthQuery, Query, refuse_unknown

TAGS = ["临床路径"]


class FiguresSerializer(serializers.Serializer):
    """Yuan of a case's cost or charges: the obligatory standard, what of it is missing, inside and outside."""

    standard = serializers.DecimalField(max_digits=18, decimal_places=2)
    missing = serializers.DecimalField(max_digits=18, decimal_places=2)
    inside = serializers.DecimalField(max_digits=18, decimal_places=2)
    outside = serializers.DecimalField(max_digits=18, decimal_places=2)
    actual = serializers.DecimalField(max_digits=18, decimal_places=2)


class PathwayMonthSerializer(serializers.Serializer):
    """A pathway in force with the month's cases in sums."""

    id = serializers.IntegerField(source="pathway.pk")
    drg = serializers.CharField(source="pathway.drg", help_text="病组代码")
    diagnosis = serializers.CharField(source="pathway.diagnosis", help_text="主要诊断；空为不限")
    procedure = serializers.CharField(source="pathway.procedure", help_text="主要操作；空为不限")
    name = serializers.CharField(source="pathway.name")
    standard_days = serializers.DecimalField(source="pathway.standard_days", max_digits=6, decimal_places=1)
    effective_from = serializers.DateField(source="pathway.effective_from")
    standard_cost = serializers.DecimalField(source="standard.cost", max_digits=18, decimal_places=2)
    cases = serializers.SerializerMethodField(help_text="已核算成本的病例数")
    uncosted = serializers.IntegerField(help_text="尚未核算成本的病例数")
    entered = serializers.IntegerField(help_text="入径例数")
    complete = serializers.IntegerField(help_text="完成路径例数")
    inside_cost = serializers.SerializerMethodField(help_text="路径内成本合计(元)")
    outside_cost = serializers.SerializerMethodField(help_text="路径外成本合计(元)")
    missing_cost = serializers.SerializerMethodField(help_text="缺项的标准成本合计(元)")

    def get_cases(self, row: CasesOfPathway) -> int:
        return len(row.cases)

    def get_inside_cost(self, row: CasesOfPathway) -> str:
        return f"{row.total('cost', 'inside'):.2f}"

    def get_outside_cost(self, row: CasesOfPathway) -> str:
        return f"{row.total('cost', 'outside'):.2f}"

    def get_missing_cost(self, row: CasesOfPathway) -> str:
        return f"{row.total('cost', 'missing'):.2f}"


class PathwayItemSerializer(serializers.Serializer):
    """An item of a version."""

    item = serializers.CharField(source="item.code", help_text="项目编码")
    name = serializers.CharField(source="item", help_text="项目名称")
    quantity = serializers.DecimalField(max_digits=12, decimal_places=4, help_text="标准数量")
    obligatory = serializers.BooleanField(help_text="必选")


class PathwayVersionSerializer(serializers.ModelSerializer):
    """One version; without items the pathway has ended on its day."""

    institution = serializers.CharField(source="institution.code")
    items = PathwayItemSerializer(many=True)

    class Meta:
        model = Pathway
        fields = [
            "id", "institution", "drg", "diagnosis", "procedure", "name", "standard_days", "effective_from",
            "source_text", "changed_by", "items",
        ]  # fmt: skip


class CaseLineSerializer(serializers.Serializer):
    """An item of a case, on the pathway or off it, and what of it lies inside and outside, in yuan."""

    item = serializers.SerializerMethodField(help_text="项目编码")
    name = serializers.SerializerMethodField(help_text="项目名称")
    where = serializers.ChoiceField(
        choices=["inside", "over", "off", "missing"], help_text="路径内、超出标准数量、路径外、缺必选项目"
    )
    obligatory = serializers.BooleanField(allow_null=True, help_text="必选；不在路径上的为空")
    standard = serializers.DecimalField(max_digits=18, decimal_places=4, allow_null=True, help_text="标准数量")
    quantity = serializers.DecimalField(max_digits=18, decimal_places=4)
    inside_cost = serializers.DecimalField(max_digits=18, decimal_places=2)
    outside_cost = serializers.DecimalField(max_digits=18, decimal_places=2)
    inside_charges = serializers.DecimalField(max_digits=18, decimal_places=2)
    outside_charges = serializers.DecimalField(max_digits=18, decimal_places=2)

    def get_item(self, row: CaseLine) -> str:
        return self._named(row)[0]

    def get_name(self, row: CaseLine) -> str:
        return self._named(row)[1]

    def _named(self, row: CaseLine) -> tuple[str, str]:
        names: dict[int, tuple[str, str]] = self.context["names"]
        return names.get(row.item, ("", ""))


class PathwayCaseSerializer(serializers.Serializer):
    """One case against the pathway, in sums and item by item."""

    encounter = serializers.IntegerField(source="case.encounter")
    encounter_no = serializers.CharField(source="case.encounter_no")
    stay_days = serializers.IntegerField(source="case.stay_days")
    entered = serializers.BooleanField(help_text="入径")
    complete = serializers.BooleanField(help_text="必选项目齐全")
    cost = FiguresSerializer()
    charges = FiguresSerializer()
    lines = serializers.SerializerMethodField()

    @extend_schema_field(CaseLineSerializer(many=True))
    def get_lines(self, row: PathwayCase) -> Any:
        return CaseLineSerializer(self.context["lines"], many=True, context=self.context).data


class CaseQuery(Query):
    """The month of the discharge."""

    period = MonthField(required=False, help_text="出院月份，如 2026-03；不填为最近核算患者成本的月份")


def _run(actor: Actor, institution: int, period: str) -> PatientRun:
    run = patients.current_run(institution=institution, period=period)
    if run is None or not actor.may(institution, *access.READERS):
        raise NotFound("costing.no_patient_run", "没有这个机构或月份的患者成本，请先完成成本核算。")
    return run


class PathwayListView(APIView):
    """The pathways in force of an institution's month, with its cases."""

    roles = access.READERS

    @extend_schema(
        tags=TAGS,
        summary="临床路径与当月病例",
        operation_id="costing_pathways",
        parameters=[MonthQuery],
        responses=PathwayMonthSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        asked = MonthQuery.of(request)
        actor = actor_of(request)
        institution = access.institutions(actor=actor).filter(code=asked["institution"]).first()
        if institution is None:
            raise NotFound("masterdata.no_institution", "没有这个机构。")
        found = month_of_pathways(run=_run(actor, institution.pk, asked["period"]))
        return Response(PathwayMonthSerializer(found.pathways if found else (), many=True).data)


class PathwayVersionsView(APIView):
    """All versions of a pathway with their items, the newest first."""

    roles = access.READERS

    @extend_schema(
        tags=TAGS,
        summary="临床路径的各版本",
        operation_id="costing_pathway_versions",
        responses=PathwayVersionSerializer(many=True),
    )
    def get(self, request: Request, pk: int) -> Response:
        refuse_unknown(request, ())
        pathway = pathways.access_pathway(actor=actor_of(request), pathway=pk)
        rows = pathways.versions_of(pathway)
        return Response(PathwayVersionSerializer(rows, many=True).data)


class PathwayCaseView(APIView):
    """One case item by item: inside, outside, missing. Reading it is logged."""

    roles = access.READERS

    @extend_schema(
        tags=TAGS,
        summary="一个病例对照路径",
        operation_id="costing_pathway_case",
        parameters=[CaseQuery],
        responses=PathwayCaseSerializer,
    )
    def get(self, request: Request, pk: int, encounter: int) -> Response:
        actor = actor_of(request)
        pathway = pathways.access_pathway(actor=actor, pathway=pk)
        asked = CaseQuery.of(request)
        newest = next(iter(patients.periods(institution=pathway.institution_id)), "")
        run = _run(actor, pathway.institution_id, asked.get("period", newest))
        found = month_of_pathways(run=run, only=[pathway.pk])
        mine = found.of(pathway.pk) if found else None
        one = next((each for each in mine.cases if each.case.encounter == encounter), None) if mine else None
        if mine is None or one is None:
            raise NotFound("costing.no_pathway_case", "该月没有按这条路径对照的这个病例。")
        log_patient_access(request._request, run.institution, "pathway_case", one.case.encounter_no)
        lines = mine.lines_of(encounter)
        names = pathways.names_of_items(line.item for line in lines)
        return Response(PathwayCaseSerializer(one, context={"lines": lines, "names": names}).data)
