"""措施成本效果: what a measure cost and brought about, before and since."""

from decimal import Decimal
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from costing.cost_effect_forms import MeasureForm
from costing.derivations import yuan
from costing.engine.cost_effect import Comparison, Verdict
from costing.reports import workbook_of
from costing.selectors import access
from costing.selectors.cost_effects import MeasureEffect, measure_effect
from costing.selectors.sheets.cost_effect import cost_effect
from costing.sheets import Sheet, opened
from costing.tables.drill import WorkloadTable
from costing.titles import COST_ITEM_TITLES, METRIC_TITLES
from costing.views.fact_lists import FactList
from costing.views.figures import figure_of
from costing.views.spans import choose_institution
from ops_platform.his_intake.public import FactPage, WorkloadLine, workload_lines
from ops_platform.web import formats
from ops_platform.web.pages import TemplatePage

FIELDS = ("institution", "department", "cost_item", "metric", "base_first", "base_last", "first", "last")
WORDS = {
    Verdict.BETTER: _("成本没有增加，效果没有减少：更优"),
    Verdict.WORSE: _("成本没有减少，效果没有增加：更差"),
    Verdict.MORE: _("成本、效果都增加：每增加 1 个单位效果多用 %s 元"),
    Verdict.LESS: _("成本、效果都减少：每减少 1 个单位效果节约 %s 元"),
    Verdict.SAME: _("成本、效果都没有变化"),
    Verdict.UNTOLD: _("基期或本期没有报送该指标，不能比较；请换一个指标或月份，或由信息系统补报工作量"),
}


class _Asked(TemplatePage):
    """A comparison as the address asks for it."""

    roles = access.READERS
    title = _("措施成本效果")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        institutions = access.institutions(actor=self.actor)
        self.institution = choose_institution(tuple(institutions), request.GET.get("institution", ""))
        self.institution = self.institution or institutions.first()
        self.periods = access.periods(institution=self.institution.pk) if self.institution else []
        asked = {name: request.GET[name] for name in FIELDS if name in request.GET}
        self.form = MeasureForm(asked, institutions=institutions, institution=self.institution, periods=self.periods)
        self.found: MeasureEffect | None = None
        self.sheet: Sheet | None = None
        if self.form.is_valid():
            question = self.form.question()
            self.found = measure_effect(question)
            self.sheet = cost_effect(question, self.found)
        return super().get(request, *args, **kwargs)

    def opened(self, found: Sheet) -> Sheet:
        """With the addresses of its figures."""
        asked = {name: self.form.data[name] for name in FIELDS if self.form.data.get(name)}
        page = f"{reverse('costing:cost-effect-figure')}?{urlencode(asked)}"
        return opened(found, lambda row, column: f"{page}&row={row}&column={column}")


class CostEffects(_Asked):
    """Both sides month by month, and how cost and effect moved."""

    template_name = "costing/cost_effects.html"

    def heading(self) -> str:
        """Of the workbook: whose cost, against which effect, and how both moved."""
        given = self.form.cleaned_data
        where = f"{given['institution'].name} {given['department'] or _('全院')}"
        item = COST_ITEM_TITLES.get(given["cost_item"], _("全部成本项目"))
        told = [where, str(item), METRIC_TITLES[given["metric"]], "单位：元"]
        comparison = self.found.comparison if self.found else None
        if comparison:
            told += [f"{one['title']} {one['figure']}({one['note']})" for one in _stats(comparison)]
            told.append(_verdict(comparison))
        return "    ".join(told)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        answer = super().get(request, *args, **kwargs)
        if self.sheet is not None and self.institution is not None and request.GET.get("export") == "xlsx":
            return workbook_of(f"措施成本效果-{self.institution.code}", self.heading(), [("成本效果", self.sheet)])
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        comparison = self.found.comparison if self.found else None
        return super().get_context_data(
            form=self.form,
            periods=self.periods,
            institution=self.institution,
            sheet=self.opened(self.sheet) if self.sheet else None,
            stats=_stats(comparison) if comparison else [],
            verdict=_verdict(comparison) if comparison else "",
            **kwargs,
        )


class CostEffectFigure(_Asked):
    """One figure of it."""

    template_name = "costing/cost_effect_figure.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if self.sheet is None:
            raise Http404
        context = figure_of(self.sheet, self.opened(self.sheet), self.request)
        title = context.pop("title")
        back = urlencode({name: self.form.data[name] for name in FIELDS if self.form.data.get(name)})
        return {**super().get_context_data(back=back, **context, **kwargs), "title": title}


class Workloads(FactList):
    """The workloads of a metric behind an effect."""

    title = _("工作量清单")
    table_class = WorkloadTable
    codes = ("metric", METRIC_TITLES, "")
    differs = _("报表打开之后数据或运行有更新，请重新打开报表")

    @property
    def sum_kind(self) -> Any:
        return "quantity"

    def fetch(self, offset: int, limit: int | None) -> FactPage[WorkloadLine]:
        chosen = self.chosen()
        if not chosen["metric"]:
            raise Http404
        return workload_lines(**self.facts(), **chosen, offset=offset, limit=limit)

    def expected(self) -> Decimal | None:
        return self.came()


def _stats(found: Comparison) -> list[dict[str, Any]]:
    base, present = found.base, found.present
    return [
        {
            "title": _("月均成本"),
            "figure": formats.money(yuan(present.mean_cost)),
            "unit": _("元"),
            "note": _told(found.cost_change, formats.money(yuan(base.mean_cost))),
        },
        {
            "title": _("月均效果"),
            "figure": formats.quantity(_decimal(present.mean_effect), 2),
            "unit": "",
            "note": _told(found.effect_change, formats.quantity(_decimal(base.mean_effect), 2)),
        },
        {
            "title": _("单位效果成本"),
            "figure": formats.money(yuan(present.unit_cost)),
            "unit": _("元"),
            "note": _told(found.unit_change, formats.money(yuan(base.unit_cost))),
        },
    ]


def _told(change: Fraction | None, before: str) -> str:
    moved = formats.percent(None if change is None else _decimal(change))
    return str(_("基期 %(before)s，增减 %(moved)s") % {"before": before, "moved": moved})


def _verdict(found: Comparison) -> str:
    words = WORDS[found.verdict]
    incremental = found.incremental
    return str(words) if incremental is None else str(words % formats.money(yuan(incremental)))


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / value.denominator
