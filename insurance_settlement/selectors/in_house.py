"""Patients who are still in, with what their stays would be paid by what is known so far."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.db.models import Avg, Count, QuerySet
from django.utils import timezone

from insurance_settlement import schemes
from insurance_settlement.engine.case import Case
from insurance_settlement.engine.forecast import Bounds, Forecast, Norm, forecast, unfinished
from insurance_settlement.engine.rounding import half_up
from insurance_settlement.engine.rule_book import RuleBook
from insurance_settlement.engine.worth import GroupedCase
from insurance_settlement.models import CaseResult, PriceBook
from insurance_settlement.schemes import Compiled, Found
from insurance_settlement.selectors.access import CASE_READERS
from insurance_settlement.selectors.detail import CodeLine
from ops_platform.his_intake.public import StayInHouse, stays_in_house
from ops_platform.kernel import Actor, NotFound, Period, from_fen
from ops_platform.masterdata.models import Department, Institution
from ops_platform.masterdata.selectors import parameter_value

NEAR_HIGH = "insurance_settlement.forecast_near_high"
NORM_CASES = "insurance_settlement.forecast_norm_cases"
LONG_STAY = "insurance_settlement.review_long_stay"
NORM_MONTHS = 12


@dataclass(frozen=True, slots=True)
class InHouseLine:
    """A patient who is still in: days and charges up to the institution's last charge, and the estimate where the latest
    diagnoses lead to a group. Amounts in yuan."""

    institution: Institution
    department: Department
    stay: StayInHouse
    days: int
    group: Found | None
    title: str
    norm: Norm | None
    estimate: Forecast | None

    @property
    def encounter_no(self) -> str:
        """The number of the stay."""
        return self.stay.encounter_no

    @property
    def drg(self) -> str:
        """The expected group; "" where it cannot be told yet."""
        return self.group.code if self.group and self.group.grouped else ""

    @property
    def charges(self) -> Decimal:
        """Charges so far."""
        return from_fen(self.stay.charges)

    @property
    def payment(self) -> Decimal | None:
        """The expected payment."""
        return _yuan(self.estimate.payment) if self.estimate else None

    @property
    def remaining(self) -> Decimal | None:
        """Expected payment − charges so far."""
        return _yuan(self.estimate.remaining) if self.estimate else None

    @property
    def high_limit(self) -> Decimal | None:
        """From which charges on the stay is a high outlier."""
        return _yuan(self.estimate.high_limit) if self.estimate else None

    @property
    def used(self) -> Decimal | None:
        """Charges so far ÷ expected payment, four places."""
        return _ratio(self.estimate.used) if self.estimate and self.estimate.used is not None else None

    @property
    def mean_days(self) -> Decimal | None:
        """Mean days of the group at the institution."""
        return self.norm.days if self.norm else None

    @property
    def mean_charges(self) -> Decimal | None:
        """Mean charges of the group at the institution."""
        return from_fen(self.norm.charges) if self.norm else None

    @property
    def days_to_norm(self) -> Decimal | None:
        """Days so far ÷ mean days of the group, four places."""
        return _ratio(Fraction(self.days) / Fraction(self.norm.days)) if self.norm and self.norm.days else None

    @property
    def charges_to_norm(self) -> Decimal | None:
        """Charges so far ÷ mean charges of the group, four places."""
        return _ratio(Fraction(self.stay.charges, self.norm.charges)) if self.norm and self.norm.charges else None

    @property
    def notices(self) -> tuple[str, ...]:
        """What the figures show, in words."""
        return tuple(one.message for one in self.estimate.notices) if self.estimate else ()


def _yuan(fen: int | None) -> Decimal | None:
    return None if fen is None else from_fen(fen)


def _ratio(exact: Fraction) -> Decimal:
    return Decimal(half_up(exact * 10_000)).scaleb(-4)


@dataclass(frozen=True, slots=True)
class InHouse:
    """The patients of an institution who are still in; `as_of` the day of the last charge of any of them (None: nobody is
    in), `price_book` by which they were estimated (None while there is none)."""

    institution: Institution
    as_of: date | None
    price_book: PriceBook | None
    lines: tuple[InHouseLine, ...]


def institutions_in_house(*, actor: Actor) -> QuerySet[Institution]:
    """Institutions with beds whose patients the actor may see, by code."""
    return Institution.objects.visible_to(actor, *CASE_READERS).filter(beds__gt=0).order_by("code")


def in_house(*, actor: Actor, institution: Institution, encounter: int | None = None) -> InHouse:
    """Patients who are in, of departments that the actor sees; who needs most of what is expected first, then those without
    estimate. A fixed number of queries; grouping and pricing in the engine."""
    stays = stays_in_house(institution=institution.pk)
    as_of = max((max(one.last_charge or _day(one), _day(one)) for one in stays), default=None)
    seen = [
        one
        for one in stays
        if encounter in (None, one.encounter) and actor.may(institution.pk, *CASE_READERS, department=one.department)
    ]
    if as_of is None or not seen:
        return InHouse(institution, as_of, None, ())
    row = schemes.book_in_force(institution.pk, as_of)
    scheme = schemes.compiled_scheme(row.scheme) if row else None
    groups = {one.encounter: scheme.explain(_case(one)) for one in seen if scheme and one.diagnoses}
    norms = _norms(institution, as_of, {found.code for found in groups.values() if found.grouped})
    departments = Department.objects.in_bulk({one.department for one in seen})
    bounds = Bounds(
        near_high=parameter_value(key=NEAR_HIGH, day=as_of, institution=institution),
        long_stay=int(parameter_value(key=LONG_STAY, day=as_of, institution=institution)),
        least_cases=int(parameter_value(key=NORM_CASES, day=as_of, institution=institution)),
    )
    book = unfinished(schemes.rule_book(row)) if row else None
    lines = [
        _line(
            institution, departments[one.department], one, as_of, groups.get(one.encounter), scheme, book, norms, bounds
        )
        for one in seen
    ]
    lines.sort(key=lambda line: (line.used is None, -(line.used or 0), -line.stay.charges, line.stay.encounter))
    return InHouse(institution, as_of, row, tuple(lines))


def _line(
    institution: Institution,
    department: Department,
    stay: StayInHouse,
    as_of: date,
    group: Found | None,
    scheme: Compiled | None,
    book: RuleBook | None,
    norms: Mapping[str, Norm],
    bounds: Bounds,
) -> InHouseLine:
    days = max((as_of - _day(stay)).days, 1)
    norm = norms.get(group.code) if group else None
    estimate = None
    if group and group.grouped and book:
        case = GroupedCase(
            case_no=stay.encounter_no,
            institution=institution.code,
            group=group.code,
            charges=stay.charges,
            stay_days=days,
            scheme=stay.scheme,
            factor=group.factor,
        )
        estimate = forecast(book, case, norm, bounds)
    title = scheme.titles.get(group.code, "") if scheme and group else ""
    return InHouseLine(institution, department, stay, days, group, title, norm, estimate)


def _day(stay: StayInHouse) -> date:
    return timezone.localdate(stay.admitted)


def _case(stay: StayInHouse) -> Case:
    return Case(
        gender=stay.sex,
        age=stay.age,
        diagnoses=stay.diagnoses,
        procedures=stay.procedures,
        age_days=stay.age_days,
        weight=stay.weight,
    )


def _norms(institution: Institution, day: date, groups: Collection[str]) -> dict[str, Norm]:
    """Means of the groups over the twelve months before the month of the day. One query."""
    last = Period.of(day)
    rows = (
        CaseResult.objects.filter(
            run__institution=institution,
            run__is_current=True,
            run__period__gte=str(last.shift(-NORM_MONTHS)),
            run__period__lt=str(last),
            drg__in=groups,
        )
        .order_by()
        .values_list("drg")
        .annotate(cases=Count("id"), days=Avg("stay_days"), charges=Avg("charges"))
    )
    return {
        drg: Norm(cases, Decimal(str(days)).quantize(Decimal("0.01")), half_up(Fraction(charges) * 100))
        for drg, cases, days, charges in rows
    }


@dataclass(frozen=True, slots=True)
class InHouseDetail:
    """One patient who is still in, with the names of the codes."""

    line: InHouseLine
    as_of: date
    price_book: PriceBook | None
    diagnoses: tuple[CodeLine, ...]
    procedures: tuple[CodeLine, ...]


def access_in_house(*, actor: Actor, institution_id: int, encounter: int) -> InHouseDetail:
    """One patient; NotFound for who is no longer in, or whom the actor may not see."""
    institution = institutions_in_house(actor=actor).filter(pk=institution_id).first()
    found = in_house(actor=actor, institution=institution, encounter=encounter) if institution else None
    if found is None or found.as_of is None or not found.lines:
        raise NotFound("insurance_settlement.not_in_house", "没有这位在院患者，或已出院。请返回列表刷新。")
    (line,) = found.lines
    scheme = schemes.compiled_scheme(found.price_book.scheme) if found.price_book else None
    dx = scheme.dx.names if scheme else {}
    proc = scheme.proc.names if scheme else {}
    return InHouseDetail(
        line=line,
        as_of=found.as_of,
        price_book=found.price_book,
        diagnoses=tuple(CodeLine(code, dx.get(code, "")) for code in line.stay.diagnoses),
        procedures=tuple(CodeLine(code, proc.get(code, "")) for code in line.stay.procedures),
    )
