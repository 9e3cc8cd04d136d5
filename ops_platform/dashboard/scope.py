"""What the reader of the cockpit sees: which institutions, which month, and how deep."""

from dataclasses import dataclass
from datetime import date

from costing import public as costing
from ops_platform.kernel import Actor, Role
from ops_platform.masterdata import months
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.months import Month

DEPARTMENT_READERS = costing.DRILL_READERS
COST_READERS = costing.READERS
AGGREGATE_READERS = (Role.REGIONAL_SUPERVISOR,)
COCKPIT_READERS = (*COST_READERS, Role.INSURANCE_OFFICER, *AGGREGATE_READERS)


@dataclass(frozen=True, slots=True)
class CockpitScope:
    """The institutions shown (one, or all that are visible), their months, and the month."""

    visible: tuple[Institution, ...]
    chosen: Institution | None
    totals: tuple[costing.RunTotal, ...]
    months: tuple[Month, ...]
    month: Month | None
    aggregates_only: bool

    @property
    def institutions(self) -> tuple[Institution, ...]:
        """Those whose figures are shown."""
        return (self.chosen,) if self.chosen else self.visible

    @property
    def numbers(self) -> tuple[int, ...]:
        """Their keys."""
        return tuple(institution.pk for institution in self.institutions)


def read_scope(*, actor: Actor, institution: str, period: str, today: date) -> CockpitScope:
    """From what the address asks for; three queries."""
    visible = tuple(Institution.objects.visible_to(actor, *COCKPIT_READERS).order_by("code"))
    named = [one for one in visible if str(one.pk) == institution]
    chosen = named[0] if named else visible[0] if len(visible) == 1 else None
    numbers = [chosen.pk] if chosen else [one.pk for one in visible]
    totals = tuple(costing.run_totals(institutions=numbers))
    known = tuple(months.months(institutions=numbers, periods=[row.period for row in totals], today=today))
    return CockpitScope(
        visible=visible,
        chosen=chosen,
        totals=totals,
        months=known,
        month=months.choose(known, period),
        aggregates_only=not actor.has(*(role for role in COCKPIT_READERS if role not in AGGREGATE_READERS)),
    )


def opens_departments(actor: Actor, institution: int) -> bool:
    """Whether the reader may go below the institution's sums."""
    return actor.may(institution, *COST_READERS)
