"""Reads of the methods of item costing."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet

from costing.models import ItemBasis, ItemCoefficient
from costing.selectors.access import READERS
from ops_platform.kernel import Actor
from ops_platform.masterdata.models import ChargeItemTerm, Institution, ItemClass


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
    terms = ChargeItemTerm.objects.filter(
        item__institution=institution, item_class=ItemClass.SERVICE, effective_from__lte=day
    )
    latest = {term.item_id: term for term in terms.select_related("item").order_by("effective_from", "id")}
    for term in sorted(latest.values(), key=lambda term: term.item.code):
        yield term.item.code, term.name, values.get(term.item_id)
