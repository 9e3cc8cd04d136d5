"""Reads of the process register: who sees which processes and cases, what improving brought, how many are still owed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from ops_platform.identity.models import RoleAssignment, User
from ops_platform.kernel import Actor, NotFound, Role
from ops_platform.masterdata.models import Institution, InstitutionKind, Parameter, Scope
from workflows.models import Flow, Process, ProcessCase, ProcessPoint, ProcessState
from workflows.selectors.matters import latest_of
from workflows.selectors.measures import READERS

EDITORS = (Role.OPERATION_CENTRE, Role.INSTITUTION_HEAD, Role.FINANCE_DIRECTOR)
REQUIRED_PILOT = "workflows.required_processes_pilot"
REQUIRED_OTHER = "workflows.required_processes_other"
REQUIRED_BY_KIND = {
    InstitutionKind.TOWNSHIP_HOSPITAL: "workflows.required_processes_township",
    InstitutionKind.VILLAGE_CLINIC: "workflows.required_processes_village",
}
METRIC_TITLES = {
    "steps": _("环节数(个)"),
    "handovers": _("交接次数(次)"),
    "hours": _("办理时长(小时)"),
    "cost": _("每单成本(元)"),
    "error_rate": _("差错率"),
}
METRICS = tuple(METRIC_TITLES)
YEAR_OF_NOTICE = 2024
NARROWEST_FIRST = [Scope.INSTITUTION, Scope.CITY, Scope.PROVINCE, Scope.NATIONAL]


def processes(*, actor: Actor) -> QuerySet[Process]:
    """Processes of the institutions that the actor reads, each with how many risks are open (no control answers them)."""
    open_risk = Q(points__kind=ProcessPoint.Kind.RISK, points__dropped=False, points__control__isnull=True)
    rows = Process.objects.visible_to(actor, *READERS).select_related(
        "institution", "owner", "department", "flow__current"
    )
    return rows.annotate(open_risks=Count("points", filter=open_risk)).order_by("institution__code", "code", "id")


def access_process(*, actor: Actor, process_id: int) -> Process:
    """One process. Raises NotFound for what the actor may not see."""
    process = processes(actor=actor).filter(pk=process_id).first()
    if process is None:
        raise NotFound("workflows.no_process", "没有这个业务流程。")
    return process


def may_edit(*, actor: Actor, institution_id: int) -> bool:
    """Whether the actor keeps the register of the institution."""
    return actor.may(institution_id, *EDITORS)


def points_of(*, process: Process) -> list[ProcessPoint]:
    """Risks and controls that hold, in the order they were entered."""
    return list(process.points.filter(dropped=False).select_related("control").order_by("id"))


def states_of(*, process: Process) -> dict[str, ProcessState]:
    """Before and after, as far as they were entered."""
    return {state.which: state for state in process.states.select_related("flow_version__flow")}


OPTIMISATION = "workflows.optimisation"


def asked_for(*, process: Process) -> str:
    """How the last request to mark it as optimised stands; empty where nobody asked."""
    matter = latest_of(OPTIMISATION, [str(process.pk)]).get(str(process.pk))
    return matter.state if matter else ""


def improvement(before: Decimal | int | None, after: Decimal | int | None) -> Decimal | None:
    """(before − after) ÷ before: 9 days that became 4 are 55.6 %. Negative where it became worse.

    None where a figure is not known, and where it was 0 before: what was nothing cannot be improved by a share.
    """
    if before is None or after is None or before == 0:
        return None
    return (Decimal(before) - Decimal(after)) / Decimal(before)


@dataclass(frozen=True, slots=True)
class Compared:
    """One metric before and after; `measured` says of which sides the platform took it from its log."""

    metric: str
    before: Decimal | int | None
    after: Decimal | int | None
    measured: tuple[str, ...] = ()

    @property
    def improvement(self) -> Decimal | None:
        """By which share it became better."""
        return improvement(self.before, self.after)

    @property
    def improved(self) -> bool:
        """Known on both sides, and better after."""
        return self.before is not None and self.after is not None and self.after < self.before

    @property
    def worse(self) -> bool:
        """Known on both sides, and worse after."""
        return self.before is not None and self.after is not None and self.after > self.before


def compared(states: dict[str, ProcessState]) -> list[Compared]:
    """Every metric before and after."""
    before, after = states.get(ProcessState.Which.BEFORE), states.get(ProcessState.Which.AFTER)
    return [
        Compared(
            name,
            getattr(before, name, None),
            getattr(after, name, None),
            tuple(state.which for state in (before, after) if state is not None and name in state.measured),
        )
        for name in METRICS
    ]


def flows_for(institution: Institution | None) -> QuerySet[Flow]:
    """Flows that may run a process of the institution: the alliance's and its own."""
    rows = Flow.objects.filter(current__isnull=False).filter(Q(institution=None) | Q(institution=institution))
    return rows.order_by("title", "id")


def possible_owners(institutions: QuerySet[Institution]) -> QuerySet[User]:
    """Active people with a role at one of the institutions or in the whole alliance."""
    held = RoleAssignment.objects.filter(user=OuterRef("pk"), state=RoleAssignment.State.ACTIVE)
    held = held.filter(Q(institution__isnull=True) | Q(institution__in=institutions))
    return User.objects.filter(Exists(held), is_active=True).order_by("display_name", "username")


@dataclass(frozen=True, slots=True)
class Progress:
    """How many processes an institution has optimised within a calendar year against how many the notice asks for, and in
    all; of how many of the year the platform itself measured what they are now. Nothing is owed where 0 is required;
    `pilot` is what a pilot hospital owes."""

    institution: Institution
    year: int
    registered: int
    in_all: int
    optimised: int
    measured: int
    required: int
    pilot: int

    @property
    def reached(self) -> bool:
        """Enough are optimised."""
        return self.optimised >= self.required

    @property
    def missing(self) -> int:
        """How many are still owed."""
        return max(self.required - self.optimised, 0)


def progress(*, actor: Actor, day: date) -> list[Progress]:
    """The counter of each institution that the actor reads, for the calendar year of the day, as the parameters of the day
    ask for it; three queries."""
    institutions = list(Institution.objects.visible_to(actor, *READERS).order_by("code"))
    optimised = Q(status=Process.Status.OPTIMISED)
    of_year = optimised & Q(optimised_on__year=day.year)
    after = ProcessState.objects.filter(process=OuterRef("pk"), which=ProcessState.Which.AFTER).exclude(measured=[])
    counted = (
        Process.objects.filter(institution__in=institutions)
        .order_by()
        .values("institution")
        .annotate(
            registered=Count("id", filter=~Q(status=Process.Status.RETIRED)),
            in_all=Count("id", filter=optimised),
            optimised=Count("id", filter=of_year),
            measured=Count("id", filter=of_year & Q(Exists(after))),
        )
    )
    counts = {
        row["institution"]: (row["registered"], row["in_all"], row["optimised"], row["measured"]) for row in counted
    }
    keys = [REQUIRED_PILOT, REQUIRED_OTHER, *REQUIRED_BY_KIND.values()]
    rows = list(Parameter.objects.filter(key__in=keys, effective_from__lte=day))
    return [
        Progress(
            institution,
            day.year,
            *counts.get(institution.pk, (0, 0, 0, 0)),
            required=_required(rows, institution),
            pilot=_in_force([row for row in rows if row.key == REQUIRED_PILOT], institution),
        )
        for institution in institutions
    ]


def first_year(*, actor: Actor, today: date) -> int:
    """The year of the first process that counts, or of the notice."""
    found = Process.objects.visible_to(actor, *READERS).aggregate(first=Min("optimised_on"))["first"]
    return min(found.year if found else today.year, YEAR_OF_NOTICE, today.year)


def _required(rows: Sequence[Parameter], institution: Institution) -> int:
    """What the institution owes: by its kind, unless a value of its own was set under either key."""
    by_kind = REQUIRED_BY_KIND.get(InstitutionKind(institution.kind), REQUIRED_OTHER)
    fitting = [
        row
        for row in rows
        if row.key == by_kind or (row.key == REQUIRED_OTHER and row.institution_id == institution.pk)
    ]
    return _in_force(fitting, institution)


def _in_force(rows: Sequence[Parameter], institution: Institution) -> int:
    """The institution's own value before that of the city, the province, the nation; of one scope the latest."""
    best = min(
        (row for row in rows if row.institution_id in (None, institution.pk)),
        key=lambda row: (NARROWEST_FIRST.index(Scope(row.scope)), -row.effective_from.toordinal()),
        default=None,
    )
    return int(best.value) if best else 0


def cases(*, actor: Actor) -> QuerySet[ProcessCase]:
    """Published cases, and drafts of institutions whose register the actor keeps; the latest first."""
    own = ProcessCase.objects.visible_to(actor, *EDITORS) if actor.has(*EDITORS) else ProcessCase.objects.none()
    rows = ProcessCase.objects.filter(Q(published=True) | Q(pk__in=own.values("pk")))
    return rows.select_related("institution", "process", "author").order_by("published", "-published_at", "-id")


def access_case(*, actor: Actor, case_id: int) -> ProcessCase:
    """One case. Raises NotFound for a draft of others."""
    case = cases(actor=actor).filter(pk=case_id).first()
    if case is None:
        raise NotFound("workflows.no_case", "没有这个典型案例。")
    return case
