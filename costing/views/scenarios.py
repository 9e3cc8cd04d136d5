"""Scenarios (测算方案): what a month would have come to otherwise, beside its official figures."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from costing.forms import ChangeForm, ScenarioForm
from costing.models import Scenario
from costing.selectors import access, scenarios
from costing.selectors.sheets.scenario import scenario_sheet
from costing.services import scenarios as services
from costing.tables import ScenarioTable
from costing.views.figures import opened_scenario
from ops_platform.web.exports import xlsx_response
from ops_platform.web.pages import ActionPage, FormPage, ListPage


class Scenarios(ListPage):
    """Every scenario of the institutions one may see."""

    roles = access.READERS
    title = _("测算方案")
    template_name = "costing/scenarios.html"
    table_class = ScenarioTable
    empty_title = _("还没有测算方案")
    empty_hint = _("从一次成本运行出发，改动因、人数、价格、业务量或关闭科室，看结余怎样变化；不影响正式成本。")

    def get_queryset(self) -> QuerySet[Scenario]:
        return scenarios.scenarios(actor=self.actor)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(may_plan=self.actor.has(*services.PLANNERS), **kwargs)


class NewScenario(FormPage):
    """A scenario from a current run."""

    roles = services.PLANNERS
    title = _("新的测算方案")
    form_class = ScenarioForm
    template_name = "costing/new_scenario.html"
    submit_label = _("建立方案")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "actor": self.actor}

    def get_initial(self) -> dict[str, Any]:
        return {**super().get_initial(), "run": self.request.GET.get("run", "")}

    def act(self, form: ScenarioForm) -> None:
        given = form.cleaned_data
        self.made = services.begin_scenario(
            self.actor, run_id=given["run"].pk, title=given["title"], note=given["note"]
        )

    def get_success_url(self) -> str:
        return reverse("costing:scenario", args=[self.made.pk])


class ScenarioPage(FormPage):
    """One scenario: its changes, one more, and what it comes to. Readers see it; planners change it."""

    roles = access.READERS
    form_class = ChangeForm
    template_name = "costing/scenario.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self._scenario: Scenario | None = None
        return super().dispatch(request, *args, **kwargs)

    @property
    def scenario(self) -> Scenario:
        """The scenario of the address."""
        if self._scenario is None:
            self._scenario = scenarios.access_scenario(actor=self.actor, scenario_id=self.kwargs["pk"])
        return self._scenario

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.GET.get("export") == "xlsx":
            sheet = scenario_sheet(scenario=self.scenario, found=scenarios.outcome(self.scenario))
            titles = [sheet.first, *(f"{column.name}(元)" for column in sheet.columns)]
            rows = ([row.name, *(cell.value for cell in row.cells)] for row in sheet.rows)
            return xlsx_response(f"测算方案-{self.scenario.title}", titles, rows)
        return super().get(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "institution": self.scenario.institution_id}

    def act(self, form: ChangeForm) -> None:
        services.add_change(self.actor, scenario_id=self.scenario.pk, wanted=form.wanted())

    def get_success_url(self) -> str:
        return reverse("costing:scenario", args=[self.scenario.pk])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = scenarios.outcome(self.scenario)
        context = super().get_context_data(
            scenario=self.scenario,
            changes=scenarios.changes_of(self.scenario),
            found=found,
            whole=found.rows[-1] if found.rows else None,
            sheet=opened_scenario(self.scenario, scenario_sheet(scenario=self.scenario, found=found)),
            may_plan=not self.scenario.archived and self.actor.may(self.scenario.institution_id, *services.PLANNERS),
            **kwargs,
        )
        return {**context, "title": self.scenario.title}


class RemoveChange(ActionPage):
    """Take a change back."""

    roles = services.PLANNERS
    success_message = _("已取消这项变化。")

    def act(self) -> None:
        services.remove_change(self.actor, scenario_id=self.kwargs["pk"], change_id=self.kwargs["change"])

    def get_success_url(self) -> str:
        return reverse("costing:scenario", args=[self.kwargs["pk"]])


class ArchiveScenario(ActionPage):
    """Put a scenario away."""

    roles = services.PLANNERS
    success_message = _("方案已归档。")
    success_url_name = "costing:scenarios"

    def act(self) -> None:
        services.archive_scenario(self.actor, scenario_id=self.kwargs["pk"])
