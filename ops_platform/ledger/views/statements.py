"""An institution's own statements, its daily sheet, and the quarter for the fiscal department."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from ops_platform.his_intake.public import COST_ITEMS
from ops_platform.his_intake.public import READERS as INTAKE_READERS
from ops_platform.kernel import NotFound, Period, from_fen
from ops_platform.ledger.engine.insurer_report import DEFINITIONS
from ops_platform.ledger.engine.statements import BALANCE_SHEET, Source, Statement
from ops_platform.ledger.intake_events import CHARGE_INCOME
from ops_platform.ledger.layouts import layouts
from ops_platform.ledger.reports import statements as reports
from ops_platform.ledger.reports.insurer_report import (
    FEE_GROUPS,
    RATIO,
    RECEIVABLE_TITLES,
    Cell,
    fee_cells,
    insurer_workbook,
    receivable_cells,
)
from ops_platform.ledger.selectors import insurer_report, statements
from ops_platform.ledger.selectors.chart import accounts_of
from ops_platform.ledger.selectors.day_sheet import DAY_TITLES, DayRow, day_sheet
from ops_platform.ledger.views.addresses import Behind, Spans, account_sheet
from ops_platform.ledger.views.books import BooksPage
from ops_platform.ledger.views.source_words import said_of_source
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.months import Month
from ops_platform.web import formats

COST_ITEM_TITLES = dict(COST_ITEMS)
FEE_LINKS = ("intake",) * 2 + ("events",) * 7 + ("",) * 3
RECEIVABLE_LINKS = ("account", "account", "events", "account", "account", "events", "waiting")


def _nowhere(_account: str, _cost_item: str, _measure: str) -> str:
    """Of figures that open to nothing of the kind."""
    return ""


def shown(statement: Statement, names: Mapping[str, str], behind: Behind = _nowhere) -> list[dict[str, Any]]:
    """The lines as templates show them: amounts in yuan, the accounts behind each in words, and what each of their amounts
    opens to (`behind`)."""
    return [
        {
            "line": each.line,
            "heading": not (each.line.accounts or each.line.sum),
            "values": [from_fen(value) for value in each.values],
            "sources": [_source(statement, one, names, behind) for one in each.sources],
        }
        for each in statement.lines
    ]


def _source(statement: Statement, source: Source, names: Mapping[str, str], behind: Behind) -> dict[str, Any]:
    return {
        "words": said_of_source(statement.layout.code, source.account, names),
        "cost_item": COST_ITEM_TITLES.get(source.cost_item, source.cost_item),
        "cells": [
            (from_fen(value), behind(source.account, source.cost_item, measure))
            for value, measure in zip(source.values, source.measures, strict=True)
        ],
    }


def account_names(institution: Institution) -> dict[str, str]:
    """The accounts of an institution in words."""
    return {code: account.name for code, account in accounts_of(institution).items()}


def linked(cells: Sequence[Cell], kinds: Sequence[str], addresses: Mapping[str, str]) -> list[dict[str, Any]]:
    """Cells of a line with what each opens to, if anything."""
    return [
        {"value": cell, "kind": "count" if isinstance(cell, int) else "amount", "url": addresses.get(kind, "")}
        for cell, kind in zip(cells, kinds, strict=True)
    ]


class _SheetPage(BooksPage):
    """Figures of an institution's month, and what a reader must know of them; also as a download."""

    @property
    def of(self) -> Institution:
        """The institution, where there is one."""
        if self.institution is None:
            raise TypeError("no figures without an institution")
        return self.institution

    @property
    def when(self) -> Month:
        """The month, where there is one."""
        if self.month is None:
            raise TypeError("no figures without a month")
        return self.month

    @property
    def of_month(self) -> Period:
        """The month of the figures, where there is one."""
        return Period.parse(self.when.period)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.GET.get("export") == "xlsx" and self.month is not None:
            return self.workbook()
        return super().get(request, *args, **kwargs)

    def workbook(self) -> Any:
        """The same as a download."""
        raise NotImplementedError

    @property
    def heading(self) -> str:
        """Who, when, in which unit."""
        when = f"{formats.period_label(self.of_month)}({self.when.mark})"
        return f"编制单位：{self.of.name}    期间：{when}    单位：元"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**self.scope, notes=self.notes, elsewhere=self.elsewhere, **kwargs)


class StatementPage(_SheetPage):
    """A page of official figures: of the months that have them."""

    def periods(self) -> list[str]:
        return statements.periods(institutions=[self.of.pk])


class Statements(StatementPage):
    """The statements of both books of an institution's month; each amount opens to its accounts, and from there to their
    legs."""

    title = _("机构报表")
    template_name = "ledger/statements.html"

    @property
    def layout_code(self) -> str:
        """The statement that the address names."""
        return self.request.GET.get("layout", BALANCE_SHEET)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(layouts=layouts().values(), **kwargs)
        if self.month is None:
            return context
        statement = self._statement()
        spans = Spans(self.of, self.of_month, self.of_month)
        behind = spans.behind(statement.layout.code, elsewhere=self.elsewhere)
        lines = shown(statement, account_names(self.of), behind)
        return {
            **context,
            "statement": statement,
            "lines": lines,
            "title": f"{self.of.name} {statement.layout.title}",
            "kept": {"layout": statement.layout.code},
            "line_page": "ledger:statement-line",
            "asked": urlencode({"institution": str(self.of.pk), "period": str(self.of_month)}),
        }

    def _statement(self) -> Statement:
        if self.layout_code not in layouts():
            raise NotFound("ledger.no_statement", "没有这张报表。")
        return statements.statement(institution=self.of, period=self.of_month, code=self.layout_code)

    def workbook(self) -> Any:
        sheets = [
            reports.statement_sheet(
                statements.statement(institution=self.of, period=self.of_month, code=code),
                self.heading,
                self.notes,
            )
            for code in layouts()
        ]
        return reports.workbook(f"财务报表-{self.of.code}-{self.of_month}", sheets)


class DaySheet(StatementPage):
    """收支日报: income and expense by day of an institution, for township hospitals above all."""

    title = _("收支日报")
    template_name = "ledger/day_sheet.html"

    def rows(self) -> list[DayRow]:
        """The days of the month and their total; none where the books are kept elsewhere, whose vouchers are not here."""
        if self.elsewhere:
            return []
        return day_sheet(institution=self.of, period=self.of_month)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(rows=self.rows() if self.month else [], titles=DAY_TITLES, **kwargs)

    def workbook(self) -> Any:
        rows: list[reports.Row] = [
            ([row.day.isoformat() if row.day else "合计", *row.amounts], row.day is None) for row in self.rows()
        ]
        sheet = reports.Sheet("收支日报", self.heading, ["日期", *DAY_TITLES], rows)
        return reports.workbook(f"收支日报-{self.of.code}-{self.of_month}", [sheet])


class FiscalReport(StatementPage):
    """The statements of a quarter for the fiscal department (财政季报)."""

    title = _("财政季报")
    template_name = "ledger/fiscal_report.html"

    @cached_property
    def quarters(self) -> list[statements.Quarter]:
        """Quarters with figures, newest first."""
        return statements.quarters([month.period for month in self.months])

    @cached_property
    def quarter(self) -> statements.Quarter | None:
        """The one that the address names, else the last that is over."""
        named = [one for one in self.quarters if str(one) == self.request.GET.get("quarter")]
        full = [one for one in self.quarters if one.last < Period.of(timezone.localdate())]
        return next(iter([*named, *full, *self.quarters]), None)

    @property
    def period(self) -> Period | None:
        """The last month of the quarter that has figures: of it the notes tell."""
        latest = self.quarter and statements.last_known([month.period for month in self.months], self.quarter.last)
        return latest or super().period

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(quarters=self.quarters, quarter=self.quarter, **kwargs)
        made = self.made()
        if not made or self.quarter is None or self.period is None:
            return {**context, "statements": []}
        names = account_names(self.of)
        spans = Spans(self.of, self.quarter.before.shift(1), self.period)
        return {
            **context,
            "statements": [
                {
                    "statement": each,
                    "lines": shown(each, names, spans.behind(each.layout.code, elsewhere=self.elsewhere)),
                }
                for each in made
            ],
            "line_page": "ledger:fiscal-line",
            "asked": urlencode({"institution": str(self.of.pk), "quarter": str(self.quarter)}),
        }

    def made(self) -> list[Statement]:
        """The statements of the quarter; none without one."""
        return statements.quarter_statements(institution=self.of, quarter=self.quarter) if self.quarter else []

    def workbook(self) -> Any:
        heading = f"编制单位：{self.of.name}    季度：{self.quarter}    单位：元"
        sheets = [reports.statement_sheet(each, heading, self.notes) for each in self.made()]
        return reports.workbook(f"财政季报-{self.of.code}-{self.quarter}", sheets)


class InsurerReport(_SheetPage):
    """The monthly report to the insurer (医保月报): visits and fees from the facts, the receivable from the books."""

    title = _("医保月报")
    template_name = "ledger/insurer_report.html"

    @cached_property
    def report(self) -> insurer_report.InsurerReport:
        """What the page and the workbook show."""
        return insurer_report.insurer_report(
            institution=self.of,
            period=self.of_month,
            insurer=self.request.GET.get("insurer", ""),
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        if self.month is None:
            return context
        report, to = self.report, self._addresses()
        fees = [(payer, linked(fee_cells(row), FEE_LINKS, to), strong) for payer, row, strong in report.fee_lines]
        owed = [
            (payer, linked(receivable_cells(row, compared=not report.elsewhere), RECEIVABLE_LINKS, to), strong)
            for payer, row, strong in report.receivable_lines
        ]
        return {
            **context,
            "report": report,
            "fees": fees,
            "receivables": owed if report.receivables.rows else [],
            "fee_groups": FEE_GROUPS,
            "ratio_place": RATIO,
            "receivable_titles": RECEIVABLE_TITLES,
            "definitions": DEFINITIONS,
            **to,
        }

    def _addresses(self) -> dict[str, str]:
        """Where the figures open to."""
        pk, period = self.of.pk, str(self.of_month)
        scope: dict[str, Any] = {"institution": pk, "period": period}
        intake = self.actor.may(pk, *INTAKE_READERS)
        return {
            "events": f"{reverse('ledger:events')}?{urlencode({**scope, 'type': CHARGE_INCOME})}",
            "waiting": f"{reverse('ledger:events')}?{urlencode({**scope, 'state': 'waiting'})}",
            "intake": f"{reverse('his_intake:institution', args=[pk])}" if intake else "",
            "account": account_sheet(pk, insurer_report.RECEIVABLE, period),
            "in_house": account_sheet(pk, insurer_report.IN_HOUSE, period),
        }

    def workbook(self) -> Any:
        report = self.report
        suffix = f"-{report.insurer}" if report.insurer else ""
        heading = f"{self.heading}    经办机构：{report.insurer or '全部'}"
        return insurer_workbook(f"医保月报-{self.of.code}-{self.of_month}{suffix}", heading, report)
