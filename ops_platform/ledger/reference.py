"""The unified chart of accounts that the platform ships, with its source marks."""

import json
from pathlib import Path

from ops_platform.ledger.engine.chart import AccountKind
from ops_platform.ledger.models import Account

CHART = Path(__file__).parent / "reference_data" / "accounts.json"
RULES = Path(__file__).parent / "reference_data" / "voucher_rules.json"


def load_accounts() -> int:
    """Accounts that are not there yet, below the longest code that theirs begins with; returns how many."""
    known = {account.code: account for account in Account.objects.filter(institution=None)}
    added = 0
    for row in sorted(json.loads(CHART.read_text(encoding="utf-8")), key=lambda row: row["code"]):
        if row["code"] in known:
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
