"""Carrying a year forward (年末结转).

Source: 政府会计制度 [recall]. What income and expense accounts moved in the year goes to 本期盈余, told apart by where the
money came from (财会〔2018〕24号: 财政项目盈余, 医疗盈余, 科教盈余), and from there by 本年盈余分配 to 累计盈余. In the
budget books income and expense go to 其他结余 [default: one account], and from there by 非财政拨款结余分配 to
非财政拨款结余; fiscal money goes to 财政拨款结转. Each account × dimension that moved gets one leg of its own, so that
nothing is netted unseen. Afterwards every account of the year stands at nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ops_platform.ledger.engine.chart import Account, AccountKind, Book, Dimensions, Side
from ops_platform.ledger.engine.entry import Leg

SURPLUS_OF_THE_PERIOD: Mapping[str, str] = {"fiscal_project": "330101", "research": "330103"}
MEDICAL_SURPLUS = "330102"
DISTRIBUTION = "3302"
ACCUMULATED = "3001"
FISCAL_INCOME = ("400102",)
RESEARCH_INCOME = ("410102",)
BUDGET_FISCAL = "6001"
BUDGET_FISCAL_CARRIED = "8101"
BUDGET_OTHER = "8501"
BUDGET_DISTRIBUTION = "8701"
BUDGET_ACCUMULATED = "8202"


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands on an account × dimension: debits less credits, in fen."""

    account: str
    dimensions: Dimensions
    net: int


def carry_forward(standings: Iterable[Standing], chart: Mapping[str, Account]) -> tuple[Leg, ...]:
    """The legs that carry a year forward; none when nothing stands on an account of the year."""
    legs: list[Leg] = []
    surplus: dict[str, int] = defaultdict(int)
    for standing in standings:
        account = chart[standing.account]
        if standing.net and account.kind.of_the_year:
            legs.append(_emptying(account, standing))
            surplus[_taker(account, standing.dimensions)] += standing.net
    legs += [_onto(code, net) for code, net in sorted(surplus.items()) if net]
    for sources, through, into in (
        (("330101", MEDICAL_SURPLUS, "330103"), DISTRIBUTION, ACCUMULATED),
        ((BUDGET_OTHER,), BUDGET_DISTRIBUTION, BUDGET_ACCUMULATED),
    ):
        legs += _distributed({code: surplus.get(code, 0) for code in sources}, through, into)
    return tuple(legs)


def _emptying(account: Account, standing: Standing) -> Leg:
    """The leg that brings the account to nothing: income is debited, expense credited (in red where it stands on the other
    side)."""
    if account.side is Side.CREDIT:
        return Leg(account.code, debit=-standing.net, dimensions=standing.dimensions)
    return Leg(account.code, credit=standing.net, dimensions=standing.dimensions)


def _onto(code: str, net: int) -> Leg:
    """What was taken off comes onto the account: a surplus on its credit side, a deficit on its debit side."""
    return Leg(code, debit=net) if net > 0 else Leg(code, credit=-net)


def _taker(account: Account, dimensions: Dimensions) -> str:
    if account.book is Book.BUDGET:
        fiscal = account.code.startswith(BUDGET_FISCAL) or (
            account.kind is AccountKind.BUDGET_EXPENSE and dimensions.funding_source == "fiscal_project"
        )
        return BUDGET_FISCAL_CARRIED if fiscal else BUDGET_OTHER
    if account.code.startswith(FISCAL_INCOME):
        return SURPLUS_OF_THE_PERIOD["fiscal_project"]
    if account.code.startswith(RESEARCH_INCOME):
        return SURPLUS_OF_THE_PERIOD["research"]
    return SURPLUS_OF_THE_PERIOD.get(dimensions.funding_source, MEDICAL_SURPLUS)


def _distributed(surplus: Mapping[str, int], through: str, into: str) -> list[Leg]:
    """From the accounts of the year's surplus through the distribution onto what has accumulated."""
    total = sum(surplus.values())
    legs = [_onto(code, -net) for code, net in surplus.items() if net]
    if total:
        legs += [_onto(through, total), _onto(through, -total), _onto(into, total)]
    return legs
