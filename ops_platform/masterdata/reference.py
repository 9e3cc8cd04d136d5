"""Reference data that the platform ships: code sets and parameters, each with its source mark.

`manage.py load_reference` runs every loader that an app registered; repeating it changes nothing that is there, so that
values set by people stay.
"""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

from ops_platform.masterdata.models import Code, CodeSet, CodeSetVersion, Parameter

_loaders: dict[str, Callable[[], int]] = {}


def register_reference(name: str, loader: Callable[[], int]) -> None:
    """`loader()` writes what is missing and returns how many rows it added."""
    _loaders[name] = loader


def load_all() -> dict[str, int]:
    """Run all loaders in the order of their registration (the ladder, from below)."""
    return {name: loader() for name, loader in _loaders.items()}


def load_code_sets(file: Path) -> int:
    """Code sets from a JSON file: a list of {code, name, version, effective_from, source_mark, source_text, codes}."""
    added = 0
    for entry in json.loads(file.read_text(encoding="utf-8")):
        code_set, _ = CodeSet.objects.get_or_create(
            code=entry["code"], defaults={"name": entry["name"], "description": entry.get("description", "")}
        )
        version, created = CodeSetVersion.objects.get_or_create(
            code_set=code_set,
            version=entry["version"],
            defaults={
                "effective_from": date.fromisoformat(entry["effective_from"]),
                "source_mark": entry["source_mark"],
                "source_text": entry.get("source_text", ""),
            },
        )
        if created:
            Code.objects.bulk_create(
                Code(
                    version=version,
                    code=row[0],
                    name=row[1],
                    parent_code=row[2] if len(row) > 2 else "",
                    remark=row[3] if len(row) > 3 else "",
                    position=position,
                )
                for position, row in enumerate(entry["codes"])
            )
            added += len(entry["codes"])
    return added


def load_parameters(file: Path) -> int:
    """Parameters from a JSON file: [{key, name, scope, effective_from, value, unit, source_mark, source_text}]."""
    added = 0
    for entry in json.loads(file.read_text(encoding="utf-8")):
        _, created = Parameter.objects.get_or_create(
            key=entry["key"],
            scope=entry["scope"],
            institution=None,
            effective_from=date.fromisoformat(entry["effective_from"]),
            defaults={
                "name": entry["name"],
                "value": Decimal(entry["value"]),
                "unit": entry.get("unit", ""),
                "source_mark": entry["source_mark"],
                "source_text": entry.get("source_text", ""),
            },
        )
        added += created
    return added
