"""Departments and charge items as the intake reports them: lasting identities with dated terms.

The facts themselves stay in his_intake with both batch numbers; this is what everything else points to.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ops_platform.masterdata.models import ChargeItem, ChargeItemTerm, Department, DepartmentTerm, Institution

_DEPARTMENT_FIELDS = ("name", "cost_class", "service_mode", "parent_code", "closed_on")
_ITEM_FIELDS = ("name", "item_class", "fee_class", "unit", "price_cap")


def put_departments(institution: Institution, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write the terms named by (code, effective_from); new codes get an identity."""
    _put(institution, rows, Department, DepartmentTerm, "department", _DEPARTMENT_FIELDS)


def put_charge_items(institution: Institution, rows: Iterable[Mapping[str, Any]]) -> None:
    """The same for charge items."""
    _put(institution, rows, ChargeItem, ChargeItemTerm, "item", _ITEM_FIELDS)


def withdraw_departments(institution: Institution, keys: Iterable[tuple[str, Any]]) -> None:
    """Remove terms that were retracted; the identity stays, since charge lines point to it."""
    for code, effective_from in keys:
        DepartmentTerm.objects.filter(
            department__institution=institution, department__code=code, effective_from=effective_from
        ).delete()


def withdraw_charge_items(institution: Institution, keys: Iterable[tuple[str, Any]]) -> None:
    """The same for charge items."""
    for code, effective_from in keys:
        ChargeItemTerm.objects.filter(
            item__institution=institution, item__code=code, effective_from=effective_from
        ).delete()


def _put(
    institution: Institution,
    rows: Iterable[Mapping[str, Any]],
    identity: Any,
    term: Any,
    owner: str,
    fields: tuple[str, ...],
) -> None:
    rows = list(rows)
    if not rows:
        return
    newest = {row["code"]: row["name"] for row in sorted(rows, key=lambda row: row["effective_from"])}
    identity.objects.bulk_create(
        [identity(institution=institution, code=code, name=name) for code, name in sorted(newest.items())],
        update_conflicts=True,
        unique_fields=["institution", "code"],
        update_fields=["name"],
    )
    ids = dict(identity.objects.filter(institution=institution, code__in=newest).values_list("code", "id"))
    term.objects.bulk_create(
        [
            term(
                **{f"{owner}_id": ids[row["code"]]},
                effective_from=row["effective_from"],
                **{field: row[field] for field in fields},
            )
            for row in rows
        ],
        update_conflicts=True,
        unique_fields=[owner, "effective_from"],
        update_fields=list(fields),
    )
