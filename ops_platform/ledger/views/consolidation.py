"""The consolidation: one button, statements with what stands behind them, work sheet, pairs, eliminations, members."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from ops_platform.identity.models import User
from ops_platform.kernel import Invalid, Period
from ops_platform.ledger.engine.statements import BALANCE_SHEET, CASH_SUMMARY, INCOME_STATEMENT
from ops_platform.ledger.forms.consolidation import FinalForm
from ops_platform.ledger.layouts import consolidated_layouts, layouts
from ops_platform.ledger.models import ConsolidationRun, PairMatch
from ops_platform.ledger.reports import statements as reports
from ops_platform.ledger.selectors import access, worksheet
from ops_platform.ledger.selectors import consolidation as reads
from ops_platform.ledger.selectors.behind import behind_line
from ops_platform.ledger.selectors.final import makers_of
from ops_platform.ledger.services import consolidation as writes
from ops_platform.ledger.services import finalising
from ops_platform.ledger.tables.consolidation import kind_title
from ops_platform.ledger.views.addresses import account_sheet
from ops_platform.ledger.views.source_words import said_of_cash
from ops_platform.ledger.views.statements import shown
from ops_platform.ledger.views.whole import WholePage, about_run, heading_of
from ops_platform.masterdata import months
from ops_platform.web import formats
from ops_platform.web.pages import ActionPage, FormPage, TemplatePage
from ops_platform.web.people import names_of


class Consolidations(WholePage, TemplatePage):
    """The month as it stands, with the button that consolidates it."""

    title = _("合并报表")
    template_name = "ledger/consolidation.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        today = timezone.localdate()
        periods = reads.months(actor=self.actor, present=Period.of(today))
        institutions = list(access.institutions(actor=self.actor).values_list("pk", flat=True))
        listed = months.months(institutions=institutions, periods=periods, today=today)
        month = months.choose(listed, self.request.GET.get("period", ""))
        run = reads.current_run(actor=self.actor, period=month.period) if month else None
        return super().get_context_data(
            months=listed,
            month=month,
            may_change=self.may_change,
            **(_page_of(run) if run else {}),
            **kwargs,
        )


def _page_of(run: ConsolidationRun) -> dict[str, Any]:
    balance, income = (reads.statement(run=run, code=code) for code in (BALANCE_SHEET, INCOME_STATEMENT))
    about = about_run(run)
    return {
        **about,
        "figures": [
            (title, reports.from_fen(statement.value(key, measure)), statement.layout.code, key)
            for title, statement, key, measure in (
                (_("资产总计"), balance, "assets", "end"),
                (_("负债合计"), balance, "liabilities", "end"),
                (_("净资产合计"), balance, "net_assets", "end"),
                (_("本年收入"), income, "income", "year"),
                (_("本年费用"), income, "expense", "year"),
                (_("本年盈余"), income, "surplus", "year"),
            )
        ],
        # only where it says what to do next: history is older than the books anyway
        "outdated": about["newer"] is None and writes.is_outdated(run),
        "findings": reads.findings_left(run=run, counts=about["counts"]),
        "versions": ConsolidationRun.objects.filter(period=run.period).exclude(pk=run.pk).order_by("-version"),
        "people": names_of([run.actor, run.finalised_by]),
    }


class ConsolidationPage(WholePage, TemplatePage):
    """One version of a month's consolidation."""

    template_name = "ledger/consolidation_run.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        run = self.run()
        title = _now("%(period)s 合并报表 第 %(version)s 版") % {
            "period": formats.period_label(run.period),
            "version": run.version,
        }
        context = super().get_context_data(may_change=self.may_change, **_page_of(run), **kwargs)
        return {**context, "title": title}


class Consolidate(WholePage, ActionPage):
    """Consolidate a month in one click."""

    roles = writes.MAKERS
    success_url_name = "ledger:consolidation"

    def act(self) -> Any:
        try:
            period = Period.parse(self.request.POST.get("period", ""))
        except ValueError as error:
            raise Invalid("ledger.bad_month", "请选择要合并的月份，例如 2026-03。") from error
        outcome = writes.consolidate(self.actor, period=period)
        if outcome.created and not outcome.run.is_current:
            return _now("已合并为第 %(version)s 版草稿；已定稿的版本仍是正式报表，草稿定稿后才取代它。") % {
                "version": outcome.run.version
            }
        if outcome.created:
            return _now("已合并，第 %(version)s 版。") % {"version": outcome.run.version}
        return _now("账目没有变化，仍是第 %(version)s 版。") % {"version": outcome.run.version}


class AskFinal(WholePage, FormPage):
    """Ask that the version become the official report; somebody who made nothing of it signs."""

    roles = writes.MAKERS
    title = _("提请定稿")
    form_class = FinalForm
    template_name = "ledger/ask_final.html"
    submit_label = _("提交审批")

    def act(self, form: FinalForm) -> HttpResponse:
        matter = finalising.ask_final(
            self.actor, run_id=self.kwargs["pk"], explanation=form.cleaned_data["explanation"]
        )
        return redirect("workflows:matter", matter)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        run = self.run()
        makers = User.objects.filter(pk__in=makers_of(run)).order_by("username")
        return super().get_context_data(makers=makers, **about_run(run), **kwargs)


class ConsolidatedStatement(WholePage, TemplatePage):
    """A consolidated statement; every amount opens to the members and eliminations behind it."""

    template_name = "ledger/consolidated_statement.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.GET.get("export") == "xlsx":
            run = self.run()
            statement = reads.statement(run=run, code=self.kwargs["layout"])
            name = f"合并{statement.layout.title}-{run.period}"
            return reports.workbook(name, [reports.statement_sheet(statement, heading_of(run), reads.notes_of(run))])
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        run = self.run()
        statement = reads.statement(run=run, code=self.kwargs["layout"])
        context = super().get_context_data(
            statement=statement, lines=shown(statement, {}), notes=reads.notes_of(run), **about_run(run), **kwargs
        )
        return {**context, "title": _now("合并%(title)s") % {"title": statement.layout.title}}


class ConsolidatedLine(WholePage, TemplatePage):
    """The members and the eliminations behind a line, and its accounts."""

    template_name = "ledger/consolidated_line.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        run = self.run()
        line, behind = behind_line(run=run, code=self.kwargs["layout"], key=self.kwargs["line"])
        layout = layouts()[self.kwargs["layout"]]
        cash = layout.code == CASH_SUMMARY
        names = reads.account_names(key.rpartition(":")[2] for key in behind.accounts)
        return {
            **super().get_context_data(**kwargs),
            **about_run(run),
            "title": line.line.title,
            "line": line.line,
            "layout": layout,
            "behind": behind,
            "sources": [
                (account, said_of_cash(account, names)[0] if cash else names.get(account, ""), values)
                for account, values in behind.accounts.items()
            ],
        }


class MonthlyReport(WholePage, TemplatePage):
    """The consolidated report of a month: all statements, the elimination sheet and the differences, as one workbook."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        run = self.run()
        heading = heading_of(run)
        notes = reads.notes_of(run)
        sheets = [
            reports.statement_sheet(reads.statement(run=run, code=code), heading, notes)
            for code in consolidated_layouts()
        ]
        entries: list[reports.Row] = [
            (
                [one.title, str(one.get_kind_display()), str(one.creditor or ""), str(one.debtor or ""), one.amount],
                False,
            )
            for one in reads.eliminations(run=run)
        ]
        sheets.append(reports.Sheet("抵销分录", heading, ["抵销分录", "来源", "债权方", "债务方", "本年抵销"], entries))
        differences: list[reports.Row] = [
            (
                [
                    kind_title(one.kind),
                    str(one.creditor),
                    str(one.debtor),
                    one.claim,
                    one.debt,
                    one.difference,
                    one.by_hand,
                    one.unexplained,
                    str(one.get_state_display()),
                    one.explanation,
                ],
                False,
            )
            for one in reads.pairs(run=run).exclude(state=PairMatch.State.MATCHED)
        ]
        titles = [
            "种类",
            "债权方",
            "债务方",
            "债权方所记",
            "债务方所记",
            "差异",
            "手工抵销",
            "未说明余额",
            "状态",
            "说明",
        ]
        sheets.append(reports.Sheet("内部往来差异", heading, titles, differences))
        return reports.workbook(f"合并月报-{run.period}-第{run.version}版", sheets)


class Worksheet(WholePage, TemplatePage):
    """工作底稿: accounts × members, sum, eliminations, whole. Many members stand as classes, which open further."""

    title = _("合并工作底稿")
    template_name = "ledger/worksheet.html"

    def _sheet(self, run: ConsolidationRun) -> tuple[str, str, list[worksheet.SheetColumn], list[worksheet.SheetRow]]:
        measure = self.request.GET.get("measure", "end")
        measure = measure if measure in worksheet.MEASURE_TITLES else "end"
        kind = self.request.GET.get("kind", "")
        return measure, kind, *worksheet.worksheet(run=run, measure=measure, kind=kind)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.GET.get("export") != "xlsx":
            return super().get(request, *args, **kwargs)
        run = self.run()
        measure, _kind, columns, rows = self._sheet(run)
        titles = ["科目", *(column.title for column in columns), "合计", "抵销", "合并"]
        lines: list[reports.Row] = [
            ([f"{row.code} {row.name}", *row.cells, row.summed, row.eliminated, row.consolidated], False)
            for row in rows
        ]
        heading = f"{heading_of(run)}    {worksheet.MEASURE_TITLES[measure]}(借方为正)"
        return reports.workbook(f"合并工作底稿-{run.period}", [reports.Sheet("工作底稿", heading, titles, lines)])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        run = self.run()
        measure, kind, columns, rows = self._sheet(run)
        return super().get_context_data(
            measure=measure,
            measures=worksheet.MEASURE_TITLES,
            kind=kind,
            columns=columns,
            rows=rows,
            **about_run(run),
            **kwargs,
        )


class ConsolidatedAccount(WholePage, TemplatePage):
    """An account in a run: what each member says, and the eliminations on it."""

    template_name = "ledger/consolidated_account.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        run = self.run()
        account, said, legs, whole = worksheet.account_rows(run=run, code=self.kwargs["code"])
        members = [{**row, "url": account_sheet(row["institution"], account.code, run.period)} for row in said]
        context = super().get_context_data(
            account=account, members=members, legs=legs, whole=whole, **about_run(run), **kwargs
        )
        return {**context, "title": str(account)}
