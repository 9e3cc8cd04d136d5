"""病案首页质量: the coder's work list, one front page with what was found and corrected, how departments do."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from insurance_settlement.forms.front_pages import MarkForm
from insurance_settlement.front_page_filters import FrontPageFilter
from insurance_settlement.models import FrontPageFinding
from insurance_settlement.selectors import CASE_READERS, institutions
from insurance_settlement.selectors import front_pages as selected
from insurance_settlement.services import front_pages as services
from insurance_settlement.tables.cases import status_mark
from insurance_settlement.tables.front_pages import SEVERITY_TONES, FrontPageTable, ScoreTable, state_of
from ops_platform.identity.access import log_patient_access, log_patient_list
from ops_platform.kernel import Period
from ops_platform.masterdata.models import Institution
from ops_platform.web import formats
from ops_platform.web.charts import ChartTable, chart
from ops_platform.web.pages import FormPage, ListPage, TemplatePage

MONTHS_SHOWN = 6


class FrontPages(ListPage):
    """Findings; without a state asked for those that wait."""

    roles = CASE_READERS
    title = _("病案首页质量")
    template_name = "insurance_settlement/front_pages.html"
    table_class = FrontPageTable
    filter_class = FrontPageFilter
    empty_title = _("没有待处理的首页问题")
    empty_hint = _("首页在夜间运行中分组后检查。已核对或已更正的，请在「状态」中选择。")

    def get_queryset(self) -> QuerySet[FrontPageFinding]:
        return selected.front_page_findings(actor=self.actor)

    def filtered(self) -> tuple[FrontPageFilter, QuerySet[FrontPageFinding]]:
        asked = self.request.GET.copy()
        asked.setdefault("state", "open")
        chosen = FrontPageFilter(asked, queryset=self.get_queryset(), request=self.request)
        return chosen, chosen.queryset.none() if chosen.errors else chosen.qs

    def get_table(self, rows: Any) -> FrontPageTable:
        hidden = () if institutions(actor=self.actor).count() > 1 else ("institution",)
        return FrontPageTable(rows, request=self.request, exclude=hidden)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        self._log(row.record.institution for row in context["table"].page.object_list)
        return context

    def _export(self) -> HttpResponseBase:
        _chosen, rows = self.filtered()
        self._log(Institution.objects.filter(pk__in=rows.order_by().values("institution")))
        return super()._export()

    def _log(self, institutions: Iterable[Institution]) -> None:
        asked = self.request.GET.urlencode() or "all"
        log_patient_list(self.request, "front_page_list", dict.fromkeys(institutions, asked))


class FrontPage(TemplatePage):
    """One front page: what was found and why, its group with the reasons, its versions before and after a correction."""

    roles = CASE_READERS
    template_name = "insurance_settlement/front_page.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        detail = selected.access_front_page(
            actor=self.actor, institution_id=self.kwargs["institution"], encounter=self.kwargs["encounter"]
        )
        case = detail.case
        log_patient_access(self.request, case.run.institution, "front_page", case.encounter_no)
        context = super().get_context_data(
            detail=detail,
            case=case,
            status=status_mark(case.status),
            present=detail.present,
            changed=len(detail.versions) > 1,
            open=[(line, SEVERITY_TONES[line.finding.severity], state_of(line.finding)) for line in detail.open],
            closed=[(line, state_of(line.finding)) for line in detail.closed],
            may_mark=self.actor.may(case.run.institution_id, *services.MARKERS, department=case.department_id),
            **kwargs,
        )
        return {**context, "title": _("病案首页 %s") % case.encounter_no}


class MarkRight(FormPage):
    """Mark a finding as right, with what was compared."""

    roles = services.MARKERS
    title = _("标记核对无误")
    form_class = MarkForm
    template_name = "insurance_settlement/front_page_mark.html"
    submit_label = _("标记核对无误")

    @property
    def finding(self) -> FrontPageFinding:
        """The finding of the address."""
        if "_finding" not in self.__dict__:
            self.__dict__["_finding"] = selected.access_finding(actor=self.actor, finding_id=self.kwargs["pk"])
        found: FrontPageFinding = self.__dict__["_finding"]
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        log_patient_access(self.request, self.finding.institution, "front_page", self.finding.encounter_no)
        return super().get_context_data(finding=self.finding, **kwargs)

    def act(self, form: MarkForm) -> HttpResponse:
        services.mark_right(self.actor, finding_id=self.kwargs["pk"], reason=form.cleaned_data["reason"])
        messages.success(self.request, _now("已标记。首页以后有更正的，将重新检查。"))
        return redirect("insurance_settlement:front-page", self.finding.institution_id, self.finding.encounter)


class Scores(ListPage):
    """Share of abstracts without findings by department in the last months."""

    roles = CASE_READERS
    title = _("病案首页质量：科室")
    template_name = "insurance_settlement/front_page_scores.html"
    table_class = ScoreTable
    per_page = 200
    empty_title = _("还没有检查过的病案首页")
    empty_hint = _("首页在夜间运行中分组后检查。")

    def get_queryset(self) -> list[selected.Score]:
        last = Period.of(timezone.localdate())
        self.lines = selected.scores(actor=self.actor, first=str(last.shift(1 - MONTHS_SHOWN)), last=str(last))
        return self.lines

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return {**context, "chart": _trend(self.lines)}


def _trend(lines: list[selected.Score]) -> Any:
    """Share of abstracts without findings by month, a line an institution; None for a single month."""
    months = sorted({line.period for line in lines})
    if len(months) < 2:
        return None
    sums: dict[str, dict[str, tuple[int, int]]] = {}
    for line in lines:
        by_month = sums.setdefault(line.institution.name, {})
        clean, total = by_month.get(line.period, (0, 0))
        by_month[line.period] = (clean + line.clean, total + line.abstracts)
    shares = {
        name: [by_month[month][0] / by_month[month][1] if month in by_month else None for month in months]
        for name, by_month in sums.items()
    }
    title = str(_("各机构首页合格占比逐月变化"))
    options = {
        "tooltip": {"trigger": "axis", "renderMode": "richText", "valueFormatter": "@percent"},
        "legend": {"type": "scroll"},
        "xAxis": {"type": "category", "data": months, "axisLabel": {"formatter": "@month"}},
        "yAxis": {"type": "value", "max": 1, "axisLabel": {"formatter": "@percent0"}},
        "series": [{"type": "line", "name": name, "data": values} for name, values in shares.items()],
    }
    rows = [[name, *("" if one is None else formats.percent(one) for one in values)] for name, values in shares.items()]
    return chart(options, ChartTable([_("机构"), *map(formats.period_label, months)], rows), title=title)
