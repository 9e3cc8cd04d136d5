"""Pathways and standards in force, for which cases a pathway is, and what its items cost and are charged at."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Prefetch, QuerySet, Sum

from costing.engine.columns import COST_ITEMS
from costing.models import IncomeCell, ItemCost, ItemStandard, Pathway, PathwayItem, PatientCost, PatientRun
from costing.selectors.access import READERS
from insurance_settlement.public import DischargedCase
from ops_platform.his_intake.public import StayAt, item_sums, items_as_of
from ops_platform.kernel import Actor, NotFound, Period
from ops_platform.masterdata.models import ChargeItem, ItemClass
from ops_platform.masterdata.selectors import parameter_value

ZERO = Decimal("0.00")
FEN = Decimal("0.01")
LOOKED_BACK = 12  # months in which a price is looked for when the month itself has none
ENTRY = "costing.pathway_entry_share"


def pathways(*, actor: Actor) -> QuerySet[Pathway]:
    """All versions of the institutions that the actor reads; by group, the newest first."""
    rows = Pathway.objects.visible_to(actor, *READERS).select_related("institution")
    return rows.order_by("institution__code", "drg", "diagnosis", "procedure", "-effective_from", "pk")


def access_pathway(*, actor: Actor, pathway: int) -> Pathway:
    """One version. Raises NotFound for what the actor may not see."""
    found = pathways(actor=actor).filter(pk=pathway).first()
    if found is None:
        raise NotFound("costing.no_pathway", "没有这条临床路径。")
    return found


def versions_of(pathway: Pathway) -> QuerySet[Pathway]:
    """All versions of a pathway with their items, the newest first; two queries."""
    rows = Pathway.objects.filter(
        institution=pathway.institution_id, drg=pathway.drg, diagnosis=pathway.diagnosis, procedure=pathway.procedure
    )
    items = Prefetch("items", PathwayItem.objects.select_related("item").order_by("item__code"))
    return rows.select_related("institution").prefetch_related(items).order_by("-effective_from", "pk")


def in_force(*, institutions: Collection[int], day: date) -> list[Pathway]:
    """The version of each pathway that holds on the day, without those that have ended. One query."""
    newest = (
        Pathway.objects.filter(institution__in=institutions, effective_from__lte=day)
        .order_by("institution_id", "drg", "diagnosis", "procedure", "-effective_from")
        .distinct("institution_id", "drg", "diagnosis", "procedure")
    )
    with_items = PathwayItem.objects.filter(pathway__in=newest.values("pk")).order_by().values("pathway").distinct()
    held = set(with_items.values_list("pathway", flat=True))
    return [row for row in newest if row.pk in held]


def pathway_of(case: DischargedCase, stay: StayAt | None, held: Iterable[Pathway]) -> Pathway | None:
    """The narrowest pathway that fits the case: by group, then by main diagnosis and procedure."""
    fitting = [
        one
        for one in held
        if one.drg == case.drg
        and (not one.diagnosis or (stay is not None and stay.diagnosis.startswith(one.diagnosis)))
        and (not one.procedure or (stay is not None and stay.procedure.startswith(one.procedure)))
    ]
    return max(fitting, key=lambda one: (len(one.procedure), len(one.diagnosis), -one.pk), default=None)


@dataclass(frozen=True, slots=True)
class Price:
    """What one of an item costs (医疗成本) and is charged at, in yuan, exact; None where it was not used in the last twelve
    months. The cost of a service comes from `served`: the run it was costed in, cost and quantity; that of drugs and
    materials from `goods`: what was charged, the quantity, and what a yuan charged cost."""

    cost: Decimal | None
    charge: Decimal | None
    served: tuple[PatientRun, Decimal, Decimal] | None = None
    goods: tuple[Decimal, Decimal, Decimal] | None = None


def prices(*, run: PatientRun, items: Collection[int]) -> dict[int, Price]:
    """Unit costs and mean charges of items as the month's patients were costed; of an item that was not used in it, as in
    the newest month before it, at most `LOOKED_BACK`. Services: cost of all departments ÷ quantity. Drugs and separately
    charged materials: mean charge × what a yuan charged of them cost in the month, as patient costing has it. Six
    queries, and one a month looked back to."""
    period = Period.parse(run.period)
    back = [period.shift(-months) for months in range(LOOKED_BACK)]
    sequence = run.cost_run.input_sequence
    charged = {
        one.item: (one.amount, one.quantity)
        for one in item_sums(institution=run.institution_id, periods=back, sequence=sequence, items=items)
    }
    served: dict[int, tuple[int, Decimal, Decimal]] = {}
    rows = ItemCost.objects.filter(
        run__institution=run.institution_id,
        run__is_current=True,
        run__period__in=[str(one) for one in back],
        item__in=items,
    )
    sums = rows.order_by("item", "run__period").values_list("item", "run__period", "run")
    for item, _period, of, quantity, *costs in sums.annotate(
        volume=Sum("quantity"), **{f"of_{n}": Sum(n) for n in COST_ITEMS}
    ):
        if quantity > 0:
            served[item] = of, sum(costs, ZERO), quantity  # the newest month comes last
    ratios = _goods_ratios(run)
    classes = items_as_of(run.institution, period.last_day, sequence)
    runs = PatientRun.objects.in_bulk({of for of, _cost, _quantity in served.values()})
    found = {}
    for item in items:
        item_class = classes[item].item_class if item in classes else ""
        amount, quantity = charged.get(item, (None, None))
        charge = amount / quantity if amount is not None and quantity else None
        if item_class in ratios:
            ratio = ratios[item_class]
            whole = None if amount is None or quantity is None else (amount, quantity, ratio)
            found[item] = Price(None if charge is None else charge * ratio, charge, goods=whole)
        elif item in served:
            of, cost, volume = served[item]
            found[item] = Price(cost / volume, charge, served=(runs[of], cost, volume))
        else:
            found[item] = Price(None, charge)
    return found


def _goods_ratios(run: PatientRun) -> dict[str, Decimal]:
    """What a yuan charged of drugs and of separately charged materials cost in the month; 1 where none was charged (no
    mark-up)."""
    whole = PatientCost.objects.filter(run=run).aggregate(drug=Sum("drug_cost"), material=Sum("material_cost"))
    cells = IncomeCell.objects.filter(run=run.cost_run_id).order_by().values_list("item_class")
    charged = dict(cells.annotate(amount=Sum("amount")))
    return {
        str(item_class): (whole[name] or ZERO) / charged[item_class] if charged.get(item_class) else Decimal(1)
        for item_class, name in ((ItemClass.DRUG, "drug"), (ItemClass.CHARGEABLE_MATERIAL, "material"))
    }


@dataclass(frozen=True, slots=True)
class StandardRow:
    """An item of a pathway: standard quantity, and what it costs and is charged at in the month (yuan, to the fen)."""

    item: int
    code: str
    name: str
    quantity: Decimal
    obligatory: bool
    price: Price

    @property
    def cost(self) -> Decimal:
        """标准成本; zero where no cost is known."""
        return _rounded(self.price.cost, self.quantity)

    @property
    def charge(self) -> Decimal:
        """标准收费; zero where no price is known."""
        return _rounded(self.price.charge, self.quantity)

    @property
    def unknown(self) -> bool:
        """Whether cost or charge is missing."""
        return self.price.cost is None or self.price.charge is None


def _rounded(price: Decimal | None, quantity: Decimal) -> Decimal:
    return (price * quantity).quantize(FEN, rounding=ROUND_HALF_UP) if price is not None else ZERO


@dataclass(frozen=True, slots=True)
class StandardOf:
    """A pathway priced in a month."""

    pathway: Pathway
    rows: tuple[StandardRow, ...]

    @property
    def obligatory(self) -> list[StandardRow]:
        """必选项目"""
        return [row for row in self.rows if row.obligatory]

    @property
    def cost(self) -> Decimal:
        """标准成本: obligatory items."""
        return sum((row.cost for row in self.obligatory), ZERO)

    @property
    def charge(self) -> Decimal:
        """标准收费: obligatory items."""
        return sum((row.charge for row in self.obligatory), ZERO)

    @property
    def optional_cost(self) -> Decimal:
        """Of all optional items."""
        return sum((row.cost for row in self.rows if not row.obligatory), ZERO)

    @property
    def unknown(self) -> int:
        """Items without a known cost or price."""
        return sum(row.unknown for row in self.rows)


def standards(*, run: PatientRun, held: Collection[Pathway]) -> dict[int, StandardOf]:
    """Pathways priced in the month of a run, by pathway; eight queries."""
    rows = PathwayItem.objects.filter(pathway__in=[one.pk for one in held]).select_related("item")
    of_pathway: dict[int, list[PathwayItem]] = {}
    for row in rows.order_by("pathway", "-obligatory", "item__code"):
        of_pathway.setdefault(row.pathway_id, []).append(row)
    known = prices(run=run, items={row.item_id for rows in of_pathway.values() for row in rows})
    return {
        one.pk: StandardOf(
            one,
            tuple(
                StandardRow(row.item_id, row.item.code, row.item.name, row.quantity, row.obligatory, known[row.item_id])
                for row in of_pathway.get(one.pk, ())
            ),
        )
        for one in held
    }


def names_of_items(items: Iterable[int]) -> Mapping[int, tuple[str, str]]:
    """Code and name of items; one query."""
    rows = ChargeItem.objects.filter(pk__in=list(items)).values_list("pk", "code", "name")
    return {number: (code, name) for number, code, name in rows}


def entry_share(*, run: PatientRun) -> Decimal:
    """From which share of the obligatory items on a case counts as entered (入径)."""
    day = Period.parse(run.period).last_day
    return parameter_value(key=ENTRY, day=day, institution=run.institution)


def item_standards(*, actor: Actor) -> QuerySet[ItemStandard]:
    """Standards of the institutions that the actor reads, the newest of each place first."""
    rows = ItemStandard.objects.visible_to(actor, *READERS).select_related("institution", "department", "item")
    return rows.order_by("institution__code", "department__code", "item__code", "-effective_from", "pk")


def item_standards_in_force(*, institution: int, day: date) -> list[ItemStandard]:
    """The standard of each item of a department on the day, without those that have ended. One query."""
    rows = (
        ItemStandard.objects.filter(institution=institution, effective_from__lte=day)
        .select_related("department", "item")
        .order_by("department_id", "item_id", "-effective_from")
        .distinct("department_id", "item_id")
    )
    held = [row for row in rows if row.quantity > 0]
    return sorted(held, key=lambda row: (row.department.code, row.item.code))
