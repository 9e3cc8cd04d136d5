"""Pages of the nightly run."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from ops_platform.nightly import graph, selectors, services
from ops_platform.nightly.filters import RunFilter
from ops_platform.nightly.forms import StartForm
from ops_platform.nightly.models import LaneState, NightlyRun, RunState, StepRun
from ops_platform.nightly.tables import TRIGGERS, RunTable, duration
from ops_platform.web.pages import ActionPage, FormPage, ListPage, TemplatePage
from ops_platform.web.people import names_of


class Runs(ListPage):
    """All runs."""

    roles = selectors.READERS
    title = _("夜间运行")
    template_name = "nightly/runs.html"
    table_class = RunTable
    filter_class = RunFilter
    empty_title = _("还没有运行过")
    empty_hint = _(
        "每天 02:00 自动运行：检查数据质量、核算成本、分组结算。运营管理中心或财务负责人也可以点「启动运行」。"
    )

    def get_queryset(self) -> QuerySet[NightlyRun]:
        return selectors.runs(actor=self.actor)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(may_operate=self.actor.has(*services.OPERATORS), **kwargs)


class Run(TemplatePage):
    """One run: how far it is, and its lanes."""

    roles = selectors.READERS
    template_name = "nightly/run.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        run = selectors.access_run(run_id=self.kwargs["pk"])
        lanes: list[Any] = list(selectors.lanes_of(actor=self.actor, run=run))
        context = super().get_context_data(
            run=run,
            people=names_of([run.started_by]),
            trigger=TRIGGERS.get(run.trigger, run.trigger),
            progress=selectors.progress(run_id=run.pk),
            lanes=[(lane, duration(lane.began, _end_of(lane))) for lane in lanes],
            lasted=duration(run.started_at, run.finished_at),
            running=run.state == RunState.RUNNING,
            may_resume=run.state == RunState.FAILED and self.actor.has(*services.OPERATORS),
            **kwargs,
        )
        return {**context, "title": _now("夜间运行 #%(number)s") % {"number": run.pk}}


class RunProgress(Run):
    """The part of the run page that is asked for every second while the run goes on."""

    template_name = "nightly/run_progress.html"


def _end_of(lane: Any) -> Any:
    """When a lane that is not going on has ended; None lets the clock run."""
    return None if lane.state == LaneState.RUNNING else lane.ended or lane.began


class LaneDetail(TemplatePage):
    """The steps of one lane, month by month."""

    roles = selectors.READERS
    template_name = "nightly/lane.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        lane = selectors.access_lane(actor=self.actor, lane_id=self.kwargs["pk"])
        steps = list(lane.steps.order_by("position", "id"))
        context = super().get_context_data(
            lane=lane,
            months=_by_month(steps),
            running=lane.state in (LaneState.RUNNING, LaneState.WAITING) and lane.run.state == RunState.RUNNING,
            **kwargs,
        )
        return {**context, "title": lane.institution.name if lane.institution else _now("整个医共体")}


class LaneSteps(LaneDetail):
    """The part of the lane page that is asked for while the lane goes on."""

    template_name = "nightly/lane_steps.html"


def _by_month(steps: list[StepRun]) -> dict[str, list[dict[str, Any]]]:
    months: dict[str, list[dict[str, Any]]] = {}
    for step in steps:
        months.setdefault(step.period, []).append(
            {
                "run": step,
                "title": graph.title_of(step.step),
                "lasted": duration(step.started_at, step.finished_at),
                "error": step.error.strip().rpartition("\n")[2],
                "trace": step.error if "\n" in step.error.strip() else "",
            }
        )
    return months


class Start(FormPage):
    """Start a run by hand."""

    roles = services.OPERATORS
    title = _("启动夜间运行")
    template_name = "nightly/start.html"
    form_class = StartForm
    submit_label = _("启动运行")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "actor": self.actor}

    def act(self, form: StartForm) -> HttpResponse:
        chosen = form.cleaned_data
        run = services.start_run(
            self.actor,
            business_date=chosen["business_date"],
            period=chosen["period"] or None,
            institutions=[chosen["institution"].code] if chosen["institution"] else [],
        )
        return redirect("nightly-run", run.pk)


class Resume(ActionPage):
    """Let what failed try again."""

    roles = services.OPERATORS
    success_message = _("已恢复运行：失败的步骤重新执行，已成功的保留。")

    def act(self) -> None:
        services.resume_run(self.actor, run_id=self.kwargs["pk"])

    def get_success_url(self) -> str:
        return reverse("nightly-run", args=[self.kwargs["pk"]])
