"""Which runs and cases of settlement somebody may read."""

from django.db.models import QuerySet

from insurance_settlement.models import CaseResult, GroupingRun
from ops_platform.kernel import Actor, NotFound, Role
from ops_platform.masterdata.models import Department, Institution
from ops_platform.orm.scopes import within_reach

MONTH_READERS = (
    Role.FINANCE_OFFICER,
    Role.ACCOUNTING_REVIEWER,
    Role.FINANCE_DIRECTOR,
    Role.INSTITUTION_HEAD,
    Role.OPERATION_CENTRE,
    Role.LEADERSHIP,
    Role.AUDITOR,
    Role.INSURANCE_OFFICER,
)
CASE_READERS = (*MONTH_READERS, Role.DEPARTMENT_HEAD)


def runs(*, actor: Actor) -> QuerySet[GroupingRun]:
    """All runs of the institutions the actor sees, newest month first."""
    return (
        GroupingRun.objects.visible_to(actor, *MONTH_READERS)
        .select_related("institution", "scheme", "price_book")
        .order_by("-period", "institution__code", "-version", "pk")
    )


def institutions(*, actor: Actor) -> QuerySet[Institution]:
    """Institutions whose settlement the actor may read, with a run at least, by code."""
    with_cases = GroupingRun.objects.filter(is_current=True, cases__gt=0).values("institution")
    return Institution.objects.visible_to(actor, *CASE_READERS).filter(pk__in=with_cases).order_by("code")


def departments(*, actor: Actor, institution: int | None = None) -> QuerySet[Department]:
    """Departments that have discharged anybody, as far as the actor sees them, by code."""
    rows = Department.objects.filter(within_reach(actor, *CASE_READERS, department="pk"))
    if institution is not None:
        rows = rows.filter(institution=institution)
    discharging = CaseResult.objects.filter(run__is_current=True).order_by().values("department")
    return rows.filter(pk__in=discharging).order_by("institution__code", "code", "pk")


def periods(*, institution: int) -> list[str]:
    """Months that have a current run with cases, newest first."""
    rows = GroupingRun.objects.filter(institution=institution, is_current=True, cases__gt=0)
    return list(rows.order_by("-period").values_list("period", flat=True))


def current_run(*, institution: int, period: str) -> GroupingRun | None:
    """The run that counts for a month."""
    rows = GroupingRun.objects.filter(institution=institution, period=period, is_current=True)
    return rows.select_related("institution", "scheme", "price_book").order_by("pk").first()


def cases(*, actor: Actor) -> QuerySet[CaseResult]:
    """Cases of current runs that the actor may see, the dearest loss first."""
    return (
        CaseResult.objects.filter(
            within_reach(actor, *CASE_READERS, institution="run__institution"), run__is_current=True
        )
        .select_related("run__institution", "department")
        .order_by("balance", "-discharged", "pk")
    )


def access_case(*, actor: Actor, case_id: int) -> CaseResult:
    """One case, of whatever run; NotFound for what the actor may not see."""
    case = (
        CaseResult.objects.filter(within_reach(actor, *CASE_READERS, institution="run__institution"), pk=case_id)
        .select_related("run__institution", "run__scheme", "run__price_book", "department")
        .first()
    )
    if case is None:
        raise NotFound("insurance_settlement.no_case", "没有这个病例。")
    return case
