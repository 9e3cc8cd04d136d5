"""Reads of service units: what is defined, and what a workbook of them is filled with."""

from collections import defaultdict
from datetime import date

from django.db.models import Count, QuerySet

from costing.models import IncomeCell, PatientUnitCost, ServiceUnitPart, UnitDefinition
from costing.patient_facts import BEARERS
from costing.selectors.access import READERS
from costing.sheets import Column, Row, Sheet, cells, share, summed
from costing.titles import FEE_CLASS_TITLES
from costing.unit_files import OTHERS, Part
from ops_platform.kernel import Actor, NotFound
from ops_platform.masterdata.models import Department, Institution, ItemClass

MONTHS = 3


def definitions(*, actor: Actor) -> QuerySet[UnitDefinition]:
    """All definitions of the institutions that the actor reads, the newest first, with their number of units."""
    rows = UnitDefinition.objects.visible_to(actor, *READERS).select_related("institution")
    return rows.annotate(count=Count("units")).order_by("institution__code", "-effective_from", "pk")


def in_force(rows: QuerySet[UnitDefinition], day: date) -> set[int]:
    """Which of them hold on the day."""
    newest: dict[int, int] = {}
    for row in rows:
        if row.effective_from <= day:
            newest.setdefault(row.institution_id, row.pk)
    return set(newest.values())


def access_definition(*, actor: Actor, definition_id: int) -> UnitDefinition:
    """One definition. Raises NotFound for what the actor may not see."""
    row = definitions(actor=actor).filter(pk=definition_id).first()
    if row is None:
        raise NotFound("costing.no_unit_definition", "没有这个服务单元定义。")
    return row


def definition_sheet(*, definition: UnitDefinition) -> Sheet:
    """Each unit with what belongs to it; one query."""
    parts = ServiceUnitPart.objects.filter(definition=definition).select_related("unit", "department")
    belongs: dict[int, list[str]] = defaultdict(list)
    units = {}
    for part in parts.order_by("unit__code", "department__code", "fee_class"):
        units[part.unit_id] = part.unit
        belongs[part.unit_id].append(f"{part.department}：{FEE_CLASS_TITLES.get(part.fee_class, OTHERS)}")
    rows = tuple(
        Row(f"{unit.code} {unit.name}", cells(str(unit.get_kind_display()), "；".join(belongs[number])))
        for number, unit in units.items()
    )
    notes = (
        "没有列入的执行科室各为一个单元。药品、单独收费卫生材料各为一个单元，成本收入比为 100%。",
        "一个科室按费用类别分到几个单元的，其成本按各类别项目的成本划分。",
    )
    return Sheet("服务单元", (Column("类别", "text"), Column("组成", "words")), rows, notes)


def patient_units(*, run: int, encounter: int) -> Sheet | None:
    """What a stay was charged and cost in each service unit of a run; the costs sum to its cost to income, to the fen. None
    for visits, and where the executing departments are the units. One query."""
    found = PatientUnitCost.objects.filter(unit__run=run, encounter=encounter)
    listed = list(found.select_related("unit__unit", "unit__department").order_by("unit"))
    if not listed:
        return None
    rows = [
        Row(
            one.unit.title,
            cells(one.income, one.base, one.unit.ratio, one.cost),
        )
        for one in listed
    ]
    income, cost = summed([one.income for one in listed]), summed([one.cost for one in listed])
    rows.append(Row("合计", cells(income, None, share(cost, income), cost), level="total"))
    columns = (Column("收费"), Column("分配依据"), Column("成本收入比", "percent"), Column("成本"))
    return Sheet("服务单元", columns, tuple(rows))


def unit_table(*, institution: Institution, day: date) -> list[Part]:
    """The parts of the definition on the day, then what technology and clinical departments carried out in the last months
    by fee class that no part names; by department and fee class."""
    newest = UnitDefinition.objects.filter(institution=institution, effective_from__lte=day)
    definition = newest.order_by("-effective_from", "-pk").first()
    parts = ServiceUnitPart.objects.filter(definition=definition).select_related("unit", "department")
    found = {
        (part.department.code, part.fee_class): Part(
            part.department.code, part.department.name, part.fee_class, part.unit.code, part.unit.name, part.unit.kind
        )
        for part in parts
    }
    for department, name, fee_class in _carried_out(institution):
        if (department, fee_class) not in found:
            found[department, fee_class] = Part(department, name, fee_class)
    return [found[key] for key in sorted(found)]


def _carried_out(institution: Institution) -> list[tuple[str, str, str]]:
    """Department code and name, and fee class of services of the last costed months; each department as a whole while no
    month is costed."""
    cells_of = IncomeCell.objects.filter(
        run__institution=institution, run__is_current=True, item_class=ItemClass.SERVICE
    ).order_by()
    months = sorted(set(cells_of.values_list("run__period", flat=True)), reverse=True)[:MONTHS]
    rows = cells_of.filter(run__period__in=months, executing__terms__cost_class__in=BEARERS)
    carried = list(rows.values_list("executing__code", "executing__name", "fee_class").distinct())
    if carried:
        return carried
    bearing = Department.objects.filter(institution=institution, terms__cost_class__in=BEARERS)
    return [(code, name, "") for code, name in bearing.order_by("code").values_list("code", "name").distinct()]
