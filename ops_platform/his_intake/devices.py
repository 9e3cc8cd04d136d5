"""Hours and services of devices over some days, as they hold now."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection
from django.db.models import QuerySet

from ops_platform.his_intake.drilldown import Origin, origin_of
from ops_platform.his_intake.models import EquipmentUse

Days = tuple[date, date]


@dataclass(frozen=True, slots=True)
class DeviceSum:
    """A device over some days."""

    institution: int
    card: str
    department: int
    department_name: str
    name: str
    kind: str
    days: int
    used: Decimal
    available: Decimal
    services: int | None


def device_sums(*, institutions: Collection[int], days: Days) -> list[DeviceSum]:
    """Hours of every device over some days, under its newest name, kind and department; one query."""
    newest = "(array_agg({} ORDER BY u.date DESC, u.id DESC))[1]"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT s.institution_id, s.card, s.department, d.name, s.name, s.kind, s.days, s.used, s.available,"
            f" s.services FROM (SELECT u.institution_id, u.card, {newest.format('u.department_id')} AS department,"
            f" {newest.format('u.name')} AS name, {newest.format('u.kind')} AS kind, count(*) AS days,"
            " sum(u.used_hours) AS used, sum(u.available_hours) AS available, sum(u.services) AS services"
            " FROM his_intake_equipmentuse u WHERE u.superseded_sequence IS NULL AND u.institution_id = ANY(%s)"
            " AND u.date BETWEEN %s AND %s GROUP BY u.institution_id, u.card) s"
            " JOIN masterdata_department d ON d.id = s.department ORDER BY s.kind, s.institution_id, s.card",
            [list(institutions), *days],
        )
        return [DeviceSum(*row) for row in cursor.fetchall()]


def items_of_devices(*, institution: int, days: Days) -> dict[str, frozenset[str]]:
    """The codes of the charge items that each device carries out, as its newest row of the days that names any says, by
    card; one query."""
    rows = EquipmentUse.objects.current().filter(institution=institution, date__range=days, items__isnull=False)
    newest = rows.order_by("card", "-date", "-id").distinct("card")
    return {card: frozenset(items) for card, items in newest.values_list("card", "items")}


@dataclass(frozen=True, slots=True)
class DeviceDay:
    """A device's day."""

    date: date
    department_name: str
    used: Decimal
    available: Decimal
    services: int | None
    origin: Origin


def device_days(*, institution: int, card: str, days: Days) -> list[DeviceDay]:
    """The days of a device, oldest first; one query."""
    rows: QuerySet[EquipmentUse] = EquipmentUse.objects.current().filter(
        institution=institution, card=card, date__range=days
    )
    return [
        DeviceDay(row.date, row.department.name, row.used_hours, row.available_hours, row.services, origin_of(row))
        for row in rows.select_related("department", "batch", "superseded_batch").order_by("date", "id")
    ]
