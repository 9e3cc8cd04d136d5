"""One encounter: of what its cost is made, item by item."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum
from django.utils import timezone

from costing.models import IncomeCell, ItemCost, PatientCost
from costing.selectors.access import DRILL_READERS
from costing.selectors.patients import FEN, ZERO, refuse_pruned
from costing.titles import HANDING_OUT
from ops_platform.his_intake.public import ChargedLine, EncounterAt, encounter_at, encounter_lines
from ops_platform.kernel import Actor, NotFound, Period
from ops_platform.masterdata.models import ItemClass


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one item in one department gave to an encounter: its quantity of the item's whole, and that share of its cost.
    Drugs and separately charged materials come as one line each, by amount. `row` is the row of item costs; `lines` says
    which charge lines of the encounter it is made of, as its page asks for them."""

    item: str
    department: str
    quantity: Decimal | None
    amount: Decimal
    whole: Decimal
    whole_cost: Decimal
    cost: Decimal
    row: int | None = None
    lines: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PatientDetail:
    """An encounter's month: the stored row, and whence it comes. `rounding` is the fen that largest remainder moved;
    `others` are its other months in current runs, of a stay that lasted over a month's end."""

    row: PatientCost
    encounter: EncounterAt
    contributions: tuple[Contribution, ...]
    explained: Decimal
    rounding: Decimal
    others: tuple[PatientCost, ...] = ()

    @property
    def is_explained(self) -> bool:
        """A fen of rounding for each line and the row itself is all that may be left."""
        return abs(self.rounding) <= FEN * (len(self.contributions) + 1)

    @property
    def whole_stay(self) -> Decimal:
        """医疗成本 of all its months, as disease groups count it."""
        return self.row.medical_cost + sum((one.medical_cost for one in self.others), ZERO)


def access_patient(*, actor: Actor, run_id: int, encounter: int) -> PatientDetail:
    """One encounter of a run. Raises NotFound for what the actor may not see: institution and treating department decide."""
    rows = PatientCost.objects.filter(run=run_id, encounter=encounter)
    row = rows.select_related("run__institution", "run__cost_run", "department").first()
    if row is None:
        refuse_pruned(actor, run_id)
    if row is None or not actor.may(row.run.institution_id, *DRILL_READERS, department=row.department_id):
        raise NotFound("costing.no_patient", "没有这个患者的成本。")
    sequence = row.run.cost_run.input_sequence
    found = encounter_at(institution=row.run.institution_id, encounter=encounter, sequence=sequence)
    if found is None:
        raise NotFound("costing.no_patient", "没有这个患者的成本。")
    lines = encounter_lines(institution=row.run.institution_id, encounter=found, sequence=sequence)
    period = Period.parse(row.run.period)
    of_month = [line for line in lines.rows if Period.of(timezone.localdate(line.charged_at)) == period]
    contributions = (*_services(row, of_month), *_apart(row, of_month))
    explained = sum((one.cost for one in contributions), ZERO)
    others = PatientCost.objects.filter(
        encounter=encounter, run__institution=row.run.institution_id, run__is_current=True
    )
    months = others.exclude(run__period=row.run.period).select_related("run").order_by("run__period")
    return PatientDetail(row, found, contributions, explained, row.hospital_cost - explained, tuple(months))


def _services(row: PatientCost, lines: Sequence[ChargedLine]) -> list[Contribution]:
    used: dict[tuple[int, str], list[ChargedLine]] = {}
    for line in lines:
        if line.item_class == ItemClass.SERVICE:
            used.setdefault((line.executing, line.item_code), []).append(line)
    codes = {code for _department, code in used}
    rows = ItemCost.objects.filter(run=row.run_id, item__code__in=codes).select_related("item", "department")
    known = {(item.department_id, item.item.code): item for item in rows if item.item is not None}
    found = []
    for (department, code), mine in sorted(used.items()):
        item = known.get((department, code))
        quantity = sum((line.quantity for line in mine), Decimal(0))
        cost = item.hospital_cost * quantity / item.quantity if item is not None and item.quantity > 0 else ZERO
        found.append(
            Contribution(
                item=mine[0].item_name,
                department=mine[0].executing_name,
                quantity=quantity,
                amount=sum((line.amount for line in mine), ZERO),
                whole=item.quantity if item else ZERO,
                whole_cost=item.hospital_cost if item else ZERO,
                cost=cost.quantize(ZERO),
                row=item.pk if item else None,
                lines=(("item", code), ("executing", str(department))),
            )
        )
    return sorted([*found, *_handed_out(row, lines)], key=lambda one: (-one.cost, one.item))


def _handed_out(row: PatientCost, lines: Sequence[ChargedLine]) -> list[Contribution]:
    """What handing out drugs and materials cost the departments that do nothing else, by amount."""
    goods = [line for line in lines if line.item_class != ItemClass.SERVICE]
    rows = ItemCost.objects.filter(run=row.run_id, item=None, department__in={line.executing for line in goods})
    found = []
    for item in rows.select_related("department").order_by("department__code"):
        amount = sum((line.amount for line in goods if line.executing == item.department_id), ZERO)
        found.append(
            Contribution(
                item=HANDING_OUT,
                department=item.department.name,
                quantity=amount,
                amount=ZERO,
                whole=item.quantity,
                whole_cost=item.hospital_cost,
                cost=(item.hospital_cost * amount / item.quantity).quantize(ZERO),
                row=item.pk,
            )
        )
    return found


def _apart(row: PatientCost, lines: Sequence[ChargedLine]) -> list[Contribution]:
    """Drugs and materials: what the row bears beyond its services is theirs."""
    whole = PatientCost.objects.filter(run=row.run_id).aggregate(drug=Sum("drug_cost"), material=Sum("material_cost"))
    cells = IncomeCell.objects.filter(run=row.run.cost_run_id).order_by().values_list("item_class")
    charged = dict(cells.annotate(amount=Sum("amount")))
    found = []
    for item_class, name, cost, whole_cost in (
        (ItemClass.DRUG, "药品", row.drug_cost, whole["drug"]),
        (ItemClass.CHARGEABLE_MATERIAL, "单独收费卫生材料", row.material_cost, whole["material"]),
    ):
        amount = sum((line.amount for line in lines if line.item_class == item_class), ZERO)
        if amount or cost:
            found.append(
                Contribution(
                    item=name,
                    department="全院",
                    quantity=None,
                    amount=amount,
                    whole=charged.get(item_class, ZERO),
                    whole_cost=whole_cost or ZERO,
                    cost=cost,
                    lines=(("item_class", str(item_class)),),
                )
            )
    return found
