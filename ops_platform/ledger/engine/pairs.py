"""Pairs of a consolidation: what two members say of the same dealings, what of it is eliminated, what is left to explain.

The rules stand in `engine.consolidation` (3 and 4). Amounts are fen.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ops_platform.kernel import Finding, Severity, from_fen

PAIRS_DIFFER = "ledger.pairs_differ"


@dataclass(frozen=True, slots=True)
class Measures:
    """Fen in the four measures; debits less credits. `carried` is what carrying the year forward moved."""

    start: int = 0
    month: int = 0
    year: int = 0
    carried: int = 0

    @property
    def end(self) -> int:
        """What stands."""
        return self.start + self.year + self.carried

    def __add__(self, other: "Measures") -> "Measures":
        return Measures(
            self.start + other.start,
            self.month + other.month,
            self.year + other.year,
            self.carried + other.carried,
        )

    def __neg__(self) -> "Measures":
        return Measures(-self.start, -self.month, -self.year, -self.carried)

    def __bool__(self) -> bool:
        return bool(self.start or self.month or self.year or self.carried)


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
class Part:
    """What a member says of an account by counterparty, in natural signs."""

    institution: int
    account: str
    cost_item: str
    counterparty: int
    amounts: Measures

    def order(self) -> tuple[str, str, int]:
        """In which the parts of a side give."""
        return self.account, self.cost_item, self.institution


def match(
    kind: PairKind,
    creditor: int,
    debtor: int,
    sides: tuple[list[Part], list[Part]],
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


def settled(pairs: Sequence[Pair], kinds: Iterable[PairKind], hand: Iterable[Elimination]) -> tuple[Pair, ...]:
    """Pairs with what eliminations by hand take off their differences; one that they name and nobody speaks of any more is a
    pair, too. It also takes off the other differences of the two members what its legs say of them by counterparty."""
    listed = list(kinds)
    taken: dict[tuple[str, int, int], int] = defaultdict(int)
    for entry in hand:
        if entry.pair in {kind.code for kind in listed}:
            for kind in listed:
                taken[kind.code, entry.creditor, entry.debtor] += _taken_by_hand(entry, kind)
    known = tuple(replace(each, by_hand=taken.pop((each.kind, each.creditor, each.debtor), 0)) for each in pairs)
    gone = tuple(
        Pair(kind, creditor, debtor, 0, 0, 0, 0, 0, matched=True, by_hand=amount)
        for (kind, creditor, debtor), amount in sorted(taken.items())
        if amount
    )
    return known + gone


def _taken_by_hand(entry: Elimination, kind: PairKind) -> int:
    """By how much the legs on the pair's own accounts make its difference smaller. A leg that names no counterparty is no
    dealing of the two, except on the accounts of balances, which stand for nothing else."""
    sign = 1 if kind.balance else -1
    unnamed = {0} if kind.balance and kind.code == entry.pair else set()
    own = [
        leg.amounts.year
        for leg in entry.legs
        if (
            leg.institution == entry.creditor
            and leg.account.startswith(kind.claims)
            and leg.counterparty in {entry.debtor, *unnamed}
        )
        or (
            leg.institution == entry.debtor
            and leg.account.startswith(kind.debts)
            and leg.counterparty in {entry.creditor, *unnamed}
        )
    ]
    return -sign * sum(own)


def findings_of(pairs: Sequence[Pair], kinds: Sequence[PairKind], tolerance: int) -> Iterator[Finding]:
    """What is left to explain, and what differs in time only."""
    titles = {kind.code: kind.title for kind in kinds}
    balances = {kind.code for kind in kinds if kind.balance}
    different = [pair for pair in pairs if abs(pair.rest) > tolerance]
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
