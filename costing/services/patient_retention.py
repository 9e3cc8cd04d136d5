"""Letting go of provisional patient runs whose time is over. An open month makes a new version of all patients with every
new cost run; only the versions that count or counted are kept in detail.

Kept for ever: the current run, every run of a month that is or ever was closed (official, and what was restated), every run
that anything but its own rows refers to. The others lose items, encounters and unassigned cost after the days that the
parameter says, with what activities and service units cost; the run and its totals stay, with a record of what was let go.
The database refuses the rest by itself (migrations 0014, 0016), so that no mistake here can reach an official figure.
"""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

from costing.models import (
    ActivityCost,
    ItemCost,
    PatientCost,
    PatientRun,
    PatientRunPruning,
    PatientUnitCost,
    UnassignedCost,
    UnitCost,
)
from ops_platform.audit.public import record
from ops_platform.kernel import Actor, Period
from ops_platform.masterdata.models import AccountingPeriod, Institution, PeriodReopening, PeriodState
from ops_platform.masterdata.selectors import parameter_value

RETENTION_DAYS = "costing.provisional_patient_run_days"
SHORTEST = 8  # the database lets none go in its first seven days
DETAIL = (ItemCost, PatientCost, UnassignedCost)
FURTHER = (ActivityCost, UnitCost)


@transaction.atomic
def let_provisional_runs_go(actor: Actor, *, institution: Institution, period: Period) -> tuple[PatientRun, ...]:
    """Let the detail of the month's provisional runs go that are older than the parameter says; returns these runs. The
    institution is locked as for costing, its month is held open until the transaction ends."""
    Institution.objects.select_for_update(no_key=True).get(pk=institution.pk)
    if not _was_never_closed(institution, period):
        return ()
    today = timezone.localdate()
    days = max(int(parameter_value(key=RETENTION_DAYS, day=today, institution=institution)), SHORTEST)
    old = PatientRun.objects.filter(
        institution=institution,
        period=str(period),
        is_current=False,
        pruning=None,
        created_at__lt=timezone.now() - timedelta(days=days),
    )
    runs = tuple(_unreferenced(old).order_by("version"))
    for run in runs:
        _let_go(actor, run, days)
    return runs


def _was_never_closed(institution: Institution, period: Period) -> bool:
    """The month is open, held so, and was never asked to be opened again."""
    known = AccountingPeriod.objects.filter(institution=institution, period=str(period))
    month = known.select_for_update(of=("self",), no_key=True).first()
    if month is None:
        return True
    return month.state == PeriodState.OPEN and not PeriodReopening.objects.filter(accounting_period=month).exists()


def _unreferenced(runs: QuerySet[PatientRun]) -> QuerySet[PatientRun]:
    """Those to which nothing refers but their own detail, in whatever app the reference stands."""
    own: tuple[type[Model], ...] = (*DETAIL, *FURTHER, PatientRunPruning)
    for relation in PatientRun._meta.related_objects:
        if relation.related_model not in own and isinstance(relation.related_model, type):
            field = relation.field.attname
            named = relation.related_model._default_manager.exclude(**{field: None}).values(field)
            runs = runs.exclude(pk__in=named)
    return runs


def _let_go(actor: Actor, run: PatientRun, days: int) -> None:
    units = UnitCost.objects.filter(run=run).values("pk")
    of_units = PatientUnitCost.objects.filter(unit__in=units)._raw_delete("default")
    activities, own_units = _deleted(run, FURTHER)
    items, encounters, unassigned = _deleted(run, DETAIL)
    PatientRunPruning.objects.create(
        run=run,
        items=items,
        encounters=encounters,
        unassigned=unassigned,
        older_than_days=days,
        actor=actor.name,
        pruned_at=timezone.now(),
    )
    record(
        actor,
        "costing.patient_run_pruned",
        institution=run.institution.code,
        subject_type="patient_run",
        subject=run.pk,
        detail={
            "period": run.period,
            "version": run.version,
            "input_digest": run.input_digest,
            "older_than_days": days,
            "items": items,
            "encounters": encounters,
            "unassigned": unassigned,
            "activities": activities,
            "units": own_units,
            "patients_by_unit": of_units,
        },
    )


def _deleted(run: PatientRun, models: Iterable[type[Model]]) -> list[int]:
    """Rows of each table that were the run's, deleted in one statement each."""
    return [model._default_manager.filter(run=run)._raw_delete("default") for model in models]
