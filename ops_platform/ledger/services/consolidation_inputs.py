"""What a consolidation is made from: members, figures, cash, eliminations by hand; and by what the same is recognised."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from django.db.models import Count
from django.utils import timezone

from ops_platform.kernel import Invalid, Period, digest_of, to_fen
from ops_platform.ledger.engine import consolidation as engine
from ops_platform.ledger.engine import pairs
from ops_platform.ledger.engine.figures import Figure
from ops_platform.ledger.layouts import pair_kinds
from ops_platform.ledger.models import Account, ConsolidationMember, Elimination, Entry
from ops_platform.ledger.selectors.cash import CashFlow, cash_flows
from ops_platform.ledger.selectors.figures import official_figures
from ops_platform.masterdata.selectors import parameter_value

TOLERANCE = "ledger.consolidation_tolerance"
RESULTS_VERSION = 4


@dataclass(frozen=True)
class Read:
    """All of it; `since`: from which month each member's cash counts."""

    inputs: engine.Inputs
    period: Period
    since: Mapping[int, Period]
    by_hand: list[int]
    left: list[int]

    @cached_property
    def cash(self) -> Sequence[CashFlow]:
        """The year's flows, read from its entries when they are first asked for."""
        return cash_flows(self.since, self.period)

    @cached_property
    def digest(self) -> str:
        """Of all that the result depends on."""
        return self._digest_with(_lines(self.cash))

    @cached_property
    def stamp(self) -> str:
        """The same while no entry was booked: entries are never changed, so that as many as before are the same, and so is
        the cash that they say."""
        return self._digest_with(f"entries {_entries(self.since, self.period)}")

    def _digest_with(self, cash: str) -> str:
        inputs = self.inputs
        told = [_lines(inputs.figures), cash, *(_lines(inputs.earlier[month]) for month in inputs.earlier)]
        return digest_of(
            [
                [[each.institution, each.share, str(each.joined or "")] for each in inputs.members],
                told,
                [str(month) for month in inputs.earlier],
                [self.by_hand, self.left],
                inputs.tolerance,
                [[kind.code, kind.claims, kind.debts] for kind in inputs.kinds],
                [engine.ENGINE_VERSION, RESULTS_VERSION],
            ]
        )


def _lines(rows: Iterable[Figure] | Iterable[CashFlow]) -> str:
    return "\n".join(map(repr, rows))


def _entries(since: Mapping[int, Period], period: Period) -> list[tuple[int, int]]:
    """How many entries each member has booked since its month."""
    rows = Entry.objects.filter(institution__in=list(since), period__lte=str(period)).order_by()
    first = min(str(month) for month in since.values())
    counted = rows.filter(period__gte=first).values_list("institution").annotate(Count("id"))
    return sorted(counted)


def members_at(period: Period) -> tuple[engine.Member, ...]:
    """Who is consolidated in a month, in the order of institutions. Another share is no joining."""
    rows = ConsolidationMember.objects.filter(since__lte=str(period)).order_by("institution", "since")
    begun: dict[int, str] = {}
    ended: dict[int, str | None] = {}
    found: dict[int, engine.Member] = {}
    for row in rows:
        before = ended.get(row.institution_id, "")
        follows = bool(before) and str(Period.parse(str(before)).shift(1)) == row.since
        begun[row.institution_id] = begun[row.institution_id] if follows else row.since
        ended[row.institution_id] = row.until
        if row.until is None or row.until >= str(period):
            since = Period.parse(begun[row.institution_id])
            joined = since if since.year == period.year and since.month > 1 else None
            found[row.institution_id] = engine.Member(row.institution_id, int(row.share * engine.WHOLE), joined)
    return tuple(found.values())


def _left_this_year(period: Period, members: Sequence[engine.Member]) -> list[int]:
    rows = ConsolidationMember.objects.filter(until__gte=f"{period.year:04d}-01", until__lt=str(period))
    staying = {each.institution for each in members}
    return sorted(set(rows.order_by().values_list("institution", flat=True)) - staying)


def read_inputs(period: Period) -> Read:
    """All that the month's consolidation hangs on. Raises Invalid for a month that has not begun, or without members."""
    if period > Period.of(timezone.localdate()):
        raise Invalid("ledger.month_not_begun", f"{period} 还没有到，不能合并。请选择本月或更早的月份。")
    members = members_at(period)
    if not members:
        raise Invalid("ledger.no_members", f"{period} 没有纳入合并的机构。请先在「合并范围」中纳入机构。")
    institutions = [each.institution for each in members]
    unified = _unified(institutions)
    by_hand = list(_by_hand(period))
    january = Period(period.year, 1)
    inputs = engine.Inputs(
        members=members,
        figures=_brought_in(_figures(institutions, period, unified), members),
        kinds=pair_kinds(),
        earlier={
            month: _figures(institutions, month.shift(-1), unified)
            for month in sorted({each.joined for each in members if each.joined})
        },
        hand=tuple(_as_engine(row, period) for row in by_hand),
        tolerance=to_fen(parameter_value(key=TOLERANCE, day=period.last_day).quantize(Decimal("0.01"))),
    )
    return Read(
        inputs=inputs,
        period=period,
        since={each.institution: each.joined or january for each in members},
        by_hand=[row.pk for row in by_hand],
        left=_left_this_year(period, members),
    )


def figures_of_members(institutions: Sequence[int], period: Period) -> list[Figure]:
    """What these members say of a month, on unified accounts, as the consolidation takes it."""
    members = [each for each in members_at(period) if each.institution in institutions]
    return _brought_in(_figures(institutions, period, _unified(institutions)), members)


def _unified(institutions: Sequence[int]) -> dict[tuple[int, str], str]:
    """The unified account above each own account of an institution."""
    own = {
        row.pk: row
        for row in Account.objects.filter(institution__in=institutions).select_related("parent").order_by("pk")
    }
    found = {}
    for row in own.values():
        above = row.parent
        while above is not None and above.institution_id is not None:
            above = own[above.pk].parent if above.pk in own else None
        if above is not None and row.institution_id is not None:
            found[row.institution_id, row.code] = above.code
    return found


def _figures(institutions: Sequence[int], period: Period, unified: Mapping[tuple[int, str], str]) -> list[Figure]:
    figures = official_figures(institutions, period)
    if not unified:
        return figures
    return [
        replace(each, account=unified[each.institution, each.account])
        if (each.institution, each.account) in unified
        else each
        for each in figures
    ]


def _brought_in(figures: Sequence[Figure], members: Sequence[engine.Member]) -> list[Figure]:
    """Income and expense that the first trial balance of a year brings in belong to the year. What stood on those accounts
    then is net assets (in the budget books: their balances) of the start, taken back in the year. A member that joined
    later keeps it before its joining."""
    whole_year = {each.institution for each in members if each.joined is None}
    found: list[Figure] = []
    for each in figures:
        if not each.brought or each.institution not in whole_year:
            found.append(each)
            continue
        debit, credit = max(each.brought, 0), max(-each.brought, 0)
        found.append(replace(each, year_debit=each.year_debit + debit, year_credit=each.year_credit + credit))
        taker = engine.JOINED_INTO.get(each.account[0])
        if taker:
            found.append(Figure(each.institution, taker, year_debit=credit, year_credit=debit))
    return found


def _by_hand(period: Period) -> Iterable[Elimination]:
    rows = Elimination.objects.filter(
        kind=Elimination.Kind.HAND,
        state=Elimination.State.APPROVED,
        period__lte=str(period),
        through__gte=str(period),
        period__startswith=f"{period.year:04d}-",
    )
    return rows.order_by("id").prefetch_related("legs__account")


def _as_engine(row: Elimination, period: Period) -> pairs.Elimination:
    """An elimination by hand: in the year from its month on, in the month only in its own."""
    own = row.period == str(period)
    legs = tuple(
        pairs.Leg(
            leg.institution_id,
            leg.account.code,
            leg.cost_item,
            leg.counterparty_id or 0,
            pairs.Measures(0, to_fen(leg.month) if own else 0, to_fen(leg.year)),
        )
        for leg in row.legs.all()
    )
    return pairs.Elimination("hand", row.title, legs, row.creditor_id or 0, row.debtor_id or 0, row.pk, row.pair_kind)
