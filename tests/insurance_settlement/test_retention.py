"""What is kept of a surplus, who bears an overspend, what departments are left, next year's total: worked by hand, and
on the page from stored cases."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from insurance_settlement.engine.retention import Terms, growth, next_total, retention, shares_of_departments
from ops_platform.kernel import Role, from_fen, to_fen
from ops_platform.masterdata.models import Institution
from tests.insurance_settlement.rule_books import RATE
from tests.insurance_settlement.test_fund import hospital, priced_by, run, stay  # noqa: F401  a fixture
from tests.support import trade
from tests.support.downloads import book_of
from tests.support.settled import settled

GOLDEN = Path(__file__).parents[1] / "golden" / "retention" / "worked_examples.yaml"
EXAMPLES: dict[str, Any] = yaml.safe_load(GOLDEN.read_text(encoding="utf-8"))
TERMS = Terms(*(Decimal(one) for one in EXAMPLES["条件"].values()))
FEN = st.integers(0, 10**12)


def fen(amount: float) -> int:
    return to_fen(f"{amount:.2f}")


@pytest.mark.parametrize("case", EXAMPLES["算例"], ids=lambda case: f"{case['记账']:.0f}")
def test_the_worked_examples_come_out(case: dict[str, float]) -> None:
    found = retention(fen(case["应付"]), fen(case["记账"]), TERMS)
    told = (found.counted, found.retained, found.insurer, found.hospital)
    assert told == tuple(fen(case[name]) for name in ("计入结余", "留用", "医保分担", "医院承担"))


@pytest.mark.parametrize("case", EXAMPLES["下一年度总额"], ids=lambda case: f"{case['本年次均']:.0f}")
def test_next_years_total_rises_only_below_the_limit(case: dict[str, float]) -> None:
    grown = growth(Fraction(str(case["本年次均"])), Fraction(str(case["上年次均"])))
    total = next_total(fen(case["本年总额"]), grown, limit=Decimal("0.05"), rise=Decimal("0.03"))
    assert total == fen(case["下一年度"])


def test_without_last_year_nothing_is_said_of_growth() -> None:
    assert growth(Fraction(10), None) is None
    assert next_total(100, None, limit=Decimal("0.05"), rise=Decimal("0.03")) == 100


@given(FEN, FEN)
def test_an_overspend_is_borne_to_the_fen_and_a_surplus_never_exceeded(payable: int, actual: int) -> None:
    found = retention(payable, actual, TERMS)
    assert found.insurer + found.hospital == max(actual - payable, 0)
    assert 0 <= found.retained <= found.counted <= max(payable - actual, 0)


@given(st.dictionaries(st.integers(1, 9), st.integers(-(10**9), 10**9)), FEN)
def test_departments_with_a_surplus_share_exactly_their_part(surpluses: dict[int, int], retained: int) -> None:
    found = shares_of_departments(retained, Decimal("0.3"), surpluses)
    assert set(found) <= {department for department, one in surpluses.items() if one > 0}
    if found:
        assert abs(sum(found.values()) - retained * Fraction(3, 10)) <= Fraction(1, 2)


@pytest.mark.django_db
def test_the_page_adds_the_year_up_by_department_and_says_how(client: Client, hospital: Institution) -> None:  # noqa: F811
    """Two stays of 18,900.00: the fund owes 14,535.00 of each and was billed 12,000.00 and 13,000.00. Surplus 4,070.00,
    half of it kept, 30 % of that left to the ward."""
    priced_by(RATE, default_coefficient="1.05")
    parts = {"self_paid": "600.00", "first_self_paid": "400.00", "deductible": "800.00", "reimbursement_ratio": "0.85"}
    for number, billed in (("Z1", "12000.00"), ("Z2", "13000.00")):
        stay(hospital, number, "18000.00")
        trade.landed(hospital, "settlement-lists", [settled(number, "18000.00", fund=billed, **parts)])
    run(hospital)
    client.force_login(trade.person("clerk", Role.FINANCE_OFFICER, hospital))
    asked = {"institution": hospital.pk, "period": "2026-03", "total": "1,000,000"}
    page = client.get(reverse("insurance_settlement:retention"), asked)
    text = page.content.decode()
    assert page.context["found"].difference == fen(4070)
    assert from_fen(page.context["found"].retained) == Decimal("2035.00")
    for figure in ("4,070.00", "2,035.00", "1,221.00", "610.50", "没有上年同期的病例", "增幅未知，不能测算"):
        assert figure in text, figure
    book = book_of(client.get(reverse("insurance_settlement:retention"), {**asked, "export": "xlsx"}))
    assert "留给科室(测算，元)" in str(book.get_sheet_by_index(0).to_python())
    wrong = client.get(reverse("insurance_settlement:retention"), {**asked, "total": "-5"}).content.decode()
    assert "0.01" in wrong, "what is no amount is said to be none"
