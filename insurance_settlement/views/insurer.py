"""医保分组对照: what our grouper and the insurer's made of the same stays."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from insurance_settlement.insurer_filters import DIFFERENCES, ComparisonFilter
from insurance_settlement.models import GroupComparison
from insurance_settlement.selectors import CASE_READERS
from insurance_settlement.selectors.insurer import comparisons, totals_by_kind
from insurance_settlement.tables.insurer import ComparisonTable, KindTotalTable
from ops_platform.identity.access import log_patient_list
from ops_platform.masterdata.models import Institution
from ops_platform.web.pages import ListPage

NOT_OF_THE_TOTALS = ("kind", "page", "sort", "export")


class Comparisons(ListPage):
    """Stays with both groups, what differs first by money; the totals by kind open their stays."""

    roles = CASE_READERS
    title = _("医保分组对照")
    template_name = "insurance_settlement/insurer_groupings.html"
    table_class = ComparisonTable
    filter_class = ComparisonFilter
    empty_title = _("没有可对照的病例")
    empty_hint = _("医保经办机构的分组结果由信息系统按「医保分组反馈」报送；本院的分组每晚计算。")

    def get_queryset(self) -> QuerySet[GroupComparison]:
        return comparisons(actor=self.actor)

    def _totals(self) -> KindTotalTable | None:
        """By kind, of what the other filters leave; none where they are not understood."""
        asked = self.request.GET.copy()
        for name in NOT_OF_THE_TOTALS:
            asked.pop(name, None)
        chosen = ComparisonFilter(asked or None, queryset=self.get_queryset(), request=self.request)
        if chosen.errors:
            return None
        return KindTotalTable(
            totals_by_kind(chosen.qs), scope=asked.urlencode(), chosen=self.request.GET.get("kind", "")
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(totals=self._totals(), differences=DIFFERENCES, **kwargs)
        self._log(row.record.institution for row in context["table"].page.object_list)
        return context

    def _export(self) -> HttpResponseBase:
        _chosen, rows = self.filtered()
        self._log(Institution.objects.filter(pk__in=rows.order_by().values("institution")))
        return super()._export()

    def _log(self, institutions: Iterable[Institution]) -> None:
        asked = self.request.GET.urlencode() or "all"
        log_patient_list(self.request, "insurer_grouping_list", dict.fromkeys(institutions, asked))
