"""Statements of one institution: of a month, of a quarter."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db.models import F

from ops_platform.kernel import Period
from ops_platform.ledger.engine.statements import (
    CASH_SUMMARY,
    SURPLUS_CAUSES,
    Amount,
    Column,
    Layout,
    Statement,
    amounts_of,
    statement_of,
)
from ops_platform.ledger.layouts import layouts
from ops_platform.ledger.models import PeriodBalance
from ops_platform.ledger.selectors.cash import CASH, CashFlow, cash_flows
from ops_platform.ledger.selectors.differences import difference_amounts, difference_parts
from ops_platform.ledger.selectors.figures import official_figures
from ops_platform.ledger.selectors.imported import gaps_of_the_year, in_the_year, months_sent, sent_of_the_year
from ops_platform.ledger.selectors.modes import elsewhere_in, kept_elsewhere
from ops_platform.masterdata.models import Institution

QUARTER_MONTHS = 3
MOST_GAPS_TOLD = 10


def periods(*, institutions: Iterable[int]) -> list[str]:
    """Months of which these institutions have official figures, newest first: books that moved, trial balances of books
    kept elsewhere. The month of an opening, before the books begin, is none."""
    wanted = list(institutions)
    own = PeriodBalance.objects.filter(institution__in=wanted, period__gte=F("institution__first_period")).order_by()
    moved = set(own.values_list("institution", "period").distinct())
    sent = months_sent(wanted)
    elsewhere = elsewhere_in(moved | sent)
    return sorted({period for _, period in (moved - elsewhere) | (sent & elsewhere)}, reverse=True)


def notes_of(*, institution: Institution, period: Period) -> list[str]:
    """What a reader must know of the figures of a month: where they come from, where their year begins, what they lack."""
    elsewhere = kept_elsewhere(institution.pk, period)
    found = ["外部账：数据来自机构报送的科目余额表，按科目对应折算。"] if elsewhere else []
    first = institution.first_period
    if elsewhere:
        sent = sent_of_the_year(institution.pk, period)
        if sent and Period.parse(sent[0]).month > 1:
            found.append(
                f"科目余额表本年自 {sent[0]} 起报送，年初数为该月期初余额；"
                "收入、费用的本年累计包含该月期初余额中本年已发生的金额。"
            )
        lacking = gaps_of_the_year(institution.pk, period)
        found += lacking[:MOST_GAPS_TOLD]
        if len(lacking) > MOST_GAPS_TOLD:
            found.append(f"科目余额表还有 {len(lacking) - MOST_GAPS_TOLD} 处不衔接，见数据质量。")
    elif first.startswith(f"{period.year:04d}-") and Period.parse(first).month > 1:
        found.append(
            f"账簿自 {first} 启用，年初数为启用时的期初余额；"
            "收入费用表、预算收入支出表的本年累计包含期初余额中本年已发生的收支，其他本年累计自启用月份起计算。"
        )
    return found


def statement(*, institution: Institution, period: Period, code: str) -> Statement:
    """One statement of an institution's month."""
    amounts = amounts_of(official_figures([institution.pk], period))
    of_entries = OF_ENTRIES.get(code)
    return statement_of(of_entries(institution.pk, period, amounts) if of_entries else amounts, layouts()[code])


def _with_cash(institution: int, period: Period, amounts: Sequence[Amount]) -> tuple[Amount, ...]:
    return cash_amounts(amounts, _flows(institution, period))


def _with_causes(institution: int, period: Period, amounts: Sequence[Amount]) -> tuple[Amount, ...]:
    """Books kept elsewhere tell no entries."""
    parts = [] if kept_elsewhere(institution, period) else difference_parts(institution, period)
    return difference_amounts(amounts, parts)


OF_ENTRIES: Mapping[str, Callable[[int, Period, Sequence[Amount]], tuple[Amount, ...]]] = {
    CASH_SUMMARY: _with_cash,
    SURPLUS_CAUSES: _with_causes,
}
"""Statements whose amounts are read from entries, beside those of the accounts."""


def _flows(institution: int, period: Period) -> list[CashFlow]:
    """The year's flows; books kept elsewhere tell none."""
    if kept_elsewhere(institution, period):
        return []
    return [replace(each, internal=False) for each in cash_flows({institution: Period(period.year, 1)}, period)]


def cash_amounts(amounts: Iterable[Amount], flows: Iterable[CashFlow]) -> tuple[Amount, ...]:
    """What the cash summary takes: opening and closing cash by the books, flows by counter account, and what of the
    movement no flow explains (books kept elsewhere tell none)."""
    cash = [each for each in amounts if each.account.startswith(CASH)]
    end, month, year = (sum(getattr(each, name) for each in cash) for name in ("end", "month", "year"))
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for each in flows:
        suffix = "-internal" if each.internal else ""
        for way, of_month, of_year in (
            ("in", each.received_month, each.received_year),
            ("out", each.paid_month, each.paid_year),
        ):
            row = sums[f"{way}{suffix}:{each.account}"]
            row[0] += of_month
            row[1] += of_year
    explained = [
        sum(values[place] * (1 if key.startswith("in") else -1) for key, values in sums.items()) for place in (0, 1)
    ]
    return (
        Amount("opening", month=end - month, year=end - year),
        *(Amount(key, month=values[0], year=values[1]) for key, values in sorted(sums.items())),
        Amount("unknown", month=month - explained[0], year=year - explained[1]),
        Amount("closing", month=end, year=end),
    )


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter of a year: its last month and the month before it."""

    year: int
    number: int

    @property
    def last(self) -> Period:
        """Its last month."""
        return Period(self.year, self.number * QUARTER_MONTHS)

    @property
    def before(self) -> Period:
        """The month before it."""
        return self.last.shift(-QUARTER_MONTHS)

    def __str__(self) -> str:
        return f"{self.year:04d}-Q{self.number}"


def quarters(months: Sequence[str]) -> list[Quarter]:
    """Quarters in which these months lie, newest first."""
    found = {Quarter(Period.parse(each).year, (Period.parse(each).month + 2) // QUARTER_MONTHS) for each in months}
    return sorted(found, key=str, reverse=True)


def of_a_quarter(layout: Layout) -> Layout:
    """The layout with the quarter in place of the month."""
    columns = tuple(
        Column(column.measure, "本季数") if column.measure == "month" else column for column in layout.columns
    )
    return replace(layout, columns=columns)


def quarter_statements(*, institution: Institution, quarter: Quarter) -> list[Statement]:
    """The statements of a quarter, those of both books: balance sheets at its end, what moved in it."""
    known = periods(institutions=[institution.pk])
    now = _year_to(institution.pk, quarter.last, known)
    before = _year_to(institution.pk, quarter.before, known) if quarter.before.year == quarter.year else {}
    moved = {
        code: _less(amounts, {(each.account, each.cost_item): each.moved for each in before.get(code, ())})
        for code, amounts in now.items()
    }
    moved[CASH_SUMMARY] = [_quarter_cash(each, now[""], moved[""]) for each in moved[CASH_SUMMARY]]
    return [
        statement_of(moved[layout.code if layout.code in moved else ""], of_a_quarter(layout))
        for layout in layouts().values()
    ]


def last_known(known: Iterable[str], period: Period) -> Period | None:
    """The newest of the months with figures up to that one, of its year."""
    listed = [month for month in known if in_the_year(month, period)]
    return Period.parse(max(listed)) if listed else None


def _year_to(institution: int, period: Period, known: Sequence[str]) -> dict[str, Sequence[Amount]]:
    """The year up to a month by the statement that takes it ("" for all that read accounts only); where it was not sent
    (books kept elsewhere), up to the last one that was."""
    latest = last_known(known, period)
    if latest is None:
        return dict.fromkeys(("", *OF_ENTRIES), ())
    amounts = amounts_of(official_figures([institution], latest))
    return {"": amounts, **{code: read(institution, latest, amounts) for code, read in OF_ENTRIES.items()}}


def _less(amounts: Sequence[Amount], before: dict[tuple[str, str], int]) -> list[Amount]:
    """The quarter's turnover in place of the month's."""
    return [replace(each, month=each.moved - before.get((each.account, each.cost_item), 0)) for each in amounts]


def _quarter_cash(each: Amount, year: Sequence[Amount], quarter: Sequence[Amount]) -> Amount:
    """Opening and closing cash are no turnover: the quarter opens with what it closes with, less what it moved."""
    if each.account not in ("opening", "closing"):
        return each
    end = sum(one.end for one in year if one.account.startswith(CASH))
    moved = sum(one.month for one in quarter if one.account.startswith(CASH))
    return replace(each, month=end - moved if each.account == "opening" else end)
