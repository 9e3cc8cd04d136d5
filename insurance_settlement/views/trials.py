"""试算: what past months would have been paid by other rules, beside what they were. Never official figures."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from insurance_settlement.forms.trials import TrialForm
from insurance_settlement.models import PricingTrial, TrialCase
from insurance_settlement.selectors import MONTH_READERS
from insurance_settlement.selectors import trials as selected
from insurance_settlement.selectors.trials import CUTS, TrialLine
from insurance_settlement.services import trials as services
from insurance_settlement.tables.trials import CUT_TITLES, TRIAL_TONES, TrialCaseTable, TrialLineTable, TrialTable
from insurance_settlement.trial_words import words_of
from ops_platform.identity.access import log_patient_access, log_patient_list
from ops_platform.masterdata.models import Institution
from ops_platform.web.pages import FormPage, ListPage, TemplatePage

NOT_OFFICIAL = _("试算，不是结算")


class Trials(ListPage):
    """Trials that one may see."""

    roles = MONTH_READERS
    title = _("支付试算")
    template_name = "insurance_settlement/trials.html"
    table_class = TrialTable
    empty_title = _("还没有试算")
    empty_hint = _("选择机构和过去的月份，改动费率、权重、系数、倍率界限或分组方案，看支付怎样变化；不影响正式结算。")

    def get_queryset(self) -> QuerySet[PricingTrial]:
        return selected.trials(actor=self.actor)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(may_plan=self.actor.has(*services.PLANNERS), **kwargs)


class NewTrial(FormPage):
    """Ask for a trial."""

    roles = services.PLANNERS
    title = _("新的支付试算")
    form_class = TrialForm
    template_name = "insurance_settlement/new_trial.html"
    submit_label = _("开始试算")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "actor": self.actor}

    def act(self, form: TrialForm) -> HttpResponse:
        made = services.begin_trial(self.actor, form.wanted())
        messages.success(self.request, _now("已开始试算，完成后本页显示结果。"))
        return redirect("insurance_settlement:trial", made.pk)


class _OfTrial:
    actor: Any
    kwargs: dict[str, Any]

    @property
    def trial(self) -> PricingTrial:
        """The trial of the address."""
        if "_trial" not in self.__dict__:
            self.__dict__["_trial"] = selected.access_trial(actor=self.actor, trial_id=self.kwargs["pk"])
        found: PricingTrial = self.__dict__["_trial"]
        return found


class Trial(_OfTrial, ListPage):
    """One trial: what it asks, totals, and a cut: groups, institutions, departments, months, cases in other groups."""

    roles = MONTH_READERS
    template_name = "insurance_settlement/trial.html"
    table_class = TrialLineTable
    per_page = 100
    export_title = str(NOT_OFFICIAL)
    empty_title = _("没有符合的病例")
    empty_hint = _("请换一个分类方式。")

    @property
    def cut(self) -> str:
        """By what the lines are."""
        asked = self.request.GET.get("by", "")
        return asked if asked in CUTS else "group"

    def get_queryset(self) -> list[TrialLine]:
        self.export_name = f"试算_{self.trial.title}_{CUT_TITLES[self.cut]}"
        return selected.lines(self.trial, self.cut)

    def get_table(self, rows: Any) -> TrialLineTable:
        return TrialLineTable(rows, request=self.request, trial=self.trial.pk, cut=self.cut)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        trial = self.trial
        context = super().get_context_data(
            trial=trial,
            tone=TRIAL_TONES[trial.state],
            changes=words_of(trial),
            institutions=selected.institutions_of(trial),
            left_out=selected.months_left_out(trial),
            replaced=selected.replaced(trial),
            totals=selected.totals(trial) if trial.state == PricingTrial.State.SUCCEEDED else None,
            cut=self.cut,
            cuts=list(CUT_TITLES.items()),
            **kwargs,
        )
        return {**context, "title": trial.title}


class TrialProgress(_OfTrial, TemplatePage):
    """The card alone, asked for every second while the work goes on; when it has ended, the page is to load itself again."""

    roles = MONTH_READERS
    template_name = "insurance_settlement/trial_card.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = super().get(request, *args, **kwargs)
        if not self.trial.under_way:
            answer["HX-Refresh"] = "true"
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(trial=self.trial, tone=TRIAL_TONES[self.trial.state], **kwargs)


class TrialCases(_OfTrial, ListPage):
    """The cases that a trial changes, the greatest change first."""

    roles = MONTH_READERS
    title = _("有变化的病例")
    template_name = "insurance_settlement/trial_cases.html"
    table_class = TrialCaseTable
    export_title = str(NOT_OFFICIAL)
    empty_title = _("没有有变化的病例")
    empty_hint = _("试算没有改变这些病例的病组和支付。")

    def get_queryset(self) -> QuerySet[TrialCase]:
        asked = self.request.GET
        rows = selected.changed_cases(self.trial)
        for name, path in (("institution", "case__run__institution"), ("department", "case__department")):
            if asked.get(name, "").isdigit():
                rows = rows.filter(**{path: int(asked[name][:9])})
        for name, path in (("drg", "case__drg"), ("period", "case__run__period")):
            if asked.get(name):
                rows = rows.filter(**{path: asked[name][:12]})
        return rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(trial=self.trial, **kwargs)
        shown = [row.record.case.run.institution for row in context["table"].page.object_list]
        log_patient_list(self.request, "case_list", dict.fromkeys(shown, self.request.GET.urlencode()[:80] or "all"))
        return context

    def _export(self) -> Any:
        _chosen, rows = self.filtered()
        listed = Institution.objects.filter(pk__in=rows.order_by().values("case__run__institution"))
        log_patient_list(self.request, "case_list", dict.fromkeys(listed, self.request.GET.urlencode()[:80] or "all"))
        self.export_name = f"试算病例_{self.trial.title}"
        return super()._export()


class TrialCasePage(_OfTrial, TemplatePage):
    """One case: both ways to its price."""

    roles = MONTH_READERS
    template_name = "insurance_settlement/trial_case.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        beside = selected.case_beside(self.trial, self.kwargs["case"])
        case = beside.row.case
        log_patient_access(self.request, case.run.institution, "case", case.encounter_no)
        context = super().get_context_data(
            trial=self.trial,
            row=beside.row,
            sides=(
                (_("原计价"), case.drg, beside.names.get(case.drg, ""), beside.outcome.before),
                (
                    _("试算"),
                    beside.outcome.found.code,
                    beside.names.get(beside.outcome.found.code, ""),
                    beside.outcome.after,
                ),
            ),
            **{**kwargs, "case": case},
        )
        return {**context, "title": case.encounter_no}
