"""Examples of an institution's own: the codes that a template shows exist where it is filled in."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Case, Value, When

from ops_platform.his_intake.datasets.catalogue import CHARGE_ITEMS, DEPARTMENTS
from ops_platform.his_intake.datasets.declaration import Dataset
from ops_platform.his_intake.datasets.fields import Reference
from ops_platform.his_intake.datasets.supply import DRUG_AND_MATERIAL_MOVES
from ops_platform.masterdata.models import ChargeItemTerm, CostClass, DepartmentTerm, Institution, ItemClass


def own_examples(dataset: Dataset, institution: Institution | None) -> dict[str, str]:
    """By field the example that the institution's master data gives, in the form of the dataset; where they give none,
    the example of the declaration holds. No encounter serves as an example."""
    if institution is None:
        return {}
    if dataset is DEPARTMENTS:
        return _department(institution)
    if dataset is CHARGE_ITEMS:
        return _item(institution)
    wanted = {field.to for field in dataset.fields if isinstance(field, Reference)}
    codes = {
        "department": _department(institution).get("code") if "department" in wanted else None,
        "item": _item(institution, _charged_as(dataset)).get("code") if "item" in wanted else None,
        "institution": _other_member(institution) if "institution" in wanted else None,
    }
    references = [field for field in dataset.fields if isinstance(field, Reference)]
    return {field.name: code for field in references if (code := codes.get(field.to))}


def _department(institution: Institution) -> dict[str, str]:
    """A department that is not closed, clinical where there is one."""
    terms = DepartmentTerm.objects.filter(department__institution=institution, closed_on__isnull=True)
    term = (
        terms.select_related("department")
        .order_by(_first("cost_class", CostClass.CLINICAL), "department__code", "-effective_from")
        .first()
    )
    if term is None:
        return {}
    return _filled(
        code=term.department.code,
        effective_from=term.effective_from.isoformat(),
        name=term.name,
        cost_class=term.cost_class,
        service_mode=term.service_mode,
        parent=term.parent_code,
    )


def _charged_as(dataset: Dataset) -> str:
    """The class of the charge item of the example: what is bought and moved is no service."""
    return ItemClass.DRUG if dataset is DRUG_AND_MATERIAL_MOVES else ItemClass.SERVICE


def _item(institution: Institution, item_class: str = ItemClass.SERVICE) -> dict[str, str]:
    """A charge item, of the class where there is one."""
    terms = ChargeItemTerm.objects.filter(item__institution=institution).select_related("item")
    term = terms.order_by(_first("item_class", item_class), "item__code", "-effective_from").first()
    if term is None:
        return {}
    return _filled(
        code=term.item.code,
        effective_from=term.effective_from.isoformat(),
        name=term.name,
        item_class=term.item_class,
        fee_class=term.fee_class,
        unit=term.unit,
        price_cap="" if term.price_cap is None else f"{term.price_cap.normalize():f}",
    )


def _other_member(institution: Institution) -> str | None:
    """The code of a fellow member of the alliance."""
    others = Institution.objects.filter(alliance=institution.alliance_id).exclude(pk=institution.pk)
    return others.order_by("code").values_list("code", flat=True).first()


def _first(field: str, value: str) -> Any:
    return Case(When(**{field: value}, then=Value(0)), default=Value(1))


def _filled(**values: str) -> dict[str, str]:
    row: Mapping[str, str] = values
    return {name: value for name, value in row.items() if value}
