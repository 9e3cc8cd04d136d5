"""Carrying a year forward (年末结转).

Sources: accounts, and which money of the budget books is restricted, as public listings and program sources of 政府会计制度
(财会〔2017〕25号) have them; that an operating loss stays where it is, as a public page says [web]. What hospitals do with
the three parts of their surplus (财会〔2018〕24号) [recall]: the ministry's own text could not be read whole.

Financial books. Income and expense go to 本期盈余, told apart by where the money came from (财政项目盈余, 医疗盈余,
科教盈余). 财政项目盈余 and 科教盈余 go straight on to 累计盈余, where their funding source stays on them; 医疗盈余 goes
through 本年盈余分配. 无偿调拨净资产 and 以前年度盈余调整 go to 累计盈余 directly.

Budget books. Fiscal money and what was spent of it go to 财政拨款结转, by project and by basic and project grants;
restricted money that is not fiscal (非财政专项: income and outlay of the funding source 科教, and of 基本公共卫生补助 where
it is earmarked: a parameter) to 非财政拨款结转, by project; 经营预算收入 and 经营支出 to 经营结余;
all the rest to 其他结余. 其他结余, and 经营结余 where it is a surplus after losses of earlier years, go through
非财政拨款结余分配 to 非财政拨款结余; a loss of operating business stays where it is.

    welfare = rate × (其他结余 + 经营结余), no more than 医疗盈余      职工福利基金; nothing where either is not positive

It leaves 非财政拨款结余分配 for 专用结余, and by the same amount 本年盈余分配 for 专用基金. Rounded to the fen, half up.

Each account × dimension that moved gets one leg of its own, so that nothing is netted unseen. Afterwards every account of
the year stands at nothing.

Where senders tell what is spent of basic fiscal grants (财政基本拨款), that is it. What they cannot tell from own money
(both one funding source, 自有及财政基本) counts as paid from what is left of the year's basic grants first [default].
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ops_platform.ledger.engine.chart import NO_DIMENSIONS, Account, AccountKind, Book, Dimensions, Side
from ops_platform.ledger.engine.entry import Leg

WHOLE = 1_000_000  # a rate counts in millionths
FISCAL_BASIC, FISCAL_PROJECT, RESEARCH, PUBLIC_HEALTH = "fiscal_basic", "fiscal_project", "research", "public_health"
FISCAL = (FISCAL_BASIC, FISCAL_PROJECT)
SURPLUS_OF_THE_PERIOD: Mapping[str, str] = {FISCAL_PROJECT: "330101", RESEARCH: "330103"}
MEDICAL_SURPLUS = "330102"
DISTRIBUTION = "3302"
ACCUMULATED = "3001"
WELFARE_FUND = "310102"
FISCAL_INCOME = ("400102",)
BASIC_GRANTS = ("400101",)
STRAIGHT_ON = ("3401", "3501")
RESEARCH_INCOME = ("410102",)
BASIC_SOURCES = ("", "basic")
BUDGET_FISCAL = "6001"
BUDGET_RESTRICTABLE = ("6101", "6201", "6301", "6501", "6601", "6609", "7201", "7901")
BUDGET_OPERATING = ("6401", "7301")
BUDGET_SPENDING = "7"
BUDGET_FISCAL_CARRIED = "8101"
BUDGET_RESTRICTED_CARRIED = "8201"
BUDGET_OPERATING_BALANCE = "8401"
BUDGET_OTHER = "8501"
BUDGET_DISTRIBUTION = "8701"
BUDGET_ACCUMULATED = "8202"
BUDGET_WELFARE = "8301"
Place = tuple[str, Dimensions]


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands on an account × dimension: debits less credits, in fen."""

    account: str
    dimensions: Dimensions
    net: int


def carry_forward(
    standings: Iterable[Standing],
    chart: Mapping[str, Account],
    *,
    operating_loss: int = 0,
    welfare_rate: int = 0,
    restricted: frozenset[str] = frozenset({RESEARCH}),
) -> tuple[Leg, ...]:
    """The legs that carry a year forward; none when nothing stands on an account of the year, nor on one that is carried
    straight on. `operating_loss`: fen that earlier years left on 经营结余; `welfare_rate` in millionths; `restricted`:
    funding sources that are earmarked without being fiscal."""
    legs: list[Leg] = []
    taken: dict[Place, int] = defaultdict(int)
    basic = BasicGrants()
    for standing in standings:
        account = chart[standing.account]
        if not standing.net or not is_carried(account):
            continue
        legs.append(_emptying(account, standing))
        taken[_taker(account, standing.dimensions, restricted)] += standing.net
        basic.take(standing.account, standing.dimensions.funding_source, standing.net)
    taken[BUDGET_FISCAL_CARRIED, Dimensions(funding_source=FISCAL_BASIC)] += basic.covered
    taken[BUDGET_OTHER, NO_DIMENSIONS] -= basic.covered
    legs += [_onto(place, net) for place, net in sorted(taken.items()) if net]
    surplus = {code: -net for (code, dimensions), net in taken.items() if not dimensions.given}
    operating = max(surplus.get(BUDGET_OPERATING_BALANCE, 0) - max(operating_loss, 0), 0)
    parts = {BUDGET_OPERATING_BALANCE: operating, BUDGET_OTHER: surplus.get(BUDGET_OTHER, 0)}
    medical = surplus.get(MEDICAL_SURPLUS, 0)
    welfare = max(min((sum(parts.values()) * welfare_rate * 2 + WHOLE) // (2 * WHOLE), medical), 0)
    for source, code in SURPLUS_OF_THE_PERIOD.items():
        onto = (ACCUMULATED, Dimensions(funding_source=source))
        legs += _moved({code: surplus.get(code, 0)}, {onto: surplus.get(code, 0)})
    legs += _distributed({MEDICAL_SURPLUS: medical}, DISTRIBUTION, {WELFARE_FUND: welfare}, ACCUMULATED)
    legs += _distributed(parts, BUDGET_DISTRIBUTION, {BUDGET_WELFARE: welfare}, BUDGET_ACCUMULATED)
    return tuple(legs)


@dataclass(slots=True)
class BasicGrants:
    """A year's basic fiscal grants, and what was spent that may have been paid from them, in fen."""

    granted: int = 0
    told: int = 0
    untold: int = 0

    def take(self, account: str, funding_source: str, net: int) -> None:
        """What stands on an account of the year, debits less credits."""
        if account.startswith(BASIC_GRANTS):
            self.granted -= net
        if account.startswith(BUDGET_SPENDING) and not account.startswith(BUDGET_OPERATING):
            self.told += net if funding_source == FISCAL_BASIC else 0
            self.untold += net if funding_source in BASIC_SOURCES else 0

    @property
    def covered(self) -> int:
        """What of the spending that does not say so counts as paid from the grants."""
        return max(min(self.granted - self.told, self.untold), 0)


def is_carried(account: Account) -> bool:
    """Whether what stands on the account at the end of a year is carried off it."""
    return account.kind.of_the_year or account.code.startswith(STRAIGHT_ON)


def _emptying(account: Account, standing: Standing) -> Leg:
    """The leg that brings the account to nothing: income is debited, expense credited (in red where it stands on the other
    side)."""
    if account.side is Side.CREDIT:
        return Leg(account.code, debit=-standing.net, dimensions=standing.dimensions)
    return Leg(account.code, credit=standing.net, dimensions=standing.dimensions)


def _onto(place: Place, net: int) -> Leg:
    """What was taken off comes onto the account: a surplus on its credit side, a deficit on its debit side."""
    code, dimensions = place
    return Leg(code, debit=net, dimensions=dimensions) if net > 0 else Leg(code, credit=-net, dimensions=dimensions)


def _taker(account: Account, dimensions: Dimensions, restricted: frozenset[str]) -> Place:
    if account.book is Book.FINANCIAL:
        return _surplus_of(account, dimensions), NO_DIMENSIONS
    code = _balance_of(account, dimensions, restricted)
    if code == BUDGET_FISCAL_CARRIED:
        fiscal = dimensions.funding_source if dimensions.funding_source in FISCAL else ""
        return code, Dimensions(project=dimensions.project, funding_source=fiscal)
    return code, Dimensions(project=dimensions.project) if code == BUDGET_RESTRICTED_CARRIED else NO_DIMENSIONS


def _surplus_of(account: Account, dimensions: Dimensions) -> str:
    if account.code.startswith(STRAIGHT_ON):
        return ACCUMULATED
    if account.code.startswith(FISCAL_INCOME):
        return SURPLUS_OF_THE_PERIOD[FISCAL_PROJECT]
    if account.code.startswith(RESEARCH_INCOME):
        return SURPLUS_OF_THE_PERIOD[RESEARCH]
    return SURPLUS_OF_THE_PERIOD.get(dimensions.funding_source, MEDICAL_SURPLUS)


def _balance_of(account: Account, dimensions: Dimensions, restricted: frozenset[str]) -> str:
    if account.code.startswith(BUDGET_OPERATING):
        return BUDGET_OPERATING_BALANCE
    spent = account.kind is AccountKind.BUDGET_EXPENSE
    if account.code.startswith(BUDGET_FISCAL) or (spent and dimensions.funding_source in FISCAL):
        return BUDGET_FISCAL_CARRIED
    earmarked = dimensions.funding_source in restricted and account.code.startswith(BUDGET_RESTRICTABLE)
    return BUDGET_RESTRICTED_CARRIED if earmarked else BUDGET_OTHER


def _moved(off: Mapping[str, int], onto: Mapping[Place, int]) -> list[Leg]:
    """A surplus (positive) taken off accounts and put onto others."""
    legs = [_onto((code, NO_DIMENSIONS), surplus) for code, surplus in off.items() if surplus]
    return legs + [_onto(place, -surplus) for place, surplus in onto.items() if surplus]


def _distributed(surplus: Mapping[str, int], through: str, first: Mapping[str, int], into: str) -> list[Leg]:
    """From the accounts of the year's surplus through the distribution, first to funds, the rest onto what has
    accumulated."""
    total = sum(surplus.values())
    rest = total - sum(first.values())
    onto = {(code, NO_DIMENSIONS): amount for code, amount in {**first, into: rest}.items()}
    return [*_moved(surplus, {(through, NO_DIMENSIONS): total}), *_moved({through: total}, onto)]
