"""Consolidation (合并报表): the sum over the members, less what they dealt with each other.

Source: domain.md 5.10 [standard practice, recall]; what is [default] below is our choice.
Amounts are fen, debits less credits, in three measures: `start` (before the year; for a member that joined in mid-year
before its joining), `month` and `year` (turnover, for such a member from its joining month on). end = start + year.
Carrying a year forward is undone: a December stands as if no member had carried yet, so that it is the same whoever has.

1. Sum: Σ members, by account and cost item.
2. Joining: what a mid-year joiner earned before stands on its accounts of the year as `start`; it is moved to net assets
   (3001).
3. Pairs: what A claims from B (asset, income; by counterparty) against what B says it owes A (liability, expense).
   Balances are compared by end, turnovers by the year since both are members. |difference| ≤ tolerance → matched, else
   different. What both sides say — the smaller amount, nothing where the sides differ in sign — is eliminated on both
   sides, so that every elimination balances in each measure; what only one side says stays where it is, visible, until
   somebody explains it or eliminates it by hand [default]. On a side with several accounts they give in the order of
   their codes. The start of balances is eliminated only where both became members together; a month that differs while
   the year agrees (a timing difference) is eliminated as far as both say it.
4. By hand: eliminations that two persons made, from their month to the month they are made for, within the year. One that
   names a pair takes off its difference what its legs change on the pair's own accounts, no more: the rest stays a
   difference, and so does what is taken too much once the members have put their books right.
5. Consolidated = Σ members + Σ elimination legs (an elimination leg of income is a debit). Minority interest (少数权益):
   members are consolidated in full; of net assets and surplus of a member owned below 100 % the others' part, exactly
   split, is told beside [default: before eliminations].

Without members everything is nothing. The result does not depend on the order of the figures.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ops_platform.kernel import Finding, Period, Severity, from_fen, split
from ops_platform.ledger.engine.figures import Figure
from ops_platform.ledger.engine.statements import Amount

ENGINE_VERSION = "2"
WHOLE = 1_000_000  # an ownership share counts in millionths
FINANCIAL = ("1", "2", "3", "4", "5")
NET_ASSETS, OF_THE_YEAR = ("3", "4", "5"), ("4", "5")
JOINED_INTO = "3001"
MINORITY_NET_ASSETS, MINORITY_SURPLUS = "minority-net-assets", "minority-surplus"
PAIRS_DIFFER = "ledger.pairs_differ"
Key = tuple[str, str]  # account, cost item


@dataclass(frozen=True, slots=True)
class Measures:
    """Fen in the three measures; debits less credits."""

    start: int = 0
    month: int = 0
    year: int = 0

    @property
    def end(self) -> int:
        """What stands."""
        return self.start + self.year

    def __add__(self, other: "Measures") -> "Measures":
        return Measures(self.start + other.start, self.month + other.month, self.year + other.year)

    def __neg__(self) -> "Measures":
        return Measures(-self.start, -self.month, -self.year)

    def __bool__(self) -> bool:
        return bool(self.start or self.month or self.year)


@dataclass(frozen=True, slots=True)
class Member:
    """An institution that is consolidated: `share` owned in millionths; `joined` the month of this year in which it came."""

    institution: int
    share: int = WHOLE
    joined: Period | None = None


@dataclass(frozen=True, slots=True)
class PairKind:
    """Accounts to be matched by counterparty: claims of one member, debts of the other. `balance`: what stands on them, else
    their turnover."""

    code: str
    title: str
    balance: bool
    claims: tuple[str, ...]
    debts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg of an elimination: debits less credits that are added."""

    institution: int
    account: str
    cost_item: str
    counterparty: int
    amounts: Measures


@dataclass(frozen=True, slots=True)
class Pair:
    """What two members say of the same dealings, in natural signs (a claim and a debt are both positive)."""

    kind: str
    creditor: int
    debtor: int
    claim: int
    debt: int
    month_claim: int
    month_debt: int
    eliminated: int
    matched: bool
    by_hand: int = 0

    @property
    def difference(self) -> int:
        """What only one side says."""
        return self.claim - self.debt

    @property
    def rest(self) -> int:
        """What eliminations by hand leave of it, or take too much."""
        return self.difference - self.by_hand


@dataclass(frozen=True, slots=True)
class Elimination:
    """One entry of the elimination sheet: `kind` joining, hand or the code of a pair kind; `pair` the kind of the pair that
    one by hand settles."""

    kind: str
    title: str
    legs: tuple[Leg, ...]
    creditor: int = 0
    debtor: int = 0
    number: int = 0
    pair: str = ""


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
    listed = [Amount(*key, each.start, each.month, each.year) for key, each in sorted(consolidated.items())]
    start = sum(each.net_assets_start for each in minority)
    end = sum(each.net_assets for each in minority)
    month, year = sum(each.surplus_month for each in minority), sum(each.surplus_year for each in minority)
    if start or end:
        listed.append(Amount(MINORITY_NET_ASSETS, start=-start, carried=start - end))
    if month or year:
        listed.append(Amount(MINORITY_SURPLUS, month=-month, year=-year))
    return tuple(listed)


def consolidate(inputs: Inputs) -> Consolidation:
    """The whole consolidation of a month."""
    members = {each.institution: each for each in inputs.members}
    table = _Table(inputs, members)
    by_member = table.by_member()
    pairs, eliminations = _pairs(table, members, inputs)
    pairs = _settled(pairs, inputs)
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
        findings=(*table.findings(), *_pair_findings(pairs, inputs)),
    )


class _Table:
    """The figures in columns: one row for each institution × account × cost item × counterparty."""

    def __init__(self, inputs: Inputs, members: Mapping[int, Member]) -> None:
        self.members, self.kinds = members, inputs.kinds
        listed = [each for each in inputs.figures if each.institution in members and each.account[0] in FINANCIAL]
        self.rows = [(each.institution, each.account, each.cost_item, each.counterparty) for each in listed]
        months = [each.debit - each.credit for each in listed]
        years = [each.year_debit - each.year_credit for each in listed]
        ends = [each.opening + month for each, month in zip(listed, months, strict=True)]
        self.month, self.year, self.end = (np.array(each, dtype=np.int64) for each in (months, years, ends))
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
        sums = np.zeros((3, len(groups)), dtype=np.int64)
        for measure, values in enumerate((self.end - year, self.month, year)):
            np.add.at(sums[measure], places, values)
        start, months, years = sums.tolist()
        for (institution, account, cost_item), place in sorted(groups.items()):
            amounts = Measures(start[place], months[place], years[place])
            if amounts:
                found[institution][account, cost_item] = amounts
        return found

    def said(self, kind: PairKind) -> dict[tuple[int, int], tuple[list["_Part"], list["_Part"]]]:
        """(creditor, debtor) → claims of the one, debts of the other, in natural signs and the order of accounts."""
        found: dict[tuple[int, int], tuple[list[_Part], list[_Part]]] = defaultdict(lambda: ([], []))
        for place in self.dealings:
            institution, account, cost_item, counterparty = self.rows[place]
            claims, owes = account.startswith(kind.claims), account.startswith(kind.debts)
            if not (claims or owes):
                continue
            month = self._since(institution, counterparty)
            year = int(self.year[place]) - (int(self.before[month][place]) if month else 0)
            amounts = Measures(int(self.end[place]) - year, int(self.month[place]), year)
            sign = -1 if (claims != kind.balance) else 1  # income and debts stand on the credit side
            part = _Part(institution, account, cost_item, counterparty, amounts if sign > 0 else -amounts)
            ends = (institution, counterparty) if claims else (counterparty, institution)
            found[ends][0 if claims else 1].append(part)
        for claims_, debts in found.values():
            claims_.sort(key=_Part.order)
            debts.sort(key=_Part.order)
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


@dataclass(frozen=True, slots=True)
class _Part:
    institution: int
    account: str
    cost_item: str
    counterparty: int
    amounts: Measures

    def order(self) -> tuple[str, str, int]:
        return self.account, self.cost_item, self.institution


def _joining(member: Member, said: Mapping[Key, Measures]) -> Elimination | None:
    """What a mid-year joiner earned before goes to its net assets."""
    if member.joined is None:
        return None
    earned = {key: amounts.start for key, amounts in said.items() if key[0][0] in OF_THE_YEAR and amounts.start}
    if not earned:
        return None
    legs = [
        Leg(member.institution, account, cost_item, 0, Measures(start=-start))
        for (account, cost_item), start in sorted(earned.items())
    ]
    legs.append(Leg(member.institution, JOINED_INTO, "", 0, Measures(start=sum(earned.values()))))
    return Elimination("joining", f"{member.joined} 加入前的盈余转入净资产", tuple(legs), creditor=member.institution)


def _pairs(
    table: _Table, members: Mapping[int, Member], inputs: Inputs
) -> tuple[tuple[Pair, ...], tuple[Elimination, ...]]:
    pairs: list[Pair] = []
    eliminations: list[Elimination] = []
    for kind in inputs.kinds:
        for (creditor, debtor), (claims, debts) in table.said(kind).items():
            both = members[creditor].joined == members[debtor].joined
            pair, entry = _match(kind, creditor, debtor, (claims, debts), inputs.tolerance, both)
            if pair:
                pairs.append(pair)
            if entry:
                eliminations.append(entry)
    return tuple(pairs), tuple(eliminations)


def _match(
    kind: PairKind,
    creditor: int,
    debtor: int,
    sides: tuple[list[_Part], list[_Part]],
    tolerance: int,
    together: bool,
) -> tuple[Pair | None, Elimination | None]:
    """Compare both sides and take off what both say. `together`: both became members at the same time."""
    leading = [[(each.amounts.end if kind.balance else each.amounts.year) for each in side] for side in sides]
    months = [[each.amounts.month for each in side] for side in sides]
    starts = [[each.amounts.start if kind.balance and together else 0 for each in side] for side in sides]
    claim, debt = (sum(each) for each in leading)
    if not any(value for row in (*leading, *months, *starts) for value in row):
        return None, None
    common = _common(claim, debt)
    month = 0 if kind.balance else _common(sum(months[0]), sum(months[1]))
    start = _common(sum(starts[0]), sum(starts[1]))
    legs: list[Leg] = []
    for place, side in enumerate(sides):
        sign = 1 if (place == 0) == kind.balance else -1  # as debits less credits
        taken = zip(
            side, _take(leading[place], common), _take(months[place], month), _take(starts[place], start), strict=True
        )
        for part, end, month_, start_ in taken:
            amounts = Measures(-sign * start_, -sign * month_, -sign * (end - start_))
            if amounts:
                legs.append(Leg(part.institution, part.account, part.cost_item, part.counterparty, amounts))
    pair = Pair(
        kind=kind.code,
        creditor=creditor,
        debtor=debtor,
        claim=claim,
        debt=debt,
        month_claim=sum(months[0]),
        month_debt=sum(months[1]),
        eliminated=common,
        matched=abs(claim - debt) <= tolerance,
    )
    return pair, Elimination(kind.code, kind.title, tuple(legs), creditor, debtor) if legs else None


def _common(one: int, other: int) -> int:
    """What both sides say."""
    if one > 0 and other > 0:
        return min(one, other)
    if one < 0 and other < 0:
        return max(one, other)
    return 0


def _take(parts: Sequence[int], amount: int) -> list[int]:
    """What each part gives to the amount: all of it, or in their order as far as it goes."""
    if amount == sum(parts):
        return list(parts)
    taken, left = [], amount
    for part in parts:
        given = _common(part, left)
        taken.append(given)
        left -= given
    return taken


def _minority(member: Member, said: Mapping[Key, Measures]) -> Minority:
    def others(total: int) -> int:
        return split(total, (member.share, WHOLE - member.share))[1]

    net = [amounts for (account, _), amounts in said.items() if account[0] in NET_ASSETS]
    surplus = [amounts for (account, _), amounts in said.items() if account[0] in OF_THE_YEAR]
    return Minority(
        institution=member.institution,
        net_assets_start=others(-sum(each.start for each in net)),
        net_assets=others(-sum(each.end for each in net)),
        surplus_month=others(-sum(each.month for each in surplus)),
        surplus_year=others(-sum(each.year for each in surplus)),
    )


def _settled(pairs: Sequence[Pair], inputs: Inputs) -> tuple[Pair, ...]:
    """Pairs with what eliminations by hand take off their differences; one that they name and nobody speaks of any more is a
    pair, too."""
    kinds = {kind.code: kind for kind in inputs.kinds}
    taken: dict[tuple[str, int, int], int] = defaultdict(int)
    for entry in inputs.hand:
        if entry.pair in kinds:
            taken[entry.pair, entry.creditor, entry.debtor] += _taken_by_hand(entry, kinds[entry.pair])
    known = tuple(replace(each, by_hand=taken.pop((each.kind, each.creditor, each.debtor), 0)) for each in pairs)
    gone = tuple(
        Pair(kind, creditor, debtor, 0, 0, 0, 0, 0, matched=True, by_hand=amount)
        for (kind, creditor, debtor), amount in sorted(taken.items())
        if amount
    )
    return known + gone


def _taken_by_hand(entry: Elimination, kind: PairKind) -> int:
    """By how much the legs on the pair's own accounts make its difference smaller."""
    sign = 1 if kind.balance else -1
    own = [
        leg.amounts.year
        for leg in entry.legs
        if (leg.institution == entry.creditor and leg.account.startswith(kind.claims))
        or (leg.institution == entry.debtor and leg.account.startswith(kind.debts))
    ]
    return -sign * sum(own)


def _pair_findings(pairs: Sequence[Pair], inputs: Inputs) -> Iterator[Finding]:
    titles = {kind.code: kind.title for kind in inputs.kinds}
    balances = {kind.code for kind in inputs.kinds if kind.balance}
    different = [pair for pair in pairs if abs(pair.rest) > inputs.tolerance]
    if different:
        total = sum(abs(pair.rest) for pair in different)
        yield Finding(
            code=PAIRS_DIFFER,
            severity=Severity.WARNING,
            message=f"{len(different)} 对内部往来不一致，差异合计 {from_fen(total):,} 元。请逐对说明，或手工抵销。",
        )
    late = [
        each for each in pairs if each.matched and each.kind not in balances and each.month_claim != each.month_debt
    ]
    for kind in sorted({pair.kind for pair in late}):
        count = sum(pair.kind == kind for pair in late)
        yield Finding(
            code="ledger.pairs_timing",
            severity=Severity.INFO,
            message=f"{titles[kind]}有 {count} 对本年累计一致而本月不一致(入账时间不同)，本月只抵销双方都记的部分。",
            subject=kind,
        )
