"""The community's month: what every institution's departments cost, and who bears it, to the fen (成本归集核对)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db.models import F, Sum

from costing.engine.columns import COLUMNS
from costing.models import CostRun, DepartmentCost, PatientCost, PatientRun, UnassignedCost
from ops_platform.masterdata.models import Institution

ZERO = Decimal("0.00")
ALL_COLUMNS = sum((F(name) for name in COLUMNS[1:]), F(COLUMNS[0]))
COSTED, STALE, NOT_COSTED, NO_RUN = "costed", "stale", "not_costed", "no_run"


@dataclass(frozen=True, slots=True)
class Reconciled:
    """An institution's month, or all of them (`institution` None), in yuan of 医院全成本.

    `direct` is what was booked or computed on its departments; `visits`, `discharged` and `staying` (在产品) are what
    patients bear of it; `without_services`, `idle` (闲置作业) and `not_allocated` are what the rule leaves with departments.
    `difference` is what is left: zero, or something is wrong. Only `direct` stands while its patients are not costed."""

    institution: int | None
    name: str
    state: str
    direct: Decimal = ZERO
    visits: Decimal = ZERO
    discharged: Decimal = ZERO
    staying: Decimal = ZERO
    without_services: Decimal = ZERO
    idle: Decimal = ZERO
    not_allocated: Decimal = ZERO

    @property
    def patients(self) -> Decimal:
        """患者成本合计"""
        return self.visits + self.discharged + self.staying

    @property
    def difference(self) -> Decimal | None:
        """None while there is nothing to compare with."""
        if self.state in (NOT_COSTED, NO_RUN):
            return None
        return self.direct - self.patients - self.unborne

    @property
    def unborne(self) -> Decimal:
        """未归集: what no patient bears."""
        return self.without_services + self.idle + self.not_allocated


@dataclass(frozen=True, slots=True)
class Community:
    """All institutions by code, and their sum over those whose patients are costed."""

    rows: tuple[Reconciled, ...]
    whole: Reconciled

    @property
    def agrees(self) -> bool:
        """To the fen, in every institution that is costed."""
        return not any(row.difference for row in self.rows)

    def number(self, *states: str) -> int:
        """How many institutions are in one of these states."""
        return sum(row.state in states for row in self.rows)


def named(row: Reconciled, name: str) -> Reconciled:
    """The row under another name, as the page calls the sum."""
    return replace(row, name=name)


def periods_of(*, institutions: Collection[int]) -> list[str]:
    """Months of which one of them has costs."""
    rows = CostRun.objects.filter(institution__in=institutions, is_current=True).order_by()
    return list(rows.values_list("period", flat=True).distinct())


def community(*, institutions: Collection[Institution], period: str) -> Community:
    """The month of these institutions; five queries however many they are.

    `direct` is that of the cost run from which the patients were costed: departments that were costed anew since are
    marked as stale, and still agree."""
    current = CostRun.objects.filter(institution__in=institutions, period=period, is_current=True)
    runs = {run.institution_id: run.pk for run in current}
    costed = PatientRun.objects.filter(institution__in=institutions, period=period, is_current=True)
    patients = {run.institution_id: run for run in costed}
    based = {**runs, **{number: run.cost_run_id for number, run in patients.items()}}
    direct = _direct(based.values())
    borne = _borne([run.pk for run in patients.values()])
    rows = []
    for one in institutions:
        run = patients.get(one.pk)
        state = NO_RUN if one.pk not in based else NOT_COSTED
        if run is not None:
            state = COSTED if runs.get(one.pk) == run.cost_run_id else STALE
        cells = borne.get(run.pk, {}) if run else {}
        rows.append(Reconciled(one.pk, one.name, state, direct.get(based.get(one.pk, 0), ZERO), **cells))
    counted = [row for row in rows if row.state in (COSTED, STALE)]
    names = ("direct", "visits", "discharged", "staying", "without_services", "idle", "not_allocated")
    sums = {name: sum((getattr(row, name) for row in counted), ZERO) for name in names}
    return Community(tuple(rows), Reconciled(None, "", COSTED, **sums))


def _direct(runs: Collection[int]) -> dict[int, Decimal]:
    rows = DepartmentCost.objects.filter(run__in=list(runs)).order_by().values_list("run").annotate(Sum("direct"))
    return dict(rows)


def _borne(runs: Collection[int]) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    costs = PatientCost.objects.filter(run__in=runs).order_by().values_list("run", "inpatient", "discharged")
    for run, inpatient, discharged, amount in costs.annotate(amount=Sum(ALL_COLUMNS)):
        part = "visits" if not inpatient else "discharged" if discharged else "staying"
        _add(found.setdefault(run, {}), part, amount)
    reasons: Mapping[str, str] = {
        UnassignedCost.Reason.NO_SERVICES: "without_services",
        UnassignedCost.Reason.IDLE_ACTIVITY: "idle",
        UnassignedCost.Reason.NOT_ALLOCATED: "not_allocated",
    }
    left = UnassignedCost.objects.filter(run__in=runs).order_by().values_list("run", "reason")
    for run, reason, amount in left.annotate(amount=Sum(ALL_COLUMNS)):
        _add(found.setdefault(run, {}), reasons[reason], amount)
    return found


def _add(parts: dict[str, Any], name: str, amount: Decimal) -> None:
    parts[name] = parts.get(name, ZERO) + amount
