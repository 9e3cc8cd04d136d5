"""Carrying a year forward (年末结转).

Source: 政府会计制度 [recall]. What income and expense accounts moved in the year goes to 本期盈余, told apart by where the
money came from (财会〔2018〕24号: 财政项目盈余, 医疗盈余, 科教盈余), and from there by 本年盈余分配 to 累计盈余. In the
budget books income and expense go to 其他结余 [default: one account], and from there by 非财政拨款结余分配 to
非财政拨款结余; fiscal money and what was spent of it go to 财政拨款结转. 无偿调拨净资产 and 以前年度盈余调整 go to 累计盈余
directly. Each account × dimension that moved gets one leg of its own, so that nothing is netted unseen. Afterwards every
account of the year stands at nothing.

What is spent of basic fiscal grants cannot be told from what is spent of own money, since both are one funding source
(自有及财政基本): basic spending counts as paid from the year's basic grants first, up to their amount [default].
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
BASIC_GRANTS = ("400101",)
STRAIGHT_ON = ("3401", "3501")
RESEARCH_INCOME = ("410102",)
BASIC_SOURCES = ("", "basic")
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
    """The legs that carry a year forward; none when nothing stands on an account of the year, nor on one that is carried
    straight on."""
    legs: list[Leg] = []
    surplus: dict[str, int] = defaultdict(int)
    granted = basic_spending = 0
    for standing in standings:
        account = chart[standing.account]
        if not standing.net or not is_carried(account):
            continue
        legs.append(_emptying(account, standing))
        taker = _taker(account, standing.dimensions)
        surplus[taker] += standing.net
        if account.code.startswith(BASIC_GRANTS):
            granted -= standing.net
        if account.kind is AccountKind.BUDGET_EXPENSE and standing.dimensions.funding_source in BASIC_SOURCES:
            basic_spending += standing.net
    covered = max(min(granted, basic_spending), 0)
    surplus[BUDGET_FISCAL_CARRIED] += covered
    surplus[BUDGET_OTHER] -= covered
    legs += [_onto(code, net) for code, net in sorted(surplus.items()) if net]
    for sources, through, into in (
        (("330101", MEDICAL_SURPLUS, "330103"), DISTRIBUTION, ACCUMULATED),
        ((BUDGET_OTHER,), BUDGET_DISTRIBUTION, BUDGET_ACCUMULATED),
    ):
        legs += _distributed({code: surplus.get(code, 0) for code in sources}, through, into)
    return tuple(legs)


def is_carried(account: Account) -> bool:
    """Whether what stands on the account at the end of a year is carried off it."""
    return account.kind.of_the_year or account.code.startswith(STRAIGHT_ON)


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
    if account.code.startswith(STRAIGHT_ON):
        return ACCUMULATED
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
