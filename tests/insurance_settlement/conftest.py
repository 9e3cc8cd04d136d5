"""Schemes and cases that the tests of this app share."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from insurance_settlement.case_files import load_scheme
from insurance_settlement.engine.case import Case
from insurance_settlement.engine.codes import CodeTable, parse_code_table
from insurance_settlement.engine.scheme import Scheme, parse_scheme

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "drg"


@pytest.fixture(scope="session")
def drg_folder() -> Path:
    """The national scheme and its cases, where they stand beside the project."""
    if not (SHARED / "chs_drg_11.json").is_file():
        pytest.skip(f"no DRG scheme data beside the project ({SHARED})")
    return SHARED


@pytest.fixture(scope="session")
def national_tables(drg_folder: Path) -> tuple[CodeTable, CodeTable]:
    dx, proc = (
        parse_code_table((drg_folder / name).read_text(encoding="utf-8"), name)
        for name in ("dx_codes.csv", "proc_codes.csv")
    )
    return dx, proc


@pytest.fixture(scope="session")
def national_document(drg_folder: Path) -> dict[str, Any]:
    return json.loads((drg_folder / "chs_drg_11.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def national(national_document: dict[str, Any], national_tables: tuple[CodeTable, CodeTable]) -> Scheme:
    return parse_scheme(national_document, "national", *national_tables)


@pytest.fixture(scope="session")
def national_with_qy(national_document: dict[str, Any], national_tables: tuple[CodeTable, CodeTable]) -> Scheme:
    mdcs = [{**mdc, "qy": {**mdc["qy"], "enabled": mdc["mdc"] != "A"}} for mdc in national_document["mdcs"]]
    return parse_scheme({**national_document, "mdcs": mdcs}, "national with QY", *national_tables)


@pytest.fixture(scope="session")
def golden_rows(drg_folder: Path) -> list[dict[str, str]]:
    with (drg_folder / "cases.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="session")
def golden_cases(golden_rows: list[dict[str, str]]) -> list[Case]:
    return [case_of(row) for row in golden_rows]


@pytest.fixture(scope="session")
def demo() -> Scheme:
    """The scheme that the project ships."""
    return load_scheme(ROOT / "insurance_settlement" / "reference" / "demo_scheme.json")


def case_of(row: dict[str, str]) -> Case:
    def number(text: str) -> int | None:
        return int(text) if text else None

    def codes(text: str) -> tuple[str, ...]:
        return tuple(text.split("|")) if text else ()

    return Case(
        gender=number(row["gender"]),
        age=number(row["age"]),
        diagnoses=codes(row["zdList"]),
        procedures=codes(row["ssList"]),
        age_days=number(row["ageDay"]),
        weight=number(row["weight"]),
        translate=row["translate"] == "1",
    )
