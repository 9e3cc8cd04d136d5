"""What the data-quality rules found."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from ops_platform.his_intake import selectors
from ops_platform.his_intake.filters import FindingFilter
from ops_platform.his_intake.models import QualityFinding
from ops_platform.his_intake.tables import FindingTable
from ops_platform.identity.access import log_patient_list
from ops_platform.web.pages import ListPage

WITHOUT_PATIENTS = frozenset({"missing_day", "income_dropped", "month_without_costs"})


class QualityFindings(ListPage):
    """Findings by institution and month, with a sample of what was seen."""

    roles = selectors.READERS
    title = _("数据质量")
    template_name = "his_intake/list.html"
    table_class = FindingTable
    filter_class = FindingFilter
    empty_title = _("没有发现质量问题")
    empty_hint = _("每批收费明细入库后和每次夜间运行时检查。夜间运行后仍为空，说明数据通过了全部规则。")

    def get_queryset(self) -> QuerySet[QualityFinding]:
        return selectors.quality_findings(actor=self.actor)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        self._log([row.record for row in context["table"].paginated_rows])
        return context

    def _export(self) -> HttpResponseBase:
        _chosen, rows = self.filtered()
        self._log(list(rows))
        return super()._export()

    def _log(self, findings: list[QualityFinding]) -> None:
        """Samples name encounters."""
        named = {finding.institution: finding.period for finding in findings if finding.rule not in WITHOUT_PATIENTS}
        log_patient_list(self.request, "quality_findings", named)
