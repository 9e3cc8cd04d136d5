"""What the platform ships, with its source marks: the unified chart, the first voucher rules, layouts of voucher lists."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from ops_platform.ledger.engine.chart import AccountKind
from ops_platform.ledger.models import Account, ExportTemplate, VoucherRules

CHART = Path(__file__).parent / "reference_data" / "accounts.json"
TEMPLATES = Path(__file__).parent / "reference_data" / "export_templates.json"
RULES = Path(__file__).parent / "reference_data" / "voucher_rules.json"


def load_accounts() -> int:
    """Accounts that are not there yet, below the longest code that theirs begins with; returns how many. Those that are take
    name, mark, note and further dimensions from the platform: nobody else changes unified accounts."""
    known = {account.code: account for account in Account.objects.filter(institution=None)}
    added = 0
    for row in sorted(json.loads(CHART.read_text(encoding="utf-8")), key=lambda row: row["code"]):
        if row["code"] in known:
            _bring_up_to_date(known[row["code"]], row)
            continue
        parent = next(
            (known[row["code"][:end]] for end in range(len(row["code"]) - 1, 3, -1) if row["code"][:end] in known), None
        )
        known[row["code"]] = Account.objects.create(
            code=row["code"],
            name=row["name"],
            parent=parent,
            kind=row["kind"],
            book=AccountKind(row["kind"]).book,
            side=row["side"],
            required=row.get("required", []),
            optional=row.get("optional", []),
            source_mark=row["mark"],
            note=row.get("note", ""),
        )
        if parent and parent.leaf:
            parent.leaf = False
            parent.save(update_fields=["leaf"])
        added += 1
    return added


def _bring_up_to_date(account: Account, row: dict[str, Any]) -> None:
    """Own accounts below it take the same dimensions."""
    told = {
        "name": row["name"],
        "optional": row.get("optional", []),
        "source_mark": row["mark"],
        "note": row.get("note", ""),
    }
    if {name: getattr(account, name) for name in told} == told:
        return
    for name, value in told.items():
        setattr(account, name, value)
    account.save(update_fields=list(told))
    own = Account.objects.filter(institution__isnull=False, code__startswith=account.code, kind=account.kind)
    own.exclude(optional=account.optional).update(optional=account.optional)


def load_voucher_rules() -> int:
    """The shipped rule book as the first version, where there is none; returns how many."""
    if VoucherRules.objects.exists():
        return 0
    shipped = json.loads(RULES.read_text(encoding="utf-8"))
    VoucherRules.objects.create(
        version=1,
        effective_from=date.fromisoformat(shipped["effective_from"]),
        body=shipped["body"],
        note=shipped["note"],
        source_mark=shipped["mark"],
        made_by="platform",
    )
    return 1


def load_export_templates() -> int:
    """Shipped layouts of voucher lists that are not there yet; returns how many."""
    known = set(ExportTemplate.objects.values_list("code", flat=True))
    missing = [row for row in json.loads(TEMPLATES.read_text(encoding="utf-8")) if row["code"] not in known]
    for row in missing:
        ExportTemplate.objects.create(
            code=row["code"], name=row["name"], columns=row["columns"], source_mark=row["mark"], made_by="platform"
        )
    return len(missing)
