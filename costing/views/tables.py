"""The official tables of an institution's month, on the page and as .xlsx."""

from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _

from costing import reports
from costing.models import CostRun
from costing.selectors import access, tables
from costing.titles import COST_ITEM_TITLES
from costing.views.choosing import choose
from ops_platform.web.pages import TemplatePage


class _MonthTable(TemplatePage):
    """A table of one run: the current one of the chosen institution and month."""

    roles = access.READERS
    other: ClassVar[tuple[str, Any]] = ("", "")

    def rows(self, run: CostRun) -> Any:
        """The lines of the table."""
        raise NotImplementedError

    def workbook(self, run: CostRun) -> HttpResponseBase:
        """The same as a download."""
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.choice = choose(self.actor, request.GET, access.periods)
        self.run: CostRun | None = self.choice.find(access.current_run)
        if self.run is not None and request.GET.get("export") == "xlsx":
            return self.workbook(self.run)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            run=self.run,
            rows=self.rows(self.run) if self.run else [],
            basis=tables.basis(run=self.run) if self.run else [],
            items=COST_ITEM_TITLES,
            other_url=self.other[0],
            other_title=self.other[1],
            **self.choice.context(),
            **kwargs,
        )


class DirectCosts(_MonthTable):
    """成本01 医院各科室直接成本表"""

    title = _("医院各科室直接成本表")
    template_name = "costing/direct_costs.html"
    other = ("costing:full-costs", _("临床服务类科室全成本表"))

    def rows(self, run: CostRun) -> list[tables.DirectRow]:
        return tables.direct_costs(run=run)

    def workbook(self, run: CostRun) -> HttpResponseBase:
        return reports.direct_costs(run, self.rows(run), tables.basis(run=run), self.choice.mark)


class FullCosts(_MonthTable):
    """成本02 临床服务类科室全成本表"""

    title = _("临床服务类科室全成本表")
    template_name = "costing/full_costs.html"
    other = ("costing:direct-costs", _("各科室直接成本表"))

    def rows(self, run: CostRun) -> list[tables.FullRow]:
        return tables.clinical_full_costs(run=run)

    def workbook(self, run: CostRun) -> HttpResponseBase:
        return reports.full_costs(run, self.rows(run), tables.basis(run=run), self.choice.mark)
