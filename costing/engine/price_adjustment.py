"""Adjusting the prices of medical services (医疗服务价格调整): what each step of a plan brings, who pays for it, how far
prices lie from costs before and after (checklist 001-42, 002-13).

Source: domain.md 4.3 (seed 002: control the total, make room, adjust the structure, keep the linkage, strengthen
supervision). The base is what was charged and what it cost in 1, 2, 3, 4, 6 or 12 months; everything is said of a year:

    quantity, cost of a year     = of the base × 12 ÷ months
    income before                = income of the base × 12 ÷ months
    income at a step             = price at the step × quantity of a year, of each item to the fen
    change of a step             = income at the step − income at the step before (before the first: income before)
    paid by the fund             = change × insured part ÷ charged, of stays and of visits to the fen; patients bear the rest
    not paid                     the part of stays, where the insurer pays by case: a dearer item makes no case dearer
    received                     = change − not paid
    borne                        = change − not paid: what fund and patients pay more, or less
    room made                    = what they pay less for lower prices + what central purchase saves
    covered                      = room made ÷ what they pay more for higher prices
    compensated                  = (received + subsidy) ÷ what is to be compensated
    recovery (成本回收率)         = income ÷ cost (price ÷ unit cost)
    departure (比价偏离)          = recovery of the item ÷ recovery of all services − 1
                                   0 where prices stand to each other as costs do

Volumes are those of the base: a price that changes demand is not foreseen. Rounding: half away from zero, so that lowering
is the mirror of raising; patients take what rounding leaves. At zero: no recovery of what costs nothing, no rate of nothing
to compensate (None).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from costing.engine.rounding import nearest

BASES = (1, 2, 3, 4, 6, 12)
YEAR = 12
UNIT = 10_000  # prices and quantities are in 1/10,000
FEN_OF_UNITS = UNIT * UNIT // 100  # price × quantity ÷ this is fen


@dataclass(frozen=True, slots=True)
class PricedItem:
    """An item of the plan. Of the base: quantity in 1/10,000, income and cost in fen. `prices` in 1/10,000 yuan, one a
    step. Whose share pays: of what was charged (fen) the insured parts of stays and of visits. `cap` in 1/10,000 yuan."""

    quantity: int
    income: int
    cost: int
    prices: tuple[int, ...]
    charged: int
    insured_stays: int
    insured_visits: int
    cap: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What a step changes in a year, in fen: income before and at the step, and who bears the difference."""

    before: int = 0
    income: int = 0
    stays: int = 0
    visits: int = 0

    @property
    def amount(self) -> int:
        """Above zero the price rises."""
        return self.income - self.before

    @property
    def patients(self) -> int:
        """What no insurer bears."""
        return self.amount - self.stays - self.visits


def changes(item: PricedItem, months: int) -> tuple[Change, ...]:
    """The steps of an item, each against the one before."""
    times = YEAR // months
    found: list[Change] = []
    before = item.income * times
    for price in item.prices:
        income = nearest(Fraction(price * item.quantity * times, FEN_OF_UNITS))
        moved = income - before
        found.append(
            Change(before, income, _part(moved, item.insured_stays, item), _part(moved, item.insured_visits, item))
        )
        before = income
    return tuple(found)


def _part(amount: int, insured: int, item: PricedItem) -> int:
    return nearest(Fraction(amount * insured, item.charged)) if item.charged > 0 else 0


@dataclass(frozen=True, slots=True)
class Step:
    """All items at a step, against the base, in fen of a year; of what rises and what falls the parts of insured stays."""

    raised: int
    cut: int
    raised_stays: int
    cut_stays: int
    visits: int
    patients: int

    @property
    def stays(self) -> int:
        """Of insured stays, net."""
        return self.raised_stays + self.cut_stays

    @property
    def change(self) -> int:
        """Net change of charges."""
        return self.raised + self.cut


def steps(items: Iterable[Sequence[Change]], number: int) -> tuple[Step, ...]:
    """Sums after each of so many steps, from the base on: what rose and what fell of each item by then, and who bears it."""
    sums = [[0] * 6 for _ in range(number)]
    for found in items:
        moved = stays = visits = patients = 0
        for at, change in enumerate(found):
            moved += change.amount
            stays, visits, patients = stays + change.stays, visits + change.visits, patients + change.patients
            row = sums[at]
            row[0] += max(moved, 0)
            row[1] += min(moved, 0)
            row[2] += stays if moved > 0 else 0
            row[3] += stays if moved <= 0 else 0
            row[4] += visits
            row[5] += patients
    return tuple(Step(*row) for row in sums)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a plan is judged by, in fen of a year: what is to be compensated, subsidy, savings of central purchase, what the
    fund can bear (None: not told), whether stays are paid by case."""

    loss: int
    subsidy: int
    saved: int
    fund_limit: int | None
    by_case: bool


@dataclass(frozen=True, slots=True)
class Borne:
    """Who bears a step, in fen of a year."""

    step: Step
    terms: Terms

    @property
    def fund(self) -> int:
        """The insurer pays more."""
        return self.step.visits + (0 if self.terms.by_case else self.step.stays)

    @property
    def unpaid(self) -> int:
        """Charged to the insurer for stays that it pays by case: nobody pays it until weights or rates follow."""
        return self.step.stays if self.terms.by_case else 0

    @property
    def received(self) -> int:
        """What the hospital has more."""
        return self.step.change - self.unpaid

    @property
    def burdened(self) -> int:
        """What fund and patients pay more for what rises."""
        return self.step.raised - (self.step.raised_stays if self.terms.by_case else 0)

    @property
    def relieved(self) -> int:
        """What they pay less for what falls, above zero."""
        return (self.step.cut_stays if self.terms.by_case else 0) - self.step.cut

    @property
    def room(self) -> int:
        """腾出空间"""
        return self.terms.saved + self.relieved

    @property
    def covered(self) -> Fraction | None:
        """Room ÷ burden; None where nobody is burdened."""
        return Fraction(self.room, self.burdened) if self.burdened else None

    @property
    def compensation(self) -> int:
        """Received + subsidy."""
        return self.received + self.terms.subsidy

    @property
    def compensated(self) -> Fraction | None:
        """补偿率; None of nothing to compensate."""
        return Fraction(self.compensation, self.terms.loss) if self.terms.loss else None

    @property
    def left(self) -> int:
        """What the hospital has to save by itself; below zero it has more than it lost."""
        return self.terms.loss - self.compensation


def recovery(income: int, cost: int) -> Fraction | None:
    """成本回收率"""
    return Fraction(income, cost) if cost > 0 else None


def departure(mine: Fraction | None, of_all: Fraction | None) -> Fraction | None:
    """比价偏离"""
    return None if mine is None or not of_all else Fraction(mine, of_all) - 1


class Concern(StrEnum):
    """What is odd about a plan."""

    ABOVE_CAP = "above_cap"
    STEEP = "steep"
    ABOVE_COST = "above_cost"
    BELOW_COST = "below_cost"
    TOTAL = "total"
    FUND = "fund"
    UNCOMPENSATED = "uncompensated"
    DEARER = "dearer"


@dataclass(frozen=True, slots=True)
class Bounds:
    """Parameters: the most by which a price rises in a step, and charges for services in a year, as shares of 1."""

    step: Fraction
    total: Fraction


@dataclass(frozen=True, slots=True)
class Raised:
    """A concern about the item of that number, or about the plan (None), from a step on (0 is the first)."""

    concern: Concern
    item: int | None
    step: int
    by: Fraction = field(default=Fraction(0))


def concerns_of_item(
    number: int, item: PricedItem, found: Sequence[Change], months: int, bounds: Bounds
) -> list[Raised]:
    """Each kind once, at the first step where it shows."""
    told: dict[Concern, Raised] = {}
    cost = item.cost * (YEAR // months)
    for at, (price, change) in enumerate(zip(item.prices, found, strict=True)):
        now, growth = recovery(change.income, cost), recovery(change.amount, change.before)
        odd = {
            Concern.ABOVE_CAP: Fraction(price, item.cap) - 1 if item.cap and price > item.cap else None,
            Concern.STEEP: growth if growth is not None and growth > bounds.step else None,
            Concern.ABOVE_COST: now if now is not None and change.amount > 0 and now > 1 else None,
            Concern.BELOW_COST: now if now is not None and change.amount < 0 and now < 1 else None,
        }
        for concern, by in odd.items():
            if by is not None:
                told.setdefault(concern, Raised(concern, number, at, by))
    return list(told.values())


def concerns_of_plan(borne: Sequence[Borne], services: int, bounds: Bounds) -> list[Raised]:
    """Of the plan as a whole; `services` is the income of all services in a year. Each kind once."""
    told: dict[Concern, Raised] = {}
    for at, one in enumerate(borne):
        growth, terms = recovery(one.step.change, services), one.terms
        if growth is not None and growth > bounds.total:
            told.setdefault(Concern.TOTAL, Raised(Concern.TOTAL, None, at, growth))
        if terms.fund_limit is not None and one.fund > terms.fund_limit:
            told.setdefault(Concern.FUND, Raised(Concern.FUND, None, at, Fraction(one.fund - terms.fund_limit, 100)))
    if borne and borne[-1].left > 0:
        told[Concern.UNCOMPENSATED] = Raised(Concern.UNCOMPENSATED, None, len(borne) - 1, Fraction(borne[-1].left, 100))
    if borne and borne[-1].covered is not None and borne[-1].covered < 1:
        told[Concern.DEARER] = Raised(Concern.DEARER, None, len(borne) - 1, borne[-1].covered)
    return list(told.values())


def mean_departure(pairs: Iterable[tuple[int, Fraction | None]]) -> Fraction | None:
    """How far prices lie from standing to each other as costs do: the mean of |departure| over items, by their income."""
    known = [(income, abs(one)) for income, one in pairs if one is not None and income > 0]
    whole = sum(income for income, _one in known)
    return Fraction(sum((income * one for income, one in known), Fraction(0)), whole) if whole else None
