"""财政拨款预算收入支出表: what stood of fiscal grants, what came and was spent of them, what stands.

Source: 政府会计制度, table 会政预03 [recall: rows and columns to be checked against the original]. Of its columns
归集调入, 归集上缴或调出, 单位内部调剂 and 年初余额调整 are one here (其他变动), since 8101 and 8102 have no details by
cause; 政府性基金 and 国有资本经营预算拨款 have no account and no line.

Rows: 基本支出 (funding source 财政基本拨款) with what was spent on personnel and on the rest; 项目支出 (财政项目) by
project; what says neither [default]. Amounts are fen in natural signs: a balance is positive.

    spent = spending that says fiscal + what counts as paid from basic grants (`carrying.BasicGrants`)
    carried end = start of 8101 + other + income - spent       the same before and after carrying the year forward
    left end = start of 8102 + other of 8102

Check: once the year is carried, what carrying moved on 8101 is income less spending. Without grants there are no rows.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from ops_platform.kernel import Finding, Severity, from_fen
from ops_platform.ledger.engine.carrying import (
    BASIC_SOURCES,
    BUDGET_FISCAL,
    BUDGET_FISCAL_CARRIED,
    BUDGET_OPERATING,
    BUDGET_SPENDING,
    FISCAL,
    FISCAL_BASIC,
    FISCAL_PROJECT,
    BasicGrants,
)

LEFT = "8102"
PERSONNEL = "personnel"
Key = tuple[str, str]  # funding source, project


@dataclass(frozen=True, slots=True)
class Moved:
    """What an account × dimensions says, in fen, debits less credits: before the year, in the year without carrying, and
    what carrying moved."""

    account: str
    cost_item: str
    funding_source: str
    project: str
    start: int
    year: int
    carried: int


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A row in natural signs. `of`: it only says more of the row above, of its spending."""

    title: str
    number: str
    level: int
    start: int = 0
    start_left: int = 0
    other: int = 0
    income: int = 0
    spent: int = 0
    end: int = 0
    end_left: int = 0
    of: bool = False


@dataclass(frozen=True, slots=True)
class GrantSheet:
    """The table with what its own check found."""

    rows: tuple[GrantRow, ...]
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class _Sums:
    start: int = 0
    start_left: int = 0
    other: int = 0
    other_left: int = 0
    income: int = 0
    personnel: int = 0
    running: int = 0

    def row(self, title: str, number: str, level: int) -> GrantRow:
        spent = self.personnel + self.running
        return GrantRow(
            title,
            number,
            level,
            start=self.start,
            start_left=self.start_left,
            other=self.other + self.other_left,
            income=self.income,
            spent=spent,
            end=self.start + self.other + self.income - spent,
            end_left=self.start_left + self.other_left,
        )

    def add(self, more: "_Sums") -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(more, name))


def grant_sheet(moved: Iterable[Moved]) -> GrantSheet:
    """The table of a year up to a month."""
    basic = BasicGrants()
    sums: dict[Key, _Sums] = defaultdict(_Sums)
    untold: dict[bool, int] = defaultdict(int)
    carried = 0
    for each in moved:
        basic.take(each.account, each.funding_source, each.year)
        fiscal = each.funding_source if each.funding_source in FISCAL else ""
        project = each.project if fiscal != FISCAL_BASIC else ""
        if each.account.startswith(BUDGET_SPENDING) and not each.account.startswith(BUDGET_OPERATING):
            if each.funding_source in BASIC_SOURCES:
                untold[each.cost_item == PERSONNEL] += each.year
            if fiscal:
                _spend(sums[fiscal, project], each.cost_item == PERSONNEL, each.year)
        elif each.account.startswith(BUDGET_FISCAL):
            sums[fiscal, project].income -= each.year
        elif each.account.startswith(BUDGET_FISCAL_CARRIED):
            sums[fiscal, project].start -= each.start
            sums[fiscal, project].other -= each.year
            carried -= each.carried
        elif each.account.startswith(LEFT):
            sums[fiscal, project].start_left -= each.start
            sums[fiscal, project].other_left -= each.year
    personnel = max(min(untold[True], basic.covered), 0)
    _spend(sums[FISCAL_BASIC, ""], True, personnel)
    _spend(sums[FISCAL_BASIC, ""], False, basic.covered - personnel)
    rows = tuple(_rows(sums))
    return GrantSheet(rows, tuple(_check(rows, carried)))


def _spend(sums: _Sums, personnel: bool, fen: int) -> None:
    if personnel:
        sums.personnel += fen
    else:
        sums.running += fen


def _rows(sums: dict[Key, _Sums]) -> Iterable[GrantRow]:
    whole = _Sums()
    for each in sums.values():
        whole.add(each)
    basic = sums[FISCAL_BASIC, ""]
    projects = {project: each for (source, project), each in sorted(sums.items()) if source == FISCAL_PROJECT}
    of_projects = _Sums()
    for each in projects.values():
        of_projects.add(each)
    neither = _Sums()
    for (source, _project), each in sums.items():
        if not source:
            neither.add(each)
    made = [
        whole.row("一般公共预算财政拨款", "1", 0),
        basic.row("(一)基本支出", "2", 1),
        GrantRow("1.人员经费", "3", 2, spent=basic.personnel, of=True),
        GrantRow("2.日常公用经费", "4", 2, spent=basic.running, of=True),
        of_projects.row("(二)项目支出", "5", 1),
        *(
            each.row(project or "未注明项目", str(place), 2)
            for place, (project, each) in enumerate(projects.items(), 6)
        ),
        neither.row("(三)未注明基本或项目", str(6 + len(projects)), 1),
    ]
    return made if any(_amounts(row) != (0,) * 7 for row in made) else ()


def _amounts(row: GrantRow) -> tuple[int, ...]:
    return row.start, row.start_left, row.other, row.income, row.spent, row.end, row.end_left


def _check(rows: tuple[GrantRow, ...], carried: int) -> Iterable[Finding]:
    if not rows or not carried:
        return
    told = rows[0].income - rows[0].spent
    if told != carried:
        yield Finding(
            code="ledger.grants_carried_otherwise",
            severity=Severity.WARNING,
            message=f"财政拨款本年收入减支出为 {from_fen(told):,} 元，年末结转到 8101 的是 {from_fen(carried):,} 元，"
            f"相差 {from_fen(told - carried):,} 元。结转后又有记账的，请冲销结转后重新结转。",
            subject=BUDGET_FISCAL_CARRIED,
        )
