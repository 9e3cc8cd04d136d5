"""Figures of a month: what stood before it, what it moved, what the year moved so far."""

from decimal import Decimal

import pytest

from ops_platform.identity.actors import actor_of_user
from ops_platform.kernel import Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import services
from ops_platform.ledger.engine.figures import Figure
from ops_platform.ledger.engine.statements import BALANCE_SHEET, CASH_SUMMARY, INCOME_STATEMENT
from ops_platform.ledger.selectors.balances import trial_balance
from ops_platform.ledger.selectors.consolidation import statement as consolidated
from ops_platform.ledger.selectors.figures import figures_of
from ops_platform.ledger.selectors.statements import Quarter, periods, quarter_statements, statement
from ops_platform.ledger.services.consolidation import consolidate
from ops_platform.ledger.services.consolidation_members import include_everybody
from ops_platform.masterdata.models import AccountingPeriod, Institution
from ops_platform.masterdata.services import open_missing_periods
from tests.ledger.books import BANK, COST, OTHER_INCOME, PAYABLE, booked, legs, paid, received
from tests.support import trade


@pytest.mark.django_db
def test_figures_tell_opening_month_and_year_apart() -> None:
    hospital = trade.alliance()["H1"]
    booked(hospital, received("100.00", "a", "2026-01-10"))
    booked(hospital, received("20.00", "b", "2026-02-10"))
    booked(hospital, paid("5.55", "c", "2026-02-11"))
    booked(hospital, received("1.00", "d", "2026-03-10"))
    assert figures_of([hospital.pk], Period(2026, 2)) == [
        Figure(hospital.pk, BANK, 10_000, 2_000, 555, 12_000, 555),
        Figure(hospital.pk, OTHER_INCOME, -10_000, 0, 2_000, 0, 12_000),
        Figure(hospital.pk, COST, 0, 555, 0, 555, 0, cost_item="personnel"),
    ]


def begun_in_august(year: int = 2026) -> Institution:
    """Books that begin in August with a bank of 100, a debt of 30, and 400 earned and 330 spent since January."""
    hospital = trade.alliance(first_period=f"{year}-08")["H1"]
    services.book_opening(
        PLATFORM,
        institution=hospital,
        key="1",
        legs=legs(
            ("借", BANK, "100.00"), ("贷", PAYABLE, "30.00"), ("贷", OTHER_INCOME, "400.00"), ("借", COST, "330.00")
        ),
    )
    booked(hospital, received("20.00", "a", f"{year}-08-10"))
    booked(hospital, paid("5.00", "b", f"{year}-09-11"))
    booked(hospital, received("1.00", "c", f"{year}-10-12"))
    return hospital


@pytest.mark.django_db
def test_an_opening_is_no_turnover() -> None:
    hospital = begun_in_august()
    said = {row.account: row for row in figures_of([hospital.pk], Period(2026, 9))}
    assert said == {
        BANK: Figure(hospital.pk, BANK, 12_000, 0, 500, 2_000, 500),
        PAYABLE: Figure(hospital.pk, PAYABLE, -3_000),
        OTHER_INCOME: Figure(hospital.pk, OTHER_INCOME, -42_000, 0, 0, 0, 2_000, brought=-40_000),
        COST: Figure(hospital.pk, COST, 33_000, 500, 0, 500, 0, cost_item="personnel", brought=33_000),
    }
    next_year = {row.account: row for row in figures_of([hospital.pk], Period(2027, 2))}
    assert next_year[OTHER_INCOME] == Figure(hospital.pk, OTHER_INCOME, -42_100), "brought into the year of the opening"


@pytest.mark.django_db
def test_statements_of_books_begun_in_mid_year() -> None:
    hospital, september = begun_in_august(), Period(2026, 9)
    sheet, income, cash = (
        statement(institution=hospital, period=september, code=code)
        for code in (BALANCE_SHEET, INCOME_STATEMENT, CASH_SUMMARY)
    )
    assert [each.findings for each in (sheet, income, cash)] == [(), (), ()]
    assert [(sheet.value(key, "start"), sheet.value(key, "end")) for key in ("cash", "assets", "liabilities")] == [
        (10_000, 11_500),
        (10_000, 11_500),
        (3_000, 3_000),
    ]
    assert (income.value("surplus", "month"), income.value("surplus", "year")) == (-500, 8_500), "70 + 20 − 5"
    assert [cash.value(key, "year") for key in ("opening", "receipts", "payments", "elsewhere", "closing")] == [
        10_000,
        2_000,
        500,
        0,
        11_500,
    ]


@pytest.mark.django_db
def test_quarters_of_books_begun_in_mid_year() -> None:
    hospital = begun_in_august()
    said = [
        {each.layout.code: each for each in quarter_statements(institution=hospital, quarter=Quarter(2026, number))}
        for number in (3, 4)
    ]
    assert [(made[INCOME_STATEMENT].value("surplus", m)) for made in said for m in ("month", "year")] == [
        1_500,
        8_500,
        100,
        8_600,
    ]
    assert [made[BALANCE_SHEET].value("cash", "start") for made in said] == [10_000, 10_000]
    assert [
        (made[CASH_SUMMARY].value(key, "month")) for made in said for key in ("opening", "receipts", "closing")
    ] == [
        10_000,
        2_000,
        11_500,
        11_500,
        100,
        11_600,
    ]
    assert [(made[CASH_SUMMARY].value(key, "year")) for made in said for key in ("opening", "receipts", "closing")] == [
        10_000,
        2_000,
        11_500,
        10_000,
        2_100,
        11_600,
    ]


@pytest.mark.django_db
def test_a_trial_balance_counts_the_year_from_the_first_period_on() -> None:
    hospital = begun_in_august()
    found = trial_balance(hospital, Period(2026, 9))
    bank = next(row for row in found.rows if row.code == BANK)
    assert (found.balanced, bank.year_debit, bank.year_credit) == (True, Decimal("20.00"), Decimal("5.00"))
    assert periods(institutions=[hospital.pk]) == ["2026-10", "2026-09", "2026-08"], "not the opening's month"


@pytest.mark.django_db
def test_a_year_begun_by_an_opening_is_carried_forward_whole() -> None:
    hospital = begun_in_august(2025)
    open_missing_periods(hospital, Period(2025, 12))
    AccountingPeriod.objects.filter(institution=hospital, period__lt="2025-12").update(state="closed")
    services.carry_year_forward(PLATFORM, institution=hospital, year=2025)
    sheet, income = (
        statement(institution=hospital, period=Period(2025, 12), code=code)
        for code in (BALANCE_SHEET, INCOME_STATEMENT)
    )
    assert sheet.findings == income.findings == ()
    assert (sheet.value("cash", "end"), income.value("surplus", "year")) == (11_600, 8_600)


@pytest.mark.django_db
def test_a_consolidation_begins_where_its_members_begin() -> None:
    hospital = begun_in_august()
    centre = actor_of_user(trade.person("centre", Role.OPERATION_CENTRE))
    include_everybody(centre)
    run = consolidate(centre, period=Period(2026, 9)).run
    assert [finding for finding in run.findings if finding["severity"] == "blocking"] == []
    for code, lines in (
        (BALANCE_SHEET, ("cash", "assets", "liabilities", "liabilities_and_net_assets")),
        (CASH_SUMMARY, ("opening", "receipts", "payments", "closing")),
    ):
        own = statement(institution=hospital, period=Period(2026, 9), code=code)
        whole = consolidated(run=run, code=code)
        for key in lines:
            assert next(each.values for each in whole.lines if each.line.key == key) == next(
                each.values for each in own.lines if each.line.key == key
            ), key
