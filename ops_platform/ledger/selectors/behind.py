"""What stands behind a line of a consolidated statement: members, their sum, what was eliminated, accounts."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum

from ops_platform.kernel import to_fen
from ops_platform.ledger.engine.statements import CASH_SUMMARY, Amount, Layout, StatementLine, statement_of
from ops_platform.ledger.layouts import layouts
from ops_platform.ledger.models import ConsolidatedFigure, ConsolidationRun
from ops_platform.ledger.selectors.cash import CASH, CashFlow
from ops_platform.ledger.selectors.consolidation import (
    MEASURES,
    amounts_from,
    flow_from,
    line_of,
    of_others,
    statement,
    yuan,
)
from ops_platform.ledger.selectors.statements import cash_amounts
from ops_platform.masterdata.models import Institution

Probed = tuple[str, str, tuple[str, ...]]  # account, cost item, its measure in each column


@dataclass(frozen=True, slots=True)
class MemberRow:
    """What a member adds to a line, by column, in yuan."""

    institution: Institution
    values: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Behind:
    """What stands behind a line: members, their sum, what was eliminated, the whole; and the whole by account."""

    members: list[MemberRow]
    summed: tuple[Decimal, ...]
    eliminated: tuple[Decimal, ...]
    consolidated: tuple[Decimal, ...]
    accounts: dict[str, tuple[Decimal, ...]]


def behind_line(*, run: ConsolidationRun, code: str, key: str) -> tuple[StatementLine, Behind]:
    """A line of a consolidated statement with the members and eliminations behind it."""
    whole = line_of(statement(run=run, code=code), key)
    layout = layouts()[code]
    said = _cash_of_members(run, key) if code == CASH_SUMMARY else _said_by_members(run, layout, key)
    listed = [
        MemberRow(institution, yuan(said[institution.pk]))
        for institution in Institution.objects.filter(pk__in=said).order_by("code")
        if any(said[institution.pk])
    ]
    summed = tuple(sum(values[place] for values in said.values()) for place in range(len(layout.columns)))
    gone = tuple(value - sum_ for value, sum_ in zip(whole.values, summed, strict=True))
    accounts: dict[str, list[int]] = {account: [0] * len(whole.values) for account in _accounts_of(run, layout, key)}
    for source in whole.sources:
        row = accounts.setdefault(source.account, [0] * len(whole.values))
        row[:] = [value + more for value, more in zip(row, source.values, strict=True)]
    said_of = {account: yuan(values) for account, values in sorted(accounts.items())}
    return whole, Behind(listed, yuan(summed), yuan(gone), yuan(whole.values), said_of)


def _accounts_of(run: ConsolidationRun, layout: Layout, key: str) -> set[str]:
    """Accounts of members behind a line, also those that are eliminated altogether."""
    if layout.code == CASH_SUMMARY:
        return set()
    return {account for account, _, _ in _probed(run, layout, key)[0]}


def _probed(run: ConsolidationRun, layout: Layout, key: str) -> tuple[dict[Probed, int], dict[tuple[str, str], int]]:
    """What of members stands behind a line with the sign in which it counts, and each account's row."""
    own = run.figures.filter(part=ConsolidatedFigure.Part.MEMBER)
    keys = own.order_by().values_list("account__code", "cost_item", "account").distinct()
    numbers = {(code, cost_item): number for code, cost_item, number in keys}
    probe = statement_of([Amount(*each, start=1, month=1, year=1, carried=1) for each in numbers], layout)
    signs: dict[Probed, int] = defaultdict(int)
    for source in line_of(probe, key).sources:
        signs[source.account, source.cost_item, source.measures] += 1 if source.values[0] > 0 else -1
    return dict(signs), numbers


def _said_by_members(run: ConsolidationRun, layout: Layout, key: str) -> dict[int, tuple[int, ...]]:
    """What each member adds to a line, summed in SQL: the layout says which accounts count with which sign, and by which
    measure in each column."""
    probed, numbers = _probed(run, layout, key)
    places = range(len(layout.columns))
    wanted: dict[tuple[int, str, int], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for (account, cost_item, measures), sign in probed.items():
        for place in places:
            wanted[place, measures[place], sign][cost_item].append(numbers[account, cost_item])
    sums: dict[str, Any] = {
        f"{measure}_{'plus' if sign > 0 else 'minus'}_{place}": Sum(MEASURES[measure], filter=_any_of(accounts))
        for (place, measure, sign), accounts in wanted.items()
    }
    own = run.figures.filter(part=ConsolidatedFigure.Part.MEMBER, account__in=numbers.values())
    said: dict[int, tuple[int, ...]] = {}
    rows: Any = own.order_by().values("institution").annotate(**sums)
    for row in rows if sums else ():
        totals = [0 for _ in places]
        for name in sums:
            _measure, side, column = name.split("_")
            totals[int(column)] += to_fen(row[name] or 0) * (1 if side == "plus" else -1)
        said[row["institution"]] = tuple(totals)
    for each in run.minority.all():
        others = line_of(statement_of(of_others([each]), layout), key).values
        pairs = zip(said.get(each.institution_id, (0,) * len(others)), others, strict=True)
        said[each.institution_id] = tuple(own_ + other for own_, other in pairs)
    return said


def _any_of(accounts: Mapping[str, Sequence[int]]) -> Q:
    """Figures on these accounts, by cost item."""
    found = Q(pk__in=[])
    for cost_item, numbers in accounts.items():
        found |= Q(cost_item=cost_item, account__in=numbers)
    return found


def _cash_of_members(run: ConsolidationRun, key: str) -> dict[int, tuple[int, ...]]:
    """What each member adds to a line of the cash summary."""
    amounts: dict[int, list[Amount]] = defaultdict(list)
    rows = run.figures.filter(part=ConsolidatedFigure.Part.MEMBER, account__code__regex=f"^({'|'.join(CASH)})")
    for institution, *row in rows.order_by("institution", "account__code").values_list(
        "institution", "account__code", "cost_item", "start", "month", "year", "carried"
    ):
        amounts[institution] += amounts_from([row])
    flows: dict[int, list[CashFlow]] = defaultdict(list)
    for cash in run.cash.order_by("institution", "account"):
        flows[cash.institution_id].append(
            flow_from(cash.institution_id, cash.account, cash.internal, cash.way, cash.month, cash.year)
        )
    layout = layouts()[CASH_SUMMARY]
    return {
        each: line_of(statement_of(cash_amounts(amounts[each], flows[each]), layout), key).values
        for each in {*amounts, *flows}
    }
