"""成本责任: targets of a month, one target's course, savings, what costs much and brings little."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views import View

from costing import target_files
from costing.engine.targets import Verdict
from costing.models import CostTarget
from costing.responsibility_forms import TargetFileForm, TargetForm
from costing.selectors import access, patients
from costing.selectors.responsibility import low_benefit, reach, savings, targets
from costing.selectors.responsibility.standards import changed_standards
from costing.selectors.responsibility.targets import TargetMonth
from costing.services.deviations import evaluate_month, open_low_benefit
from costing.services.driver_rules import RULERS
from costing.services.target_standards import propose_in_step
from costing.services.targets import propose_targets
from costing.tables.responsibility import (
    ChangedStandardTable,
    CourseTable,
    LowBenefitTable,
    SavingTable,
    TargetMonthTable,
    course_table,
    gate_table,
)
from costing.views.choosing import Choice, choose
from ops_platform.kernel import Actor, NotFound, Period
from ops_platform.masterdata import months
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.views import PARAMETER_READERS
from ops_platform.web import formats
from ops_platform.web.charts import ChartTable, chart
from ops_platform.web.numbers import number_of
from ops_platform.web.pages import ActionPage, FormPage, ListPage, Page
from workflows.public import PersonFormPage, courses_of, readable


def choose_target_month(actor: Actor, request: HttpRequest) -> Choice:
    """Institution and month among those of which the reader sees targets."""
    institutions = tuple(reach.institutions(actor=actor))
    named = [one for one in institutions if str(one.pk) == request.GET.get("institution")]
    institution = next(iter([*named, *institutions]), None)
    if institution is None:
        return Choice((), None, (), None)
    periods = targets.months_of(actor=actor, institution=institution.pk)
    offered = months.months(institutions=[institution.pk], periods=periods, today=timezone.localdate())
    month = months.choose(offered, request.GET.get("period", ""))
    return Choice(institutions, institution, tuple(offered), month, request.GET)


class Targets(ListPage):
    """The targets of a month: limit, figure, kept or missed, and what is said of it."""

    roles = access.DRILL_READERS
    title = _("成本目标")
    template_name = "costing/targets.html"
    table_class = TargetMonthTable
    per_page = 200

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.rows: list[TargetMonth] = []

    def get_queryset(self) -> Any:
        self.choice = choose_target_month(self.actor, self.request)
        if self.choice.institution is not None and self.choice.month is not None:
            period = self.choice.month.period
            self.export_name = f"成本目标-{self.choice.institution.code}-{period}"
            self.rows = targets.month_of_targets(
                actor=self.actor, institution=self.choice.institution.pk, period=period
            )
        return self.rows

    def get_table(self, rows: Any) -> Any:
        hidden = () if any(row.target.standard is not None for row in rows) else ("margin",)
        return TargetMonthTable(rows, request=self.request, exclude=hidden)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        institution = self.choice.institution
        counts = {verdict.value: sum(row.verdict is verdict for row in self.rows) for verdict in Verdict}
        ended = self.choice.month is not None and not self.choice.month.running
        unopened = any(row.verdict is Verdict.MISSED and row.deviation is None for row in self.rows)
        return {
            **context,
            "counts": counts,
            "may_propose": self.actor.has(*RULERS),
            "may_export": institution is not None and self.actor.may(institution.pk, *access.READERS),
            "may_evaluate": bool(
                ended and unopened and institution and self.actor.may(institution.pk, *reach.EVALUATORS)
            ),
            "changed": self._changed(),
            "waiting": targets.asked_of(actor=self.actor, institution=institution.pk) if institution else [],
            **self.choice.context(),
        }

    def _changed(self) -> ChangedStandardTable | None:
        """What a changed payment standard left behind, for those who may ask for it."""
        institution = self.choice.institution
        if institution is None or not self.actor.may(institution.pk, *RULERS):
            return None
        rows = changed_standards(institution=institution, today=timezone.localdate())
        return ChangedStandardTable(rows) if rows else None


class EvaluateMonth(ActionPage):
    """Judge the month now, as the night would."""

    roles = reach.EVALUATORS

    def get_success_url(self) -> str:
        post = self.request.POST
        return f"{reverse('costing:targets')}?institution={number_of(post.get('institution', ''))}&period={self.period}"

    def act(self) -> str:
        try:
            self.period = Period.parse(self.request.POST.get("period", ""))
        except ValueError as error:
            raise NotFound("costing.no_run", "没有这个月份的成本运行。") from error
        rows = Institution.objects.visible_to(self.actor, *reach.EVALUATORS)
        institution = rows.filter(pk=number_of(self.request.POST.get("institution", ""))).first()
        if institution is None:
            raise NotFound("masterdata.no_institution", "没有这个机构。")
        found = evaluate_month(self.actor, institution=institution, period=self.period)
        told = {"missed": found.missed, "opened": len(found.opened)}
        if not found.opened:
            return _now("%(missed)d 个目标未达成，没有新的偏差。") % told
        return _now("%(missed)d 个目标未达成，新开偏差 %(opened)d 个，已通知责任人。") % told


class ProposeInStep(ActionPage):
    """Ask for the targets that a changed payment standard left behind."""

    roles = RULERS

    def get_success_url(self) -> str:
        institution = number_of(self.request.POST.get("institution", ""))
        return f"{reverse('costing:targets')}?institution={institution}"

    def act(self) -> HttpResponse:
        proposal, matter = propose_in_step(
            self.actor, institution_id=number_of(self.request.POST.get("institution", ""))
        )
        messages.success(self.request, _now("%d 个成本目标已提交审批。") % len(proposal.rows))
        return redirect("workflows:matter", matter)


class Target(ListPage):
    """One target: its course over months, its versions."""

    roles = access.DRILL_READERS
    template_name = "costing/target.html"
    table_class = CourseTable
    per_page = 60

    def get_queryset(self) -> Any:
        self.target = reach.access_target(actor=self.actor, target_id=self.kwargs["pk"])
        self.name = targets.title_of(self.target.metric, self.target.object)
        self.export_name = f"成本目标-{self.target.institution.code}-{self.name}"
        until = str(Period.of(timezone.localdate()))
        self.months = targets.course(actor=self.actor, target=self.target, until=until)
        return self.months

    def get_table(self, rows: Any) -> Any:
        return course_table(rows, request=self.request)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        place = self.target.department.name if self.target.department else self.target.institution.name
        newest = self.months[0] if self.months else None
        return {
            **context,
            "title": f"{place} {self.name}",
            "target": self.target,
            "name": self.name,
            "newest": newest,
            "group_name": targets.group_name(target=self.target, period=newest.period) if newest else "",
            "versions": self._versions(),
            "chart": self._chart() if len(self.months) > 1 else "",
            "may_propose": self.actor.has(*RULERS) and self.actor.may(self.target.institution_id, *RULERS),
        }

    def _versions(self) -> list[tuple[CostTarget, str, int | None]]:
        """Each with its limit and the matter that it was approved by, where this reader may open that."""
        rows = targets.line_of(self.target)
        courses = courses_of("costing.target", [str(row.proposal_id) for row in rows])
        opened = readable(self.actor, [course.matter for course in courses.values()])
        matters = {subject: one.matter for subject, one in courses.items() if one.matter in opened}
        return [(row, targets.limit_words(row), matters.get(str(row.proposal_id))) for row in rows]

    def _chart(self) -> Any:
        shown = [one for one in reversed(self.months) if one.actual is not None]
        periods = [one.period for one in shown]
        metric = self.target.metric
        large = "@wan" if targets.is_amount(metric) else "@money"
        axis, tip = ("@percent0", "@percent") if targets.is_ratio(metric) else (large, "@money")
        series = ((_("实际"), [one.actual for one in shown]), (_("目标"), [one.target.limit for one in shown]))
        options = {
            "tooltip": {"trigger": "axis", "valueFormatter": tip},
            "legend": {"data": [name for name, _values in series]},
            "xAxis": {"type": "category", "data": periods},
            "yAxis": {"type": "value", "name": _("万元") if axis == "@wan" else "", "axisLabel": {"formatter": axis}},
            "series": [
                {"name": series[0][0], "type": "bar", "data": series[0][1], "barMaxWidth": 36},
                {"name": series[1][0], "type": "line", "step": "middle", "symbol": "none", "data": series[1][1]},
            ],
        }
        table = ChartTable(
            [_("指标"), *periods],
            [[name, *(targets.figure_words(metric, value) for value in values)] for name, values in series],
        )
        return chart(options, table, title=self.name)


class NewTarget(PersonFormPage):
    """A target, or the next version of one, for a second person to approve."""

    roles = RULERS
    form_class = TargetForm
    template_name = "costing/new_target.html"
    submit_label = _("提交审批")

    def get_form_kwargs(self) -> dict[str, Any]:
        former: CostTarget | None = None
        if "from" in self.request.GET:
            former = reach.access_target(actor=self.actor, target_id=number_of(self.request.GET.get("from", "")))
        self.title = _("成本目标：新版本") if former else _("新的成本目标")
        return {**super().get_form_kwargs(), "actor": self.actor, "former": former}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = kwargs.pop("form", None) or self.get_form()
        return super().get_context_data(form=form, **kwargs)

    def act(self, form: TargetForm) -> HttpResponse:
        given = form.cleaned_data
        _proposal, matter = propose_targets(
            self.actor,
            institution_id=given["institution"].pk,
            rows=[form.wanted()],
            source_mark=given["source_mark"],
            source_text=given["source_text"],
        )
        messages.success(self.request, _now("已提交审批，同意后自生效月份起按此评价。"))
        return redirect("workflows:matter", matter)


class ImportTargets(FormPage):
    """Targets of an institution from a workbook, all or none."""

    roles = RULERS
    title = _("导入成本目标")
    form_class = TargetFileForm
    template_name = "costing/import_targets.html"
    submit_label = _("提交审批")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "actor": self.actor}

    def act(self, form: TargetFileForm) -> HttpResponse:
        given = form.cleaned_data
        rows = target_files.read(given["file"].read(), given["institution"])
        _proposal, matter = propose_targets(
            self.actor,
            institution_id=given["institution"].pk,
            rows=rows,
            source_mark=given["source_mark"],
            source_text=given["source_text"],
        )
        messages.success(self.request, _now("%d 个成本目标已提交审批。") % len(rows))
        return redirect("workflows:matter", matter)


class TargetFile(Page, View):
    """The targets in force as the workbook that can be sent back."""

    roles = access.READERS

    def get(self, request: HttpRequest) -> FileResponse:
        institution = (
            access.institutions(actor=self.actor).filter(pk=number_of(request.GET.get("institution", ""))).first()
        )
        if institution is None:
            raise NotFound("masterdata.no_institution", "没有这个机构。")
        rows = reach.targets(actor=self.actor).filter(institution=institution)
        return target_files.write(institution, targets.in_force(rows, str(Period.of(timezone.localdate()))))


class Savings(ListPage):
    """What was saved against the targets of amounts; a proposal of a share of it, which nothing is paid by."""

    roles = access.DRILL_READERS
    title = _("成本节约")
    template_name = "costing/savings.html"
    table_class = SavingTable
    per_page = 200

    def get_queryset(self) -> Any:
        self.choice = choose_target_month(self.actor, self.request)
        self.share: savings.Share | None = None
        self.rows: list[savings.Saving] = []
        if self.choice.institution is None or self.choice.month is None:
            return []
        institution, period = self.choice.institution, self.choice.month.period
        self.export_name = f"成本节约-{institution.code}-{period}"
        self.share = savings.share_of(institution=institution, period=period)
        self.rows = savings.savings(actor=self.actor, institution=institution, period=period, share=self.share.value)
        return self.rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return {
            **context,
            "share": self.share,
            "gates": gate_table(self.rows) if self.rows else None,
            "share_words": formats.percent(self.share.value) if self.share else "",
            "share_url": reverse("masterdata:parameter", args=[savings.SHARE])
            if self.actor.has(*PARAMETER_READERS)
            else "",
            **self.choice.context(),
        }


class LowBenefits(ListPage):
    """Items and groups of a month that cost much and bring little; finance opens rectification with one click."""

    roles = access.READERS
    title = _("高成本低效益")
    template_name = "costing/low_benefit.html"
    table_class = LowBenefitTable
    per_page = 100

    def get_queryset(self) -> Any:
        self.choice = choose(self.actor, self.request.GET, patients.periods)
        self.run = self.choice.find(patients.current_run)
        self.limits = None
        if self.run is None:
            return []
        self.export_name = f"高成本低效益-{self.run.institution.code}-{self.run.period}"
        self.limits = low_benefit.thresholds(institution=self.run.institution, period=self.run.period)
        return low_benefit.low_benefits(run=self.run, limits=self.limits)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        may_open = self.run is not None and self.actor.may(self.run.institution_id, *reach.EVALUATORS)
        return {**context, "run": self.run, "limits": self.limits, "may_open": may_open, **self.choice.context()}


class OpenLowBenefit(ActionPage):
    """Ask the responsible department for reason and measures."""

    roles = reach.EVALUATORS
    success_url_name = "costing:low-benefit"

    def act(self) -> HttpResponse:
        post = self.request.POST
        deviation = open_low_benefit(
            self.actor,
            run_id=number_of(post.get("run", "")),
            kind=post.get("kind", ""),
            department=number_of(post.get("department", "")),
            object_=post.get("object", ""),
        )
        messages.success(
            self.request, _now("已发起整改，通知 %s 说明原因和措施。") % deviation.responsible.display_name
        )
        return redirect("costing:deviation", deviation.pk)
