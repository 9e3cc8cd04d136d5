"""What each institution has reported, and what is missing."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ops_platform.his_intake import selectors
from ops_platform.his_intake.datasets.catalogue import DATASETS
from ops_platform.his_intake.datasets.declaration import Dataset
from ops_platform.his_intake.filters import ReportingFilter, last_full_month
from ops_platform.his_intake.services import UPLOADERS
from ops_platform.his_intake.tables import ReportingTable
from ops_platform.kernel import Period
from ops_platform.masterdata.models import AccountingPeriod, Institution, PeriodState
from ops_platform.web.pages import ListPage, TemplatePage

SHOWN_MONTHS = 6


class Overview(ListPage):
    """All institutions with what they have reported for one month; whoever sees only one goes straight to it."""

    roles = selectors.READERS
    title = _("采集概况")
    template_name = "his_intake/overview.html"
    table_class = ReportingTable
    filter_class = ReportingFilter
    empty_title = _("没有可查看的机构")
    empty_hint = _("您的角色没有关联机构。请联系系统管理员。")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        few = list(selectors.readable_institutions(actor=self.actor).values_list("pk", flat=True)[:2])
        if len(few) == 1:
            return redirect("his_intake:institution", few[0])
        return super().get(request, *args, **kwargs)

    @property
    def period(self) -> str:
        """The month asked for; the last full one when none is."""
        try:
            return str(Period.parse(self.request.GET.get("period", "")))
        except ValueError:
            return last_full_month()

    def get_queryset(self) -> QuerySet[Institution]:
        return selectors.reporting_states(actor=self.actor, period=self.period)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(period=self.period, **kwargs)


@dataclass(frozen=True, slots=True)
class MonthCell:
    """A dataset in a month: what came, or that nothing did. `due` once the month is over."""

    period: str
    reported: selectors.Reported | None
    due: bool


@dataclass(frozen=True, slots=True)
class DatasetLine:
    """A dataset over the months (one cell with period "" when it belongs to none)."""

    dataset: Dataset
    expected: bool
    cells: tuple[MonthCell, ...]
    waiting: int


class InstitutionOverview(TemplatePage):
    """One institution: datasets × open months."""

    roles = selectors.READERS
    template_name = "his_intake/institution.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        institution = selectors.access_institution(actor=self.actor, institution_id=self.kwargs["pk"])
        present = Period.of(timezone.localdate())
        months = self._open_months(institution, present)
        shown = months if self.request.GET.get("months") == "all" else months[-SHOWN_MONTHS:]
        lines = self._lines(institution, shown, present)
        context = super().get_context_data(
            institution=institution,
            months=shown,
            earlier=len(months) - len(shown),
            monthly=[line for line in lines if line.dataset.month],
            lasting=[line for line in lines if not line.dataset.month],
            missing=sum(cell.due for line in lines for cell in line.cells),
            waiting=sum(line.waiting for line in lines),
            may_upload=self.actor.may(institution.pk, *UPLOADERS),
            several=self._sees_several(),
            **kwargs,
        )
        return {**context, "title": institution.name}

    def _sees_several(self) -> bool:
        reach = self.actor.institutions(*selectors.READERS)
        return reach is None or len(reach) > 1

    def _open_months(self, institution: Institution, present: Period) -> list[str]:
        """Open months up to the present one, also those that nobody has opened yet because nothing came."""
        closed = set(
            AccountingPeriod.objects.filter(institution=institution)
            .exclude(state=PeriodState.OPEN)
            .values_list("period", flat=True)
        )
        months = []
        period = Period.parse(institution.first_period)
        while period <= present:
            if str(period) not in closed:
                months.append(str(period))
            period = period.shift(1)
        return months

    def _lines(self, institution: Institution, months: list[str], present: Period) -> list[DatasetLine]:
        reported = selectors.reported_by_month(institution=institution)
        waiting = selectors.waiting_by_dataset(institution=institution)
        lines = []
        for code, dataset in DATASETS.items():
            expected = selectors.is_expected(dataset, institution)
            cells = tuple(
                MonthCell(
                    month,
                    reported.get((code, month)),
                    due=expected and (code, month) not in reported and month != str(present),
                )
                for month in (months if dataset.month else [""])
            )
            lines.append(DatasetLine(dataset, expected, cells, waiting.get(code, 0)))
        return lines
