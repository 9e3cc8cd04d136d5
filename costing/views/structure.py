"""药占比、耗占比、医疗服务收入占比 of institutions and departments, month by month."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from costing.models import CostRun
from costing.selectors import access, purchases, structure
from costing.tables.structure import StructureTable
from costing.titles import FEE_CLASS_TITLES
from costing.views.choosing import Choice
from costing.views.spans import choose_institution
from ops_platform.kernel import Period
from ops_platform.masterdata import months
from ops_platform.masterdata.models import Institution
from ops_platform.web import formats
from ops_platform.web.charts import ChartTable, chart
from ops_platform.web.exports import xlsx_response
from ops_platform.web.pages import TemplatePage


class IncomeStructure(TemplatePage):
    """Institutions of a month, or the departments of one."""

    roles = access.READERS
    title = _("收入结构")
    template_name = "costing/income_structure.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        institutions = tuple(access.institutions(actor=self.actor))
        institution = choose_institution(institutions, request.GET.get("institution", ""))
        self.chosen = [one.pk for one in ([institution] if institution else institutions)]
        offered = months.months(
            institutions=self.chosen, periods=structure.periods_of(institutions=self.chosen), today=timezone.localdate()
        )
        self.choice = Choice(
            institutions,
            institution,
            tuple(offered),
            months.choose(offered, request.GET.get("period", "")),
            request.GET,
        )
        self.run: CostRun | None = self.choice.find(access.current_run)
        if self.choice.month is not None:
            self.forms = structure.variants(day=Period.parse(self.choice.month.period).last_day)
            if request.GET.get("export") == "xlsx":
                return self.download(self.choice.month.period)
        return super().get(request, *args, **kwargs)

    def download(self, period: str) -> HttpResponseBase:
        """The page as .xlsx."""
        values = iter(self.table(self.rows()).as_values())
        who = self.choice.institution.code if self.choice.institution else "全部机构"
        return xlsx_response(f"{self.title}-{who}-{period}", next(values), values)

    def rows(self) -> list[structure.Structure]:
        """Institutions or departments, then all of them."""
        if self.choice.institution is None and self.choice.month is not None:
            found = structure.by_institution(
                institutions=self.chosen, period=self.choice.month.period, forms=self.forms
            )
        else:
            found = structure.by_department(run=self.run, forms=self.forms) if self.run else []
        return [*found, structure.total(found, name=str(_("合计")), forms=self.forms)] if found else []

    def table(self, rows: list[structure.Structure]) -> StructureTable:
        """The list of the page."""
        return StructureTable(
            rows,
            period=self.choice.month.period if self.choice.month else "",
            institution=self.choice.institution,
            exclude=() if any(row.rest for row in rows) else ("rest",),
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = {}
        if self.choice.month is not None:
            rows = self.rows()
            day = Period.parse(self.choice.month.period).last_day
            context = {
                "rows": rows,
                "whole": rows[-1] if rows else None,
                "table": self.table(rows),
                "chart": self._chart(self.choice.month.period),
                "herbs": purchases.marked(key="costing.drug_ratio_without_herbs", day=day),
                "base": purchases.marked(key="costing.material_ratio_base", day=day),
                "forms": self.forms,
                "run": self.run,
            }
        everything = _("全部机构") if len(self.choice.institutions) > 1 else ""
        return super().get_context_data(**context, everything=everything, **self.choice.context(), **kwargs)

    def _chart(self, until: str) -> Any:
        found = structure.by_month(institutions=self.chosen, until=until, forms=self.forms)
        ratios = (
            (_("药占比"), [one.drug_ratio for _period, one in found]),
            (_("耗占比"), [one.material_ratio for _period, one in found]),
            (_("医疗服务收入占比"), [one.service_ratio for _period, one in found]),
        )
        periods = [period for period, _one in found]
        options = {
            "tooltip": {"trigger": "axis", "valueFormatter": "@percent"},
            "legend": {"data": [name for name, _values in ratios]},
            "xAxis": {"type": "category", "data": periods},
            "yAxis": {"type": "value", "axisLabel": {"formatter": "@percent0"}},
            "series": [{"name": name, "type": "line", "data": values} for name, values in ratios],
        }
        table = ChartTable(
            [_("指标"), *periods], [[name, *(formats.percent(value) for value in values)] for name, values in ratios]
        )
        return chart(options, table, title=str(_("各月收入结构")))


class IncomeClasses(IncomeStructure):
    """What a department's income, or that of the whole institution, is made of by fee class; each opens its charge lines."""

    template_name = "costing/income_classes.html"

    def shown(self) -> tuple[structure.Structure, Institution]:
        """What the address asks for: a department, or without one the institution."""
        asked = self.request.GET.get("department", "")
        found = next((row for row in self.rows() if str(row.key or "") == asked), None) if self.run else None
        if found is None or self.choice.institution is None:
            raise Http404
        return found, self.choice.institution

    def download(self, period: str) -> HttpResponseBase:
        shown, institution = self.shown()
        lines = [(_class_title(code), amount, share) for code, amount, share in shown.by_fee_class()]
        whole = (_now("医疗收入"), shown.income, 1)
        who = f"{institution.code}-{shown.name}" if shown.key else institution.code
        return xlsx_response(
            f"收入结构-费用类别-{who}-{period}", [_("费用类别"), _("收入(元)"), _("占比")], [*lines, whole]
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shown, institution = self.shown()
        classes = [(code, _class_title(code), amount, share) for code, amount, share in shown.by_fee_class()]
        context = super().get_context_data(shown=shown, classes=classes, **kwargs)
        return {**context, "title": _("收入结构 %s") % (shown.name if shown.key else institution.name)}


def _class_title(fee_class: str) -> Any:
    return FEE_CLASS_TITLES.get(fee_class, fee_class)
