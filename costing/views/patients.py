"""Cost of patients, items and disease groups of an institution's month."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from costing import reports
from costing.filters import ItemCostFilter
from costing.models import ItemMethod, PatientRun
from costing.selectors import access, groups, items, patient_detail, patients, service_units
from costing.selectors.diseases import month_of_diseases
from costing.selectors.responsibility import low_benefit, reach
from costing.tables import (
    CaseCostTable,
    ContributionTable,
    DiseaseCaseTable,
    GroupCostTable,
    ItemCostTable,
    UnitCostTable,
)
from costing.titles import COST_ITEM_TITLES
from costing.views.choosing import choose
from insurance_settlement.public import DischargedCase, month_of_cases
from ops_platform.identity.access import log_patient_access, log_patient_list
from ops_platform.masterdata.models import Department
from ops_platform.web.exports import xlsx_response
from ops_platform.web.pages import ListPage, TemplatePage


class _PatientMonth(TemplatePage):
    """A month of which patients are costed."""

    roles = access.READERS
    run: PatientRun | None

    def download(self, run: PatientRun) -> HttpResponseBase:
        """The page as .xlsx."""
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.choice = choose(self.actor, request.GET, patients.periods)
        self.run = self.choice.find(patients.current_run)
        if self.run is not None and request.GET.get("export") == "xlsx":
            return self.download(self.run)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        stale = patients.is_stale(run=self.run) if self.run else False
        return super().get_context_data(run=self.run, stale=stale, reads_all=True, **self.choice.context(), **kwargs)


class PatientCosts(_PatientMonth):
    """患者成本归集表: where every fen of the hospital's cost went."""

    title = _("患者成本归集表")
    template_name = "costing/patient_costs.html"

    def download(self, run: PatientRun) -> HttpResponseBase:
        return reports.patient_costs(run, patients.reconciliation(run=run), self.choice.mark)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = patients.reconciliation(run=self.run) if self.run else None
        return super().get_context_data(found=found, items=COST_ITEM_TITLES, **kwargs)


class UnitCosts(_PatientMonth):
    """诊次成本与床日成本 of the hospital and its departments."""

    title = _("诊次与床日成本")
    template_name = "costing/unit_costs.html"

    def download(self, run: PatientRun) -> HttpResponseBase:
        values = iter(UnitCostTable(patients.unit_costs(run=run)).as_values())
        return xlsx_response(f"{self.title}-{run.institution.code}-{run.period}", next(values), values)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        table = UnitCostTable(patients.unit_costs(run=self.run)) if self.run else None
        return super().get_context_data(table=table, **kwargs)


class GroupCosts(_PatientMonth):
    """DRG 成本明细表: the three official methods beside charges and payment."""

    title = _("病组成本")
    template_name = "costing/group_costs.html"

    def table(self, run: PatientRun) -> tuple[groups.MonthOfGroups | None, GroupCostTable]:
        """The month's groups, and their table."""
        found = groups.month_of_groups(institution=run.institution_id, period=run.period)
        return found, GroupCostTable(found.groups if found else (), period=run.period, institution=run.institution_id)

    def download(self, run: PatientRun) -> HttpResponseBase:
        values = iter(self.table(run)[1].as_values())
        return xlsx_response(f"DRG成本明细表-{run.institution.code}-{run.period}", next(values), values)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found, table = self.table(self.run) if self.run else (None, None)
        return super().get_context_data(found=found, table=table, **kwargs)


class _Cases(_PatientMonth):
    """Composition of the cost of some discharges, and the cases. Opening it is logged: it names encounters."""

    template_name = "costing/group_detail.html"
    above: Any  # address and title of the list that it is reached from
    above_title: Any

    def cases(self, run: PatientRun) -> tuple[groups.GroupCost, CaseCostTable]:
        """What the cases cost together, and their table; that somebody looked is noted."""
        raise NotImplementedError

    def members(self, run: PatientRun, cases: list[DischargedCase]) -> tuple[list[groups.CaseCost], dict[int, str]]:
        """The cases with their cost, the greatest loss first, and the names of their departments."""
        found = groups.case_costs(institution=run.institution_id, cases=cases)
        names = dict(Department.objects.filter(pk__in={case.department for case in cases}).values_list("pk", "name"))
        return sorted(found, key=lambda one: (one.surplus is None, one.surplus or 0, one.case.encounter)), names

    def download(self, run: PatientRun) -> HttpResponseBase:
        group, table = self.cases(run)
        values = iter(table.as_values())
        return xlsx_response(f"病例成本-{group.drg}-{run.institution.code}-{run.period}", next(values), values)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if self.run is None:
            raise Http404
        group, table = self.cases(self.run)
        composition = [(COST_ITEM_TITLES[name], mean, share) for name, mean, share in group.composition()]
        context = super().get_context_data(group=group, composition=composition, table=table, **kwargs)
        return {**context, "title": group.title, "above": self.above, "above_title": self.above_title}


class GroupDetail(_Cases):
    """One disease group, and the departments in which it costs much and brings little."""

    above = reverse_lazy("costing:group-costs")
    above_title = _("病组成本")

    def cases(self, run: PatientRun) -> tuple[groups.GroupCost, CaseCostTable]:
        settled = month_of_cases(institution=run.institution_id, period=run.period)
        drg = self.kwargs["drg"]
        cases = [case for case in settled.cases if case.drg == drg] if settled else []
        if not settled or not cases:
            raise Http404
        self.low_benefits = low_benefit.departments_of_group(run=run, drg=drg)
        log_patient_list(self.request, "group_costs", {run.institution: f"{run.period} {drg}"})
        rows, names = self.members(run, cases)
        return groups.group_of(drg, settled.names.get(drg, ""), rows), CaseCostTable(rows, run=run, departments=names)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        may_open = self.run is not None and self.actor.may(self.run.institution_id, *reach.EVALUATORS)
        return {**context, "low_benefits": self.low_benefits, "may_open": may_open}


class DiseaseDetail(_Cases):
    """One disease: the discharges of a main diagnosis."""

    above = reverse_lazy("costing:report", args=["disease-costs"])
    above_title = _("病种成本明细表")

    def cases(self, run: PatientRun) -> tuple[groups.GroupCost, CaseCostTable]:
        found = month_of_diseases(institution=run.institution_id, period=run.period)
        code = self.kwargs["code"]
        cases = [case for case in found.cases if found.keys[case.encounter] == code] if found else []
        if not found or not cases:
            raise Http404
        log_patient_list(self.request, "disease_costs", {run.institution: f"{run.period} {code}"})
        rows, names = self.members(run, cases)
        diagnoses = {
            encounter: f"{one} {found.settled.diagnosis_names.get(one, '')}".strip()
            for encounter, one in found.diagnoses.items()
        }
        table = DiseaseCaseTable(rows, run=run, departments=names, diagnoses=diagnoses)
        return groups.group_of(code, found.names[code], rows), table


class ItemCosts(ListPage):
    """医疗服务项目成本汇总表: items by executing department."""

    roles = access.READERS
    title = _("医疗服务项目成本")
    template_name = "costing/item_costs.html"
    table_class = ItemCostTable
    filter_class = ItemCostFilter
    empty_title = _("没有符合条件的项目")
    empty_hint = _("项目成本在月份结束之后的夜间运行中核算。请先报送收费明细和成本凭证。")

    def get_queryset(self) -> Any:
        self.choice = choose(self.actor, self.request.GET, patients.periods)
        self.run: PatientRun | None = self.choice.find(patients.current_run)
        if self.run is not None:
            self.export_name = f"{self.title}-{self.run.institution.code}-{self.run.period}"
        return patients.item_costs(run=self.run)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        kept = {name: value for name, value in self.request.GET.items() if name in ("department", "words")}
        stale = patients.is_stale(run=self.run) if self.run else False
        return {
            **context,
            "run": self.run,
            "stale": stale,
            "reads_all": True,
            "kept": kept,
            "bases": _bases(self.run),
            "findings": [message for _code, message in self.run.findings] if self.run else [],
            **self.choice.context(),
        }


def _bases(run: PatientRun | None) -> list[tuple[str, str]]:
    """Departments that are not divided by income, with their method."""
    if run is None or not run.bases:
        return []
    titles = dict(ItemMethod.choices)
    rows = Department.objects.filter(pk__in=run.bases).order_by("code")
    return [(row.name, str(titles[run.bases[str(row.pk)]])) for row in rows]


class Item(TemplatePage):
    """A service item's cost in its department, opened to cost items, activities and charge lines."""

    roles = access.READERS
    template_name = "costing/item_cost.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        detail = items.access_item(actor=self.actor, item_cost=self.kwargs["pk"])
        run = detail.row.run
        self.title = f"{detail.name} · {detail.row.department}"
        return super().get_context_data(
            detail=detail,
            row=detail.row,
            run=run,
            stale=patients.is_stale(run=run),
            **kwargs,
        )


class Patient(ListPage):
    """One encounter's cost in a month, opened down to items and their departments. Opening it is logged."""

    roles = access.DRILL_READERS
    template_name = "costing/patient.html"
    table_class = ContributionTable
    per_page = 200

    def get_queryset(self) -> Any:
        self.detail = patient_detail.access_patient(
            actor=self.actor, run_id=self.kwargs["pk"], encounter=self.kwargs["encounter"]
        )
        run = self.detail.row.run
        log_patient_access(self.request, run.institution, "patient_cost", self.detail.encounter.encounter_no)
        self.export_name = f"{self.detail.encounter.encounter_no}-{run.period}"
        return list(self.detail.contributions)

    def get_table(self, rows: Any) -> ContributionTable:
        row = self.detail.row
        opens = self.actor.may(row.run.institution_id, *access.READERS)
        return ContributionTable(rows, of=row, opens_items=opens, request=self.request)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        row = self.detail.row
        return {
            **context,
            "title": _("患者成本 %s") % self.detail.encounter.encounter_no,
            "detail": self.detail,
            "row": row,
            "run": row.run,
            "reads_all": self.actor.may(row.run.institution_id, *access.READERS),
            "stale": patients.is_stale(run=row.run),
            "items": [(title, getattr(row, code)) for code, title in COST_ITEM_TITLES.items()],
            "units": service_units.patient_units(run=row.run_id, encounter=row.encounter),
        }
