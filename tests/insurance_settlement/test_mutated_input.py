"""10,000 mutated schemes, catalogues, rule books, case files and requests: each is taken or refused clearly, none breaks."""

import csv
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from insurance_settlement.case_files import group_file
from insurance_settlement.engine import scheme_checks
from insurance_settlement.engine.case import Case
from insurance_settlement.engine.dip import match
from insurance_settlement.engine.dip_catalogue import read_catalogue
from insurance_settlement.engine.grouping import explain
from insurance_settlement.engine.pricing import price
from insurance_settlement.engine.rule_book import read_rule_book
from insurance_settlement.engine.scheme import Scheme, read_scheme
from insurance_settlement.engine.worth import GroupedCase
from insurance_settlement.price_files import load_rule_book, price_file
from ops_platform.kernel import DomainError, Role
from ops_platform.masterdata.models import Institution
from tests.insurance_settlement.mutations import documents, records
from tests.insurance_settlement.test_month_grouping import hospital  # noqa: F401  a fixture
from tests.support import trade

REFERENCE = Path(__file__).resolve().parents[2] / "insurance_settlement" / "reference"
CASES = (
    Case(gender=1, age=67, diagnoses=("J18.900", "J96.000"), procedures=()),
    Case(gender=2, age=30, diagnoses=("O80.000",), procedures=("73.5900",)),
    Case(gender=1, age=0, age_days=3, weight=1200, diagnoses=("P07.100",), procedures=()),
)


def outcome(act: Callable[[], object]) -> str:
    """`taken`, or the code of a refusal, which must say in words what is wrong and what to do."""
    try:
        act()
    except DomainError as error:
        refusal = error
    else:
        return "taken"
    assert refusal.code.startswith("insurance_settlement."), refusal.code
    assert len(str(refusal)) > 10, refusal.code
    assert str(refusal).endswith("。"), str(refusal)
    return refusal.code


def outcomes(name: str, count: int, use: Callable[[bytes], object]) -> Counter[str]:
    document = json.loads((REFERENCE / name).read_text(encoding="utf-8"))
    return Counter(outcome(lambda content=content: use(content)) for content in documents(document, count, seed=count))


def test_mutated_schemes_group_or_are_refused_with_their_place() -> None:
    def use(content: bytes) -> None:
        scheme = read_scheme(content)
        scheme_checks.findings(scheme)
        for case in CASES:
            explain(scheme, case)

    found = outcomes("demo_scheme.json", 1_500, use)
    assert len(found) > 8, "many kinds of refusal"
    assert found["taken"] > 0, "and harmless changes are no fault"


def test_mutated_catalogues_match_or_are_refused() -> None:
    def use(content: bytes) -> None:
        catalogue = read_catalogue(content)
        for case in CASES:
            match(catalogue, case)

    assert len(outcomes("demo_catalogue.json", 1_500, use)) > 5


@pytest.mark.parametrize("name", ["demo_weights.json", "demo_points.json"])
def test_mutated_rule_books_price_or_are_refused(name: str) -> None:
    def use(content: bytes) -> None:
        book = read_rule_book(content, "变异")
        for group in (*list(book.weights)[:2], "0000", "XQY"):
            for charges in (0, 1, 123_456, 99_999_999_99):
                price(book, GroupedCase("1", "H1", group, charges, stay_days=7, scheme="resident"))

    assert len(outcomes(name, 1_500, use)) > 5


def written(folder: Path, record: dict[str, str]) -> Path:
    path = folder / "in.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(record))
        writer.writeheader()
        writer.writerow(record)
    return path


def test_mutated_records_are_grouped_or_refused_by_row(demo: Scheme, tmp_path: Path) -> None:
    good = {
        "no": "1", "gender": "1", "age": "67", "ageDay": "", "weight": "3200", "zdList": "J18.900|J96.000",
        "ssList": "96.7200", "translate": "0",
    }  # fmt: skip
    found = Counter(
        outcome(lambda record=record: group_file(demo, written(tmp_path, record), tmp_path / "out.csv"))
        for record in records(good, 1_500, seed=7)
    )
    assert set(found) == {"taken", "insurance_settlement.bad_row"}


def test_mutated_records_are_priced_or_refused_by_row(tmp_path: Path) -> None:
    book = load_rule_book(REFERENCE / "demo_weights.json")
    good = {
        "case_no": "1", "group": next(iter(book.weights)), "charges": "12000.00", "stay_days": "7", "self_paid": "600.00",
        "reimbursement_ratio": "0.85", "excluded_charges": "0.00", "review": "", "flags": "", "scheme": "resident",
    }  # fmt: skip
    found = Counter(
        outcome(lambda record=record: price_file(book, written(tmp_path, record), tmp_path / "out.csv"))
        for record in records(good, 1_500, seed=8)
    )
    assert set(found) == {"taken", "insurance_settlement.bad_row"}


@pytest.mark.django_db
@pytest.mark.parametrize("engine", ["group", "price"])
def test_mutated_requests_are_answered_or_refused_never_broken(
    client: Client,
    hospital: Institution,  # noqa: F811
    engine: str,
) -> None:
    client.force_login(trade.person("insurance", Role.INSURANCE_OFFICER, hospital))
    case: dict[str, Any] = {
        "case_no": "A", "sex": "1", "age": 67, "age_days": None, "weight": None, "diagnoses": ["J18.900", "J96.000"],
        "procedures": ["96.7200"],
    }  # fmt: skip
    if engine == "price":
        case |= {"charges": "12000.00", "stay_days": 7, "scheme": "resident", "flags": [], "self_paid": "600.00"}
    body = {"institution": "H1", "day": "2026-03-31", "explain": True, "cases": [case, {**case, "case_no": "B"}]}
    statuses: Counter[int] = Counter()
    for content in documents(body, 500, seed=len(engine)):
        answer = client.post(f"/api/v1/insurance-settlement/{engine}/", content, content_type="application/json")
        statuses[answer.status_code] += 1
        assert answer.status_code in (200, 400, 404, 409, 422), content
        if answer.status_code != 200:
            assert answer.json()["code"], content
    assert statuses[200] > 0
    assert statuses[422] > 100
