"""Institutions side by side."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from costing.public import Activity
from insurance_settlement.public import Totals
from ops_platform.dashboard.cockpit.figures import MonthFigures, month_figures
from ops_platform.dashboard.withholding import Withheld
from ops_platform.his_intake.public import IntakeCounts
from ops_platform.masterdata.models import Institution, InstitutionKind

MANY = 10  # from so many village clinics on they are shown together


@dataclass(frozen=True, slots=True)
class ComparisonRow:
    """One institution, or all village clinics together (`institution` None)."""

    name: str
    kind: str
    institution: int | None
    url: str
    income: Decimal | None
    cost: Decimal | None
    surplus: Decimal | None
    surplus_rate: Decimal | None
    visits: int | None
    discharges: int | None
    cmi: Decimal | None
    findings: int
    waiting: int
    last_batch: datetime | None
    withheld: bool


def groups_of(institutions: Sequence[Institution]) -> dict[str, tuple[Institution, ...]]:
    """Institutions by the name of the row they are shown in: many village clinics share one."""
    clinics = [one for one in institutions if one.kind == InstitutionKind.VILLAGE_CLINIC]
    together = len(clinics) >= MANY
    rows: dict[str, tuple[Institution, ...]] = {
        one.name: (one,) for one in institutions if not together or one.kind != InstitutionKind.VILLAGE_CLINIC
    }
    if together:
        rows[_("村卫生室(%s 家)") % len(clinics)] = tuple(clinics)
    return rows


def compare(
    groups: Mapping[str, Sequence[Institution]],
    period: str,
    activities: Sequence[Activity],
    settlements: Sequence[Totals],
    intake: Mapping[int, IntakeCounts],
    withheld: Withheld,
) -> list[ComparisonRow]:
    """One row a group."""
    done: dict[int, list[Activity]] = defaultdict(list)
    for activity in activities:
        if activity.period == period:
            done[activity.institution].append(activity)
    settled: dict[int, list[Totals]] = defaultdict(list)
    for settlement in settlements:
        if settlement.period == period:
            settled[settlement.institution].append(settlement)
    return [_row(name, members, period, done, settled, intake, withheld) for name, members in groups.items()]


def _row(
    name: str,
    members: Sequence[Institution],
    period: str,
    done: Mapping[int, list[Activity]],
    settled: Mapping[int, list[Totals]],
    intake: Mapping[int, IntakeCounts],
    withheld: Withheld,
) -> ComparisonRow:
    numbers = [one.pk for one in members]
    figures = month_figures(
        [row for number in numbers for row in done.get(number, ())],
        [row for number in numbers for row in settled.get(number, ())],
        hidden=withheld.of(period, numbers),
    )
    counts = [intake[number] for number in numbers if number in intake]
    alone = members[0] if len(members) == 1 else None
    shown: dict[str, Any] = {
        field: getattr(figures, field, None)
        for field in ("income", "cost", "surplus", "surplus_rate", "visits", "discharges", "cmi")
    }
    return ComparisonRow(
        name=name,
        kind=str(members[0].get_kind_display()),
        institution=alone.pk if alone else None,
        url=address(alone, period),
        findings=sum(count.findings for count in counts),
        waiting=sum(count.waiting for count in counts),
        last_batch=max((count.last_batch for count in counts if count.last_batch), default=None),
        withheld=isinstance(figures, MonthFigures) and figures.withheld,
        **shown,
    )


def address(institution: Institution | None, period: str) -> str:
    """The cockpit of an institution; all village clinics open in the comparison."""
    if institution is None:
        return f"{reverse('comparison')}?kind={InstitutionKind.VILLAGE_CLINIC}&period={period}"
    return f"{reverse('home')}?institution={institution.pk}&period={period}"
