"""docs/coverage.md has one true row for every requirement of the checklist."""

import ast
import re
from collections.abc import Iterator

import pytest
from django.core.management import get_commands
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve

from tests.architecture.source import ROOT, table_rows

CHECKLIST = ROOT.parent / "shared/domain.md"
AREAS = {"000": 23, "001": 46, "002": 28, "003": 46, "004": 59}
IDS = [f"{area}-{number:02}" for area, count in AREAS.items() for number in range(1, count + 1)]
CATCH_ALL = {"unknown-api", "intake-unknown"}
NOTHING = "–"

ROWS = [cells for cells in table_rows("coverage.md") if re.fullmatch(r"\d{3}-\d{2}", cells[0])]


def _quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def _addresses() -> list[tuple[str, str]]:
    """Every address named, with the row that names it."""
    return [(row[0], name.partition("?")[0]) for row in ROWS for name in _quoted(row[2]) if name.startswith("/")]


def _shapes(resolver: URLResolver, prefix: str = "/") -> Iterator[str]:
    """Every URL pattern with `<>` for its parameters."""
    for one in resolver.url_patterns:
        route = prefix + re.sub(r"\(\?P<\w+>(?:[^()]|\([^()]*\))*\)|<[^>]+>", "<>", str(one.pattern).strip("^$"))
        if isinstance(one, URLResolver):
            yield from _shapes(one, route)
        elif isinstance(one, URLPattern) and one.name != "unknown-api":  # intake/<dataset>/ stands for all datasets
            yield route


def test_the_checklist_is_complete_and_in_order() -> None:
    assert [row[0] for row in ROWS] == IDS


def test_the_ids_are_those_of_the_domain_reference() -> None:
    if not CHECKLIST.exists():
        pytest.skip("the domain reference does not lie beside this clone")
    written = re.findall(r"^\| (00\d-\d\d) ", CHECKLIST.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(written) == IDS


def test_every_row_has_a_status_and_what_goes_with_it() -> None:
    for row in ROWS:
        assert len(row) == 4, row
        name, status, place, test = row
        assert status in ("works", "partly", "not yet"), name
        if status == "not yet":
            assert (place, test) == (NOTHING, NOTHING), name
        else:
            places = [one for one in _quoted(place) if one.startswith(("/", "manage.py "))]
            assert places, f"{name} names no address and no command"
            assert _quoted(test), f"{name} names no test"


def test_every_address_resolves() -> None:
    shapes = set(_shapes(get_resolver()))
    assert _addresses()
    for row, address in _addresses():
        if "<" in address:
            assert re.sub(r"<[^>]+>", "<>", address) in shapes, f"{row}: {address}"
            continue
        try:
            found = resolve(address)
        except Resolver404:
            pytest.fail(f"{row}: {address} does not resolve")
        assert found.url_name not in CATCH_ALL, f"{row}: {address} is only caught"


def test_every_command_exists() -> None:
    named = [name.split()[1] for row in ROWS for name in _quoted(row[2]) if name.startswith("manage.py ")]
    assert set(named) - set(get_commands()) == set()


def test_every_test_exists() -> None:
    named = [(row[0], name) for row in ROWS for name in _quoted(row[3])]
    assert named
    for row, name in named:
        file, _, function = name.partition("::")
        path = ROOT / file
        assert file.startswith("tests/"), f"{row}: {name}"
        assert path.is_file(), f"{row}: {file} does not exist"
        nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        functions = {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
        assert any(one.startswith("test_") for one in functions), f"{row}: {file} holds no test"
        assert not function or function in functions, f"{row}: {name} does not exist"
