"""成本01, on the page and as .xlsx."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from costing import reports
from costing.models import CostRun
from costing.selectors import access, tables
from costing.titles import COST_ITEM_TITLES
from costing.views.choosing import choose
from ops_platform.web.pages import TemplatePage


class DirectCosts(TemplatePage):
    """成本01 医院各科室直接成本表, of the current run of the chosen institution and month."""

    roles = access.READERS
    title = _("医院各科室直接成本表")
    template_name = "costing/direct_costs.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.choice = choose(self.actor, request.GET, access.periods)
        self.run: CostRun | None = self.choice.find(access.current_run)
        if self.run is not None and request.GET.get("export") == "xlsx":
            basis = tables.basis(run=self.run)
            return reports.direct_costs(self.run, tables.direct_costs(run=self.run), basis, self.choice.mark)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            run=self.run,
            rows=tables.direct_costs(run=self.run) if self.run else [],
            basis=tables.basis(run=self.run) if self.run else [],
            items=COST_ITEM_TITLES,
            **self.choice.context(),
            **kwargs,
        )
