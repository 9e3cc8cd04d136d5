"""结余留用测算: what the year so far would leave to the hospital or burden it with, and next year's total."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _

from insurance_settlement.engine.retention import growth, next_total, retention, shares_of_departments
from insurance_settlement.forms.retention import TotalForm
from insurance_settlement.selectors.fund import DEPARTMENT, FundLine, fund_lines
from insurance_settlement.selectors.retention import mean_charges, rules_of, runs_of_year
from insurance_settlement.tables.retention import RetentionTable
from insurance_settlement.views.chosen_month import MonthList
from ops_platform.kernel import Period, from_fen, to_fen


class RetentionOfYear(MonthList):
    """The year until a month, by department."""

    title = _("结余留用测算")
    template_name = "insurance_settlement/retention.html"
    table_class = RetentionTable
    empty_hint = _("病例在夜间运行中分组计价；基金应付由医保结算清单算出，请检查病案首页和结算清单是否已报送。")

    def get_queryset(self) -> list[FundLine]:
        self._choose()
        self.lines: list[FundLine] = []
        if self.run is None:
            return self.lines
        self.period = Period.parse(self.run.period)
        self.runs = runs_of_year(self.institution.pk, self.period)
        self.lines = fund_lines(runs=self.runs, by=DEPARTMENT)
        self.rules = rules_of(self.institution, self.period)
        payable, billed = (
            to_fen(sum((getattr(one, name) for one in self.lines), Decimal(0))) for name in ("payable", "billed")
        )
        self.found = retention(payable, billed, self.rules.terms)
        self.export_name = f"{self.title}-{self.institution.code}-{self.period}"
        return self.lines

    def get_table(self, rows: Any) -> RetentionTable:
        shares: dict[int, int] = {}
        scope: dict[str, Any] = {}
        if self.run is not None:
            surpluses = {one.key: to_fen(one.difference) for one in self.lines}
            shares = shares_of_departments(self.found.retained, self.rules.departments, surpluses)
            scope = {"institution": self.institution.pk, "since": f"{self.period.year}-01", "until": str(self.period)}
        return RetentionTable(rows, request=self.request, cases=urlencode(scope), shares=shares)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        common = {
            "institutions": self.institutions,
            "institution": self.institution,
            "months": self.months,
            "month": self.month,
            "run": self.run,
        }
        if self.run is None:
            return {**context, **common}
        return {**context, **common, **self._outcome(), **self._next_year()}

    def _outcome(self) -> dict[str, Any]:
        terms = replace(self.rules.terms, retained_share=self.rules.compared)
        other = retention(self.found.payable, self.found.actual, terms)
        return {
            "found": self.found,
            "difference": from_fen(self.found.difference),
            "retained": from_fen(self.found.retained),
            "insurer": from_fen(self.found.insurer),
            "hospital": from_fen(self.found.hospital),
            "compared": from_fen(other.retained),
            "rules": self.rules,
            "first": self.runs[0].period,
            "waiting": sum(one.waiting for one in self.lines),
        }

    def _next_year(self) -> dict[str, Any]:
        periods = [run.period for run in self.runs]
        before = [str(Period.parse(period).shift(-12)) for period in periods]
        now, earlier = mean_charges(self.institution.pk, periods), mean_charges(self.institution.pk, before)
        grown = growth(now, earlier)
        form = self._total()
        total = form.cleaned_data.get("total") if form.is_bound and form.is_valid() else None
        limits = {"limit": self.rules.limit, "rise": self.rules.rise}
        return {
            "mean_now": _decimal(now),
            "mean_before": _decimal(earlier),
            "growth": _decimal(grown),
            "holds": grown is not None and grown < Fraction(self.rules.limit),
            "total_form": form,
            "next_total": (
                None if total is None or grown is None else from_fen(next_total(to_fen(total), grown, **limits))
            ),
            "kept": {"total": total} if total is not None else {},
        }

    def _total(self) -> TotalForm:
        """This year's total, where the reader has entered one."""
        return TotalForm(self.request.GET if "total" in self.request.GET else None)


def _decimal(number: Fraction | None) -> Decimal | None:
    return None if number is None else Decimal(number.numerator) / number.denominator
