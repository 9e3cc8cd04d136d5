"""Findings of front page checks, one stay with its abstracts, and how departments do."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When

from insurance_settlement import schemes
from insurance_settlement.engine.case import Case as GroupingCase
from insurance_settlement.engine.front_page import TITLES, without
from insurance_settlement.models import CaseResult, FrontPageFinding, FrontPageRun
from insurance_settlement.schemes import Compiled, Found
from insurance_settlement.selectors.access import CASE_READERS
from insurance_settlement.selectors.detail import CodeLine
from ops_platform.his_intake.public import AbstractVersion, abstract_versions
from ops_platform.kernel import Actor, NotFound
from ops_platform.masterdata.models import Department, Institution
from ops_platform.orm.scopes import within_reach

RANKS = ("blocking", "warning", "info")
SIX_PLACES = Decimal("0.000001")


def front_page_findings(*, actor: Actor) -> QuerySet[FrontPageFinding]:
    """Findings within reach, of whatever state; the stays with the greatest charges first, whatever another code would
    bring, and of a stay what blocks before what contradicts."""
    rank = Case(*(When(severity=one, then=Value(n)) for n, one in enumerate(RANKS)), output_field=IntegerField())
    return (
        FrontPageFinding.objects.filter(within_reach(actor, *CASE_READERS, department="case__department"))
        .select_related("institution", "case__department", "closed_case", "mark__by")
        .annotate(rank=rank)
        .order_by("-case__charges", "encounter", "rank", "pk")
    )


def access_finding(*, actor: Actor, finding_id: int) -> FrontPageFinding:
    """One finding; NotFound for what the actor may not see."""
    found = front_page_findings(actor=actor).filter(pk=finding_id).first()
    if found is None:
        raise NotFound("insurance_settlement.no_front_page_finding", "没有这个首页问题。")
    return found


def open_findings_of(*, institution: int, encounter: int) -> list[FrontPageFinding]:
    """Open findings of a stay, those marked as right among them, in the order of the work list."""
    rows = FrontPageFinding.objects.filter(institution=institution, encounter=encounter, closed_run=None)
    found = rows.select_related("mark__by").order_by("pk")
    return sorted(found, key=lambda one: (RANKS.index(one.severity), one.pk))


@dataclass(frozen=True, slots=True)
class FindingLine:
    """A finding; `group_without` is the group of the abstract without the contradictory code that it names ("" where it
    names none, or the code stands first)."""

    finding: FrontPageFinding
    title: str
    group_without: str


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version of the abstract with the names of its codes and the group it falls into."""

    version: AbstractVersion
    diagnoses: tuple[CodeLine, ...]
    procedures: tuple[CodeLine, ...]
    group: Found
    title: str


@dataclass(frozen=True, slots=True)
class FrontPageDetail:
    """A stay: its case, all versions of its abstract (the present one last), what is open and what was closed."""

    case: CaseResult
    versions: tuple[VersionLine, ...]
    open: tuple[FindingLine, ...]
    closed: tuple[FindingLine, ...]

    @property
    def present(self) -> VersionLine | None:
        """The version that holds."""
        return next((one for one in reversed(self.versions) if one.version.holds), None)


def access_front_page(*, actor: Actor, institution_id: int, encounter: int) -> FrontPageDetail:
    """A stay by its lasting number; NotFound where it was never grouped or the actor may not see it."""
    rows = CaseResult.objects.filter(
        within_reach(actor, *CASE_READERS, institution="run__institution"),
        run__institution=institution_id,
        run__is_current=True,
        encounter=encounter,
    )
    case = rows.select_related("run__institution", "run__scheme", "department").order_by("-run__period", "pk").first()
    if case is None:
        raise NotFound("insurance_settlement.no_front_page", "没有这份病案首页。")
    scheme = schemes.compiled_scheme(case.run.scheme)
    versions = abstract_versions(institution=institution_id, encounters=[encounter]).get(encounter, [])
    findings = list(
        FrontPageFinding.objects.filter(institution=institution_id, encounter=encounter)
        .select_related("mark__by", "case", "closed_case", "found_run", "closed_run")
        .order_by("-closed_run__created_at", "pk")
    )
    held = {one.id: as_case(one) for one in versions}
    lines = [FindingLine(one, TITLES.get(one.rule, one.rule), _without(scheme, held, one)) for one in findings]
    opened = [line for line in lines if line.finding.closed_run_id is None]
    return FrontPageDetail(
        case=case,
        versions=tuple(_version(scheme, one) for one in versions),
        open=tuple(sorted(opened, key=lambda line: (RANKS.index(line.finding.severity), line.finding.pk))),
        closed=tuple(line for line in lines if line.finding.closed_run_id is not None),
    )


def as_case(version: AbstractVersion) -> GroupingCase:
    """An abstract as grouping takes it."""
    return GroupingCase(
        gender=int(version.sex),
        age=version.age,
        diagnoses=version.diagnoses,
        procedures=version.procedures,
        age_days=version.age_days,
        weight=version.weight,
    )


def _without(scheme: Compiled, held: dict[int, GroupingCase], row: FrontPageFinding) -> str:
    case = held.get(row.abstract)
    left = without(case, row.rule, row.subject) if case and row.closed_run_id is None and row.rule in TITLES else None
    return scheme.group(left).code if left else ""


def _version(scheme: Compiled, version: AbstractVersion) -> VersionLine:
    group = scheme.explain(as_case(version))
    return VersionLine(
        version=version,
        diagnoses=tuple(CodeLine(code, scheme.dx.names.get(code, "")) for code in version.diagnoses),
        procedures=tuple(CodeLine(code, scheme.proc.names.get(code, "")) for code in version.procedures),
        group=group,
        title=scheme.titles.get(group.code, ""),
    )


@dataclass(frozen=True, slots=True)
class Score:
    """Abstracts of a department in a month: how many were examined, how many of them have nothing open that nobody looked
    at, how many findings are open, marked as right and corrected."""

    institution: Institution
    department: Department
    period: str
    abstracts: int
    clean: int
    open: int
    marked: int
    corrected: int

    @property
    def share(self) -> Decimal | None:
        """Share of abstracts without findings; None without abstracts."""
        return (Decimal(self.clean) / self.abstracts).quantize(SIX_PLACES) if self.abstracts else None


def scores(*, actor: Actor, first: str, last: str, institution: int | None = None) -> list[Score]:
    """By month, institution and department, as far as the actor sees them, the newest month first. Four queries."""
    reach = within_reach(actor, *CASE_READERS, institution="run__institution")
    runs = FrontPageRun.objects.filter(is_current=True, period__gte=first, period__lte=last)
    if institution is not None:
        runs = runs.filter(institution=institution)
    cases = (
        CaseResult.objects.filter(reach, run__in=runs.order_by().values("grouping_run"))
        .order_by()
        .values_list("run__institution", "department", "run__period")
        .annotate(number=Count("id"))
    )
    waiting = Q(closed_run=None, mark=None)
    findings = (
        FrontPageFinding.objects.filter(
            within_reach(actor, *CASE_READERS, department="case__department"), period__gte=first, period__lte=last
        )
        .order_by()
        .values_list("institution", "case__department", "period")
        .annotate(
            stays=Count("encounter", distinct=True, filter=waiting),
            open=Count("id", filter=waiting),
            marked=Count("id", filter=Q(closed_run=None, mark__isnull=False)),
            corrected=Count("id", filter=Q(closing=FrontPageFinding.Closing.CORRECTED)),
        )
    )
    known = {row[:3]: row[3:] for row in findings}
    counted = {(number, ward, period): total for number, ward, period, total in cases}
    institutions = Institution.objects.in_bulk({number for number, _, _ in counted})
    departments = Department.objects.in_bulk({ward for _, ward, _ in counted})
    found = []
    for place, total in counted.items():
        stays, *numbers = known.get(place, (0, 0, 0, 0))
        unit = (institutions[place[0]], departments[place[1]], place[2])
        found.append(Score(*unit, total, total - stays, *numbers))
    found.sort(key=lambda one: (one.institution.code, one.department.code))
    found.sort(key=lambda one: one.period, reverse=True)
    return found
