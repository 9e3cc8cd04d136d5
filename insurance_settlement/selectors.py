"""Reads of insurance settlement for its pages, its API and its door."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection
from django.db.models import Avg, Count, QuerySet, Sum

from insurance_settlement import schemes
from insurance_settlement.discharges import read_discharges
from insurance_settlement.engine.case import Case
from insurance_settlement.engine.pricing import Price, price
from insurance_settlement.engine.worth import GroupedCase
from insurance_settlement.models import (
    AreaMember,
    CaseResult,
    GroupingRun,
    GroupingScheme,
    PoolingArea,
    PriceBook,
)
from insurance_settlement.schemes import Found
from ops_platform.his_intake.public import EncounterAt, FactPage, as_of_sql, encounter_at, encounter_lines
from ops_platform.kernel import Actor, NotFound, Period, Role, from_fen, to_fen
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


# -- a month by group --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DrgLine:
    """One group of a month. Sums of payment and balance are over priced cases; `weight` is that of the group, which the
    `weighed` cases have; `points` are the mean, `total_points` the sum of its cases by the points method."""

    drg: str
    name: str
    cases: int
    priced: int
    weighed: int
    stay_days: Decimal
    weight: Decimal | None
    points: Decimal | None
    total_points: Decimal | None
    charges: Decimal
    mean_charges: Decimal
    payment: Decimal | None
    balance: Decimal | None

    @property
    def worth(self) -> Decimal | None:
        """Weight, or points."""
        return self.weight if self.points is None else self.points


def drg_lines(*, run: GroupingRun, department: int | None = None) -> list[DrgLine]:
    """The groups of a run (of one department of it), the greatest loss first."""
    rows = CaseResult.objects.filter(run=run)
    if department is not None:
        rows = rows.filter(department=department)
    sums = (
        rows.order_by()
        .values("drg")
        .annotate(
            cases=Count("id"),
            priced=Count("payment"),
            weighed=Count("weight"),
            stay_days=Avg("stay_days"),
            weight=Avg("weight"),
            total_points=Sum("points"),
            points=Avg("points"),
            mean_charges=Avg("charges"),
            charges=Sum("charges"),
            payment=Sum("payment"),
            balance=Sum("balance"),
        )
        .order_by("balance", "drg")
    )
    names = schemes.compiled_scheme(run.scheme).titles
    return [DrgLine(name=names.get(row["drg"], ""), **row) for row in sums]


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the discharges of a month. CMI = weight ÷ weighed cases (points are no weights); `balance` is over priced
    cases."""

    institution: int
    period: str
    cases: int
    weighed: int
    weight: Decimal
    charges: Decimal
    payment: Decimal
    balance: Decimal


def totals(*, institutions: Collection[int], periods: Collection[str]) -> list[Totals]:
    """By institution and month, from the current runs."""
    rows = (
        CaseResult.objects.filter(run__is_current=True, run__institution__in=institutions, run__period__in=periods)
        .order_by()
        .values_list("run__institution", "run__period")
        .annotate(
            number=Count("id"),
            weighed=Count("weight"),
            weights=Sum("weight", default=Decimal(0)),
            charged=Sum("charges"),
            paid=Sum("payment", default=Decimal(0)),
            result=Sum("balance", default=Decimal(0)),
        )
        .order_by("run__institution", "run__period")
    )
    return [Totals(*row) for row in rows]


def _as_priced(case: CaseResult, institution: str, leaving_type: str) -> GroupedCase:
    """A stored case as its run priced it."""
    return GroupedCase(
        case_no=case.encounter_no,
        institution=institution,
        group=case.drg,
        charges=to_fen(case.charges),
        stay_days=case.stay_days,
        scheme=case.scheme,
        leaving_type=leaving_type,
        factor=case.factor,
    )


# -- one case ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CodeLine:
    """A code of the front page with its name in the scheme's code table."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class FeeLine:
    """Charges of a fee class."""

    fee_class: str
    lines: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class CaseDetail:
    """A case as its run read it: the front page, the way to its group, the way to its price, its charges."""

    encounter: EncounterAt | None
    abstract: Case | None
    diagnoses: tuple[CodeLine, ...]
    procedures: tuple[CodeLine, ...]
    grouping: Found | None
    price: Price
    drg_name: str
    fees: tuple[FeeLine, ...]
    charged: Decimal
    same_as_run: bool


def case_detail(*, case: CaseResult) -> CaseDetail:
    """Everything about a case, computed again from the facts as of the run's sequence by the run's own scheme."""
    run = case.run
    scheme, book = schemes.compiled_scheme(run.scheme), schemes.rule_book(run.price_book)
    found = read_discharges(run.institution, Period.parse(run.period), run.input_sequence, case.encounter)
    abstract = found[0].case if found else None
    grouping = scheme.explain(abstract) if abstract else None
    encounter = encounter_at(institution=run.institution_id, encounter=case.encounter, sequence=run.input_sequence)
    fees, charged = _fees(run, encounter)
    return CaseDetail(
        encounter=encounter,
        abstract=abstract,
        diagnoses=tuple(CodeLine(c, scheme.dx.names.get(c, "")) for c in (abstract.diagnoses if abstract else ())),
        procedures=tuple(CodeLine(c, scheme.proc.names.get(c, "")) for c in (abstract.procedures if abstract else ())),
        grouping=grouping,
        price=price(book, _as_priced(case, run.institution.code, found[0].leaving_type if found else "")),
        drg_name=scheme.titles.get(case.drg, ""),
        fees=fees,
        charged=charged,
        same_as_run=grouping is not None and grouping.code == case.drg,
    )


def _fees(run: GroupingRun, encounter: EncounterAt | None) -> tuple[tuple[FeeLine, ...], Decimal]:
    if encounter is None:
        return (), Decimal("0.00")
    lines = encounter_lines(institution=run.institution_id, encounter=encounter, sequence=run.input_sequence)
    sums: dict[str, tuple[int, Decimal]] = {}
    for line in lines.rows:
        number, amount = sums.get(line.fee_class, (0, Decimal(0)))
        sums[line.fee_class] = (number + 1, amount + line.amount)
    fees = tuple(FeeLine(code, *sums[code]) for code in sorted(sums, key=lambda code: (-sums[code][1], code)))
    return fees, lines.total


@dataclass(frozen=True, slots=True)
class EncounterBill:
    """One visit or stay with all its charge lines as of a sequence."""

    institution: Institution
    encounter: EncounterAt
    lines: FactPage
    sequence: int


def access_encounter(*, actor: Actor, institution_id: int, encounter: int, sequence: int) -> EncounterBill:
    """NotFound for an encounter the actor may not see: institution and department decide."""
    institution = Institution.objects.filter(pk=institution_id).first()
    found = encounter_at(institution=institution_id, encounter=encounter, sequence=sequence) if institution else None
    if institution and found:
        lines = encounter_lines(institution=institution_id, encounter=found, sequence=sequence)
        touched = {found.department} | {line.ordering for line in lines.rows} | {line.executing for line in lines.rows}
        if any(actor.may(institution_id, *CASE_READERS, department=department) for department in touched):
            return EncounterBill(institution, found, lines, sequence)
    raise NotFound("insurance_settlement.no_encounter", "没有这次就诊。")


def discharges_without_abstract(*, run: GroupingRun) -> list[tuple[int, str, int, Decimal, int]]:
    """Stays discharged in the month of which no abstract had come when the run read the facts: encounter, its number,
    department, charges of all months in yuan, days from admission to discharge (at least one). None is grouped. One query,
    and none where the run counted none."""
    if not run.without_abstract:
        return []
    period = Period.parse(run.period)
    day = "AT TIME ZONE 'Asia/Shanghai')::date"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.entity, e.encounter_no, e.department_id, coalesce((SELECT sum(l.amount)"
            " FROM his_intake_chargeline l WHERE l.institution_id = e.institution_id AND l.encounter = e.entity"
            f" AND l.month >= date_trunc('month', e.admitted AT TIME ZONE 'Asia/Shanghai')::date"
            f" AND {as_of_sql('l', run.input_sequence)}), 0.00),"
            f" greatest((e.discharged {day} - (e.admitted {day}, 1) FROM his_intake_encounter e"
            " WHERE e.institution_id = %(institution)s AND e.kind = 'inpatient'"
            f" AND {as_of_sql('e', run.input_sequence)} AND (e.discharged {day} BETWEEN %(first)s AND %(last)s"
            " AND NOT EXISTS (SELECT FROM his_intake_dischargeabstract a WHERE a.institution_id = e.institution_id"
            f" AND a.encounter = e.entity AND {as_of_sql('a', run.input_sequence)}) ORDER BY e.entity",
            {"institution": run.institution_id, "first": period.first_day, "last": period.last_day},
        )
        return cursor.fetchall()


# -- rules -------------------------------------------------------------------------------------------------------------


def grouping_schemes() -> QuerySet[GroupingScheme]:
    """Schemes without their content, newest first. Rules hold for the whole alliance."""
    return GroupingScheme.objects.defer("content", "dx_codes", "proc_codes").order_by("-effective_from", "pk")


def price_books() -> QuerySet[PriceBook]:
    """Price books without their content, newest first."""
    rows = PriceBook.objects.defer("content", "scheme__content", "scheme__dx_codes", "scheme__proc_codes")
    return rows.select_related("scheme", "area").order_by("-effective_from", "area__name", "pk")


def access_price_book(number: int) -> PriceBook:
    """One price book with its scheme. Raises NotFound."""
    found = PriceBook.objects.select_related("scheme", "area").filter(pk=number).first()
    if found is None:
        raise NotFound("insurance_settlement.no_such_price_book", "没有这个价格规则。")
    return found


@dataclass(frozen=True, slots=True)
class GroupWorth:
    """What a price book says of a group: weight or points, mean charges in yuan, whether it takes no coefficient."""

    code: str
    name: str
    weight: Decimal
    mean_charges: Decimal | None
    same_price: bool


def worths_of(row: PriceBook) -> list[GroupWorth]:
    """Its groups in the order of their codes."""
    book, names = schemes.rule_book(row), schemes.compiled_scheme(row.scheme).titles
    return [
        GroupWorth(
            code,
            names.get(code, ""),
            weight,
            from_fen(book.mean_charges[code]) if code in book.mean_charges else None,
            code in book.same_price,
        )
        for code, weight in sorted(book.weights.items())
    ]


def areas() -> QuerySet[PoolingArea]:
    """Pooling areas by name."""
    return PoolingArea.objects.order_by("name")


def area_members(*, actor: Actor) -> QuerySet[AreaMember]:
    """Which institutions are paid by the rules of which area, from when on: of those the actor may see, newest first."""
    rows = AreaMember.objects.filter(institution__in=Institution.objects.visible_to(actor, *MONTH_READERS))
    return rows.select_related("area", "institution").order_by("institution__code", "-effective_from", "pk")
