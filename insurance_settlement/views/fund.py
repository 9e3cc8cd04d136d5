"""基金应付与记账: what the fund owes of a month by the rules, beside what it pays on the bills."""

from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _

from insurance_settlement.selectors.fund import DEPARTMENT, GROUP, FundLine, fund_lines
from insurance_settlement.tables.fund import FundTable
from insurance_settlement.views.chosen_month import MonthList


class FundOfMonth(MonthList):
    """A month of an institution by department or, of all or one department, by group."""

    title = _("基金应付与记账")
    template_name = "insurance_settlement/fund.html"
    table_class = FundTable
    empty_hint = _("病例在夜间运行中分组计价；基金应付由医保结算清单算出，请检查病案首页和结算清单是否已报送。")

    @property
    def by(self) -> str:
        """What a row is."""
        return GROUP if self.request.GET.get("by") == GROUP else DEPARTMENT

    def get_queryset(self) -> list[FundLine]:
        self._choose()
        if self.run is None:
            return []
        department = self.department.pk if self.department and self.by == GROUP else None
        return fund_lines(runs=[self.run], by=self.by, department=department)

    def get_table(self, rows: Any) -> Any:
        scope = {"institution": self.institution.pk, "period": self.month.period} if self.month else {}
        narrowed = {"department": self.department.pk} if self.department else {}
        self.lines = rows
        return FundTable(
            rows, request=self.request, by=self.by, here=urlencode(scope), cases=urlencode({**scope, **narrowed})
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        payable, billed = (sum(getattr(line, name) for line in self.lines) for name in ("payable", "billed"))
        return {
            **context,
            "institutions": self.institutions,
            "institution": self.institution,
            "months": self.months,
            "month": self.month,
            "run": self.run,
            "department": self.department if self.by == GROUP else None,
            "by": self.by,
            "kept": {"by": self.by},
            "told": sum(line.told for line in self.lines),
            "waiting": sum(line.waiting for line in self.lines),
            "payable": payable,
            "billed": billed,
            "difference": payable - billed,
        }
