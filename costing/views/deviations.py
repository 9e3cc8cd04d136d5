"""成本偏差: the list, one of them, its explanation, proof and confirmation."""

from typing import Any

import django_filters
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from costing.deviation_telling import words_of
from costing.filters import ALL
from costing.models import CostDeviation, DeviationKind
from costing.responsibility_forms import ExplanationForm, ProofForm
from costing.selectors import access
from costing.selectors.responsibility import following, reach
from costing.services.deviations import (
    KIND,
    PROOF,
    complete_action,
    confirm_deviation,
    explain_deviation,
    send_back,
)
from costing.tables.responsibility import STATE_TONES, DeviationTable, course_table
from ops_platform.documents.public import documents_of
from ops_platform.kernel import Actor, NotFound
from ops_platform.masterdata.models import Department, Institution
from ops_platform.web.filter_fields import MonthFilter
from ops_platform.web.numbers import number_of
from ops_platform.web.pages import ActionPage, FormPage, ListPage, TemplatePage
from ops_platform.web.people import names_of
from workflows.public import courses_of

State = CostDeviation.State


def _departments(request: HttpRequest | None) -> QuerySet[Department]:
    """Those of the deviations within reach, and the one that a link names, which may have none."""
    if request is None:
        return Department.objects.none()
    actor: Actor = request.actor  # type: ignore[attr-defined]
    listed = Q(pk__in=reach.deviations(actor=actor).order_by().values("department"))
    named = Q(pk=number_of(request.GET.get("department", "")), institution__in=reach.institutions(actor=actor))
    return Department.objects.filter(listed | named).order_by("institution__code", "code")


class DeviationFilter(django_filters.FilterSet):
    """By institution, department, month, kind and state."""

    institution = django_filters.ModelChoiceFilter(
        label=_("机构"),
        empty_label=ALL,
        queryset=lambda request: reach.institutions(actor=request.actor) if request else Institution.objects.none(),
    )
    department = django_filters.ModelChoiceFilter(label=_("科室"), empty_label=ALL, queryset=_departments)
    period = MonthFilter(label=_("月份"))
    kind = django_filters.ChoiceFilter(label=_("类别"), choices=DeviationKind.choices, empty_label=ALL)
    state = django_filters.ChoiceFilter(label=_("状态"), choices=State.choices, empty_label=ALL)

    class Meta:
        model = CostDeviation
        fields: list[str] = []


class Deviations(ListPage):
    """All deviations within reach."""

    roles = access.DRILL_READERS
    title = _("成本偏差与整改")
    template_name = "costing/deviations.html"
    table_class = DeviationTable
    filter_class = DeviationFilter
    empty_title = _("没有成本偏差")
    empty_hint = _("月份结束后，未达成的成本目标在夜间运行中列为偏差，通知责任人说明。")

    def get_queryset(self) -> Any:
        return reach.deviations(actor=self.actor)


class Deviation(TemplatePage):
    """One deviation: figures, reason, measures with proof, and how the target goes on."""

    roles = access.DRILL_READERS
    template_name = "costing/deviation.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        deviation = reach.access_deviation(actor=self.actor, deviation_id=self.kwargs["pk"])
        actions = list(deviation.actions.select_related("done_by").order_by("number"))
        proofs = documents_of(PROOF, [str(action.pk) for action in actions])
        answers = reach.may_answer(self.actor, deviation)
        months = following.later_months(actor=self.actor, deviation=deviation)
        number = str(deviation.pk)
        context = super().get_context_data(
            deviation=deviation,
            tone=STATE_TONES[deviation.state],
            words=words_of(deviation),
            now=following.now_of(actor=self.actor, deviation=deviation),
            months=course_table(months) if months else None,
            actions=[(action, proofs[str(action.pk)]) for action in actions],
            course=courses_of(KIND, [number]).get(number),
            may_explain=answers and deviation.state == State.OPEN,
            may_complete=answers and deviation.state == State.ACTING,
            may_confirm=deviation.state == State.CONFIRMING and reach.may_confirm(self.actor, deviation),
            people=names_of([deviation.opened_by]),
            **kwargs,
        )
        return {**context, "title": deviation.title}


class _Answer(FormPage):
    """A form for who answers for a deviation; whoever else may see it is led to its page."""

    roles = reach.ANSWERERS

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not reach.may_answer(self.actor, self.deviation):
            messages.warning(request, _now("由责任人、成本专员或科室(机构)负责人填写。"))
            return redirect("costing:deviation", self.deviation.pk)
        return super().get(request, *args, **kwargs)

    @property
    def deviation(self) -> CostDeviation:
        """The deviation of the address."""
        if "_deviation" not in self.__dict__:
            self.__dict__["_deviation"] = reach.access_deviation(actor=self.actor, deviation_id=self.kwargs["pk"])
        found: CostDeviation = self.__dict__["_deviation"]
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(deviation=self.deviation, words=words_of(self.deviation), **kwargs)


class Explain(_Answer):
    """Reason and measures, for approval."""

    title = _("说明原因和整改措施")
    form_class = ExplanationForm
    template_name = "costing/explain_deviation.html"
    submit_label = _("提交审批")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "deviation": self.deviation}

    def act(self, form: ExplanationForm) -> HttpResponse:
        _deviation, matter = explain_deviation(
            self.actor, deviation_id=self.kwargs["pk"], reason=form.cleaned_data["reason"], plan=form.plan()
        )
        messages.success(self.request, _now("已保存。退回修改的，请在审批页面重新提交。"))
        return redirect("workflows:matter", matter)


class CompleteAction(_Answer):
    """What was done of a measure, with what proves it."""

    title = _("填报整改完成情况")
    form_class = ProofForm
    template_name = "costing/complete_action.html"
    submit_label = _("填报完成")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        action = self.deviation.actions.filter(number=self.kwargs["number"]).first()
        if action is None:
            raise NotFound("costing.no_deviation_action", "没有这项整改措施。")
        return super().get_context_data(action=action, **kwargs)

    def act(self, form: ProofForm) -> HttpResponse:
        complete_action(
            self.actor,
            deviation_id=self.kwargs["pk"],
            number=self.kwargs["number"],
            proof=form.cleaned_data["proof"],
            files=form.cleaned_data["documents"],
        )
        messages.success(self.request, _now("已填报。全部措施完成后由第二人确认。"))
        return redirect("costing:deviation", self.kwargs["pk"])


class Confirm(ActionPage):
    """A second person confirms, or sends back."""

    roles = reach.CONFIRMERS

    def get_success_url(self) -> str:
        return reverse("costing:deviation", args=[self.kwargs["pk"]])

    def act(self) -> str:
        asked = {"deviation_id": self.kwargs["pk"], "remark": self.request.POST.get("remark", "")}
        if self.request.POST.get("act") == "back":
            send_back(self.actor, **asked)
            return _now("已退回整改，通知责任人。")
        confirm_deviation(self.actor, **asked)
        return _now("已确认，偏差关闭。")
