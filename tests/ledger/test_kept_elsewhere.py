"""Statements, quarters and trial balances of books kept elsewhere: the imported figures, marked, with what they lack."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from ops_platform.his_intake.models import QualityFinding
from ops_platform.his_intake.quality.checking import check_month
from ops_platform.identity.actors import actor_of_user
from ops_platform.kernel import Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import services
from ops_platform.ledger.engine.local_accounts import LocalMapping
from ops_platform.ledger.engine.statements import BALANCE_SHEET, INCOME_STATEMENT
from ops_platform.ledger.models import BooksMode
from ops_platform.ledger.selectors.consolidation import statement as consolidated
from ops_platform.ledger.selectors.imported import imported_figures
from ops_platform.ledger.selectors.statements import Quarter, notes_of, periods, quarter_statements, statement
from ops_platform.ledger.services.consolidation import consolidate
from ops_platform.ledger.services.consolidation_members import include_everybody
from ops_platform.masterdata.models import Institution
from tests.ledger.books import booked, received
from tests.support import trade
from tests.support.downloads import book_of

pytestmark = pytest.mark.django_db
MARCH, MAY = Period(2026, 3), Period(2026, 5)
# bank, debt, net assets, income: March as sent first, with 60 earned since January; April is left out, 25 were earned in it
SENT = {
    "2026-03": (("100.00", "30.00"), ("-30.00", "0"), ("-10.00", "0"), ("-60.00", "-30.00")),
    "2026-05": (("155.00", "1.00"), ("-30.00", "0"), ("-10.00", "0"), ("-115.00", "-1.00")),
}
LOCAL = (("1002", "银行存款"), ("2302", "应付账款"), ("3001", "累计盈余"), ("4609", "其他收入"))


def send(institution: Institution, period: str) -> None:
    rows = []
    for (code, name), (opening, moved) in zip(LOCAL, SENT[period], strict=True):
        net = Decimal(moved)
        sides = {"debit": str(max(net, Decimal(0))), "credit": str(max(-net, Decimal(0)))}
        rows.append(trade.balance(code, name, period, opening=opening, **sides))
    trade.landed(institution, "trial-balances", rows)


@pytest.fixture
def clinic() -> Institution:
    """A village clinic whose books are kept elsewhere, with its trial balance of March."""
    clinic = trade.alliance()["V1"]
    send(clinic, "2026-03")
    mappings = [LocalMapping(code, name, code, date(2026, 1, 1)) for code, name in LOCAL]
    services.map_accounts(PLATFORM, institution=clinic, mappings=mappings)
    services.set_books_mode(
        PLATFORM, institution=clinic, mode=BooksMode.Mode.ELSEWHERE, effective_from=date(2026, 1, 1)
    )
    return clinic


@pytest.fixture
def officer(client: Client, clinic: Institution) -> Client:
    client.force_login(trade.person("clerk", Role.FINANCE_OFFICER, clinic))
    return client


def test_what_was_earned_before_the_first_sent_month_counts_to_the_year(clinic: Institution) -> None:
    assert {row.account: row.brought for row in imported_figures([clinic.pk], MARCH)} == {
        "1002": 0,
        "2302": 0,
        "3001": 0,
        "4609": -6_000,
    }
    income = statement(institution=clinic, period=MARCH, code=INCOME_STATEMENT)
    assert (income.value("surplus", "month"), income.value("surplus", "year")) == (3_000, 9_000)
    sheet = statement(institution=clinic, period=MARCH, code=BALANCE_SHEET)
    assert (sheet.findings, sheet.value("cash", "start"), sheet.value("cash", "end")) == ((), 10_000, 13_000)


def test_the_whole_counts_the_year_as_its_member_does(clinic: Institution) -> None:
    centre = actor_of_user(trade.person("centre", Role.OPERATION_CENTRE))
    include_everybody(centre)
    run = consolidate(centre, period=MARCH).run
    assert [finding for finding in run.findings if finding["severity"] == "blocking"] == []
    income, sheet = (consolidated(run=run, code=code) for code in (INCOME_STATEMENT, BALANCE_SHEET))
    assert (income.value("surplus", "month"), income.value("surplus", "year")) == (3_000, 9_000)
    keys = ("cash", "liabilities", "liabilities_and_net_assets")
    assert [(sheet.value(key, "start"), sheet.value(key, "end")) for key in keys] == [
        (10_000, 13_000),
        (3_000, 3_000),
        (10_000, 13_000),
    ]


def test_a_month_left_out_is_named_with_the_accounts_that_moved_in_it(clinic: Institution) -> None:
    send(clinic, "2026-05")
    told = " ".join(notes_of(institution=clinic, period=MAY))
    assert "2026-04：未报送科目余额表" in told
    assert "1002 银行存款：2026-05 期初 155.00 ≠ 2026-03 期末 130.00" in told
    assert "4609 其他收入：2026-05 期初 -115.00 ≠ 2026-03 期末 -90.00" in told
    assert "2302" not in told
    check_month(clinic, MAY)
    assert QualityFinding.objects.get(rule="trial_balance_gap").count == 3
    check_month(clinic, MARCH)
    assert QualityFinding.objects.filter(rule="trial_balance_gap", period="2026-03").count() == 0
    assert "2026-04" not in " ".join(notes_of(institution=clinic, period=MARCH))


def test_an_account_that_does_not_go_on_is_told_beside_the_figures(clinic: Institution) -> None:
    trade.landed(clinic, "trial-balances", [trade.balance("1002", "银行存款", "2026-04", opening="129.00")])
    told = notes_of(institution=clinic, period=Period(2026, 4))
    assert "1002 银行存款：2026-04 期初 129.00 ≠ 2026-03 期末 130.00。" in told


def test_its_months_are_those_sent_not_those_booked_here(clinic: Institution) -> None:
    booked(clinic, received("1.00", day="2026-02-03"))
    assert periods(institutions=[clinic.pk]) == ["2026-03"]
    services.set_books_mode(PLATFORM, institution=clinic, mode=BooksMode.Mode.OWN, effective_from=date(2026, 3, 1))
    assert periods(institutions=[clinic.pk]) == []
    services.set_books_mode(PLATFORM, institution=clinic, mode=BooksMode.Mode.OWN, effective_from=date(2026, 2, 1))
    assert periods(institutions=[clinic.pk]) == ["2026-02"]


def test_a_quarter_goes_as_far_as_it_was_sent(clinic: Institution) -> None:
    send(clinic, "2026-05")
    first, second = (
        {each.layout.code: each for each in quarter_statements(institution=clinic, quarter=Quarter(2026, number))}
        for number in (1, 2)
    )
    assert (first[INCOME_STATEMENT].value("surplus", "month"), first[INCOME_STATEMENT].value("surplus", "year")) == (
        3_000,
        9_000,
    )
    assert second[BALANCE_SHEET].value("cash", "end") == 15_600
    assert second[INCOME_STATEMENT].value("surplus", "month") == 100, "what was sent; April is told as lacking"


@pytest.mark.parametrize("name", ["statements", "fiscal-report", "trial-balance"])
def test_pages_show_the_imported_figures_with_a_mark(officer: Client, clinic: Institution, name: str) -> None:
    page = officer.get(reverse(f"ledger:{name}"), {"period": "2026-03", "quarter": "2026-Q1"}).content.decode()
    for words in ("外部账", "130.00", "科目余额表本年自 2026-03 起报送"):
        assert words in page, words
    assert reverse("ledger:account", args=[clinic.pk, "1002"]) not in page, "there are no legs"


def test_the_day_sheet_says_why_there_is_none(officer: Client, clinic: Institution) -> None:
    booked(clinic, received("1.00"))
    page = officer.get(reverse("ledger:day-sheet"), {"period": "2026-03"}).content.decode()
    assert "外部账没有收支日报" in page


def test_a_month_that_was_not_sent_says_so(officer: Client, clinic: Institution) -> None:
    page = officer.get(reverse("ledger:trial-balance"), {"period": "2026-02"}).content.decode()
    assert "这个月还没有外部账" in page


@pytest.mark.parametrize("name", ["statements", "fiscal-report", "trial-balance"])
def test_workbooks_carry_the_notes(officer: Client, name: str) -> None:
    answer = officer.get(reverse(f"ledger:{name}"), {"period": "2026-03", "quarter": "2026-Q1", "export": "xlsx"})
    book = book_of(answer)
    for sheet in book.sheet_names:
        said = "\n".join(str(cell) for row in book.get_sheet_by_name(sheet).to_python() for cell in row)
        assert "外部账：" in said, sheet


def test_pages_say_where_a_year_begins_with_an_opening(client: Client) -> None:
    from tests.ledger.test_figures import begun_in_august

    hospital = begun_in_august()
    client.force_login(trade.person("clerk", Role.FINANCE_OFFICER, hospital))
    for name in ("statements", "fiscal-report", "trial-balance"):
        answer = client.get(reverse(f"ledger:{name}"), {"period": "2026-09", "quarter": "2026-Q3"})
        assert "账簿自 2026-08 启用，年初数为启用时的期初余额" in answer.content.decode(), name
    cash = client.get(reverse("ledger:statements"), {"period": "2026-09", "layout": "cash_summary"}).content.decode()
    assert "付款 5001 业务活动费用" in cash
    assert "期初现金" in cash
    assert f"{reverse('ledger:cash-entries', args=[hospital.pk, '2026-09', '2026-09'])}?source=out%3A5001" in cash
    assert "in:" not in cash
    assert 'value="2026-07"' not in cash
