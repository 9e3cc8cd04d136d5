"""Loading the alliance and its institutions."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from ops_platform.audit.public import record
from ops_platform.kernel import Actor, Invalid
from ops_platform.masterdata.models import Alliance, Institution


@transaction.atomic
def load_alliance(actor: Actor, definition: Mapping[str, Any]) -> Alliance:
    """Create or update the alliance and its institutions from a definition (docs/intake-contract.md, alliance.json).

    Repeating it with the same definition changes nothing. Raises Invalid when an institution names an unknown parent
    or kind.
    """
    alliance, _ = Alliance.objects.update_or_create(
        code=definition["code"],
        defaults={"name": definition["name"], "population": definition.get("population")},
    )
    known: dict[str, Institution] = {}
    for row in definition["institutions"]:
        parent_code = row.get("parent")
        if parent_code and parent_code not in known:
            raise Invalid(
                "masterdata.unknown_parent",
                f"机构 {row['code']} 的上级 {parent_code} 不存在，或排在它之后。请先列出上级机构。",
                institution=row["code"],
                parent=parent_code,
            )
        known[row["code"]], _ = Institution.objects.update_or_create(
            code=row["code"],
            defaults={
                "alliance": alliance,
                "name": row["name"],
                "kind": row["kind"],
                "level": row.get("level") or "",
                "parent": known.get(parent_code) if parent_code else None,
                "region": row.get("region") or "",
                "beds": row.get("beds") or 0,
                "first_period": definition["first_period"],
            },
        )
    record(
        actor,
        "masterdata.alliance_loaded",
        subject_type="alliance",
        subject=alliance.code,
        detail={"institutions": len(known)},
    )
    return alliance
