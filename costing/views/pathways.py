"""临床路径: coverage, one pathway as standard cost, its cases and what recurs outside it; 项目标准成本."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views import View

from costing import pathway_files
from costing.models import PatientRun
from costing.pathway_forms import ItemStandardForm, PathwayForm
from costing.selectors import access, pathway_coverage, pathways, patients
from costing.selectors.pathway_cases import CasesOfPathway, month_of_pathways, used_of_group
from costing.services.driver_rules import RULERS
from costing.services.pathways import WantedPathway, WantedStandards, propose_item_standards, propose_pathway
from costing.tables.pathways import (
    CaseLineTable,
    CoverageTable,
    ItemStandardTable,
    OutsideTable,
    PathwayCaseTable,
    PathwayTable,
    StandardTable,
)
from costing.views.choosing import choose
from ops_platform.identity.access import log_patient_access, log_patient_list
from ops_platform.kernel import NotFound
from ops_platform.masterdata.models import ChargeItem
from ops_platform.web.exports import xlsx_response
from ops_platform.web.pages import FormPage, ListPage, Page, TemplatePage

HALF = Decimal("0.5")


class Pathways(TemplatePage):
    """Coverage by member, and an institution's pathways with the month's cases."""

    roles = access.READERS
    title = _("临床路径")
    template_name = "costing/pathways.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.choice = choose(self.actor, request.GET, patients.periods)
        self.run: PatientRun | None = self.choice.find(patients.current_run)
        self.found = month_of_pathways(run=self.run) if self.run else None
        self.table = PathwayTable(self.found.pathways if self.found else (), period=self.run.period if self.run else "")
        if self.run is not None and request.GET.get("export") == "xlsx":
            values = iter(self.table.as_values())
            return xlsx_response(f"{self.title}-{self.run.institution.code}-{self.run.period}", next(values), values)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = pathway_coverage.coverage(actor=self.actor, period=self.run.period) if self.run else []
        share = pathways.entry_share(run=self.run) if self.run else None
        return super().get_context_data(
            run=self.run,
            found=self.found,
            table=self.table,
            coverage=CoverageTable(rows) if rows else None,
            share=share,
            may_change=self.actor.has(*RULERS),
            **self.choice.context(),
            **kwargs,
        )


class _OnePathway(TemplatePage):
    """A pathway in a month of which patients are costed."""

    roles = access.READERS

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.pathway = pathways.access_pathway(actor=self.actor, pathway=self.kwargs["pk"])
        asked = {"institution": str(self.pathway.institution_id), "period": request.GET.get("period", "")}
        self.choice = choose(self.actor, asked, patients.periods)
        self.run: PatientRun | None = self.choice.find(patients.current_run)
        if self.run is not None and request.GET.get("export") == "xlsx":
            values = iter(self.listed().as_values())
            name = f"{self.title}-{self.pathway.drg}-{self.run.institution.code}-{self.run.period}"
            return xlsx_response(name, next(values), values)
        return super().get(request, *args, **kwargs)

    def listed(self) -> Any:
        """The table of the page."""
        raise NotImplementedError

    def cases(self) -> CasesOfPathway:
        """The month's cases; 404 where the version was not in force in it, or nothing has been priced."""
        found = month_of_pathways(run=self.run, only=[self.pathway.pk]) if self.run else None
        mine = found.of(self.pathway.pk) if found else None
        if mine is None:
            raise Http404
        return mine

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(pathway=self.pathway, run=self.run, **{**self.choice.context(), **kwargs})
        context["institutions"] = ()
        return context


class PathwayPage(_OnePathway):
    """A pathway's items with standard quantity, cost and charge, and the month's cases in sums."""

    title = _("临床路径")
    template_name = "costing/pathway.html"

    def listed(self) -> StandardTable:
        return StandardTable(self._standard().rows)

    def _standard(self) -> pathways.StandardOf:
        if self.run is None:
            raise Http404
        return pathways.standards(run=self.run, held=[self.pathway])[self.pathway.pk]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = month_of_pathways(run=self.run, only=[self.pathway.pk]) if self.run else None
        mine = found.of(self.pathway.pk) if found else None
        standard = mine.standard if mine else self._standard() if self.run else None
        context = super().get_context_data(
            standard=standard,
            table=StandardTable(standard.rows) if standard else None,
            mine=mine,
            may_change=self.actor.has(*RULERS),
            **kwargs,
        )
        return {**context, "title": f"{self.pathway.drg} {self.pathway.name}"}


class PathwayCases(_OnePathway):
    """The month's cases against the pathway. It names encounters: opening it is logged."""

    title = _("路径病例")
    template_name = "costing/pathway_cases.html"

    def listed(self) -> PathwayCaseTable:
        self.mine = self.cases()
        if self.run is not None:
            log_patient_list(
                self.request, "pathway_cases", {self.run.institution: f"{self.run.period} {self.pathway.drg}"}
            )
        rows = sorted(self.mine.cases, key=lambda one: (-one.cost.outside, one.case.encounter))
        return PathwayCaseTable(rows, pathway=self.pathway.pk, period=self.run.period if self.run else "")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        table = self.listed()
        return super().get_context_data(table=table, mine=self.mine, **kwargs)


class PathwayCasePage(_OnePathway):
    """One case item by item. Opening it is logged."""

    title = _("病例对照路径")
    template_name = "costing/pathway_case.html"

    def listed(self) -> CaseLineTable:
        mine, encounter = self.cases(), self.kwargs["encounter"]
        self.one = next((each for each in mine.cases if each.case.encounter == encounter), None)
        if self.one is None or self.run is None:
            raise Http404
        log_patient_access(self.request, self.run.institution, "pathway_case", self.one.case.encounter_no)
        rows = mine.lines_of(encounter)
        return CaseLineTable(rows, names=pathways.names_of_items(row.item for row in rows))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        table = self.listed()
        context = super().get_context_data(table=table, one=self.one, **kwargs)
        return {**context, "title": f"{self.pathway.drg} {self.one.case.encounter_no if self.one else ''}"}


class PathwayOutside(_OnePathway):
    """Which items recur outside the pathway, and what they cost."""

    title = _("路径外项目")
    template_name = "costing/pathway_outside.html"

    def listed(self) -> OutsideTable:
        self.mine = self.cases()
        rows = self.mine.outside()
        names = pathways.names_of_items(row.item for row in rows)
        return OutsideTable(rows, names=names, total=len(self.mine.cases))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        table = self.listed()
        return super().get_context_data(table=table, mine=self.mine, **kwargs)


class NewPathway(FormPage):
    """A pathway, or another version of it, from a day on."""

    roles = RULERS
    title = _("新的临床路径")
    form_class = PathwayForm
    template_name = "costing/new_pathway.html"
    submit_label = _("提交审批")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "actor": self.actor}

    def get_initial(self) -> dict[str, Any]:
        return {name: value for name, value in self.request.GET.items() if name in PathwayForm.base_fields}

    def act(self, form: PathwayForm) -> HttpResponse:
        given = form.cleaned_data
        institution, file = given["institution"], given["file"]
        rows: list[list[str]] = []
        if file:
            known = set(ChargeItem.objects.filter(institution=institution).values_list("code", flat=True))
            rows = pathway_files.read_pathway(file.read(), known)
        wanted = WantedPathway(
            institution_id=institution.pk,
            drg=given["drg"],
            diagnosis=given["diagnosis"],
            procedure=given["procedure"],
            name=given["name"],
            standard_days=given["standard_days"],
            effective_from=given["effective_from"],
            source_text=given["source_text"],
            rows=rows,
            ended=given["ended"],
        )
        proposal, matter = propose_pathway(self.actor, wanted)
        words = (
            _now("停用 %(pathway)s 已提交审批，同意后自 %(day)s 起病组不再有这条路径。")
            if wanted.ended
            else _now("%(pathway)s(%(items)s 个项目)已提交审批，同意后自 %(day)s 起作为病组的标准。")
        )
        asked = {"pathway": f"{proposal.drg} {proposal.name}", "items": len(rows), "day": wanted.effective_from}
        messages.success(self.request, words % asked)
        return redirect("workflows:matter", matter)


class PathwayFile(Page, View):
    """The workbook to fill in: the pathway in force, and what the group's cases of the month used."""

    roles = access.READERS

    def get(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponseBase:
        choice = choose(self.actor, request.GET, patients.periods)
        run: PatientRun | None = choice.find(patients.current_run)
        drg = request.GET.get("drg", "").strip().upper().replace("\x00", "")
        if run is None:
            raise NotFound("costing.no_patient_run", "没有这个机构或月份的患者成本，请先完成成本核算。")
        return pathway_files.write_pathway(f"{run.institution.code}_{drg}_{run.period}", _begun(run, drg))


def _begun(run: PatientRun, drg: str) -> Iterable[tuple[str, str, Decimal | None, bool, int | None, Decimal | None]]:
    """What is in force wins; without a pathway the items that at least half of the group's cases used stand with the median
    quantity, the others without."""
    held = [
        one for one in pathways.in_force(institutions=[run.institution_id], day=timezone.localdate()) if one.drg == drg
    ]
    present = {row.item: row for one in pathways.standards(run=run, held=held[:1]).values() for row in one.rows}
    cases, used = used_of_group(run=run, drg=drg)
    names = pathways.names_of_items([*present, *(item for item, _cases, _median in used)])
    shares = {item: (number, Decimal(number) / cases) for item, number, _median in used}
    for item, row in present.items():
        yield row.code, row.name, row.quantity, row.obligatory, *shares.get(item, (0, None))
    for item, number, median in used:
        if item not in present:
            share = Decimal(number) / cases
            begins = not present and share >= HALF
            yield *names[item], median if begins else None, begins, number, share


class ItemStandards(ListPage):
    """Standard costs of items; the newest of each place first."""

    roles = access.READERS
    title = _("项目标准成本")
    template_name = "costing/item_standards.html"
    table_class = ItemStandardTable
    empty_title = _("还没有项目标准成本")
    empty_hint = _("请导出标准成本表，填写要考核的项目，再在「新的标准」里上传，由第二人同意。")

    def get_queryset(self) -> Any:
        return pathways.item_standards(actor=self.actor)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        institutions = access.institutions(actor=self.actor) if self.actor.has(*RULERS) else ()
        return super().get_context_data(may_change=self.actor.has(*RULERS), institutions=list(institutions), **kwargs)


class NewItemStandards(FormPage):
    """Standard costs of items from a day on."""

    roles = RULERS
    title = _("新的项目标准成本")
    form_class = ItemStandardForm
    template_name = "costing/new_item_standards.html"
    submit_label = _("提交审批")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "actor": self.actor}

    def act(self, form: ItemStandardForm) -> HttpResponse:
        given = form.cleaned_data
        places = pathway_coverage.places_of_items(institution=given["institution"].pk)
        wanted = WantedStandards(
            institution_id=given["institution"].pk,
            effective_from=given["effective_from"],
            source_text=given["source_text"],
            rows=pathway_files.read_standards(given["file"].read(), places),
        )
        _proposal, matter = propose_item_standards(self.actor, wanted)
        messages.success(self.request, _now("已提交审批，同意后自生效日期起计算差异。"))
        return redirect("workflows:matter", matter)


class ItemStandardFile(Page, View):
    """The workbook to fill in: service items by department with the standard in force and what they were last."""

    roles = access.READERS

    def get(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponseBase:
        choice = choose(self.actor, request.GET, patients.periods)
        run: PatientRun | None = choice.find(patients.current_run)
        if run is None:
            raise NotFound("costing.no_patient_run", "没有这个机构或月份的患者成本，请先完成成本核算。")
        rows = pathway_coverage.standards_beside_actuals(run=run, day=timezone.localdate())
        return pathway_files.write_standards(f"{run.institution.code}_{run.period}", rows)
