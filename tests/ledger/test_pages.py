"""Pages of the books: what a finance officer reads, and that it adds up."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ops_platform.kernel import Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import services
from ops_platform.ledger.selectors.balances import trial_balance
from ops_platform.masterdata.models import Institution
from tests.ledger.books import BANK, COST, booked, entry, paid, received
from tests.support import trade
from tests.support.downloads import book_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def hospital() -> Institution:
    found = trade.alliance()["H1"]
    booked(found, received("1000.00", "a", "2026-02-10"))
    booked(found, paid("250.50", "b", "2026-03-06"))
    booked(found, entry(("借", BANK, "80.00"), ("贷", "4101010103", "80.00"), key="c", day="2026-03-07"))
    return found


@pytest.fixture
def officer(client: Client, hospital: Institution) -> Client:
    client.force_login(trade.person("clerk", Role.FINANCE_OFFICER, hospital))
    return client


def test_a_trial_balance_balances_and_sums_its_accounts_up_the_tree(hospital: Institution) -> None:
    found = trial_balance(hospital, Period(2026, 3))
    rows = {row.code: row for row in found.rows}
    assert found.balanced
    assert (rows[BANK].opening_debit, rows[BANK].debit, rows[BANK].credit) == (
        Decimal("1000.00"),
        Decimal("80.00"),
        Decimal("250.50"),
    )
    assert rows[BANK].closing_debit == Decimal("829.50")
    income = [rows[code].closing_credit for code in ("4101", "410101", "41010101", "4101010103")]
    assert income == [Decimal("80.00")] * 4
    assert [rows[code].level for code in ("4101", "410101", "41010101", "4101010103")] == [1, 2, 3, 4]
    assert rows[COST].year_debit == Decimal("250.50")


def test_the_trial_balance_page_opens_every_account(officer: Client, hospital: Institution) -> None:
    page = officer.get(reverse("ledger:trial-balance"), {"period": "2026-03"}).content.decode()
    assert "借贷平衡" in page
    assert reverse("ledger:account", args=[hospital.pk, BANK]) in page
    workbook = officer.get(reverse("ledger:trial-balance"), {"period": "2026-03", "export": "xlsx"})
    assert workbook.headers["Content-Type"].endswith("sheet")


def test_the_trial_balance_is_made_once_a_page(officer: Client) -> None:
    with CaptureQueriesContext(connection) as asked:
        officer.get(reverse("ledger:trial-balance"), {"period": "2026-03"})
    assert sum("FROM ledger_periodbalance b" in query["sql"] for query in asked) == 1


def test_an_account_sheet_runs_from_the_opening_to_the_closing_balance(officer: Client, hospital: Institution) -> None:
    answer = officer.get(reverse("ledger:account", args=[hospital.pk, BANK]), {"period": "2026-03"})
    assert answer.context["opening"] == Decimal("1000.00")
    assert answer.context["closing"] == Decimal("829.50")
    page = answer.content.decode()
    assert page.index("749.50") < page.index("829.50", page.index("749.50")), "the balance after each line"
    year = officer.get(reverse("ledger:account", args=[hospital.pk, BANK]), {"period": "2026-03", "span": "year"})
    assert (year.context["opening"], year.context["closing"]) == (0, Decimal("829.50"))


def test_the_sheet_of_a_sum_account_shows_what_stands_below_it(officer: Client, hospital: Institution) -> None:
    answer = officer.get(reverse("ledger:account", args=[hospital.pk, "4101"]), {"period": "2026-03"})
    assert answer.context["closing"] == Decimal("80.00")
    assert answer.context["table"].paginator.count == 1


@pytest.mark.parametrize(
    "query", ["period=2026-13", "period=%00", "span=never", "period=2026-03&page=x", "institution=9"]
)
def test_odd_addresses_are_answered_in_peace(officer: Client, hospital: Institution, query: str) -> None:
    for name, args in (("ledger:trial-balance", []), ("ledger:account", [hospital.pk, BANK]), ("ledger:journal", [])):
        assert officer.get(f"{reverse(name, args=args)}?{query}").status_code in (200, 404)
    assert officer.get(reverse("ledger:account", args=[hospital.pk, "no such"])).status_code == 404


def test_the_journal_finds_by_account_words_and_month(officer: Client) -> None:
    def count(**query: str) -> int:
        return int(officer.get(reverse("ledger:journal"), query).context["table"].paginator.count)

    assert count() == 3
    assert count(account="4101") == 1
    assert count(period="2026-02") == 1
    assert count(words="没有的") == 0


def test_the_journal_sums_and_looks_into_legs_of_the_shown_entries_only(officer: Client) -> None:
    with CaptureQueriesContext(connection) as asked:
        page = officer.get(reverse("ledger:journal"), {"account": BANK}).content.decode()
    listed = next(query["sql"] for query in asked if "LIMIT" in query["sql"] and "previous_hash" in query["sql"])
    assert "SUM" not in listed
    assert '"ledger_account"' not in listed
    for amount in ("1,000.00", "250.50", "80.00"):
        assert amount in page
    workbook = officer.get(reverse("ledger:journal"), {"export": "xlsx"})
    rows = book_of(workbook).get_sheet_by_index(0)
    assert sorted(row[4] for row in rows.to_python()[1:]) == [80, 250.5, 1000]


def test_an_entry_says_where_it_comes_from_and_what_took_it_back(officer: Client, hospital: Institution) -> None:
    row = booked(hospital, received("5.00", "z"))
    services.reverse(PLATFORM, entry_id=row.pk, day=date(2026, 3, 9), reason="重复入账")
    page = officer.get(reverse("ledger:entry", args=[row.pk])).content.decode()
    assert "已冲销" in page
    assert row.hash in page
    assert "自动记账" in page


def test_the_journal_asks_the_same_number_of_questions_however_long_it_is(
    officer: Client, hospital: Institution
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            officer.get(reverse("ledger:journal"))
        return len(asked)

    queries()
    few = queries()
    services.book_all(
        PLATFORM, institution=hospital, bookings=[services.Booking(received("1.00", f"m{n}")) for n in range(40)]
    )
    assert queries() == few


def test_the_api_reads_the_books_and_takes_a_voucher_for_review(hospital: Institution, client: Client) -> None:
    trade.person("reviewer", Role.ACCOUNTING_REVIEWER, hospital)
    client.force_login(trade.person("clerk", Role.FINANCE_OFFICER, hospital))
    entries = client.get("/api/v1/ledger/entries/", {"period": "2026-03"}).json()
    assert entries["count"] == 2
    assert {leg["account"] for row in entries["results"] for leg in row["legs"]} == {BANK, COST, "4101010103"}
    balances = client.get("/api/v1/ledger/balances/", {"account": "1002", "period": "2026-03"}).json()["results"]
    assert [(row["debit"], row["credit"]) for row in balances] == [("80.00", "250.50")]
    body = {
        "institution": "H1",
        "day": "2026-03-08",
        "summary": "利息收入",
        "lines": [{"account": "1002", "debit": "3.21"}, {"account": "4604", "credit": "3.21"}],
    }
    made = client.post("/api/v1/ledger/vouchers/", body, content_type="application/json")
    assert made.status_code == 201, made.content
    body["lines"][1]["credit"] = "3.20"  # type: ignore[index]
    refused = client.post("/api/v1/ledger/vouchers/", body, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (422, "ledger.not_balanced")
