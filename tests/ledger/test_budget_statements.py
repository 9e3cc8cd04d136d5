"""Statements of the budget books, and why the year's surplus is not that of the budget."""

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from ops_platform.kernel import Period, Role, to_fen
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import services
from ops_platform.ledger.engine.chart import Dimensions
from ops_platform.ledger.engine.entry import EntryInput, Leg
from ops_platform.ledger.engine.statements import (
    BUDGET_BALANCES,
    BUDGET_STATEMENT,
    INCOME_STATEMENT,
    SURPLUS_CAUSES,
    SURPLUS_DIFFERENCE,
    Amount,
    Statement,
    statement_of,
)
from ops_platform.ledger.layouts import layouts
from ops_platform.ledger.selectors.statements import statement
from ops_platform.masterdata.models import AccountingPeriod, Institution
from ops_platform.masterdata.services import open_missing_periods
from tests.ledger.test_drill_down import opened
from tests.support import trade

RESEARCH = Dimensions(funding_source="research")


def book(hospital: Institution, key: str, day: str, *told: tuple[str, str], restricted: bool = False) -> None:
    """Legs as (account, yuan with debits positive); costs are wages, unless they are depreciation."""
    made = []
    for account, yuan in told:
        fen, dimensions = to_fen(yuan), RESEARCH if restricted and account[0] in "67" else Dimensions()
        if account.startswith("5001"):
            dimensions = Dimensions(cost_item="personnel", funding_source="research" if restricted else "basic")
        made.append(Leg(account, max(fen, 0), max(-fen, 0), dimensions))
    entry = EntryInput(day=date.fromisoformat(day), summary="平行记账", source="test", key=key, legs=tuple(made))
    services.book(PLATFORM, institution=hospital, entry=entry)


@pytest.fixture
def hospital() -> Institution:
    """In 2025: self-paid 1,000; insured 400 not yet paid; wages of 300, of which 250 are paid; equipment for 200, worn by
    20; a loan of 500; a research grant of 90, of which 30 are spent; a fiscal project grant of 60."""
    made = trade.alliance("2025-01")["H1"]
    income = ("4101010203", "-1000.00"), ("800102", "1000.00"), ("6101", "-1000.00")
    book(made, "a", "2025-01-10", ("1002", "1000.00"), *income)
    book(made, "b", "2025-12-01", ("12120201", "400.00"), ("4101010203", "-400.00"))
    book(made, "c", "2025-12-02", ("5001", "300.00"), ("2201", "-300.00"))
    book(made, "d", "2025-12-03", ("2201", "250.00"), ("1002", "-250.00"), ("7201", "250.00"), ("800102", "-250.00"))
    book(made, "e", "2025-12-04", ("1601", "200.00"), ("1002", "-200.00"), ("7201", "200.00"), ("800102", "-200.00"))
    book(made, "f", "2025-12-05", ("5001", "20.00"), ("1602", "-20.00"))
    book(made, "g", "2025-12-06", ("1002", "500.00"), ("2001", "-500.00"), ("800102", "500.00"), ("6501", "-500.00"))
    grant = ("1002", "90.00"), ("410102", "-90.00"), ("800102", "90.00"), ("6101", "-90.00")
    book(made, "h", "2025-12-07", *grant, restricted=True)
    spent = ("5001", "30.00"), ("1002", "-30.00"), ("7201", "30.00"), ("800102", "-30.00")
    book(made, "i", "2025-12-08", *spent, restricted=True)
    book(made, "j", "2025-12-09", ("1002", "60.00"), ("400102", "-60.00"), ("800102", "60.00"), ("6001", "-60.00"))
    return made


def said(hospital: Institution, code: str, month: str = "2025-12") -> Statement:
    found = statement(institution=hospital, period=Period.parse(month), code=code)
    assert found.findings == ()
    return found


def carried(hospital: Institution) -> None:
    open_missing_periods(hospital, Period(2025, 12))
    AccountingPeriod.objects.filter(institution=hospital, period__lt="2025-12").update(state="closed")
    services.carry_year_forward(PLATFORM, institution=hospital, year=2025)


@pytest.mark.django_db
def test_budget_income_and_spending_of_a_month_and_of_the_year(hospital: Institution) -> None:
    found = said(hospital, BUDGET_STATEMENT)
    lines = ("fiscal", "business", "debt", "income", "activity", "spending", "balance")
    assert {key: (found.value(key, "month"), found.value(key, "year")) for key in lines} == {
        "fiscal": (6_000, 6_000),
        "business": (9_000, 109_000),
        "debt": (50_000, 50_000),
        "income": (65_000, 165_000),
        "activity": (48_000, 48_000),
        "spending": (48_000, 48_000),
        "balance": (17_000, 117_000),
    }
    carried(hospital)
    assert said(hospital, BUDGET_STATEMENT).value("balance", "year") == 117_000, "carrying is no turnover"


@pytest.mark.django_db
def test_the_difference_of_the_surpluses_is_explained_to_the_fen(hospital: Institution) -> None:
    found = said(hospital, SURPLUS_DIFFERENCE)
    own = said(hospital, INCOME_STATEMENT)
    assert {line.line.key: line.values[1] for line in found.lines if line.values[1] and not line.line.sum} == {
        "budget": 117_000,
        "receivables": 40_000,
        "capital": 20_000,
        "depreciation": -2_000,
        "payables": -5_000,
        "loans": -50_000,
        "money": 117_000,
        "funds": -117_000,
        "surplus_in_books": 120_000,
    }
    assert [found.value("surplus", measure) for measure in ("month", "moved")] == [20_000, 120_000]
    assert [own.value("surplus", measure) for measure in ("month", "year")] == [20_000, 120_000]
    carried(hospital)
    assert [line.values for line in said(hospital, SURPLUS_DIFFERENCE).lines] == [line.values for line in found.lines]


@pytest.mark.django_db
def test_the_difference_is_told_by_its_causes(hospital: Institution) -> None:
    """Stock on credit is neither income nor spending; a loan, equipment, wages paid later are causes of their own."""
    book(hospital, "s", "2025-12-10", ("130201", "800.00"), ("2302", "-800.00"))
    book(hospital, "t", "2025-12-11", ("5001", "70.00"), ("130201", "-70.00"))
    back = "2302", "25.00"
    book(hospital, "u", "2025-12-12", back, ("1002", "-25.00"), ("7201", "25.00"), ("800102", "-25.00"))
    book(hospital, "v", "2025-12-13", ("5301", "9.00"), ("1602", "11.00"), ("1601", "-20.00"))
    found = said(hospital, SURPLUS_CAUSES)
    assert {line.line.key: line.values[1] for line in found.lines if line.values[1] and not line.line.sum} == {
        "budget": 114_500,
        "claimed": 40_000,
        "paid": 27_500,
        "built": 20_000,
        "borrowed": 50_000,
        "used": 7_000,
        "worn": 2_000,
        "disposed": 900,
        "owed": 30_000,
        "surplus_in_books": 112_100,
    }
    carried(hospital)
    assert [line.values for line in said(hospital, SURPLUS_CAUSES).lines] == [line.values for line in found.lines]


@pytest.mark.django_db
def test_budget_balances_follow_the_money_through_the_years_end(hospital: Institution) -> None:
    before = said(hospital, BUDGET_BALANCES)
    assert (before.value("change_open", "year"), before.value("closing", "year")) == (117_000, 117_000)
    carried(hospital)
    after = said(hospital, BUDGET_BALANCES)
    lines = ("change_fiscal", "change_other", "change_open", "fiscal_carried", "restricted", "unrestricted", "closing")
    assert {key: after.value(key, "year") for key in lines} == {
        "change_fiscal": 6_000,
        "change_other": 111_000,
        "change_open": 0,
        "fiscal_carried": 6_000,
        "restricted": 6_000,
        "unrestricted": 105_000,
        "closing": 117_000,
    }
    next_year = said(hospital, BUDGET_BALANCES, "2026-01")
    assert [next_year.value(key, "year") for key in ("opening_fiscal", "opening_other", "change", "closing")] == [
        6_000,
        111_000,
        0,
        117_000,
    ]


@pytest.mark.django_db
def test_the_page_the_workbook_and_the_api_say_the_same(hospital: Institution) -> None:
    client = Client()
    officer = trade.person("officer", Role.FINANCE_OFFICER, hospital)
    client.force_login(officer, backend="django.contrib.auth.backends.ModelBackend")
    query = {"institution": hospital.pk, "period": "2025-12", "layout": BUDGET_STATEMENT}
    text = client.get(reverse("ledger:statements"), query).content.decode()
    assert "预算收入支出表" in text
    assert "1,650.00" in text
    assert f"{reverse('ledger:account', args=[hospital.pk, '6501'])}?period=2025-12" in text, "down to its legs"
    answer = client.get(
        f"/api/v1/ledger/statements/{SURPLUS_DIFFERENCE}/", {"institution": "H1", "period": "2025-12"}
    ).json()
    told = {line["key"]: line["amounts"] for line in answer["lines"]}
    assert told["surplus"] == {"month": "200.00", "moved": "1200.00"}


@pytest.mark.django_db
@pytest.mark.parametrize("code", [BUDGET_STATEMENT, BUDGET_BALANCES, SURPLUS_DIFFERENCE, SURPLUS_CAUSES])
@pytest.mark.parametrize("month", ["2025-01", "2025-12", "2026-01"])
@pytest.mark.parametrize("ended", [False, True], ids=["open", "carried"])
def test_each_figure_opens_to_legs_that_add_up_to_it(
    hospital: Institution, client: Client, code: str, month: str, ended: bool
) -> None:
    """Each by its own measure: in one sheet some lines say what stood, others what carrying moved, others what stands."""
    client.force_login(trade.person("officer", Role.FINANCE_OFFICER, hospital))
    book(hospital, "k", "2026-01-09", ("1002", "7.00"), ("4609", "-7.00"), ("800102", "7.00"), ("6609", "-7.00"))
    if ended:
        carried(hospital)
    scope, followed = {"institution": str(hospital.pk), "period": month}, 0
    for line in said(hospital, code, month).lines:
        if not line.sources:
            continue
        row: Any = client.get(reverse("ledger:statement-line", args=[code, line.line.key]), scope).context["row"]
        assert [sum(values) for values in zip(*(each.values for each in line.sources), strict=True)] == [*line.values]
        for told, source in zip(row["sources"], line.sources, strict=True):
            for (value, url), measure in zip(told["cells"], source.measures, strict=True):
                assert abs(opened(client, url, measure)) == abs(value), (line.line.key, measure, url)
                followed += 1
    assert followed > 3


FEN = st.integers(-(10**12), 10**12)
FINANCIAL = ("1002", "1021", "12120201", "130201", "1601", "1602", "2201", "2001", "3001", "310102", "4609", "5001")
BUDGET = ("6101", "6501", "7201", "7701", "8101", "8202", "8301", "8001")


@st.composite
def balanced(draw: st.DrawFn, codes: tuple[str, ...]) -> list[Amount]:
    """Each book balances in every measure; what an opening brought stands on accounts of the year only."""
    rows = [
        Amount(
            code,
            start=draw(FEN),
            month=draw(FEN),
            year=draw(FEN),
            carried=draw(FEN),
            brought=draw(FEN) if code[0] in "4567" else 0,
        )
        for code in draw(st.lists(st.sampled_from(codes[:-1]), unique=True))
    ]
    year = sum(row.year - row.brought for row in rows)
    start, month, moved = (sum(getattr(row, name) for row in rows) for name in ("start", "month", "carried"))
    return [*rows, Amount(codes[-1], start=-start, month=-month, year=-year, carried=-moved)]


@given(balanced((*FINANCIAL, "1001")), balanced(BUDGET))
def test_whatever_both_books_say_their_difference_is_explained(financial: list[Amount], budget: list[Amount]) -> None:
    found = statement_of([*financial, *budget], layouts()[SURPLUS_DIFFERENCE])
    assert found.findings == ()
    of_the_year = [row.moved for row in financial if row.account[0] in "45"]
    assert found.value("surplus", "moved") == -sum(of_the_year)
    assert statement_of(budget, layouts()[BUDGET_BALANCES]).findings == ()
