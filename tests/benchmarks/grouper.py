"""DRG grouping against a naive interpreter of the same scheme file, and with reasons against without."""

import csv
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path

from insurance_settlement.case_files import DX_FILE, PROC_FILE, load_scheme
from insurance_settlement.engine.case import Case
from insurance_settlement.engine.codes import parse_code_table
from insurance_settlement.engine.grouping import explain, group
from tests.benchmarks.figures import Figure, Goal, middle, seconds, thousands
from tests.benchmarks.ground import ROOT
from tests.benchmarks.naive_grouper import Answer, NaiveGrouper

FOLDER = ROOT.parent / "shared/drg"
SCHEME = "chs_drg_11.json"
AGAINST_NAIVE = Goal(must=2, aim=6, higher=True)
WITH_REASONS = Goal(must=0.3, aim=0.5, higher=True)
ROUNDS, REPEATS = 5, 20


def measure(database: str) -> list[Figure]:
    """On the 2,000 known cases, of which both must give the known answers."""
    if not (FOLDER / SCHEME).exists():
        return [Figure("grouper", "DRG grouping", None, f"{FOLDER / SCHEME} is not here")]
    scheme = load_scheme(FOLDER / SCHEME)
    naive = NaiveGrouper((FOLDER / SCHEME).read_bytes(), _translations(DX_FILE), _translations(PROC_FILE))
    cases, known = _cases(FOLDER / "cases.csv")
    for what, answers in (
        ("engine", [group(scheme, case).answer for case in cases]),
        ("engine with reasons", [explain(scheme, case).answer for case in cases]),
        ("naive interpreter", [naive.group(case) for case in cases]),
    ):
        if answers != known:
            raise RuntimeError(f"{what}: {sum(a != k for a, k in zip(answers, known, strict=True))} wrong answers")
    ways: dict[str, Callable[[Case], object]] = {
        "naive": naive.group,
        "without": lambda case: group(scheme, case),
        "with": lambda case: explain(scheme, case),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            repeats = 1 if name == "naive" else REPEATS
            rates[name].append(repeats * len(cases) / seconds(partial(_all, way, cases, repeats)))
    return [
        _figure("grouper without reasons against a naive interpreter", rates["without"], rates["naive"], AGAINST_NAIVE),
        _figure("grouper with reasons against without", rates["with"], rates["without"], WITH_REASONS),
    ]


def _all(way: Callable[[Case], object], cases: list[Case], repeats: int) -> None:
    for _ in range(repeats):
        for case in cases:
            way(case)


def _figure(what: str, over: list[float], under: list[float], goal: Goal) -> Figure:
    ratio = middle([a / b for a, b in zip(over, under, strict=True)])
    how = f"{thousands(middle(over))} against {thousands(middle(under))} (cases, CHS-DRG 1.1)"
    return Figure("grouper", what, ratio, how, goal)


def _translations(name: str) -> dict[str, str]:
    return dict(parse_code_table((FOLDER / name).read_text(encoding="utf-8-sig"), name).translations)


def _cases(path: Path) -> tuple[list[Case], list[Answer]]:
    cases, known = [], []
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            cases.append(
                Case(
                    gender=_whole(row["gender"]),
                    age=_whole(row["age"]),
                    diagnoses=tuple(row["zdList"].split("|")) if row["zdList"] else (),
                    procedures=tuple(row["ssList"].split("|")) if row["ssList"] else (),
                    age_days=_whole(row["ageDay"]),
                    weight=Decimal(row["weight"]) if row["weight"] else None,
                    translate=row["translate"] == "1",
                )
            )
            known.append((row["mdc"], row["adrg"], row["drg"], row["status"]))
    return cases, known


def _whole(text: str) -> int | None:
    return int(text) if text else None
