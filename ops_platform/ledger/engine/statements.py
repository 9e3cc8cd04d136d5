"""Statements of both books: balance sheet, income and expense, cash; budget income and spending, budget balances, and why
the year's surplus is not that of the budget.

Source: 政府会计制度, tables 会政财01 and 02, 会政预01 and 02; each layout says itself what of it was checked against public
copies and what is only remembered. Cash summary, difference of the surpluses and the line of what is not carried forward yet
are our own [default]. A layout is data: lines with the accounts they take (by the beginning of their codes) and the side on
which they stand, or with the lines they sum. An amount is debits less credits in fen; a line on the credit side turns the
sign. `of` marks a line that only says more of another one. A line with a measure of its own says that one in every column.

    end = start + year - brought + carried      start: before the year (before joining, in a consolidation); where books
                                                begin in mid-year, what stood when they began
    moved = year - brought                      what the books themselves turned over
    month, year                                 turnover, without carrying forward: a whole year still says what it earned
    brought                                     what of the year's income and expense stood already when they began: in
                                                start, since the sheet of that day balances, and in year

    surplus = budget surplus + Σ Δ(1, 2, 3) - Σ Δ(8)     the difference table: each book balances, so what one says beyond
                                                         the other moved its own accounts that are not of the year

Checks: a layout names lines that must be equal (assets = liabilities + net assets with the surplus not carried yet; budget
balances = 资金结存); every account falls into exactly one line of each layout of its book (`COVERED`). Without figures every
line is nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ops_platform.kernel import Finding, Severity, from_fen
from ops_platform.ledger.engine.chart import Account, AccountKind
from ops_platform.ledger.engine.figures import Figure

MEASURES = ("start", "month", "year", "moved", "carried", "end")
BALANCE_SHEET, INCOME_STATEMENT, CASH_SUMMARY = "balance_sheet", "income_statement", "cash_summary"
BUDGET_STATEMENT, BUDGET_BALANCES = "budget_statement", "budget_balances"
SURPLUS_DIFFERENCE, SURPLUS_CAUSES = "surplus_difference", "surplus_causes"
_STANDING = (BALANCE_SHEET, SURPLUS_DIFFERENCE)
_BUDGET_YEAR = (BUDGET_STATEMENT, BUDGET_BALANCES, SURPLUS_DIFFERENCE)
COVERED: Mapping[AccountKind, tuple[str, ...]] = {
    AccountKind.ASSET: _STANDING,
    AccountKind.LIABILITY: _STANDING,
    AccountKind.NET_ASSETS: _STANDING,
    AccountKind.INCOME: (BALANCE_SHEET, INCOME_STATEMENT),
    AccountKind.EXPENSE: (BALANCE_SHEET, INCOME_STATEMENT),
    AccountKind.BUDGET_INCOME: _BUDGET_YEAR,
    AccountKind.BUDGET_EXPENSE: _BUDGET_YEAR,
    AccountKind.BUDGET_BALANCE: (BUDGET_BALANCES, SURPLUS_DIFFERENCE),
}
Values = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Amount:
    """What an account (told apart by cost item) says, in fen, debits less credits."""

    account: str
    cost_item: str = ""
    start: int = 0
    month: int = 0
    year: int = 0
    carried: int = 0
    brought: int = 0

    @property
    def moved(self) -> int:
        """The year's turnover in the books themselves."""
        return self.year - self.brought

    @property
    def end(self) -> int:
        """What stands on it."""
        return self.start + self.moved + self.carried


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a layout: with accounts, with a sum of other lines ("-key" takes one off), or a heading with neither."""

    key: str
    title: str
    number: str = ""
    accounts: tuple[str, ...] = ()
    apart_from: tuple[str, ...] = ()
    cost_items: tuple[str, ...] = ()
    credit: bool = False
    sum: tuple[str, ...] = ()
    of: str = ""
    level: int = 1
    mark: str = ""
    measure: str = ""

    def takes(self, account: str, cost_item: str = "") -> bool:
        """Whether the account belongs here."""
        return (
            account.startswith(self.accounts)
            and not (self.apart_from and account.startswith(self.apart_from))
            and (not self.cost_items or cost_item in self.cost_items)
        )


@dataclass(frozen=True, slots=True)
class Column:
    """One column of amounts: a measure and its title."""

    measure: str
    title: str


@dataclass(frozen=True, slots=True)
class Layout:
    """A statement's form. `equal` are pairs of lines that must say the same; `mark` tells where the form comes from;
    `consolidated`: there is one of all members together, too."""

    code: str
    title: str
    mark: str
    source: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    equal: tuple[tuple[str, str], ...] = ()
    consolidated: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """An account behind a line, by column, as it counts there; `measures` say what each of its amounts is."""

    account: str
    cost_item: str
    values: Values
    measures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A line with its amounts by column, and the accounts they came from (those of the lines it sums, for a sum)."""

    line: Line
    values: Values
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """A layout with its amounts."""

    layout: Layout
    lines: tuple[StatementLine, ...]
    findings: tuple[Finding, ...]

    def value(self, key: str, measure: str) -> int:
        """The amount of one line."""
        place = [column.measure for column in self.layout.columns].index(measure)
        return next(each.values[place] for each in self.lines if each.line.key == key)


def layouts_of(documents: Sequence[Mapping[str, Any]]) -> dict[str, Layout]:
    """Layouts from their documents. Raises ValueError for one that names what there is not."""
    return {each["code"]: _layout(each) for each in documents}


def _layout(document: Mapping[str, Any]) -> Layout:
    lines = tuple(
        Line(
            key=row["key"],
            title=row["title"],
            number=row.get("number", ""),
            accounts=tuple(row.get("accounts", ())),
            apart_from=tuple(row.get("apart_from", ())),
            cost_items=tuple(row.get("cost_items", ())),
            credit=row.get("side") == "credit",
            sum=tuple(row.get("sum", ())),
            of=row.get("of", ""),
            level=row.get("level", 1),
            mark=row.get("mark", ""),
            measure=row.get("measure", ""),
        )
        for row in document["lines"]
    )
    columns = tuple(Column(*each) for each in document["columns"])
    known = [line.key for line in lines]
    named = [part.lstrip("-") for line in lines for part in line.sum] + [line.of for line in lines if line.of]
    if len(set(known)) < len(known) or not set(named) <= set(known):
        raise ValueError(f"layout {document['code']}: a line stands twice or is not there")
    measures = {column.measure for column in columns} | {line.measure for line in lines if line.measure}
    if not measures <= set(MEASURES):
        raise ValueError(f"layout {document['code']}: unknown measure")
    return Layout(
        code=document["code"],
        title=document["title"],
        mark=document["mark"],
        source=document["source"],
        columns=columns,
        lines=lines,
        equal=tuple((left, right) for left, right in document.get("equal", ())),
        consolidated=document.get("consolidated", False),
    )


def amounts_of(figures: Iterable[Figure]) -> tuple[Amount, ...]:
    """The figures of one institution by account and cost item."""
    sums: dict[tuple[str, str], list[int]] = {}
    for each in figures:
        row = sums.setdefault((each.account, each.cost_item), [0, 0, 0, 0, 0])
        month, year = each.debit - each.credit, each.year_debit - each.year_credit
        row[0] += each.opening - (year - month)
        row[1] += month
        row[2] += year + each.brought
        row[3] += each.carried
        row[4] += each.brought
    return tuple(Amount(*key, *row) for key, row in sorted(sums.items()))


def statement_of(amounts: Iterable[Amount], layout: Layout) -> Statement:
    """The statement with what its own check found."""
    listed = [each for each in amounts if each.start or each.month or each.year or each.carried or each.brought]
    done: dict[str, StatementLine] = {}
    waiting = [line for line in layout.lines if line.sum]
    for line in layout.lines:
        if not line.sum:
            done[line.key] = _from_accounts(line, listed, layout.columns)
    while waiting:
        ready = [line for line in waiting if all(part.lstrip("-") in done for part in line.sum)]
        if not ready:
            raise ValueError(f"layout {layout.code}: lines sum each other")
        for line in ready:
            done[line.key] = _from_lines(line, done, len(layout.columns))
        waiting = [line for line in waiting if line.key not in done]
    lines = tuple(done[line.key] for line in layout.lines)
    return Statement(layout, lines, tuple(_unequal(layout, done)))


def _from_accounts(line: Line, amounts: Sequence[Amount], columns: Sequence[Column]) -> StatementLine:
    sign = -1 if line.credit else 1
    measures = tuple(line.measure or column.measure for column in columns)
    found = [each for each in amounts if line.accounts and line.takes(each.account, each.cost_item)]
    sources = tuple(
        Source(each.account, each.cost_item, tuple(sign * getattr(each, measure) for measure in measures), measures)
        for each in found
    )
    return StatementLine(line, _added([each.values for each in sources], len(columns)), sources)


def _from_lines(line: Line, done: Mapping[str, StatementLine], width: int) -> StatementLine:
    parts = [(-1 if part.startswith("-") else 1, done[part.lstrip("-")]) for part in line.sum]
    sources = tuple(
        replace(each, values=tuple(sign * value for value in each.values))
        for sign, part in parts
        for each in part.sources
    )
    return StatementLine(
        line, _added([tuple(sign * value for value in part.values) for sign, part in parts], width), sources
    )


def _added(rows: Sequence[Values], width: int) -> Values:
    return tuple(sum(row[place] for row in rows) for place in range(width))


def _unequal(layout: Layout, done: Mapping[str, StatementLine]) -> Iterator[Finding]:
    for left, right in layout.equal:
        for place, column in enumerate(layout.columns):
            one, other = done[left].values[place], done[right].values[place]
            if one != other:
                yield Finding(
                    code="ledger.statement_not_balanced",
                    severity=Severity.BLOCKING,
                    message=f"{layout.title}「{column.title}」不平：{done[left].line.title} {from_fen(one):,}，"
                    f"{done[right].line.title} {from_fen(other):,}，相差 {from_fen(one - other):,} 元。",
                    subject=layout.code,
                )


def coverage_findings(chart: Iterable[Account], layouts: Mapping[str, Layout]) -> tuple[Finding, ...]:
    """Leaf accounts that a layout of their book takes into no line, or into more than one; of lines with a measure of their
    own those count that say what stands."""
    found: list[Finding] = []
    for account in chart:
        if not account.leaf:
            continue
        for code in COVERED[account.kind]:
            layout = layouts[code]
            lines = [
                line
                for line in layout.lines
                if line.accounts and not line.of and line.measure in ("", "end") and line.takes(account.code)
            ]
            words = f"科目 {account.code} {account.name}"
            if not lines:
                found.append(
                    Finding(
                        code="ledger.account_in_no_line",
                        severity=Severity.BLOCKING,
                        message=f"{words}不在{layout.title}的任何项目中，请补充报表格式。",
                        subject=account.code,
                    )
                )
            elif len(lines) > 1:
                titles = "、".join(line.title for line in lines)
                found.append(
                    Finding(
                        code="ledger.account_in_two_lines",
                        severity=Severity.BLOCKING,
                        message=f"{words}同时列入{layout.title}的{titles}，请更正报表格式。",
                        subject=account.code,
                    )
                )
    return tuple(found)
