"""What was saved against the targets of amounts, in a month and in the year, and what of it could be shared."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from django.utils import timezone

from costing.engine.saving_gate import Gate
from costing.engine.targets import Saved, bonus, saved
from costing.models import CostRun, CostTarget
from costing.selectors.responsibility import reach
from costing.selectors.responsibility.gates import SavingGate, gates
from costing.selectors.responsibility.measuring import MonthFigures
from costing.selectors.responsibility.targets import TargetMonth, in_force, is_amount, measured
from ops_platform.kernel import Actor, Period, from_fen, to_fen
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.selectors import parameter_at

SHARE = "costing.saving_share"


@dataclass(frozen=True, slots=True)
class Share:
    """The share of a saving that may be proposed, with the mark of its source."""

    value: Decimal
    mark: str
    text: str


@dataclass(frozen=True, slots=True)
class Saving:
    """A target of an amount: the month, the year until then, and what of the year's saving could be shared (yuan)."""

    month: TargetMonth
    year: Saved
    share: Decimal
    gate: SavingGate

    @property
    def target(self) -> CostTarget:
        """The version of the month."""
        return self.month.target

    @property
    def limit(self) -> Decimal:
        """Of the month."""
        return self.month.target.limit

    @property
    def month_saving(self) -> Decimal | None:
        """Limit − actual of the month."""
        return self.month.difference

    @property
    def year_limit(self) -> Decimal:
        """Of the year's months that have both."""
        return from_fen(self.year.limit)

    @property
    def year_actual(self) -> Decimal:
        """Of the same months."""
        return from_fen(self.year.actual)

    @property
    def year_saving(self) -> Decimal:
        """Accumulated; below zero overspent."""
        return from_fen(self.year.amount)

    @property
    def bonus(self) -> Decimal:
        """What could be proposed for performance pay, nothing behind a shut gate; an undecided one a person decides.
        Nothing is paid here."""
        return from_fen(bonus(self.year.amount, Fraction(self.share), gate_open=self.gate.state is not Gate.SHUT))


def share_of(*, institution: Institution, period: str) -> Share:
    """The share in force in the month."""
    row = parameter_at(key=SHARE, day=Period.parse(period).last_day, institution=institution)
    return Share(row.value, str(row.get_source_mark_display()), row.source_text)


def savings(*, actor: Actor, institution: Institution, period: str, share: Decimal) -> list[Saving]:
    """The targets of amounts of an ended month within reach, with the year up to then; a month that runs has spent only a
    part of its limit and saved nothing yet. Each month of the year takes a fixed number of queries, and so do the gates.
    Nested targets (a cost item of a department and its full cost) stand side by side and are not added up."""
    rows = reach.targets(actor=actor).filter(institution=institution)
    first = f"{period[:4]}-01"
    runs = CostRun.objects.filter(institution=institution, is_current=True, period__gte=first, period__lte=period)
    by_line: dict[tuple[int, int | None, str, str], list[TargetMonth]] = {}
    ended = str(Period.of(timezone.localdate()))
    for one in sorted(runs.filter(period__lt=ended).values_list("period", flat=True)):
        holding = [row for row in in_force(rows, one) if is_amount(row.metric)]
        for month in measured(holding, MonthFigures(institution=institution.pk, period=one), actor=actor):
            by_line.setdefault(month.target.line, []).append(month)
    lines = [months for months in by_line.values() if months[-1].period == period]
    places = [(months[-1].target.department_id, _counted(months)) for months in lines]
    doors = gates(institution=institution, places=set(places), period=period)
    return [Saving(months[-1], _year(months), share, doors[place]) for months, place in zip(lines, places, strict=True)]


def _counted(months: Iterable[TargetMonth]) -> tuple[str, ...]:
    """The months of which the saving is: those with an actual amount."""
    return tuple(one.period for one in months if one.actual is not None)


def _year(months: Iterable[TargetMonth]) -> Saved:
    return saved((to_fen(one.target.limit), to_fen(one.actual) if one.actual is not None else None) for one in months)
