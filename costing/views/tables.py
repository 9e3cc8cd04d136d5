"""The official tables of an institution's month, on the page and as .xlsx."""

from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from costing import reports
from costing.models import CostRun
from costing.selectors import access, tables
from costing.titles import COST_ITEM_TITLES
from ops_platform.masterdata import months
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.months import Month
from ops_platform.web.pages import TemplatePage


class MonthPage(TemplatePage):
    """A page about one institution's month."""

    roles = access.READERS
    institutions: list[Institution]
    institution: Institution | None
    months: list[Month]
    month: Month | None

    def periods(self, institution: Institution) -> list[str]:
        """Months that the page can show."""
        raise NotImplementedError

    def choose(self) -> bool:
        """Institution and month as asked for, else the first and the last closed one; whether there is any."""
        asked = self.request.GET
        self.institutions = list(access.institutions(actor=self.actor))
        named = [one for one in self.institutions if str(one.pk) == asked.get("institution")]
        self.institution = next(iter([*named, *self.institutions]), None)
        self.months, self.month = [], None
        if self.institution is not None:
            self.months = months.months(
                institutions=[self.institution.pk],
                periods=self.periods(self.institution),
                today=timezone.localdate(),
            )
            self.month = months.choose(self.months, asked.get("period", ""))
        return self.month is not None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            institutions=self.institutions,
            institution=self.institution,
            months=self.months,
            month=self.month,
            **kwargs,
        )


class _MonthTable(MonthPage):
    """A table of one run: the current one of the chosen institution and month."""

    other: ClassVar[tuple[str, Any]] = ("", "")

    def periods(self, institution: Institution) -> list[str]:
        return access.periods(institution=institution.pk)

    def rows(self, run: CostRun) -> Any:
        """The lines of the table."""
        raise NotImplementedError

    def workbook(self, run: CostRun) -> HttpResponseBase:
        """The same as a download."""
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.run = None
        if self.choose() and self.institution and self.month:
            self.run = access.current_run(institution=self.institution.pk, period=self.month.period)
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
        return reports.direct_costs(
            run, self.rows(run), tables.basis(run=run), str(self.month.mark if self.month else "")
        )


class FullCosts(_MonthTable):
    """成本02 临床服务类科室全成本表"""

    title = _("临床服务类科室全成本表")
    template_name = "costing/full_costs.html"
    other = ("costing:direct-costs", _("各科室直接成本表"))

    def rows(self, run: CostRun) -> list[tables.FullRow]:
        return tables.clinical_full_costs(run=run)

    def workbook(self, run: CostRun) -> HttpResponseBase:
        return reports.full_costs(
            run, self.rows(run), tables.basis(run=run), str(self.month.mark if self.month else "")
        )
