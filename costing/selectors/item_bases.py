"""Reads of the methods of item costing."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet

from costing.activities import WantedActivity
from costing.activity_files import RESOURCE, TITLES, Filled
from costing.models import Activity, ActivityResource, ActivityUse, ItemBasis, ItemCoefficient, ItemMethod
from costing.selectors.access import READERS
from costing.sheets import Column, Row, Sheet, cells
from ops_platform.his_intake.public import executed_items
from ops_platform.kernel import Actor, NotFound
from ops_platform.masterdata.models import ChargeItem, ChargeItemTerm, CostClass, Department, Institution, ItemClass


def item_bases(*, actor: Actor) -> QuerySet[ItemBasis]:
    """All methods of the institutions that the actor reads, by institution and department, the newest first."""
    rows = ItemBasis.objects.visible_to(actor, *READERS).select_related("institution", "department")
    return rows.order_by("institution__code", "department__code", "-effective_from", "pk")


def in_force(rows: Iterable[ItemBasis], day: date) -> set[int]:
    """Which of them hold on the day."""
    newest: dict[tuple[int, int | None], ItemBasis] = {}
    for row in rows:
        place = (row.institution_id, row.department_id)
        if row.effective_from <= day and (place not in newest or newest[place].effective_from < row.effective_from):
            newest[place] = row
    return {row.pk for row in newest.values()}


def coefficients(*, institution: Institution, method: str, day: date) -> Iterator[tuple[str, str, Decimal | None]]:
    """Code and name of each service item, with the institution's coefficient of the method in force on the day."""
    rows = ItemCoefficient.objects.filter(
        institution=institution, department=None, method=method, effective_from__lte=day
    ).order_by("effective_from", "id")
    values = {row.item_id: row.value for row in rows}
    for term in _services(institution, day):
        yield term.item.code, term.name, values.get(term.item_id)


def _services(institution: Institution, day: date) -> list[ChargeItemTerm]:
    """The service items on the day, by code; one query."""
    terms = ChargeItemTerm.objects.filter(
        item__institution=institution, item_class=ItemClass.SERVICE, effective_from__lte=day
    )
    latest = {term.item_id: term for term in terms.select_related("item").order_by("effective_from", "id")}
    return sorted(latest.values(), key=lambda term: term.item.code)


def access_basis(*, actor: Actor, basis_id: int) -> ItemBasis:
    """One method. Raises NotFound for what the actor may not see."""
    row = item_bases(actor=actor).filter(pk=basis_id).first()
    if row is None:
        raise NotFound("costing.no_item_basis", "没有这个项目成本方法。")
    return row


def carrying_out(*, institutions: Iterable[Institution]) -> QuerySet[Department]:
    """Departments that carry services out: those that have their activities."""
    rows = Department.objects.filter(institution__in=institutions)
    classes = (CostClass.CLINICAL, CostClass.MEDICAL_TECHNOLOGY)
    rows = rows.filter(pk__in=Department.objects.filter(terms__cost_class__in=classes).order_by().values("pk"))
    return rows.select_related("institution").order_by("institution__code", "code")


def activity_table(*, department: Department, day: date) -> Filled:
    """What a workbook of activities is filled with: the activities in force on the day, and the service items that the
    department carried out of late or that use an activity; all of the institution while it has carried out none."""
    activities = activities_of(_by_activity(department, day))
    used = {code for one in activities for code in one.uses}
    carried = executed_items(department.institution_id, department.pk)
    services = _services(department.institution, day)
    mine = [term for term in services if term.item_id in carried or term.item.code in used]
    return Filled(activities, [(term.item.code, term.name) for term in mine or services])


def _by_activity(department: Department, day: date) -> ItemBasis | None:
    """The department's newest basis on the day, where it is one by activity."""
    rows = ItemBasis.objects.filter(department=department, effective_from__lte=day)
    newest = rows.order_by("-effective_from", "-pk").first()
    return newest if newest is not None and newest.method == ItemMethod.ACTIVITY else None


def activities_of(basis: ItemBasis | None) -> list[WantedActivity]:
    """The activities of a basis as they were asked for; three queries."""
    rows = Activity.objects.filter(basis=basis).order_by("number") if basis else Activity.objects.none()
    found = {row.pk: WantedActivity(row.name) for row in rows}
    for resource in ActivityResource.objects.filter(activity__in=found).order_by("pk"):
        found[resource.activity_id].resources[resource.column] = format(resource.value.normalize(), "f")
    for use in ActivityUse.objects.filter(activity__in=found).select_related("item").order_by("item__code"):
        found[use.activity_id].uses[use.item.code] = format(use.value.normalize(), "f")
    return list(found.values())


def basis_sheet(*, basis: ItemBasis) -> Sheet:
    """What a basis consists of: resource drivers and unit uses by activity, or the coefficients in force with it."""
    if basis.method == ItemMethod.ACTIVITY:
        return _activity_sheet(basis)
    rows = ItemCoefficient.objects.filter(
        institution=basis.institution_id, method=basis.method, effective_from__lte=basis.effective_from
    ).select_related("item", "department")
    latest = {
        (row.item_id, row.department_id): row
        for row in rows.order_by("effective_from", "id")
        if row.department_id in (None, basis.department_id)
    }
    lines = [
        Row(
            f"{row.item.code} {row.item.name}",
            cells(str(row.department or "全部科室"), row.value, f"{row.effective_from}"),
        )
        for row in sorted(latest.values(), key=lambda row: (row.item.code, row.department_id or 0))
    ]
    note = "按项目收入分配，不用系数。" if basis.method == ItemMethod.INCOME else "没有大于 0 的系数的项目不分配成本。"
    columns = (Column("适用科室", "text"), Column("系数", "quantity"), Column("自", "text"))
    return Sheet("项目", columns, tuple(lines), (note,))


def _activity_sheet(basis: ItemBasis) -> Sheet:
    activities = activities_of(basis)
    columns = tuple(Column(one.name, "quantity") for one in activities)

    def figures(values: Iterable[str | None]) -> tuple[Decimal | None, ...]:
        return tuple(Decimal(told) if told else None for told in values)

    drivers = [
        Row(f"{RESOURCE}：{title}", cells(*figures(one.resources.get(column) for one in activities)), level="subtotal")
        for column, title in TITLES.items()
        if any(column in one.resources for one in activities)
    ]
    codes = sorted({code for one in activities for code in one.uses})
    names = dict(
        ChargeItem.objects.filter(institution=basis.institution_id, code__in=codes).values_list("code", "name")
    )
    uses = [
        Row(f"{code} {names.get(code, '')}", cells(*figures(one.uses.get(code) for one in activities)))
        for code in codes
    ]
    notes = (
        "资源动因：科室服务成本按其比例归集到作业；「全部成本项目」用于没有单独填写的成本项目。",
        "作业动因量：一单位项目使用的作业量。作业成本按 动因量 × 当月数量 分配到项目。",
    )
    return Sheet("资源动因与项目", columns, (*drivers, *uses), notes)
