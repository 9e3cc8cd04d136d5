"""全部机构成本核对: what all institutions' departments cost in a month, and who bears it."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from costing.selectors import access, reconciling
from costing.tables.reconciling import ReconciledTable
from ops_platform.masterdata import months
from ops_platform.web.exports import xlsx_response
from ops_platform.web.pages import TemplatePage


class Reconciliation(TemplatePage):
    """The institutions that one may read, and their sum."""

    roles = access.READERS
    title = _("全部机构成本核对")
    template_name = "costing/reconciliation.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        institutions = list(access.institutions(actor=self.actor))
        numbers = [one.pk for one in institutions]
        self.months = months.months(
            institutions=numbers, periods=reconciling.periods_of(institutions=numbers), today=timezone.localdate()
        )
        self.month = months.choose(self.months, request.GET.get("period", ""))
        self.found = reconciling.community(institutions=institutions, period=self.month.period) if self.month else None
        if self.found is not None and self.month is not None and request.GET.get("export") == "xlsx":
            values = iter(self.table(self.found, self.month.period).as_values())
            return xlsx_response(f"{self.title}-{self.month.period}", next(values), values)
        return super().get(request, *args, **kwargs)

    def table(self, found: reconciling.Community, period: str) -> ReconciledTable:
        """The institutions, then their sum."""
        whole = reconciling.named(found.whole, str(_("合计(患者已核算的机构)")))
        return ReconciledTable([*found.rows, whole], period=period)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        table = self.table(self.found, self.month.period) if self.found and self.month else None
        return super().get_context_data(
            found=self.found,
            table=table,
            months=self.months,
            month=self.month,
            shown_instead=[months.instead(self.months, self.request.GET.get("period", ""))],
            costed=self.found.number(reconciling.COSTED, reconciling.STALE) if self.found else 0,
            **kwargs,
        )
