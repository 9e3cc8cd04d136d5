"""Classification mappings: versions and their rows, which one holds in a month, what it covers, a month by its classes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from insurance_settlement.engine.mapping import (
    NO_CLASS,
    Coverage,
    Dimension,
    Fault,
    ItemCharge,
    ItemFault,
    MappedRow,
    Resolved,
    by_class,
    by_item,
    coverage,
    faults,
    indicators,
    resolve,
)
from insurance_settlement.engine.mapping import Indicators as Ratios
from insurance_settlement.mapping_classes import KnownClasses, by_fee_class, classes_on
from insurance_settlement.models import MappingRemark, MappingRow, MappingSimulation, MappingVersion
from insurance_settlement.selectors.access import MONTH_READERS
from ops_platform.his_intake.public import charged_months, charges_of_items, items_as_of, last_sequence
from ops_platform.kernel import Actor, NotFound, Period, to_fen
from ops_platform.masterdata.models import ChargeItem, Institution

APPROVED = MappingVersion.State.APPROVED


def versions(*, actor: Actor) -> QuerySet[MappingVersion]:
    """Those of the institutions the actor sees, and the province's: approved ones everybody reads, all of them whoever sees
    the whole alliance. With the number of rows (`rows_now`), and from when on another holds in its place (`replaced_on`)."""
    seen = actor.institutions(*MONTH_READERS)
    rows = MappingVersion.objects.all()
    if seen is not None:
        handed_down = Q(institution=None, state=APPROVED) if actor.has(*MONTH_READERS) else Q(pk__in=())
        rows = rows.filter(Q(institution__in=seen) | handed_down)
    counted = (
        MappingRow.objects.filter(version=OuterRef("pk"), edition=OuterRef("edition"))
        .order_by()
        .values("version")
        .annotate(number=Count("pk"))
        .values("number")
    )
    owner = Coalesce("institution_id", 0)
    later = MappingVersion.objects.annotate(owner=owner).filter(
        owner=OuterRef("owner"), state=APPROVED, effective_from__gt=OuterRef("effective_from")
    )
    next_one = later.order_by("effective_from", "pk").values("effective_from")[:1]
    return (
        rows.select_related("institution", "based_on", "created_by")
        .annotate(rows_now=Subquery(counted), owner=owner)
        .annotate(replaced_on=Subquery(next_one))
        .order_by(F("institution__code").asc(nulls_first=True), "-effective_from", "-number", "pk")
    )


def access_version(*, actor: Actor, version_id: int) -> MappingVersion:
    """One version; NotFound for what the actor may not see."""
    found = versions(actor=actor).filter(pk=version_id).first()
    if found is None:
        raise NotFound("insurance_settlement.no_mapping", "没有这个归集口径版本。")
    return found


def rows_of(version: MappingVersion) -> QuerySet[MappingRow]:
    """The rows that a version has now, in the order of its workbook."""
    return MappingRow.objects.filter(version=version, edition=version.edition).order_by("line", "pk")


def resolved(version: MappingVersion) -> Resolved:
    """A version as it is applied."""
    names = [str(dimension) for dimension in Dimension]
    rows = rows_of(version).values_list("national_code", "item_code", *names)
    return resolve(MappedRow(national, item, dict(zip(Dimension, told, strict=True))) for national, item, *told in rows)


def version_on(*, institution: int | None, day: date) -> MappingVersion | None:
    """The institution's approved version (of None: the province's) that holds on the day."""
    rows = MappingVersion.objects.filter(institution=institution, state=APPROVED, effective_from__lte=day)
    return rows.order_by("-effective_from", "-pk").first()


@dataclass(frozen=True, slots=True)
class CatalogueItem:
    """A charge item of an institution, with the fee class that the HIS reports ("" for none)."""

    code: str
    name: str
    fee_class: str


def catalogue(*, institution: Institution, day: date, sequence: int) -> list[CatalogueItem]:
    """All items of the institution, by code. Two queries."""
    fees = items_as_of(institution, day, sequence)
    rows = ChargeItem.objects.filter(institution=institution).order_by("code", "pk").values_list("pk", "code", "name")
    return [CatalogueItem(code, name, fees[pk].fee_class if pk in fees else "") for pk, code, name in rows]


def item_of(*, institution: Institution, code: str) -> CatalogueItem | None:
    """One item of the institution as it is today."""
    items = catalogue(institution=institution, day=timezone.localdate(), sequence=last_sequence(institution))
    return next((item for item in items if item.code == code), None)


def by_reported_classes(items: Iterable[CatalogueItem]) -> Resolved:
    """Items as their fee class alone has them: what holds where an institution has no mapping yet."""
    known = by_fee_class()
    return resolve(MappedRow("", item.code, known.get(item.fee_class, {})) for item in items)


def charges(*, institution: int, first: Period, last: Period, sequence: int) -> list[ItemCharge]:
    """What was charged from month to month, by item, in fen. One query."""
    rows = charges_of_items(institution=institution, first=first, last=last, sequence=sequence)
    return [ItemCharge(row.code, row.name, to_fen(row.outpatient), to_fen(row.inpatient)) for row in rows]


def active_classes(known: KnownClasses) -> dict[Dimension, dict[str, bool]]:
    """Which classes there are, and whether they may be used, as the engine takes them."""
    return {dimension: {code: one.active for code, one in classes.items()} for dimension, classes in known.items()}


@dataclass(frozen=True, slots=True)
class Checked:
    """A version held against what an institution charged in some months."""

    institution: Institution
    first: Period
    last: Period
    covered: tuple[Coverage, ...]
    faults: tuple[ItemFault, ...]

    @property
    def blocking(self) -> tuple[ItemFault, ...]:
        """What stands in the way of its approval."""
        return tuple(one for one in self.faults if one.kind is not Fault.UNCHARGED)


def check(*, version: MappingVersion, institution: Institution, first: Period, last: Period) -> Checked:
    """Coverage, gaps and conflicts of a version with an institution's charges."""
    mapping, sequence = resolved(version), last_sequence(institution)
    charged = charges(institution=institution.pk, first=first, last=last, sequence=sequence)
    known = classes_on(version.effective_from, version.institution_id)
    items = catalogue(institution=institution, day=last.last_day, sequence=sequence)
    found = faults(mapping, charged, active_classes(known), {item.code: item.name for item in items})
    return Checked(institution, first, last, coverage(charged, mapping), by_item(found))


def faults_of_rows(version: MappingVersion) -> tuple[ItemFault, ...]:
    """What is wrong with the rows themselves, whatever anybody charged."""
    known = classes_on(version.effective_from, version.institution_id)
    return by_item(faults(resolved(version), (), active_classes(known), {}))


def months_with_charges(*, institution: int) -> list[str]:
    """Months that may be simulated or classed, newest first."""
    return charged_months(institution)


def sequence_of(institution: Institution) -> int:
    """Up to which batch pages read the charges of an institution."""
    return last_sequence(institution)


def institutions_of(*, actor: Actor) -> QuerySet[Institution]:
    """Whose charges the actor may see by class, by code."""
    return Institution.objects.visible_to(actor, *MONTH_READERS).order_by("code")


@dataclass(frozen=True, slots=True)
class IncomeClass:
    """A class of a month: money in fen, its share of the dimension, how many items stand in it."""

    dimension: Dimension
    code: str
    title: str
    group: str
    amount: int
    share: Fraction | None
    items: int


@dataclass(frozen=True, slots=True)
class MappedMonth:
    """A month by the mapping that holds on its last day; `version` None: by the fee classes that the HIS reports."""

    institution: Institution
    period: Period
    sequence: int
    version: MappingVersion | None
    lines: tuple[IncomeClass, ...]
    totals: Mapping[Dimension, int]
    ratios: Ratios
    charges: tuple[ItemCharge, ...]
    mapping: Resolved
    known: KnownClasses

    @property
    def total(self) -> int:
        """Of all charges, fen."""
        return sum(one.outpatient + one.inpatient for one in self.charges)

    def items(self, dimension: Dimension, code: str) -> list[ItemCharge]:
        """The items of a class, the dearest first."""
        found = [one for one in self.charges if one.amount(dimension) and self.mapping.of(one.code, dimension) == code]
        return sorted(found, key=lambda one: (-one.amount(dimension), one.code))


def class_title(known: KnownClasses, dimension: Dimension, code: str) -> str:
    """A class in words."""
    if code == NO_CLASS:
        return "未归集"
    found = known[dimension].get(code)
    return found.title if found else code


def mapped_month(*, institution: Institution, period: Period) -> MappedMonth:
    """A month's charges in the classes of every dimension."""
    sequence = last_sequence(institution)
    version = version_on(institution=institution.pk, day=period.last_day)
    charged = charges(institution=institution.pk, first=period, last=period, sequence=sequence)
    known = classes_on(version.effective_from if version else period.last_day, institution.pk)
    mapping = (
        resolved(version)
        if version
        else by_reported_classes(catalogue(institution=institution, day=period.last_day, sequence=sequence))
    )
    lines: list[IncomeClass] = []
    totals: dict[Dimension, int] = {}
    for dimension in Dimension:
        sums = by_class(charged, mapping, dimension)
        totals[dimension] = total = sum(sums.values())
        counted: dict[str, int] = {}
        for one in charged:
            if one.amount(dimension):
                code = mapping.of(one.code, dimension)
                counted[code] = counted.get(code, 0) + 1
        order = list(known[dimension])
        for code in sorted(sums, key=lambda code: (order.index(code) if code in order else len(order), code)):
            at = known[dimension].get(code)
            share = Fraction(sums[code], total) if total else None
            title = class_title(known, dimension, code)
            lines.append(
                IncomeClass(dimension, code, title, at.group if at else "", sums[code], share, counted.get(code, 0))
            )
    return MappedMonth(
        institution,
        period,
        sequence,
        version,
        tuple(lines),
        totals,
        indicators(charged, mapping),
        tuple(charged),
        mapping,
        known,
    )


def simulations(*, actor: Actor) -> QuerySet[MappingSimulation]:
    """Simulations of institutions the actor sees, newest first."""
    return (
        MappingSimulation.objects.visible_to(actor, *MONTH_READERS)
        .select_related("institution", "version__institution", "before", "created_by")
        .order_by("-created_at", "-pk")
    )


def access_simulation(*, actor: Actor, simulation_id: int) -> MappingSimulation:
    """One simulation; NotFound for what the actor may not see."""
    found = simulations(actor=actor).filter(pk=simulation_id).first()
    if found is None:
        raise NotFound("insurance_settlement.no_mapping_simulation", "没有这次归集口径模拟。")
    return found


def remarks(*, actor: Actor) -> QuerySet[MappingRemark]:
    """Remarks of institutions the actor sees, those without an answer first."""
    return (
        MappingRemark.objects.visible_to(actor, *MONTH_READERS)
        .select_related("institution", "version", "row", "raised_by", "answered_by")
        .order_by("-state", "-raised_at", "-pk")
    )


def access_remark(*, actor: Actor, remark_id: int) -> MappingRemark:
    """One remark; NotFound for what the actor may not see."""
    found = remarks(actor=actor).filter(pk=remark_id).first()
    if found is None:
        raise NotFound("insurance_settlement.no_mapping_remark", "没有这条意见。")
    return found


def unexplained(simulation: MappingSimulation) -> Sequence[str]:
    """Titles of the classes that change beyond the threshold and that nobody has explained."""
    rows = simulation.classes.filter(needs_words=True, explanation=None).order_by("pk")
    return [f"{row.get_dimension_display()}「{row.title}」" for row in rows]
