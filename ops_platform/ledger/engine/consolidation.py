"""Consolidation (合并报表): the sum over the members, less what they dealt with each other.

Source: domain.md 5.10 [standard practice, recall]; what is [default] below is our choice.
Amounts are fen, debits less credits, in four measures: `start` (before the year; for a member that joined in mid-year
before its joining), `month` and `year` (turnover, for such a member from its joining month on), and `carried` (what carrying
the year forward moved, in December). end = start + year + carried: each line of the balance sheet is the sum of the members'
own lines less eliminations, whoever has carried already. Turnover knows no carrying: a whole year still says what it earned.

1. Sum: Σ members, by account and cost item, of both books.
2. Joining: what a mid-year joiner earned before stands on its accounts of the year as `start`; it is moved to net assets
   (3001), what it received and spent in the budget books to their balances (8202) [default].
3. Pairs: what A claims from B (asset, income; by counterparty) against what B says it owes A (liability, expense).
   Balances are compared by end, turnovers by the year since both are members. |difference| ≤ tolerance → matched, else
   different. What both sides say — the smaller amount, nothing where the sides differ in sign — is eliminated on both
   sides, so that every elimination balances in each measure; what only one side says stays where it is, visible, until
   somebody explains it or eliminates it by hand [default]. On a side with several accounts they give in the order of
   their codes. The start of balances is eliminated only where both became members together; a month that differs while
   the year agrees (a timing difference) is eliminated as far as both say it.
4. By hand: eliminations that two persons made, from their month to the month they are made for, within the year. One that
   names a pair takes off its difference what its legs change on the pair's own accounts with the other as counterparty,
   no more: the rest stays a difference, and so does what is taken too much once the members have put their books right.
   Legs that name the other member take as much off the other differences of the two.
5. Carrying: what is eliminated or moved on an account of the year of a member that has carried its year stands in that
   member's net assets by then, so it is taken off there (3001; 8202 in the budget books), not on the account.
6. Consolidated = Σ members + Σ elimination legs (an elimination leg of income is a debit). Minority interest (少数权益):
   members are consolidated in full; of net assets and surplus of a member owned below 100 % the others' part, exactly
   split, is told beside [default: before eliminations].

Without members everything is nothing. The result does not depend on the order of the figures.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ops_platform.kernel import Finding, Period, Severity, split
from ops_platform.ledger.engine.chart import Book
from ops_platform.ledger.engine.figures import Figure
from ops_platform.ledger.engine.pairs import (
    Elimination,
    Leg,
    Measures,
    Pair,
    PairKind,
    Part,
    findings_of,
    match,
    settled,
)
from ops_platform.ledger.engine.statements import Amount

ENGINE_VERSION = "4"
WHOLE = 1_000_000  # an ownership share counts in millionths
NET_ASSETS, SURPLUS = ("3", "4", "5"), ("4", "5")
JOINED_INTO: Mapping[str, str] = {"4": "3001", "5": "3001", "6": "8202", "7": "8202"}
"""Of accounts of the year, by the first digit of their code: where in their book an earlier year's are by now."""
MINORITY_NET_ASSETS, MINORITY_SURPLUS = "minority-net-assets", "minority-surplus"
BUDGET = ("6", "7", "8")
Key = tuple[str, str]  # account, cost item


@dataclass(frozen=True, slots=True)
class Member:
    """An institution that is consolidated: `share` owned in millionths; `joined` the month of this year in which it came."""

    institution: int
    share: int = WHOLE
    joined: Period | None = None


@dataclass(frozen=True, slots=True)
class Minority:
    """The others' part of a member, in natural signs (a surplus is positive)."""

    institution: int
    net_assets_start: int
    net_assets: int
    surplus_month: int
    surplus_year: int


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that a consolidation hangs on. `earlier` holds the figures of all members at the end of the month before each
    joining month; `hand` what was eliminated by hand."""

    members: tuple[Member, ...]
    figures: Sequence[Figure]
    kinds: tuple[PairKind, ...]
    earlier: Mapping[Period, Sequence[Figure]] = field(default_factory=dict)
    hand: tuple[Elimination, ...] = ()
    tolerance: int = 1


@dataclass(frozen=True, slots=True)
class Consolidation:
    """The result. `by_member` holds what each member says; `eliminations` all entries, by hand too."""

    by_member: Mapping[int, Mapping[Key, Measures]]
    summed: Mapping[Key, Measures]
    eliminated: Mapping[Key, Measures]
    consolidated: Mapping[Key, Measures]
    pairs: tuple[Pair, ...]
    eliminations: tuple[Elimination, ...]
    minority: tuple[Minority, ...]
    findings: tuple[Finding, ...]

    @property
    def amounts(self) -> tuple[Amount, ...]:
        """As statements take them, minority interest included."""
        return with_minority(self.consolidated, self.minority)


def with_minority(consolidated: Mapping[Key, Measures], minority: Iterable[Minority]) -> tuple[Amount, ...]:
    """Consolidated amounts, and minority interest in two amounts for its own lines: of net assets `start` and `end` count,
    of the surplus `month` and `year`."""
    listed = [
        Amount(*key, each.start, each.month, each.year, each.carried) for key, each in sorted(consolidated.items())
    ]
    start = sum(each.net_assets_start for each in minority)
    end = sum(each.net_assets for each in minority)
    month, year = sum(each.surplus_month for each in minority), sum(each.surplus_year for each in minority)
    if start or end:
        listed.append(Amount(MINORITY_NET_ASSETS, start=-start, carried=start - end))
    if month or year:
        listed.append(Amount(MINORITY_SURPLUS, month=-month, year=-year))
    return tuple(listed)


def book_of(account: str) -> Book:
    """The book in which an account stands, by the first digit of its code."""
    return Book.BUDGET if account.startswith(BUDGET) else Book.FINANCIAL


def consolidate(inputs: Inputs) -> Consolidation:
    """The whole consolidation of a month."""
    members = {each.institution: each for each in inputs.members}
    table = _Table(inputs, members)
    by_member = table.by_member()
    pairs, eliminations = _pairs(table, members, inputs)
    pairs = settled(pairs, inputs.kinds, inputs.hand)
    joining = [entry for each in members.values() if (entry := _joining(each, by_member[each.institution]))]
    everything = (*joining, *eliminations, *inputs.hand)
    summed: dict[Key, Measures] = defaultdict(Measures)
    for said in by_member.values():
        for key, amounts in said.items():
            summed[key] += amounts
    eliminated: dict[Key, Measures] = defaultdict(Measures)
    for entry in everything:
        for leg in entry.legs:
            eliminated[leg.account, leg.cost_item] += leg.amounts
            if leg.institution in table.carriers and leg.account[0] in JOINED_INTO:
                eliminated[leg.account, leg.cost_item] += Measures(carried=-leg.amounts.end)
                eliminated[JOINED_INTO[leg.account[0]], ""] += Measures(carried=leg.amounts.end)
    consolidated = {
        key: summed.get(key, Measures()) + eliminated.get(key, Measures()) for key in sorted({*summed, *eliminated})
    }
    return Consolidation(
        by_member=by_member,
        summed=dict(summed),
        eliminated=dict(eliminated),
        consolidated=consolidated,
        pairs=pairs,
        eliminations=everything,
        minority=tuple(_minority(each, by_member[each.institution]) for each in inputs.members if each.share < WHOLE),
        findings=(*table.findings(), *findings_of(pairs, inputs.kinds, inputs.tolerance)),
    )


class _Table:
    """The figures in columns: one row for each institution × account × cost item × counterparty."""

    def __init__(self, inputs: Inputs, members: Mapping[int, Member]) -> None:
        self.members, self.kinds = members, inputs.kinds
        listed = [each for each in inputs.figures if each.institution in members]
        self.rows = [(each.institution, each.account, each.cost_item, each.counterparty) for each in listed]
        months = [each.debit - each.credit for each in listed]
        years = [each.year_debit - each.year_credit for each in listed]
        ends = [each.opening + month for each, month in zip(listed, months, strict=True)]
        carried = [each.carried for each in listed]
        columns = (months, years, ends, carried)
        self.month, self.year, self.end, self.carried = (np.array(each, dtype=np.int64) for each in columns)
        self.carriers = {each.institution for each in listed if each.carried}
        self.before = {month: self._years(figures) for month, figures in inputs.earlier.items()}
        self.dealings = [place for place, row in enumerate(self.rows) if row[3] in members and row[3] != row[0]]

    def _years(self, figures: Sequence[Figure]) -> np.ndarray:
        """The year so far at another month, row by row."""
        at: dict[tuple[int, str, str, int], int] = defaultdict(int)
        for each in figures:
            row = (each.institution, each.account, each.cost_item, each.counterparty)
            at[row] += each.year_debit - each.year_credit
        return np.array([at.get(row, 0) for row in self.rows], dtype=np.int64)

    def by_member(self) -> dict[int, dict[Key, Measures]]:
        """What each member says by account and cost item, summed in columns."""
        found: dict[int, dict[Key, Measures]] = {institution: {} for institution in sorted(self.members)}
        if not self.rows:
            return found
        groups: dict[tuple[int, str, str], int] = {}
        places = np.array([groups.setdefault(row[:3], len(groups)) for row in self.rows])
        year = self.year.copy()
        for month, before in self.before.items():
            joiners = {each.institution for each in self.members.values() if each.joined == month}
            year -= np.where([row[0] in joiners for row in self.rows], before, 0)
        sums = np.zeros((4, len(groups)), dtype=np.int64)
        for measure, values in enumerate((self.end - year, self.month, year, self.carried)):
            np.add.at(sums[measure], places, values)
        start, months, years, carried = sums.tolist()
        for (institution, account, cost_item), place in sorted(groups.items()):
            amounts = Measures(start[place], months[place], years[place], carried[place])
            if amounts:
                found[institution][account, cost_item] = amounts
        return found

    def said(self, kind: PairKind) -> dict[tuple[int, int], tuple[list[Part], list[Part]]]:
        """(creditor, debtor) → claims of the one, debts of the other, in natural signs and the order of accounts."""
        found: dict[tuple[int, int], tuple[list[Part], list[Part]]] = defaultdict(lambda: ([], []))
        for place in self.dealings:
            institution, account, cost_item, counterparty = self.rows[place]
            claims, owes = account.startswith(kind.claims), account.startswith(kind.debts)
            if not (claims or owes):
                continue
            month = self._since(institution, counterparty)
            year = int(self.year[place]) - (int(self.before[month][place]) if month else 0)
            amounts = Measures(int(self.end[place]) - year, int(self.month[place]), year)
            sign = -1 if (claims != kind.balance) else 1  # income and debts stand on the credit side
            part = Part(institution, account, cost_item, counterparty, amounts if sign > 0 else -amounts)
            ends = (institution, counterparty) if claims else (counterparty, institution)
            found[ends][0 if claims else 1].append(part)
        for claims_, debts in found.values():
            claims_.sort(key=Part.order)
            debts.sort(key=Part.order)
        return dict(sorted(found.items()))

    def _since(self, one: int, other: int) -> Period | None:
        """The month of this year from which both are members; None for the whole year."""
        joined = [month for each in (one, other) if (month := self.members[each].joined)]
        return max(joined) if joined else None

    def findings(self) -> Iterator[Finding]:
        """Dealings between members on accounts that no kind of pair matches."""
        known = tuple(code for kind in self.kinds for code in (*kind.claims, *kind.debts))
        odd = {self.rows[place][1] for place in self.dealings} - {
            self.rows[place][1] for place in self.dealings if self.rows[place][1].startswith(known)
        }
        for account in sorted(odd):
            yield Finding(
                code="ledger.account_of_no_pair",
                severity=Severity.WARNING,
                message=f"科目 {account} 有成员单位之间的往来，但不在任何对账规则中，不会自动抵销。请核对，或手工抵销。",
                subject=account,
            )


def _joining(member: Member, said: Mapping[Key, Measures]) -> Elimination | None:
    """What a mid-year joiner earned before goes to its net assets."""
    if member.joined is None:
        return None
    earned = {key: amounts.start for key, amounts in said.items() if key[0][0] in JOINED_INTO and amounts.start}
    if not earned:
        return None
    legs = [
        Leg(member.institution, account, cost_item, 0, Measures(start=-start))
        for (account, cost_item), start in sorted(earned.items())
    ]
    onto: dict[str, int] = defaultdict(int)
    for (account, _cost_item), start in earned.items():
        onto[JOINED_INTO[account[0]]] += start
    legs += [Leg(member.institution, account, "", 0, Measures(start=start)) for account, start in sorted(onto.items())]
    return Elimination("joining", f"{member.joined} 加入前的盈余转入净资产", tuple(legs), creditor=member.institution)


def _pairs(
    table: _Table, members: Mapping[int, Member], inputs: Inputs
) -> tuple[tuple[Pair, ...], tuple[Elimination, ...]]:
    pairs: list[Pair] = []
    eliminations: list[Elimination] = []
    for kind in inputs.kinds:
        for (creditor, debtor), (claims, debts) in table.said(kind).items():
            both = members[creditor].joined == members[debtor].joined
            pair, entry = match(kind, creditor, debtor, (claims, debts), inputs.tolerance, both)
            if pair:
                pairs.append(pair)
            if entry:
                eliminations.append(entry)
    return tuple(pairs), tuple(eliminations)


def _minority(member: Member, said: Mapping[Key, Measures]) -> Minority:
    def others(total: int) -> int:
        return split(total, (member.share, WHOLE - member.share))[1]

    net = [amounts for (account, _), amounts in said.items() if account[0] in NET_ASSETS]
    surplus = [amounts for (account, _), amounts in said.items() if account[0] in SURPLUS]
    return Minority(
        institution=member.institution,
        net_assets_start=others(-sum(each.start for each in net)),
        net_assets=others(-sum(each.end for each in net)),
        surplus_month=others(-sum(each.month for each in surplus)),
        surplus_year=others(-sum(each.year for each in surplus)),
    )
