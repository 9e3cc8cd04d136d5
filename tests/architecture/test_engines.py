"""Engines and kernel are pure: frozen inputs → frozen results, without clock, settings, database, logging, float money."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import called, modules, tree

PURE = tuple(path for path in modules() if "engine" in path.parts[:-1] or path.parts[:2] == ("ops_platform", "kernel"))
DATABASE = {"django", "rest_framework", "celery", "psycopg2", "redis", "orjson", "environ"}
SYSTEM = {"logging", "os", "io", "pathlib", "sys", "subprocess", "socket", "threading"}
CHANCE = {"time", "random", "secrets", "uuid"}
FORBIDDEN = DATABASE | SYSTEM | CHANCE
# Methods that read the clock, whatever they are called on (datetime.now, date.today, time.time, …).
CLOCK = {"now", "utcnow", "today", "time", "time_ns", "monotonic", "perf_counter", "localtime", "fromtimestamp"}
# Where float64 shares are made or taken; each says in its docstring how they become fen exactly.
SHARES = {
    "costing/engine/exact.py": "a guess of the quotient, corrected by the exact remainder",
    "costing/engine/weights.py": "shares of the reciprocal equations",
    "costing/engine/equations.py": "the simultaneous equations, solved as shares and quantised",
    "ops_platform/kernel/money.py": "quantise_shares: 12 decimals before the exact split",
    "ops_platform/kernel/digest.py": "refuses floats",
}

pure = pytest.mark.parametrize("path", PURE, ids=str)


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            yield node.module or ""


def _floats(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            yield f"{path}:{node.lineno} {node.value}"
        elif isinstance(node, ast.Name) and node.id == "float":
            yield f"{path}:{node.lineno} float"
        elif isinstance(node, ast.Attribute) and node.attr.startswith(("float", "double")):
            yield f"{path}:{node.lineno} {node.attr}"
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            yield f"{path}:{node.lineno} /"  # of integers it makes a float; Fraction and // stay exact


def test_there_are_engines_to_look_at() -> None:
    assert {path.parts[0] for path in PURE} == {"ops_platform", "costing", "insurance_settlement", "workflows"}


@pure
def test_imports_nothing_of_the_world_outside(path: Path) -> None:
    assert {name for name in _imported(path) if name.partition(".")[0] in FORBIDDEN} == set()


@pure
def test_imports_only_kernel_and_its_own_engine(path: Path) -> None:
    ours = [
        name
        for name in _imported(path)
        if name.split(".")[0] in ("ops_platform", "costing", "insurance_settlement", "workflows")
    ]
    own = "ops_platform.kernel" if path.parts[1] == "kernel" else ".".join(path.parts[: path.parts.index("engine") + 1])
    assert {name for name in ours if not (name + ".").startswith((own + ".", "ops_platform.kernel."))} == set()


@pure
def test_reads_no_clock_and_opens_no_file(path: Path) -> None:
    calls = [node for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    clocks = [f"{path}:{call.lineno}" for call in calls if called(call) in CLOCK]
    assert clocks == []
    assert [f"{path}:{call.lineno}" for call in calls if called(call) in {"open", "print", "input", "getenv"}] == []


@pure
def test_holds_no_float_beside_shares(path: Path) -> None:
    if path.as_posix() not in SHARES:
        assert list(_floats(path)) == []


def test_modules_excused_for_shares_still_need_it() -> None:
    assert {name for name in SHARES if not list(_floats(Path(name)))} == set()


@pure
def test_says_its_rule_in_its_docstring(path: Path) -> None:
    assert len(ast.get_docstring(tree(path)) or "") > 20
