"""The cases of a month against their pathways: what each used inside and outside, read in columns."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np

from costing.engine.exact import IntArray
from costing.engine.pathways import Compared, Parts, Pots, Shares, Standard, Used, compare, used_by_cases
from costing.models import ItemCost, Pathway, PatientCost, PatientRun
from costing.selectors.pathways import StandardOf, entry_share, in_force, pathway_of, standards
from costing.selectors.patients import MEDICAL_COST
from insurance_settlement.public import DischargedCase, MonthOfCases, month_of_cases
from ops_platform.his_intake.public import StayAt, items_as_of, read_case_columns, stays_of
from ops_platform.kernel import Period, from_fen, to_fen
from ops_platform.masterdata.models import Institution, ItemClass

ZERO = Decimal("0.00")
TEN_THOUSAND = 10_000
_BITS = 58  # what remains of 64 bits for the sum over a case's lines
HANDED_OUT = 0  # the item number under which a department's handing out stands in the table of unit costs


def used_items(*, institution: Institution, encounters: Sequence[int]) -> Used:
    """What these encounters (sorted) used, with their medical cost divided over it; the cost is that of the current runs of
    all months of their stays, to the fen. Two queries, and two for each of these months."""
    case_of = np.array(encounters, dtype=np.int64)
    rows = PatientCost.objects.filter(
        run__is_current=True, run__institution=institution, encounter__in=list(encounters)
    ).order_by("run__period", "encounter")
    listed = list(
        rows.annotate(medical=MEDICAL_COST).values_list(
            "run", "run__period", "run__cost_run__input_sequence", "encounter", "medical", "drug_cost", "material_cost"
        )
    )
    months: dict[tuple[int, str, int], list[tuple[int, int, int, int]]] = {}
    for run, period, sequence, encounter, whole, drug, material in listed:
        apart = to_fen(drug), to_fen(material)
        months.setdefault((run, period, sequence), []).append((encounter, to_fen(whole) - sum(apart), *apart))
    costs = _unit_costs({run for run, _period, _sequence in months})
    pots: list[IntArray] = []
    shares: list[Shares] = []
    for (run, period, sequence), held in months.items():
        table = np.array(held, dtype=np.int64)
        first = sum(len(one) for one in pots)
        pots.append(table)
        shares.append(_month(institution, Period.parse(period), sequence, table, costs.get(run), case_of, first))
    if not pots:
        nothing = np.zeros(0, dtype=np.int64)
        return Used(nothing, nothing, nothing, nothing, nothing)
    whole_pots = np.concatenate(pots)
    case = np.searchsorted(case_of, whole_pots[:, 0])
    return used_by_cases(_joined(shares), Pots(case, whole_pots[:, 1], whole_pots[:, 2], whole_pots[:, 3]))


def _joined(parts: Sequence[Shares]) -> Shares:
    names = ("segment", "case", "item", "quantity", "charges", "service", "drug", "material")
    return Shares(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


@dataclass(frozen=True, slots=True, eq=False)
class _Units:
    """Fixed-point unit costs of a run: keys (department, item) sorted, and units in 2^-places fen for each 1/10,000 of a
    service or fen handed out."""

    keys: IntArray
    units: IntArray
    width: int

    def of(self, department: IntArray, item: IntArray) -> IntArray:
        """0 for what has no cost."""
        if not len(self.keys):
            return np.zeros(len(item), dtype=np.int64)
        wanted = department.astype(np.int64) * self.width + item
        place = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return np.where((self.keys[place] == wanted) & (item < self.width), self.units[place], 0)


def _unit_costs(runs: Collection[int]) -> dict[int, _Units]:
    rows = ItemCost.objects.filter(run__in=runs).order_by("run", "department", "item")
    of_run: dict[int, list[tuple[int, int, int, int]]] = {}
    for run, department, item, quantity, cost in rows.annotate(medical=MEDICAL_COST).values_list(
        "run", "department", "item", "quantity", "medical"
    ):
        # a service is measured in 1/10,000; what a pharmacy hands out in yuan, hence in fen
        volume = int(quantity * (TEN_THOUSAND if item else 100))
        of_run.setdefault(run, []).append((department, item or HANDED_OUT, volume, to_fen(cost)))
    return {run: _fixed(np.array(listed, dtype=np.int64)) for run, listed in of_run.items()}


def _fixed(table: IntArray) -> _Units:
    table = table[table[:, 2] > 0]
    width = int(table[:, 1].max()) + 1 if len(table) else 1
    keys = table[:, 0] * width + table[:, 1]
    order = np.argsort(keys)
    most = int(np.abs(table[:, 3]).sum()) if len(table) else 0
    places = max(_BITS - most.bit_length(), 0)
    units = (table[:, 3] << places) // np.maximum(table[:, 2], 1)
    return _Units(keys[order], units[order], width)


def _month(
    institution: Institution,
    period: Period,
    sequence: int,
    pots: IntArray,
    units: _Units | None,
    case_of: IntArray,
    first: int,
) -> Shares:
    """The lines of a month, weighed; `first` is the number of its first segment."""
    lines = read_case_columns(institution.pk, period, sequence, pots[:, 0].tolist())
    known = items_as_of(institution, period.last_day, sequence)
    classes = {number: one.item_class for number, one in known.items()}
    item = lines["item"].astype(np.int64)
    kinds, where = np.unique(item, return_inverse=True)
    of_kind = [classes.get(number, "") for number in kinds.tolist()]
    is_drug = np.array([each == ItemClass.DRUG for each in of_kind], dtype=np.bool_)[where]
    is_material = np.array([each == ItemClass.CHARGEABLE_MATERIAL for each in of_kind], dtype=np.bool_)[where]
    goods = is_drug | is_material
    service = np.zeros(len(item), dtype=np.int64)
    if units is not None:
        asked = np.where(goods, HANDED_OUT, item)
        service = units.of(lines["executing"], asked) * np.where(goods, lines["amount"], lines["quantity"])
    return Shares(
        segment=first + np.searchsorted(pots[:, 0], lines["encounter"]),
        case=np.searchsorted(case_of, lines["encounter"]),
        item=item,
        quantity=lines["quantity"],
        charges=lines["amount"],
        service=service,
        drug=np.where(is_drug, lines["amount"], 0),
        material=np.where(is_material, lines["amount"], 0),
    )


@dataclass(frozen=True, slots=True)
class Side:
    """Of one case in yuan, of cost or of charges: the identities of `engine.pathways`."""

    standard: Decimal
    missing: Decimal
    spared: Decimal
    optional: Decimal
    price: Decimal
    inside: Decimal
    outside: Decimal

    @property
    def actual(self) -> Decimal:
        """inside + outside"""
        return self.inside + self.outside

    @property
    def difference(self) -> Decimal:
        """actual − standard = − missing − spared + optional + price + outside"""
        return self.actual - self.standard


@dataclass(frozen=True, slots=True)
class PathwayCase:
    """A discharge against its pathway. `absent` obligatory items it did not use, of `obligatory`."""

    case: DischargedCase
    standard_days: Decimal
    cost: Side
    charges: Side
    absent: int
    obligatory: int
    entered: bool

    @property
    def days_over(self) -> Decimal:
        """Days beyond the standard; negative when shorter."""
        return self.case.stay_days - self.standard_days

    @property
    def complete(self) -> bool:
        """完成路径: entered, and every obligatory item was used."""
        return self.entered and not self.absent

    @property
    def surplus(self) -> Decimal | None:
        """Payment − medical cost."""
        return None if self.case.payment is None else self.case.payment - self.cost.actual


@dataclass(frozen=True, slots=True)
class Recurring:
    """An item that cases of a pathway used outside of it: off it (`on` False), or beyond the standard quantity."""

    item: int
    on: bool
    cases: int
    quantity: Decimal
    cost: Decimal
    charges: Decimal


@dataclass(frozen=True, slots=True, eq=False)
class CasesOfPathway:
    """The cases of a pathway in a month, by number of encounter; `uncosted` have no cost yet and are left out."""

    standard: StandardOf
    cases: tuple[PathwayCase, ...]
    uncosted: int
    used: Used
    compared: Compared

    @property
    def pathway(self) -> Pathway:
        """Whose cases these are."""
        return self.standard.pathway

    @property
    def entered(self) -> int:
        """入径例数"""
        return sum(one.entered for one in self.cases)

    @property
    def complete(self) -> int:
        """完成路径例数"""
        return sum(one.complete for one in self.cases)

    def total(self, side: str, part: str) -> Decimal:
        """Sum over the cases of a part of their cost or charges."""
        return sum((getattr(getattr(one, side), part) for one in self.cases), ZERO)

    def mean(self, side: str, part: str) -> Decimal | None:
        """Mean of a case."""
        return self.total(side, part) / len(self.cases) if self.cases else None

    @property
    def mean_cost(self) -> Decimal | None:
        """例均成本"""
        return self.mean("cost", "actual")

    @property
    def mean_outside(self) -> Decimal | None:
        """例均路径外成本"""
        return self.mean("cost", "outside")

    @property
    def mean_days(self) -> Decimal | None:
        """平均住院日"""
        return Decimal(sum(one.case.stay_days for one in self.cases)) / len(self.cases) if self.cases else None

    @property
    def mean_payment(self) -> Decimal | None:
        """例均支付, of the cases that have a price."""
        paid = [one.case.payment for one in self.cases if one.case.payment is not None]
        return sum(paid, ZERO) / len(paid) if paid else None

    def by_item(self) -> list[tuple[int, int, int]]:
        """Item, quantity (1/10,000) and cost (fen) over all cases."""
        items, where = np.unique(self.used.item, return_inverse=True)
        sums = np.zeros((len(items), 2), dtype=np.int64)
        for column, values in enumerate((self.used.quantity, self.used.cost)):
            np.add.at(sums[:, column], where, values)
        return [
            (number, quantity, cost) for number, (quantity, cost) in zip(items.tolist(), sums.tolist(), strict=True)
        ]

    def outside(self) -> list[Recurring]:
        """What recurs outside, in columns; the dearest first."""
        used, found = self.used, self.compared
        quantity = used.quantity - found.inside_quantity
        cost, charges = used.cost - found.inside_cost, used.charges - found.inside_charges
        beyond = np.flatnonzero((quantity != 0) | (cost != 0) | (charges != 0))
        items, where = np.unique(used.item[beyond], return_inverse=True)
        sums = np.zeros((len(items), 4), dtype=np.int64)
        for column, values in enumerate((np.ones(len(used.item), dtype=np.int64), quantity, cost, charges)):
            np.add.at(sums[:, column], where, values[beyond])
        on = {row.item for row in self.standard.rows}
        rows = [
            Recurring(
                item=number,
                on=number in on,
                cases=int(cases),
                quantity=Decimal(int(volume)) / TEN_THOUSAND,
                cost=from_fen(int(of_cost)),
                charges=from_fen(int(of_charges)),
            )
            for number, (cases, volume, of_cost, of_charges) in zip(items.tolist(), sums.tolist(), strict=True)
        ]
        return sorted(rows, key=lambda row: (-row.cost, row.item))

    def lines_of(self, encounter: int) -> list["CaseLine"]:
        """One case item by item: what of it is inside, what outside, and what is missing."""
        place = next(index for index, one in enumerate(self.cases) if one.case.encounter == encounter)
        mine = np.flatnonzero(self.used.case == place)
        limits = {row.item: row for row in self.standard.rows}
        found = []
        for at in mine.tolist():
            number = int(self.used.item[at])
            row = limits.pop(number, None)
            found.append(
                CaseLine(
                    item=number,
                    obligatory=row.obligatory if row else None,
                    standard=row.quantity if row else None,
                    quantity=Decimal(int(self.used.quantity[at])) / TEN_THOUSAND,
                    inside_cost=from_fen(int(self.compared.inside_cost[at])),
                    outside_cost=from_fen(int(self.used.cost[at] - self.compared.inside_cost[at])),
                    inside_charges=from_fen(int(self.compared.inside_charges[at])),
                    outside_charges=from_fen(int(self.used.charges[at] - self.compared.inside_charges[at])),
                )
            )
        absent = [
            CaseLine(row.item, row.obligatory, row.quantity, Decimal(0), ZERO, ZERO, ZERO, ZERO)
            for row in limits.values()
            if row.obligatory
        ]
        return [*absent, *sorted(found, key=lambda one: (-one.outside_cost, -one.inside_cost, one.item))]


@dataclass(frozen=True, slots=True)
class CaseLine:
    """An item of one case; `obligatory` is None off the pathway."""

    item: int
    obligatory: bool | None
    standard: Decimal | None
    quantity: Decimal
    inside_cost: Decimal
    outside_cost: Decimal
    inside_charges: Decimal
    outside_charges: Decimal

    @property
    def where(self) -> str:
        """missing, off, over or inside."""
        if self.obligatory is None:
            return "off"
        if self.quantity <= 0:
            return "missing" if self.obligatory else "inside"
        return "over" if self.standard is not None and self.quantity > self.standard else "inside"


@dataclass(frozen=True, slots=True)
class MonthOfPathways:
    """The pathways in force of an institution's month with their cases; `without` discharges have none."""

    run: PatientRun
    settled: MonthOfCases
    pathways: tuple[CasesOfPathway, ...]
    stays: dict[int, StayAt] = field(default_factory=dict)

    @property
    def discharges(self) -> int:
        """出院例数"""
        return len(self.settled.cases)

    @property
    def matched(self) -> int:
        """Discharges for which there is a pathway, whether costed or not."""
        return sum(len(one.cases) + one.uncosted for one in self.pathways)

    @property
    def entered(self) -> int:
        """入径例数"""
        return sum(one.entered for one in self.pathways)

    @property
    def complete(self) -> int:
        """完成路径例数"""
        return sum(one.complete for one in self.pathways)

    def of(self, pathway: int) -> CasesOfPathway | None:
        """The cases of one pathway."""
        return next((one for one in self.pathways if one.pathway.pk == pathway), None)


def month_of_pathways(*, run: PatientRun, only: Collection[int] = ()) -> MonthOfPathways | None:
    """The month of a patient run against the pathways in force on its last day; `only` some of them. None while nothing has
    been priced. Queries: a dozen, and two for each month of the stays."""
    settled = month_of_cases(institution=run.institution_id, period=run.period)
    if settled is None:
        return None
    held = in_force(institutions=[run.institution_id], day=Period.parse(run.period).last_day)
    stays: dict[int, StayAt] = {}
    concerned = [case for case in settled.cases if case.drg in {one.drg for one in held}]
    if any(one.diagnosis or one.procedure for one in held):
        stays = stays_of(
            institution=run.institution_id,
            encounters=[case.encounter for case in concerned],
            sequence=settled.sequence,
        )
    by_pathway: dict[int, list[DischargedCase]] = {}
    for case in concerned:
        found = pathway_of(case, stays.get(case.encounter), held)
        if found is not None:
            by_pathway.setdefault(found.pk, []).append(case)
    chosen = [one for one in held if not only or one.pk in only]
    priced = standards(run=run, held=chosen)
    share = entry_share(run=run)
    cases = [case for one in chosen for case in by_pathway.get(one.pk, ())]
    encounters = sorted(case.encounter for case in cases)
    used = used_items(institution=run.institution, encounters=encounters)
    costed = set(
        PatientCost.objects.filter(run__is_current=True, run__institution=run.institution_id, encounter__in=encounters)
        .order_by()
        .values_list("encounter", flat=True)
    )
    found_of = tuple(
        _of_pathway(priced[one.pk], by_pathway.get(one.pk, []), used, encounters, costed, share) for one in chosen
    )
    return MonthOfPathways(run, settled, found_of, stays)


def _of_pathway(
    standard: StandardOf,
    cases: Sequence[DischargedCase],
    used: Used,
    encounters: Sequence[int],
    costed: Collection[int],
    share: Decimal,
) -> CasesOfPathway:
    mine = sorted((case for case in cases if case.encounter in costed), key=lambda case: case.encounter)
    numbers = np.searchsorted(
        np.array(encounters, dtype=np.int64), np.array([case.encounter for case in mine], dtype=np.int64)
    )
    place = np.full(len(encounters) + 1, -1, dtype=np.int64)
    place[numbers] = np.arange(len(mine))
    chosen = np.flatnonzero(place[used.case] >= 0)
    own = Used(
        place[used.case[chosen]], used.item[chosen], used.quantity[chosen], used.charges[chosen], used.cost[chosen]
    )
    compared = compare(own, len(mine), _engine_standard(standard))
    obligatory = len(standard.obligatory)
    rows = [
        PathwayCase(
            case=case,
            standard_days=standard.pathway.standard_days,
            cost=_side(compared.cost, index),
            charges=_side(compared.charges, index),
            absent=int(compared.absent[index]),
            obligatory=obligatory,
            entered=obligatory - int(compared.absent[index]) >= share * obligatory,
        )
        for index, case in enumerate(mine)
    ]
    return CasesOfPathway(standard, tuple(rows), len(cases) - len(mine), own, compared)


def _side(parts: Parts, index: int) -> Side:
    names = ("missing", "spared", "optional", "price", "inside", "outside")
    return Side(
        from_fen(parts.standard),
        *(from_fen(int(getattr(parts, name)[index])) for name in names),
    )


def _engine_standard(standard: StandardOf) -> Standard:
    rows = standard.rows
    return Standard(
        item=np.array([row.item for row in rows], dtype=np.int64),
        quantity=np.array([int(row.quantity * TEN_THOUSAND) for row in rows], dtype=np.int64),
        obligatory=np.array([row.obligatory for row in rows], dtype=np.bool_),
        cost=np.array([to_fen(row.cost) for row in rows], dtype=np.int64),
        charges=np.array([to_fen(row.charge) for row in rows], dtype=np.int64),
    )


def used_of_group(*, run: PatientRun, drg: str) -> tuple[int, list[tuple[int, int, Decimal]]]:
    """How many costed cases the group has in the month, and of each item: cases that used it, median quantity of those; the
    most used first. What a first version of a pathway is begun from."""
    settled = month_of_cases(institution=run.institution_id, period=run.period)
    encounters = sorted(case.encounter for case in settled.cases if case.drg == drg) if settled else []
    used = used_items(institution=run.institution, encounters=encounters)
    chosen = np.flatnonzero((used.quantity > 0) & (used.item > 0))
    items, quantity = used.item[chosen], used.quantity[chosen]
    order = np.lexsort((quantity, items))
    numbers, starts, counts = np.unique(items[order], return_index=True, return_counts=True)
    middle = quantity[order][starts + (counts - 1) // 2] if len(numbers) else numbers
    rows = [
        (int(number), int(count), Decimal(int(median)) / TEN_THOUSAND)
        for number, count, median in zip(numbers, counts, middle, strict=True)
    ]
    return len(np.unique(used.case)), sorted(rows, key=lambda row: (-row[1], row[0]))
