"""How many discharges have a pathway, by member; and the items for which standards may be entered."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from costing.models import ItemCost, PatientRun
from costing.selectors import access
from costing.selectors.pathway_cases import month_of_pathways
from costing.selectors.pathways import in_force, item_standards_in_force
from costing.sheets import share
from insurance_settlement.public import group_sums
from ops_platform.kernel import Actor, Period

MICRO = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Coverage:
    """A member's month. `entered` and `complete` are None while its patients are not costed."""

    institution: str
    kind: str
    level: str
    pathways: int
    discharges: int
    covered: int
    entered: int | None
    complete: int | None

    @property
    def share(self) -> Decimal | None:
        """覆盖率: discharges whose group has a pathway ÷ discharges."""
        return share(self.covered, self.discharges)

    @property
    def entered_share(self) -> Decimal | None:
        """入径率: entered cases ÷ discharges whose group has a pathway."""
        return None if self.entered is None else share(self.entered, self.covered)


def coverage(*, actor: Actor, period: str) -> list[Coverage]:
    """Members with discharges in the month or with a pathway, by code. Cases are read only of members that have pathways."""
    institutions = list(access.institutions(actor=actor))
    numbers = [one.pk for one in institutions]
    held: dict[int, set[str]] = {}
    pathways: dict[int, int] = {}
    for one in in_force(institutions=numbers, day=Period.parse(period).last_day):
        held.setdefault(one.institution_id, set()).add(one.drg)
        pathways[one.institution_id] = pathways.get(one.institution_id, 0) + 1
    discharged: dict[int, int] = {}
    covered: dict[int, int] = {}
    for group in group_sums(institutions=numbers, period=period):
        discharged[group.institution] = discharged.get(group.institution, 0) + group.cases
        if group.drg in held.get(group.institution, ()):
            covered[group.institution] = covered.get(group.institution, 0) + group.cases
    runs = {
        run.institution_id: run
        for run in PatientRun.objects.filter(institution__in=list(held), period=period, is_current=True).select_related(
            "institution", "cost_run"
        )
    }
    rows = []
    for institution in institutions:
        number = institution.pk
        if not discharged.get(number) and number not in held:
            continue
        found = month_of_pathways(run=runs[number]) if number in runs else None
        rows.append(
            Coverage(
                institution=institution.name,
                kind=str(institution.get_kind_display()),
                level=institution.level,
                pathways=pathways.get(number, 0),
                discharges=discharged.get(number, 0),
                covered=covered.get(number, 0),
                entered=found.entered if found else None,
                complete=found.complete if found else None,
            )
        )
    return rows


def places_of_items(*, institution: int) -> set[tuple[str, str]]:
    """Department and item codes of all service items that were ever costed in the current runs."""
    rows = ItemCost.objects.filter(run__institution=institution, run__is_current=True, item__isnull=False)
    return set(rows.order_by().values_list("department__code", "item__code").distinct())


def standards_beside_actuals(
    *, run: PatientRun, day: date
) -> list[tuple[tuple[str, str, str, str], tuple[Decimal | None, ...]]]:
    """Service items by department, with the standard in force on the day (quantity, unit cost) and what they were in the
    run's month."""
    held = {
        (row.department_id, row.item_id): row
        for row in item_standards_in_force(institution=run.institution_id, day=day)
    }
    rows = ItemCost.objects.filter(run=run, item__isnull=False, quantity__gt=0).select_related("department", "item")
    found: list[tuple[tuple[str, str, str, str], tuple[Decimal | None, ...]]] = []
    for row in rows.order_by("department__code", "item__code"):
        item = row.item
        if item is None:
            continue
        one = held.get((row.department_id, item.pk))
        unit = (row.medical_cost / row.quantity).quantize(MICRO, rounding=ROUND_HALF_UP)
        texts = (row.department.code, row.department.name, item.code, item.name)
        found.append((texts, (one.quantity if one else None, one.unit_cost if one else None, row.quantity, unit)))
    return found
