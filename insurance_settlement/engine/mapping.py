"""How a classification mapping (归集口径) classes what was charged, and what another mapping would change.

Source: seed 000 (each item of the national technical standard ↔ local price item ↔ receipt class, account, front-page
class; simulation before going live); ../shared/domain.md 7.2 for the formula, 1.9 for the ratios.

For each dimension D and class k, over the charges of D's side (outpatient or inpatient):

    before_k = Σ amount of the items that the old mapping puts in k;   after_k = Σ by the new one
    delta_k  = after_k − before_k;   pct_k = delta_k ÷ before_k
    moved amount = ½ Σ_k |delta_k|;   moved ratio = moved amount ÷ total
    invariant  Σ_k before_k = Σ_k after_k = total, of which nothing stands in no class

An item that a mapping does not name, or puts in two classes of one dimension, stands in no class (`NO_CLASS`): it is never
dropped and never counted twice, so Σ delta_k = 0 always, and the invariant tells whether anything stands there.

    medical service share 医疗服务收入占比 = (registration, bed, consultation, treatment, surgery, nursing, pharmacy service,
                                        general treatment) ÷ total
    drug share 药占比 = (western, Chinese patent, herbs) ÷ total
    material share 耗占比 = materials ÷ (total − drugs)
    examination and laboratory share 检查化验占比 = (examination, laboratory) ÷ total

by receipt classes of both sides together. That general treatment counts as a service is a default of this platform (it is
made of registration, consultation, injection and pharmacy service).

Rounding: none; amounts are whole fen, Σ |delta_k| is even since Σ delta_k = 0, ratios are exact fractions. At nothing: a
class that was empty has no pct, a total of 0 has no ratio.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

NO_CLASS = ""


class Dimension(StrEnum):
    """What an item is mapped to. Receipts and accounts differ by where it was charged; the front page is of stays."""

    RECEIPT_OUTPATIENT = "receipt_outpatient"
    RECEIPT_INPATIENT = "receipt_inpatient"
    ACCOUNT_OUTPATIENT = "account_outpatient"
    ACCOUNT_INPATIENT = "account_inpatient"
    FRONT_PAGE = "front_page"

    @property
    def of_stays(self) -> bool:
        """Whether it classes what stays were charged; else what other encounters were."""
        return self not in (Dimension.RECEIPT_OUTPATIENT, Dimension.ACCOUNT_OUTPATIENT)


RECEIPTS = (Dimension.RECEIPT_OUTPATIENT, Dimension.RECEIPT_INPATIENT)
DRUGS = frozenset({"western_drugs", "chinese_patent_drugs", "chinese_herbs"})
MATERIALS = frozenset({"materials"})
DIAGNOSTICS = frozenset({"examination", "laboratory"})
SERVICES = frozenset(
    {
        "registration",
        "bed",
        "consultation",
        "treatment",
        "surgery",
        "nursing",
        "pharmacy_service",
        "general_treatment",
    }
)
Classes = Mapping[Dimension, str]


@dataclass(frozen=True, slots=True)
class ItemCharge:
    """What an item was charged in the months looked at, in fen: to outpatients (and emergencies), and to stays."""

    code: str
    name: str
    outpatient: int
    inpatient: int

    def amount(self, dimension: Dimension) -> int:
        """Of the side that the dimension classes."""
        return self.inpatient if dimension.of_stays else self.outpatient


@dataclass(frozen=True, slots=True)
class MappedRow:
    """A row of a mapping: a national item ("" for drugs and materials), a local item, its classes ("" for none)."""

    national: str
    item: str
    classes: Classes


@dataclass(frozen=True, slots=True)
class Resolved:
    """A mapping as it is applied: the class of each item by dimension, and what it puts in two classes at once."""

    classes: Mapping[str, Classes]
    conflicts: Mapping[tuple[str, Dimension], tuple[str, ...]]

    def of(self, item: str, dimension: Dimension) -> str:
        """The class of the item, NO_CLASS for none or several."""
        return self.classes.get(item, {}).get(dimension, NO_CLASS)


def resolve(rows: Iterable[MappedRow]) -> Resolved:
    """Several rows of an item, one for each national item, must agree; a row that leaves a class empty has no say."""
    said: dict[str, dict[Dimension, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in rows:
        for dimension in Dimension:
            told = row.classes.get(dimension, NO_CLASS)
            if told:
                said[row.item][dimension].add(told)
    classes = {
        item: {dimension: next(iter(told)) for dimension, told in by.items() if len(told) == 1}
        for item, by in said.items()
    }
    conflicts = {
        (item, dimension): tuple(sorted(told))
        for item, by in said.items()
        for dimension, told in by.items()
        if len(told) > 1
    }
    return Resolved(classes, conflicts)


class Fault(StrEnum):
    """What may be wrong with a mapping. All but UNCHARGED stand in the way of its approval."""

    UNMAPPED = "unmapped"
    CONFLICT = "conflict"
    UNKNOWN = "unknown"
    INACTIVE = "inactive"
    UNCHARGED = "uncharged"


ORDER = list(Fault)


@dataclass(frozen=True, slots=True)
class MappingFault:
    """One thing: of which item and dimension, the classes told, and what was charged there (fen)."""

    kind: Fault
    item: str
    name: str
    dimension: Dimension | None
    told: tuple[str, ...] = ()
    amount: int = 0


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the charges of a dimension the mapping classes, in fen."""

    dimension: Dimension
    total: int
    mapped: int

    @property
    def ratio(self) -> Fraction | None:
        """None where nothing was charged."""
        return Fraction(self.mapped, self.total) if self.total else None


def coverage(charges: Iterable[ItemCharge], mapping: Resolved) -> tuple[Coverage, ...]:
    """Of each dimension."""
    held = list(charges)
    return tuple(
        Coverage(
            dimension,
            sum(one.amount(dimension) for one in held),
            sum(one.amount(dimension) for one in held if mapping.of(one.code, dimension)),
        )
        for dimension in Dimension
    )


def faults(
    mapping: Resolved,
    charges: Iterable[ItemCharge],
    active: Mapping[Dimension, Mapping[str, bool]],
    catalogue: Mapping[str, str],
) -> tuple[MappingFault, ...]:
    """What is wrong, the dearest first within each kind. `active` are the known classes of each dimension, and whether they
    may still be used; `catalogue` names all items of the institution, also those that nobody was charged for."""
    charged = {one.code: one for one in charges}
    names = {**catalogue, **{code: one.name for code, one in charged.items()}}
    found = []
    for one in charged.values():
        for dimension in Dimension:
            open_ = not mapping.of(one.code, dimension) and (one.code, dimension) not in mapping.conflicts
            if one.amount(dimension) and open_:
                found.append(MappingFault(Fault.UNMAPPED, one.code, one.name, dimension, amount=one.amount(dimension)))
    for (item, dimension), told in mapping.conflicts.items():
        amount = charged[item].amount(dimension) if item in charged else 0
        found.append(MappingFault(Fault.CONFLICT, item, names.get(item, ""), dimension, told, amount))
    for item, classes in mapping.classes.items():
        for dimension, code in classes.items():
            if not active[dimension].get(code, False):
                kind = Fault.INACTIVE if code in active[dimension] else Fault.UNKNOWN
                amount = charged[item].amount(dimension) if item in charged else 0
                found.append(MappingFault(kind, item, names.get(item, ""), dimension, (code,), amount))
    mapped = set(mapping.classes) | {item for item, _ in mapping.conflicts}
    for item in sorted(set(catalogue) - set(charged) - mapped):
        found.append(MappingFault(Fault.UNCHARGED, item, catalogue[item], None))
    return tuple(sorted(found, key=_rank))


@dataclass(frozen=True, slots=True)
class ItemFault:
    """The same thing of an item in some dimensions; `amount` is what was charged for it on the sides concerned (fen)."""

    kind: Fault
    item: str
    name: str
    dimensions: tuple[Dimension, ...]
    told: tuple[str, ...]
    amount: int


def by_item(found: Iterable[MappingFault]) -> tuple[ItemFault, ...]:
    """Faults of an item taken together, where kind and classes are the same; the dearest first within each kind."""
    together: dict[tuple[Fault, str, tuple[str, ...]], list[MappingFault]] = defaultdict(list)
    for one in found:
        together[one.kind, one.item, one.told].append(one)
    items = []
    for (kind, item, told), parts in together.items():
        dimensions = tuple(one for one in Dimension if one in {part.dimension for part in parts})
        sides = {part.dimension.of_stays: part.amount for part in parts if part.dimension}
        items.append(ItemFault(kind, item, parts[0].name, dimensions, told, sum(sides.values())))
    return tuple(sorted(items, key=lambda one: (ORDER.index(one.kind), -abs(one.amount), one.item, one.told)))


def _rank(fault: MappingFault) -> tuple[int, int, str, str]:
    return ORDER.index(fault.kind), -abs(fault.amount), fault.item, str(fault.dimension or "")


@dataclass(frozen=True, slots=True)
class ClassChange:
    """A class before and after, in fen."""

    code: str
    before: int
    after: int

    @property
    def delta(self) -> int:
        return self.after - self.before

    @property
    def share(self) -> Fraction | None:
        """pct_k; None for a class that was empty."""
        return Fraction(self.delta, abs(self.before)) if self.before else None

    def needs_words(self, threshold: Fraction) -> bool:
        """Whether it changes by more than the threshold, or comes out of nothing."""
        return bool(self.delta) and (self.share is None or abs(self.share) > threshold)


@dataclass(frozen=True, slots=True)
class DimensionChange:
    """One dimension before and after."""

    dimension: Dimension
    classes: tuple[ClassChange, ...]

    @property
    def total(self) -> int:
        return sum(one.before for one in self.classes)

    @property
    def moved(self) -> int:
        return sum(abs(one.delta) for one in self.classes) // 2

    @property
    def ratio(self) -> Fraction | None:
        return Fraction(self.moved, self.total) if self.total else None

    @property
    def holds(self) -> bool:
        """The invariant: nothing stands in no class after."""
        return all(one.code != NO_CLASS or not one.after for one in self.classes)


@dataclass(frozen=True, slots=True)
class Move:
    """An item that stands in another class, with what was charged for it."""

    dimension: Dimension
    item: str
    name: str
    before: str
    after: str
    amount: int


@dataclass(frozen=True, slots=True)
class Indicators:
    """The ratios of 1.9 by receipt classes; None where there is nothing to divide by."""

    service: Fraction | None
    drug: Fraction | None
    material: Fraction | None
    diagnostic: Fraction | None


@dataclass(frozen=True, slots=True)
class Simulation:
    """The same charges by two mappings."""

    dimensions: tuple[DimensionChange, ...]
    moves: tuple[Move, ...]
    before: Indicators
    after: Indicators


def by_class(charges: Iterable[ItemCharge], mapping: Resolved, dimension: Dimension) -> dict[str, int]:
    """The charges of a dimension by class; what has none, or two, stands in NO_CLASS."""
    sums: dict[str, int] = defaultdict(int)
    for one in charges:
        amount = one.amount(dimension)
        if amount:
            sums[mapping.of(one.code, dimension)] += amount
    return dict(sums)


def simulate(charges: Collection[ItemCharge], before: Resolved, after: Resolved) -> Simulation:
    """What the charges come to by the old mapping and by the new one."""
    dimensions, moves = [], []
    for dimension in Dimension:
        old, new = by_class(charges, before, dimension), by_class(charges, after, dimension)
        classes = tuple(
            ClassChange(code, old.get(code, 0), new.get(code, 0)) for code in sorted(old.keys() | new.keys())
        )
        dimensions.append(DimensionChange(dimension, classes))
        for one in charges:
            was, is_ = before.of(one.code, dimension), after.of(one.code, dimension)
            if was != is_ and one.amount(dimension):
                moves.append(Move(dimension, one.code, one.name, was, is_, one.amount(dimension)))
    moves.sort(key=lambda one: (list(Dimension).index(one.dimension), -abs(one.amount), one.item))
    return Simulation(tuple(dimensions), tuple(moves), indicators(charges, before), indicators(charges, after))


def indicators(charges: Iterable[ItemCharge], mapping: Resolved) -> Indicators:
    """The ratios under a mapping."""
    held = list(charges)
    sums: dict[str, int] = defaultdict(int)
    for dimension in RECEIPTS:
        for code, amount in by_class(held, mapping, dimension).items():
            sums[code] += amount
    total = sum(sums.values())

    def of(codes: Collection[str]) -> int:
        return sum(sums[code] for code in codes if code in sums)

    def share(part: int, whole: int) -> Fraction | None:
        return Fraction(part, whole) if whole else None

    return Indicators(
        service=share(of(SERVICES), total),
        drug=share(of(DRUGS), total),
        material=share(of(MATERIALS), total - of(DRUGS)),
        diagnostic=share(of(DIAGNOSTICS), total),
    )
