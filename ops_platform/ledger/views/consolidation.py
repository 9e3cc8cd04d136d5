"""The consolidation: one button, statements with what stands behind them, work sheet, pairs, eliminations, members."""

from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import Invalid, Period, Role
from ops_platform.ledger import reports
from ops_platform.ledger.consolidation_forms import EliminationForm, EndMemberForm, ExplanationForm, MemberForm
from ops_platform.ledger.consolidation_tables import EliminationTable, MemberTable, PairTable, kind_title
from ops_platform.ledger.engine.statements import BALANCE_SHEET, INCOME_STATEMENT
from ops_platform.ledger.layouts import layouts
from ops_platform.ledger.models import ConsolidationRun, PairMatch
from ops_platform.ledger.selectors import access
from ops_platform.ledger.selectors import consolidation as reads
from ops_platform.ledger.services import consolidation as writes
from ops_platform.ledger.services import consolidation_members, eliminations
from ops_platform.ledger.views.statements import account_sheet, shown
from ops_platform.masterdata import months
from ops_platform.masterdata.models import Institution
from ops_platform.web import formats
from ops_platform.web.pages import ActionPage, FormPage, ListPage, Page, TemplatePage
from ops_platform.web.people import names_of

STATES = {"draft": "warn", "final": "good"}


class _Whole(Page):
    """For those who see all members. Whoever holds the role in single institutions only is turned away."""

    roles: ClassVar[tuple[Role, ...]] = access.WHOLE_READERS
    kwargs: dict[str, Any]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        actor = getattr(request, "actor", None)
        if actor is not None and actor.has(*self.roles) and actor.institutions(*self.roles) is not None:
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def run(self) -> ConsolidationRun:
        """The run of the address."""
        return reads.access_run(actor=self.actor, run_id=self.kwargs["pk"])

    @property
    def may_change(self) -> bool:
        """Whether the reader makes consolidations."""
        return bool(self.actor.has(*writes.MAKERS))


def _about(run: ConsolidationRun) -> dict[str, Any]:
    """What every page of a run says of it."""
    waiting = writes.open_members(run)
    return {
        "run": run,
        "tone": STATES[run.state],
        "layouts": layouts().values(),
        "waiting": Institution.objects.filter(pk__in=waiting).order_by("code") if waiting else [],
        "counts": reads.pair_counts(run=run),
    }


def _heading(run: ConsolidationRun) -> str:
    return (
        f"编制范围：{len(run.members)} 家成员单位    期间：{formats.period_label(run.period)}    单位：元"
        f"    第 {run.version} 版({run.get_state_display()})"
    )


class Consolidations(_Whole, TemplatePage):
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
    return {
        **_about(run),
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
        "versions": ConsolidationRun.objects.filter(period=run.period).exclude(pk=run.pk).order_by("-version"),
        "people": names_of([run.actor, run.finalised_by]),
    }


class ConsolidationPage(_Whole, TemplatePage):
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


class Consolidate(_Whole, ActionPage):
    """Consolidate a month in one click."""

    roles = writes.MAKERS
    success_url_name = "ledger:consolidation"

    def act(self) -> Any:
        try:
            period = Period.parse(self.request.POST.get("period", ""))
        except ValueError as error:
            raise Invalid("ledger.bad_month", "请选择要合并的月份，例如 2026-03。") from error
        outcome = writes.consolidate(self.actor, period=period)
        if outcome.created:
            return _now("已合并，第 %(version)s 版。") % {"version": outcome.run.version}
        return _now("账目没有变化，仍是第 %(version)s 版。") % {"version": outcome.run.version}


class Finalise(_Whole, ActionPage):
    """Make the current version the official one."""

    roles = writes.MAKERS
    success_message = _("已定稿。")
    success_url_name = "ledger:consolidation"

    def act(self) -> Any:
        writes.finalise(self.actor, run_id=self.kwargs["pk"], explanation=self.request.POST.get("explanation", ""))


class ConsolidatedStatement(_Whole, TemplatePage):
    """A consolidated statement; every amount opens to the members and eliminations behind it."""

    template_name = "ledger/consolidated_statement.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.GET.get("export") == "xlsx":
            run = self.run()
            statement = reads.statement(run=run, code=self.kwargs["layout"])
            name = f"合并{statement.layout.title}-{run.period}"
            return reports.workbook(name, [reports.statement_sheet(statement, _heading(run))])
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        run = self.run()
        statement = reads.statement(run=run, code=self.kwargs["layout"])
        context = super().get_context_data(statement=statement, lines=shown(statement), **_about(run), **kwargs)
        return {**context, "title": _now("合并%(title)s") % {"title": statement.layout.title}}


class ConsolidatedLine(_Whole, TemplatePage):
    """The members and the eliminations behind a line, and its accounts."""

    template_name = "ledger/consolidated_line.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        run = self.run()
        line, behind = reads.behind(run=run, code=self.kwargs["layout"], key=self.kwargs["line"])
        layout = layouts()[self.kwargs["layout"]]
        sources: dict[str, list[int]] = {}
        for each in line.sources:
            row = sources.setdefault(each.account, [0] * len(each.values))
            for place, value in enumerate(each.values):
                row[place] += value
        return {
            **super().get_context_data(**kwargs),
            **_about(run),
            "title": line.line.title,
            "line": line.line,
            "layout": layout,
            "behind": behind,
            "sources": [(account, reads.yuan(values)) for account, values in sorted(sources.items())],
        }


class MonthlyReport(_Whole, TemplatePage):
    """The consolidated report of a month: all statements, the elimination sheet and the differences, as one workbook."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        run = self.run()
        heading = _heading(run)
        sheets = [reports.statement_sheet(reads.statement(run=run, code=code), heading) for code in layouts()]
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
                    str(one.get_state_display()),
                    one.explanation,
                ],
                False,
            )
            for one in reads.pairs(run=run).exclude(state=PairMatch.State.MATCHED)
        ]
        titles = ["种类", "债权方", "债务方", "债权方所记", "债务方所记", "差异", "状态", "说明"]
        sheets.append(reports.Sheet("内部往来差异", heading, titles, differences))
        return reports.workbook(f"合并月报-{run.period}-第{run.version}版", sheets)


class Worksheet(_Whole, TemplatePage):
    """工作底稿: accounts × members, sum, eliminations, whole. Many members stand as classes, which open further."""

    title = _("合并工作底稿")
    template_name = "ledger/worksheet.html"

    def _sheet(self, run: ConsolidationRun) -> tuple[str, str, list[reads.SheetColumn], list[reads.SheetRow]]:
        measure = self.request.GET.get("measure", "end")
        measure = measure if measure in reads.MEASURES else "end"
        kind = self.request.GET.get("kind", "")
        return measure, kind, *reads.worksheet(run=run, measure=measure, kind=kind)

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
        heading = f"{_heading(run)}    {reads.MEASURE_TITLES[measure]}(借方为正)"
        return reports.workbook(f"合并工作底稿-{run.period}", [reports.Sheet("工作底稿", heading, titles, lines)])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        run = self.run()
        measure, kind, columns, rows = self._sheet(run)
        return super().get_context_data(
            measure=measure,
            measures=reads.MEASURE_TITLES,
            kind=kind,
            columns=columns,
            rows=rows,
            **_about(run),
            **kwargs,
        )


class ConsolidatedAccount(_Whole, TemplatePage):
    """An account in a run: what each member says, and the eliminations on it."""

    template_name = "ledger/consolidated_account.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        run = self.run()
        account, said, legs, whole = reads.account_rows(run=run, code=self.kwargs["code"])
        members = [{**row, "url": account_sheet(row["institution"], account.code, run.period)} for row in said]
        context = super().get_context_data(
            account=account, members=members, legs=legs, whole=whole, **_about(run), **kwargs
        )
        return {**context, "title": str(account)}


class Pairs(_Whole, ListPage):
    """What members say of the same dealings, differences first."""

    title = _("内部往来对账")
    template_name = "ledger/pairs.html"
    table_class = PairTable
    empty_title = _("成员单位之间没有往来")
    empty_hint = _("带往来机构的科目才参加对账，例如医联体内部往来。")

    def get_queryset(self) -> Any:
        return reads.pairs(run=self.run())

    def get_table(self, rows: Any) -> PairTable:
        run = self.run()
        open_ = run.is_current and run.state == ConsolidationRun.State.DRAFT
        return PairTable(rows, request=self.request, may_explain=open_ and self.may_change)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**_about(self.run()), **kwargs)


class ExplainPair(_Whole, FormPage):
    """Say why two members say different amounts."""

    roles = writes.MAKERS
    title = _("说明差异")
    form_class = ExplanationForm
    template_name = "ledger/explain_pair.html"

    @property
    def pair(self) -> PairMatch:
        """The pair of the address."""
        return reads.access_pair(actor=self.actor, pair_id=self.kwargs["pk"])

    def get_initial(self) -> dict[str, Any]:
        return {"explanation": self.pair.explanation}

    def act(self, form: ExplanationForm) -> HttpResponse:
        pair = writes.explain_difference(
            self.actor, pair_id=self.kwargs["pk"], explanation=form.cleaned_data["explanation"]
        )
        return redirect("ledger:pairs", pair.run_id)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        pair = self.pair
        return super().get_context_data(pair=pair, kind=kind_title(pair.kind), **kwargs)


class Eliminations(_Whole, ListPage):
    """The elimination sheet of a run."""

    title = _("抵销分录")
    template_name = "ledger/eliminations.html"
    table_class = EliminationTable
    empty_title = _("没有抵销分录")
    empty_hint = _("成员单位之间一致的往来自动抵销；其他的可以手工抵销。")

    def get_queryset(self) -> Any:
        return reads.eliminations(run=self.run())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        run = self.run()
        waiting = reads.by_hand(actor=self.actor, period=run.period).exclude(pk__in=run.by_hand)
        return super().get_context_data(others=waiting, may_change=self.may_change, **_about(run), **kwargs)


class EliminationPage(_Whole, TemplatePage):
    """One elimination with its legs."""

    template_name = "ledger/elimination.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = reads.access_elimination(actor=self.actor, elimination_id=self.kwargs["pk"])
        context = super().get_context_data(elimination=row, legs=row.legs.all(), **kwargs)
        return {**context, "title": row.title}


class NewElimination(_Whole, FormPage):
    """An elimination by hand; comes into force when a second person approved it."""

    roles = writes.MAKERS
    title = _("手工抵销")
    form_class = EliminationForm
    template_name = "ledger/new_elimination.html"
    submit_label = _("提交审批")

    def get_initial(self) -> dict[str, Any]:
        number = self.request.GET.get("pair", "")
        if not (number.isascii() and number.isdigit()):
            return {}
        pair = reads.access_pair(actor=self.actor, pair_id=int(number))
        return {"pair": pair.pk, "period": pair.run.period, "through": pair.run.period}

    def act(self, form: EliminationForm) -> HttpResponse:
        given = form.cleaned_data
        wanted = eliminations.WantedElimination(
            period=given["period"],
            through=given["through"],
            reason=given["reason"],
            legs=tuple(eliminations.WantedLeg(*leg) for leg in given["legs"]),
            pair=given["pair"],
        )
        _row, matter = eliminations.propose_elimination(self.actor, wanted)
        return redirect("workflows:matter", matter)


class Members(_Whole, ListPage):
    """Who is and was consolidated."""

    title = _("合并范围")
    template_name = "ledger/members.html"
    table_class = MemberTable
    empty_title = _("还没有纳入合并的机构")
    empty_hint = _("由运营管理中心纳入机构，或一次纳入全部机构。")

    def get_queryset(self) -> Any:
        return reads.members(actor=self.actor)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(may_change=self.may_change, **kwargs)


class NewMember(_Whole, FormPage):
    """Include an institution, or change its share."""

    roles = consolidation_members.KEEPERS
    title = _("纳入合并范围")
    form_class = MemberForm
    success_message = _("已纳入合并范围。")

    def act(self, form: MemberForm) -> None:
        given = form.cleaned_data
        consolidation_members.include_member(
            self.actor, institution=given["institution"], share=given["share"], since=given["since"]
        )

    def get_success_url(self) -> str:
        return reverse("ledger:consolidation-members")


class EndMember(_Whole, FormPage):
    """An institution leaves."""

    roles = consolidation_members.KEEPERS
    title = _("退出合并范围")
    form_class = EndMemberForm
    success_message = _("已记录退出的月份。")

    def act(self, form: EndMemberForm) -> None:
        given = form.cleaned_data
        consolidation_members.end_membership(self.actor, institution=given["institution"], until=given["until"])

    def get_success_url(self) -> str:
        return reverse("ledger:consolidation-members")


class IncludeEverybody(_Whole, ActionPage):
    """Consolidate all institutions, owned in full."""

    roles = consolidation_members.KEEPERS
    success_url_name = "ledger:consolidation-members"

    def act(self) -> Any:
        made = consolidation_members.include_everybody(self.actor)
        return _now("已纳入 %(count)s 家机构。") % {"count": len(made)}
