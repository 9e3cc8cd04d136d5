"""The source and the documents as the architecture tests see them."""

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("ops_platform", "costing", "insurance_settlement", "workflows")


@cache
def modules() -> tuple[Path, ...]:
    """Every module of the platform but migrations, relative to the root."""
    found = (path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return tuple(sorted(path for path in found if "migrations" not in path.parts))


@cache
def tree(path: Path) -> ast.Module:
    """A module as a syntax tree."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), str(path))


def name_of(path: Path) -> str:
    """The dotted name of a module."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def called(call: ast.Call) -> str:
    """The last part of the name that is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


@cache
def importlinter() -> dict[str, Any]:
    """The contracts of import-linter."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    linter: dict[str, Any] = config["tool"]["importlinter"]
    return linter


def contracts(kind: str) -> list[dict[str, Any]]:
    """The contracts of one type."""
    return [contract for contract in importlinter()["contracts"] if contract["type"] == kind]


@cache
def ladder() -> tuple[str, ...]:
    """The rungs, from the bottom."""
    (layers,) = contracts("layers")
    return tuple(reversed(layers["layers"]))


def table_rows(document: str) -> Iterator[list[str]]:
    """The rows of every table of a document in docs/, as cells, without heads and rules."""
    lines = (ROOT / "docs" / document).read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        is_rule = re.fullmatch(r"\|(\s*:?-+:?\s*\|)+", line)
        is_head = number + 1 < len(lines) and re.fullmatch(r"\|(\s*:?-+:?\s*\|)+", lines[number + 1])
        if line.startswith("|") and not is_rule and not is_head:
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
