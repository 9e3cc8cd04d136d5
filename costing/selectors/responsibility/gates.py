"""Why the gate of a saving is open, shut or undecided: quality of the months beside last year's, deviations, violations.

What the platform holds is computed; whether a violation was confirmed it does not know (supervision of insurance funds is
not built), which keeps every gate that nothing shuts undecided until a person has looked.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.utils import timezone

from costing.engine.saving_gate import Gate, Rate, gate_of, not_worse
from costing.models import CostDeviation
from ops_platform.his_intake.public import StayOutcomes, stay_outcomes
from ops_platform.kernel import Period
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.selectors import parameter_value
from ops_platform.web import formats

DEATHS, READMISSIONS = "costing.gate_death_rate_rise", "costing.gate_readmission_rise"
LEAST = "costing.gate_least_discharges"
NO_VIOLATIONS = "平台还没有违规核定的数据(医保基金监管尚未建成)，须人工核定后再提出分享"
Count = Callable[[StayOutcomes], int]


@dataclass(frozen=True, slots=True)
class _Quality:
    """A rate: what it may rise by, which discharges it is of, of which it is not known yet, and why."""

    title: str
    rise: str
    concerned: Count
    open: Count
    why: str


RATES = (
    _Quality("住院死亡率", DEATHS, lambda one: one.deaths, lambda one: one.without_abstract, "还没有病案首页"),
    _Quality("31 天内再住院率", READMISSIONS, lambda one: one.readmitted, lambda one: one.not_over, "出院未满 31 天"),
)


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that the gate hangs on: what, whether it holds (None: cannot be told), and the figures that say so."""

    title: str
    holds: bool | None
    words: str


@dataclass(frozen=True, slots=True)
class SavingGate:
    """The gate of a department (None: of the institution) over some months."""

    department: int | None
    conditions: tuple[Condition, ...]

    @property
    def state(self) -> Gate:
        """Open, shut or undecided."""
        return gate_of(one.holds for one in self.conditions)

    @property
    def reasons(self) -> tuple[Condition, ...]:
        """What keeps it from being open."""
        return tuple(one for one in self.conditions if not one.holds)


Place = tuple[int | None, tuple[str, ...]]


def gates(*, institution: Institution, places: Collection[Place], period: str) -> dict[Place, SavingGate]:
    """The gates of departments, each over the months of which its saving is; two queries for the stays of either year, one
    for deviations, and three parameters as they are in the month."""
    if not places:
        return {}
    day = Period.parse(period).last_day
    rises = {one.rise: Fraction(parameter_value(key=one.rise, day=day, institution=institution)) for one in RATES}
    today = timezone.localdate()
    least = int(parameter_value(key=LEAST, day=day, institution=institution))
    first = date(day.year, 1, 1)
    now = stay_outcomes(institution=institution.pk, first=first, last=day, today=today)
    year_before = Period.parse(period).shift(-12).last_day
    before = stay_outcomes(
        institution=institution.pk, first=date(year_before.year, 1, 1), last=year_before, today=today
    )
    waiting = _waiting(institution, f"{first:%Y-%m}", period)
    found = {}
    for department, months in places:
        last_year = [str(Period.parse(month).shift(-12)) for month in months]
        conditions = [
            _rate(
                one,
                _sum(now, department, months, one),
                _sum(before, department, last_year, one),
                rises[one.rise],
                least,
            )
            for one in RATES
        ]
        conditions += [_deviations(waiting, department, months), Condition("无确认违规", None, NO_VIOLATIONS)]
        found[department, months] = SavingGate(department, tuple(conditions))
    return found


def _sum(rows: Sequence[StayOutcomes], department: int | None, months: Collection[str], quality: _Quality) -> Rate:
    mine = [one for one in rows if one.period in months and department in (None, one.department)]
    return Rate(
        sum(quality.concerned(one) for one in mine),
        sum(one.discharges for one in mine),
        sum(quality.open(one) for one in mine),
    )


def _rate(quality: _Quality, now: Rate, before: Rate, rise: Fraction, least: int) -> Condition:
    allowed = f"，允许上升 {_percent(rise)}" if rise else ""
    words = f"{_words(now)}，上年同月份 {_words(before)}{allowed}"
    holds = not_worse(now, before, rise=rise, least=least)
    if holds is None and min(now.discharges, before.discharges) < least:
        words += f"；出院少于 {least} 人次，不可比，须人工核定"
    elif holds is None:
        words += f"；另有 {now.open:,} 人次{quality.why}，尚不能判定"
    return Condition(f"{quality.title}不升高", holds, words)


def _words(rate: Rate) -> str:
    if rate.value is None:
        return "没有出院"
    return f"{_percent(rate.value)}({rate.concerned:,}/{rate.discharges:,})"


def _percent(value: Fraction) -> str:
    return formats.percent(Decimal(value.numerator) / value.denominator, 2)


def _waiting(institution: Institution, first: str, last: str) -> list[tuple[int | None, str]]:
    """Department and month of the deviations that are not closed."""
    rows = CostDeviation.objects.filter(institution=institution, period__gte=first, period__lte=last)
    rows = rows.exclude(state=CostDeviation.State.CLOSED).order_by("period", "pk")
    return list(rows.values_list("department", "period"))


def _deviations(
    waiting: Collection[tuple[int | None, str]], department: int | None, months: Collection[str]
) -> Condition:
    """A department answers for its own; the institution for all."""
    number = sum(month in months and department in (None, place) for place, month in waiting)
    words = f"{number} 个成本偏差尚未关闭，请先完成整改并确认" if number else "没有未关闭的成本偏差"
    return Condition("成本偏差已关闭", not number, words)
