"""What a list exports are values: a cell that a page draws as a link or a badge says apart what it is worth."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import called, modules, tree

DRAWN = {"format_html", "format_html_join", "mark_safe", "badge", "money", "quantity"}
PLAIN = {"formats.money", "formats.quantity"}


def _draws(function: ast.FunctionDef, local: dict[str, ast.FunctionDef], seen: frozenset[str] = frozenset()) -> bool:
    """Whether a function makes HTML, by itself or by one of its module."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            name = called(node)
            text = ast.unparse(node.func)
            if name in DRAWN and text not in PLAIN:
                return True
            if name in local and name not in seen and _draws(local[name], local, seen | {name}):
                return True
    return False


def _left_out(node: ast.ClassDef) -> set[str]:
    """Columns that no export has."""
    return {
        target.id
        for one in node.body
        if isinstance(one, ast.Assign) and "exclude_from_export=True" in ast.unparse(one.value)
        for target in one.targets
        if isinstance(target, ast.Name)
    }


def _named(node: ast.stmt) -> Iterator[str]:
    """What a class body gives names to: methods, and names that are assigned."""
    match node:
        case ast.FunctionDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def drawn_without_value(path: Path) -> Iterator[str]:
    """Cells of the tables of a module that are drawn and have no value of their own."""
    classes = [node for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef)]
    local = {node.name: node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef)}
    names = {one.name: {name for node in one.body for name in _named(node)} for one in classes}
    for one in classes:
        known = set(names[one.name])
        for base in one.bases:
            known |= names.get(ast.unparse(base), set())
        for node in one.body:
            if not isinstance(node, ast.FunctionDef) or not node.name.startswith("render_"):
                continue
            column = node.name.removeprefix("render_")
            if f"value_{column}" not in known and column not in _left_out(one) and _draws(node, local):
                yield f"{path}: {one.name}.{column}"


def test_every_drawn_cell_of_a_table_exports_its_value() -> None:
    tables = [path for path in modules() if path.stem == "tables" or path.parent.name == "tables"]
    assert [fault for path in tables for fault in drawn_without_value(path)] == []
