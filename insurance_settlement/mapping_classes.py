"""What items may be mapped to: the classes of each dimension on a day, and where an item goes by its fee class alone.

Receipt classes and front-page classes are code sets, accounts are those of the chart. A code that an earlier version knew
and the present one does not is still known, but no longer active.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from insurance_settlement.engine.mapping import Classes, Dimension
from ops_platform.ledger.public import income_accounts
from ops_platform.masterdata.models import Code
from ops_platform.masterdata.reference import load_code_sets

FOLDER = Path(__file__).parent / "reference"
CODE_SETS = {
    Dimension.RECEIPT_OUTPATIENT: "receipt-classes-outpatient",
    Dimension.RECEIPT_INPATIENT: "receipt-classes-inpatient",
    Dimension.FRONT_PAGE: "front-page-fee-classes",
}
ACCOUNTS = {Dimension.ACCOUNT_OUTPATIENT: "41010101", Dimension.ACCOUNT_INPATIENT: "41010102"}


@dataclass(frozen=True, slots=True)
class MappingClass:
    """A class: its name, the greater class it belongs to ("" for none), whether it may be used on the day."""

    title: str
    group: str
    active: bool


KnownClasses = Mapping[Dimension, Mapping[str, MappingClass]]


def load_classes() -> int:
    """The code sets of receipts and the front page; returns how many codes were added."""
    return load_code_sets(FOLDER / "mapping_classes.json")


def classes_on(day: date, institution: int | None) -> KnownClasses:
    """The classes of every dimension, in their order, by code. Three queries."""
    found: dict[Dimension, Mapping[str, MappingClass]] = {}
    rows = list(
        Code.objects.filter(version__code_set__code__in=CODE_SETS.values())
        .select_related("version__code_set")
        .order_by("version__effective_from", "position", "pk")
    )
    for dimension, code_set in CODE_SETS.items():
        found[dimension] = _of_code_set([row for row in rows if row.version.code_set.code == code_set], day)
    for dimension, below in ACCOUNTS.items():
        found[dimension] = {
            one.code: MappingClass(one.name, "", one.closed_on is None or one.closed_on > day)
            for one in income_accounts(below=below, institution=institution)
        }
    return found


def _of_code_set(rows: list[Code], day: date) -> dict[str, MappingClass]:
    """Of the codes those that an item may stand in: a greater class without anything above it takes no items itself."""
    begun = [row for row in rows if row.version.effective_from <= day]
    present = begun[-1].version_id if begun else None
    names = {row.code: row.name for row in rows}
    parents = {row.code: row.parent_code for row in rows}
    greater = set(parents.values()) - {""}
    found: dict[str, MappingClass] = {}
    for row in [
        *(one for one in rows if one.version_id != present),
        *(one for one in rows if one.version_id == present),
    ]:
        if row.code in greater and not row.parent_code:
            continue
        top = row.code
        while parents.get(top):
            top = parents[top]
        group = names[top] if top != row.code else ""
        found.pop(row.code, None)
        found[row.code] = MappingClass(row.name, group, row.version_id == present)
    return found


@cache
def by_fee_class() -> Mapping[str, Classes]:
    """Where an item goes by the fee class of the settlement list that the HIS reports: what holds as long as there is no
    mapping, and what a new one may begin with. Of our own making [default], never official."""
    told = json.loads((FOLDER / "fee_class_mapping.json").read_text(encoding="utf-8"))
    return {fee: {Dimension(name): code for name, code in classes.items()} for fee, classes in told.items()}
