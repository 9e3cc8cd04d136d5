"""The forms that the platform ships: layouts of statements, and accounts of members to be matched with each other."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from ops_platform.ledger.engine.pairs import PairKind
from ops_platform.ledger.engine.statements import Layout, layouts_of

FOLDER = Path(__file__).parent / "reference_data"


def _read(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


@cache
def layouts() -> dict[str, Layout]:
    """Layouts of statements by code."""
    return layouts_of(_read("statements.json"))


@cache
def consolidated_layouts() -> dict[str, Layout]:
    """Those of which there is one of all members together."""
    return {code: layout for code, layout in layouts().items() if layout.consolidated}


@cache
def pair_kinds() -> tuple[PairKind, ...]:
    """Accounts to be matched by counterparty."""
    return tuple(
        PairKind(
            code=row["code"],
            title=row["title"],
            balance=row["measure"] == "end",
            claims=tuple(row["claims"]),
            debts=tuple(row["debts"]),
        )
        for row in _read("pairs.json")
    )
