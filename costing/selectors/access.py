"""Who may read costs, and where."""

from django.db.models import QuerySet

from costing.models import CostRun
from ops_platform.kernel import Actor, NotFound, Role
from ops_platform.masterdata.models import Department, Institution

READERS = (
    Role.FINANCE_OFFICER,
    Role.ACCOUNTING_REVIEWER,
    Role.FINANCE_DIRECTOR,
    Role.INSTITUTION_HEAD,
    Role.OPERATION_CENTRE,
    Role.LEADERSHIP,
    Role.AUDITOR,
)
DRILL_READERS = (*READERS, Role.DEPARTMENT_HEAD)


def institutions(*, actor: Actor) -> QuerySet[Institution]:
    """Institutions whose costs the actor may read, by code."""
    return Institution.objects.visible_to(actor, *READERS).order_by("code")


def runs(*, actor: Actor) -> QuerySet[CostRun]:
    """All runs of these institutions, newest month first."""
    return (
        CostRun.objects.visible_to(actor, *READERS)
        .select_related("institution")
        .order_by("-period", "institution__code", "-version", "pk")
    )


def access_run(*, actor: Actor, run_id: int) -> CostRun:
    """One run; NotFound for what the actor may not see."""
    run = runs(actor=actor).filter(pk=run_id).first()
    if run is None:
        raise NotFound("costing.no_run", "没有这次成本运行。")
    return run


def access_drill(*, actor: Actor, run_id: int, departments: list[int]) -> tuple[CostRun, dict[int, Department]]:
    """A run with departments of its institution of which the actor may see at least one.

    A department head sees what concerns the own department, and nothing without naming it.
    """
    run = CostRun.objects.select_related("institution").filter(pk=run_id).first()
    found: dict[int, Department] = {}
    if run is not None:
        found = {row.pk: row for row in Department.objects.filter(pk__in=departments, institution=run.institution_id)}
    if run is None or len(found) != len(set(departments)) or not _may(actor, run.institution_id, departments):
        raise NotFound("costing.no_run", "没有这次成本运行。")
    return run, found


def _may(actor: Actor, institution: int, departments: list[int]) -> bool:
    return actor.may(institution, *READERS) or any(
        actor.may(institution, *DRILL_READERS, department=department) for department in departments
    )


def current_run(*, institution: int, period: str) -> CostRun | None:
    """The run that counts for a month."""
    rows = CostRun.objects.filter(institution=institution, period=period, is_current=True)
    return rows.select_related("institution").order_by("pk").first()


def periods(*, institution: int) -> list[str]:
    """Months that have a current run, newest first."""
    rows = CostRun.objects.filter(institution=institution, is_current=True).order_by("-period")
    return list(rows.values_list("period", flat=True))
