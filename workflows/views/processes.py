"""The process register: the list with what is still owed, one process, and what its editors enter."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import NotFound
from ops_platform.web.pages import ActionPage, FormPage, ListPage, TemplatePage
from workflows.filters.processes import MEASURED_DAYS, ProcessFilter
from workflows.forms.processes import MeasureStateForm, PointForm, ProcessForm, StateForm, own_institutions
from workflows.models import Matter, Principle, Process, ProcessPoint, ProcessState
from workflows.selectors import measures
from workflows.selectors import processes as selectors
from workflows.selectors.matters import FLOW_READERS
from workflows.services import process_states
from workflows.services import processes as services
from workflows.services.optimisation import ask_optimised
from workflows.tables.processes import STATUS_TONES, ProcessTable
from workflows.views.map_drawings import map_drawings
from workflows.views.measure_words import explanations

MOST_YEARS = 10


class Processes(ListPage):
    """Processes that the reader sees, under the counter of what the notice asks for."""

    roles = measures.READERS
    title = _("业务流程")
    template_name = "workflows/processes/list.html"
    table_class = ProcessTable
    filter_class = ProcessFilter
    empty_title = _("还没有登记业务流程")
    empty_hint = _("按事项梳理医教研防产和职能管理的业务流程，登记责任人、风险点和控制点，再填写优化前后的数据。")

    def get_queryset(self) -> QuerySet[Process]:
        return selectors.processes(actor=self.actor)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        today = timezone.localdate()
        first = max(selectors.first_year(actor=self.actor, today=today), today.year - MOST_YEARS + 1)
        years = [str(year) for year in range(today.year, first - 1, -1)]
        asked = self.request.GET.get("year", "")
        year = int(asked) if asked in years else today.year
        progress = selectors.progress(actor=self.actor, day=min(today, date(year, 12, 31)))
        return super().get_context_data(
            progress=progress,
            year=str(year),
            years=years,
            owing=[one for one in progress if not one.reached],
            may_edit=self.actor.has(*selectors.EDITORS),
            **kwargs,
        )


class ProcessDetail(TemplatePage):
    """One process: who answers for it, its risks and controls, what improving it brought, what the log says."""

    roles = measures.READERS
    template_name = "workflows/processes/detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        process = selectors.access_process(actor=self.actor, process_id=self.kwargs["pk"])
        states = selectors.states_of(process=process)
        points = selectors.points_of(process=process)
        may_edit = selectors.may_edit(actor=self.actor, institution_id=process.institution_id)
        asked = selectors.asked_for(process=process)
        context = super().get_context_data(
            process=process,
            asked=asked,
            may_ask=may_edit and process.status == Process.Status.EMBEDDED and asked not in Matter.ON_ITS_WAY,
            may_change_figures=may_edit
            and process.status != Process.Status.OPTIMISED
            and asked != Matter.State.RUNNING,
            tone=STATUS_TONES[process.status],
            principles=[Principle(value).label for value in process.principles],
            controls=[point for point in points if point.kind == ProcessPoint.Kind.CONTROL],
            risks=[point for point in points if point.kind == ProcessPoint.Kind.RISK],
            maps=map_drawings(process, states),
            sides=[(which, label, states.get(which)) for which, label in ProcessState.Which.choices],
            compared=[(selectors.METRIC_TITLES[one.metric], one) for one in selectors.compared(states)],
            cases=selectors.cases(actor=self.actor).filter(process=process),
            may_edit=may_edit,
            may_open_flow=self.actor.has(*FLOW_READERS),
            measured=self._measured(process),
            measured_address=_measured_address(process),
            explain=explanations(),
            measured_days=MEASURED_DAYS,
            **kwargs,
        )
        return {**context, "title": process.name}

    def _measured(self, process: Process) -> measures.KindFigures | None:
        """What the log says of the process's flow at its institution."""
        if process.flow_id is None:
            return None
        today = timezone.localdate()
        since = today - timedelta(days=MEASURED_DAYS)
        chosen = measures.Chosen(since, today, institution=process.institution_id, flow=process.flow_id)
        found = measures.kind_figures(matters=measures.measured_matters(actor=self.actor, chosen=chosen))
        return found[0] if found else None


def _measured_address(process: Process) -> str:
    """The page of what the log says of the process's matters."""
    if process.flow is None:
        return ""
    app, _dot, kind = process.flow.subject_type.partition(".")
    address = reverse("workflows:measure", kwargs={"app": app, "kind": kind})
    return f"{address}?{urlencode({'institution': process.institution_id})}"


class _ProcessForm(FormPage):
    """The sheet of a process."""

    roles = selectors.EDITORS
    form_class = ProcessForm
    template_name = "workflows/processes/form.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "actor": self.actor}

    def sheet(self, form: ProcessForm) -> services.Sheet:
        """What was entered."""
        given = form.cleaned_data
        keys: dict[str, Any] = {
            name: given[name].pk if given[name] else None for name in ("owner", "department", "flow")
        }
        names = ("code", "name", "matter", "area", "status", "embedded_system", "principles")
        entered: dict[str, Any] = {name: given[name] for name in names}
        return services.Sheet(**entered, **keys)


class NewProcess(_ProcessForm):
    """Enter a process."""

    title = _("登记业务流程")

    def get_initial(self) -> dict[str, Any]:
        return {"institution": own_institutions(self.actor).first()}

    def act(self, form: ProcessForm) -> HttpResponse:
        process = services.register_process(
            self.actor, institution_id=form.cleaned_data["institution"].pk, sheet=self.sheet(form)
        )
        return redirect("workflows:process", process.pk)


class _OfProcess(FormPage):
    """A form about a process that the reader keeps."""

    roles = selectors.EDITORS
    template_name = "workflows/processes/form.html"

    @cached_property
    def process(self) -> Process:
        """The process; what the reader may see but not keep is as if it were not there."""
        found = selectors.access_process(actor=self.actor, process_id=self.kwargs["pk"])
        if not selectors.may_edit(actor=self.actor, institution_id=found.institution_id):
            raise NotFound("workflows.no_process", "没有这个业务流程。")
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(process=self.process, **kwargs)

    def get_success_url(self) -> str:
        return reverse("workflows:process", args=[self.process.pk])


class ChangeProcess(_OfProcess, _ProcessForm):
    """Change the sheet of a process."""

    title = _("修改业务流程")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "process": self.process}

    def get_initial(self) -> dict[str, Any]:
        return {name: getattr(self.process, name) for name in ProcessForm.base_fields}

    def act(self, form: ProcessForm) -> None:
        services.change_process(
            self.actor,
            process_id=self.process.pk,
            version=form.cleaned_data["version"] or 0,
            sheet=self.sheet(form),
        )


class AskOptimised(ActionPage):
    """Ask that the process be marked as optimised."""

    roles = selectors.EDITORS

    def get_success_url(self) -> str:
        return reverse("workflows:process", args=[self.kwargs["pk"]])

    def act(self) -> HttpResponse:
        matter = ask_optimised(self.actor, process_id=self.kwargs["pk"], comment=self.request.POST.get("comment", ""))
        return redirect("workflows:matter", matter.pk)


class NewPoint(_OfProcess):
    """Enter a risk or control of a process."""

    title = _("登记风险点或控制点")
    form_class = PointForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "process": self.process}

    def get_initial(self) -> dict[str, Any]:
        return {"kind": self.request.GET.get("kind") or ProcessPoint.Kind.RISK}

    def act(self, form: PointForm) -> None:
        services.add_point(self.actor, process_id=self.process.pk, kind=form.cleaned_data["kind"], **_point(form))


class ChangePoint(_OfProcess):
    """Change a risk or control."""

    title = _("修改风险点或控制点")
    form_class = PointForm

    @cached_property
    def point(self) -> ProcessPoint:
        """The point, of the process that the address names."""
        found = self.process.points.filter(pk=self.kwargs["point"], dropped=False).first()
        if found is None:
            raise NotFound("workflows.no_point", "没有这个风险点或控制点。")
        return found

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "process": self.process, "point": self.point}

    def get_initial(self) -> dict[str, Any]:
        return {name: getattr(self.point, name) for name in ("kind", "place", "text", "responsible", "control")}

    def act(self, form: PointForm) -> None:
        services.change_point(self.actor, point_id=self.point.pk, **_point(form))


def _point(form: PointForm) -> dict[str, Any]:
    given = form.cleaned_data
    control = given.get("control")
    names = ("place", "text", "responsible")
    return {**{name: given[name] for name in names}, "control": control.pk if control else None}


class DropPoint(ActionPage):
    """A risk or control no longer holds."""

    roles = selectors.EDITORS
    success_message = _("已移除。")
    success_url_name = "workflows:processes"

    def act(self) -> None:
        services.drop_point(self.actor, point_id=self.kwargs["point"])


class _OfState(_OfProcess):
    """A form about what a process was before or is after."""

    @cached_property
    def which(self) -> ProcessState.Which:
        """Before or after."""
        try:
            return ProcessState.Which(self.kwargs["which"])
        except ValueError as error:
            raise Http404 from error


class ChangeState(_OfState):
    """Enter the figures before or after."""

    form_class = StateForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "process": self.process, "which": self.which}

    def get_initial(self) -> dict[str, Any]:
        state = selectors.states_of(process=self.process).get(self.which)
        return StateForm.shown(state) if state else {}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "title": _("%s的数据") % self.which.label}

    def act(self, form: StateForm) -> None:
        figures = process_states.Figures(**form.cleaned_data)
        process_states.save_state(self.actor, process_id=self.process.pk, which=self.which, figures=figures)


class MeasureState(_OfState):
    """Take the figures before or after from the log."""

    form_class = MeasureStateForm
    submit_label = _("取实测数据")

    def get_initial(self) -> dict[str, Any]:
        today = timezone.localdate()
        return {"since": today - timedelta(days=MEASURED_DAYS), "until": today}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "title": _("取平台实测：%s") % self.which.label}

    def act(self, form: MeasureStateForm) -> None:
        process_states.measure_state(self.actor, process_id=self.process.pk, which=self.which, **form.cleaned_data)
