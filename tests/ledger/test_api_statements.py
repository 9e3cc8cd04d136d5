"""Statements of an institution, its trial balance and the keeping of its books over the API."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ops_platform.kernel import Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import services
from ops_platform.ledger.layouts import layouts
from ops_platform.ledger.models import Account, Floor
from ops_platform.masterdata.models import AccountingPeriod, Institution
from tests.ledger.books import BANK, COST, booked, entry, floor, paid, received
from tests.support import trade

pytestmark = pytest.mark.django_db
API = "/api/v1/ledger/"


@pytest.fixture
def hospital() -> Institution:
    """January: 1,000 came in, 300 went out. March: 200 of inpatients came in, 50 went out."""
    hospital = trade.alliance()["H1"]
    booked(hospital, received("1000.00", "a", "2026-01-10"))
    booked(hospital, paid("300.00", "b", "2026-01-20"))
    booked(hospital, entry(("借", BANK, "200.00"), ("贷", "4101010203", "200.00"), key="c", day="2026-03-05"))
    booked(hospital, paid("50.00", "d", "2026-03-06"))
    return hospital


def caller(role: Role, institution: Institution | None) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(trade.person(str(role), role, institution), backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def officer(hospital: Institution) -> Client:
    return caller(Role.FINANCE_OFFICER, hospital)


@pytest.fixture
def director(hospital: Institution) -> Client:
    return caller(Role.FINANCE_DIRECTOR, hospital)


def got(client: Client, path: str, **query: Any) -> Any:
    answer = client.get(API + path, {"institution": "H1", **query})
    assert answer.status_code == 200, answer.content.decode()[:500]
    return answer.json()


def sent(client: Client, path: str, body: Any) -> tuple[int, Any]:
    answer = client.post(API + path, body, content_type="application/json")
    return answer.status_code, answer.json()


def amounts(statement: Any) -> dict[str, Any]:
    return {line["key"]: line["amounts"] for line in statement["lines"]}


def test_statements_say_the_figures_worked_out_by_hand(hospital: Institution, officer: Client) -> None:
    forms = got(officer, "statements/")
    assert [each["statement"] for each in forms] == [*layouts()]
    income = got(officer, "statements/income_statement/", period="2026-03")
    assert (income["institution"], income["period"], income["closed"], income["mode"]) == (
        "H1",
        "2026-03",
        False,
        "own",
    )
    said = amounts(income)
    assert said["income"] == {"month": "200.00", "year": "1200.00"}
    assert said["expense"] == {"month": "50.00", "year": "350.00"}
    assert said["surplus"] == {"month": "150.00", "year": "850.00"}
    activity = next(line for line in income["lines"] if line["key"] == "activity")
    assert activity["accounts"] == [
        {
            "account": COST,
            "name": Account.objects.get(code=COST).name,
            "cost_item": "personnel",
            "amounts": {"month": "50.00", "year": "350.00"},
        }
    ]
    balance = got(officer, "statements/balance_sheet/", period="2026-03")
    assert amounts(balance)["cash"] == {"end": "850.00", "start": "0.00"}
    assert balance["findings"] == []
    cash = amounts(got(officer, "statements/cash_summary/", period="2026-03"))
    assert (cash["opening"], cash["closing"]) == (
        {"month": "700.00", "year": "0.00"},
        {"month": "850.00", "year": "850.00"},
    )
    AccountingPeriod.objects.filter(institution=hospital, period="2026-02").update(state="closed")
    assert got(officer, "statements/balance_sheet/", period="2026-02")["closed"] is True


def test_a_quarter_is_told_whole(officer: Client) -> None:
    told = got(officer, "fiscal-report/", quarter="2026-Q1")
    assert [each["statement"] for each in told["statements"]] == [*layouts()], "those of both books"
    income = told["statements"][1]
    assert income["columns"][0] == {"measure": "month", "title": "本季数"}
    assert amounts(income)["surplus"] == {"month": "850.00", "year": "850.00"}
    later = amounts(got(officer, "fiscal-report/", quarter="2026-Q2")["statements"][1])
    assert later["surplus"] == {"month": "0.00", "year": "850.00"}


def test_the_trial_balance_and_the_day_sheet_add_up(officer: Client) -> None:
    told = got(officer, "trial-balance/", period="2026-03")
    assert told["balanced"] is True
    bank = next(row for row in told["rows"] if row["code"] == BANK)
    assert (bank["opening_debit"], bank["debit"], bank["credit"], bank["closing_debit"]) == (
        "700.00",
        "200.00",
        "50.00",
        "850.00",
    )
    assert (told["total"]["debit"], told["total"]["credit"]) == ("250.00", "250.00")
    assert got(officer, "trial-balance/", period="2026-03", book="budget")["rows"] == []
    sheet = got(officer, "day-sheet/", period="2026-03")
    assert [(day["day"], day["inpatient"], day["expense"]) for day in sheet["days"]] == [
        ("2026-03-05", "200.00", "0.00"),
        ("2026-03-06", "0.00", "50.00"),
    ]
    assert (sheet["total"]["day"], sheet["total"]["surplus"]) == (None, "150.00")
    assert got(officer, "day-sheet/", period="2026-02") == {
        "institution": "H1",
        "period": "2026-02",
        "days": [],
        "total": None,
    }


def test_pending_entries_tell_their_lines(hospital: Institution, officer: Client) -> None:
    held = services.hold(PLATFORM, institution=hospital, entry=paid("5.00", "p", "2026-03-07"))
    listed = got(officer, "pending-entries/", state="pending")
    (row,) = listed["results"]
    assert (row["id"], row["state"], row["entry"], row["day"]) == (held.pk, "pending", None, "2026-03-07")
    assert [(leg["account"], leg["debit"], leg["credit"]) for leg in row["legs"]] == [
        (COST, "5.00", "0.00"),
        (BANK, "0.00", "5.00"),
    ]
    services.void(PLATFORM, pending_id=held.pk)
    assert got(officer, "pending-entries/", state="pending")["count"] == 0
    assert got(officer, "pending-entries/", key="p")["results"][0]["state"] == "voided"


def test_an_account_may_not_be_overdrawn_from_now_on(hospital: Institution, officer: Client, director: Client) -> None:
    status, made = sent(director, "floors/", {"institution": "H1", "account": BANK})
    assert status == 200, made
    assert (made["standing"], made["held"], made["available"], made["by"]) == (
        "850.00",
        "0.00",
        "850.00",
        "finance_director",
    )
    assert made["since"]
    assert sent(director, "floors/", {"institution": "H1", "account": BANK})[1]["id"] == made["id"]
    services.hold(PLATFORM, institution=hospital, entry=paid("40.00", "p", "2026-03-07"))
    (row,) = got(officer, "floors/")["results"]
    assert (row["account"], row["standing"], row["held"], row["available"]) == (BANK, "850.00", "40.00", "810.00")
    assert sent(officer, "floors/", {"institution": "H1", "account": BANK})[0] == 403
    assert sent(director, "floors/", {"institution": "H1", "account": "9"})[1]["code"] == "ledger.no_account"
    assert sent(director, "floors/", {"institution": "H1", "account": "1218"})[1]["code"] == "ledger.not_a_leaf"
    # on the credit side: what is owed
    booked(hospital, entry(("借", COST, "9.00"), ("贷", "2302", "9.00"), key="e", day="2026-03-08"))
    floor(hospital, "2302")
    owed = next(row for row in got(officer, "floors/")["results"] if row["account"] == "2302")
    assert (owed["standing"], owed["since"], owed["by"]) == ("9.00", None, ""), "set before anybody wrote it down"


def test_the_page_of_floors_links_to_the_accounts(hospital: Institution, officer: Client) -> None:
    address = reverse("ledger:floors")
    assert "没有不得透支的科目" in officer.get(address).content.decode()
    account = Account.objects.get(code=BANK)
    services.forbid_overdraft(PLATFORM, institution=hospital, account=account)
    services.forbid_overdraft(PLATFORM, institution=Institution.objects.get(code="T1"), account=account)
    text = officer.get(address).content.decode()
    assert reverse("ledger:account", args=[hospital.pk, BANK]) in text
    assert "850.00" in text
    assert "平台自动" in text
    assert "东镇卫生院" not in text
    assert f'href="{address}"' in officer.get(reverse("ledger:pending")).content.decode(), "it stands in the menu"
    assert officer.get(address, {"export": "xlsx", "sort": "-standing"}).status_code == 200
    assert officer.get(address, {"institution": "x\0"}).status_code == 200


def test_own_accounts_are_made_and_closed(hospital: Institution, director: Client) -> None:
    own = {"institution": "H1", "parent": "1001", "code": "100101", "name": "门诊备用金"}
    status, made = sent(director, "own-accounts/", own)
    assert (status, made["code"], made["institution"], made["parent_code"]) == (201, "100101", "H1", "1001")
    assert sent(director, "own-accounts/", own)[1]["code"] == "ledger.code_taken"
    status, closed = sent(director, "own-accounts/close/", {"institution": "H1", "account": "100101"})
    assert status == 200, closed
    assert closed["closed_on"]
    status, refused = sent(director, "own-accounts/close/", {"institution": "H1", "account": "1001"})
    assert (status, refused["code"]) == (404, "ledger.no_account")


def test_a_year_is_carried_forward_once() -> None:
    hospital = trade.alliance("2025-01")["H1"]
    booked(hospital, received("100.00", "a", "2025-06-10"))
    director = caller(Role.FINANCE_DIRECTOR, hospital)
    asked = {"institution": "H1", "year": 2025}
    assert sent(director, "years/carry-forward/", asked)[1]["code"] == "ledger.year_not_over"
    AccountingPeriod.objects.exclude(period="2025-12").update(state="closed")
    status, made = sent(director, "years/carry-forward/", asked)
    assert (status, made["period"]) == (200, "2025-12")
    assert sent(director, "years/carry-forward/", asked)[1] == made
    assert sent(director, "years/carry-forward/", {**asked, "year": 2024})[1]["code"] == "ledger.nothing_to_carry"


PLACES = [
    "statements/balance_sheet/?institution={code}&period=2026-03",
    "trial-balance/?institution={code}&period=2026-03",
    "day-sheet/?institution={code}&period=2026-03",
    "fiscal-report/?institution={code}&quarter=2026-Q1",
]
DEEDS = [
    ("floors/", {"account": BANK}),
    ("own-accounts/", {"parent": "1001", "code": "100101", "name": "备用金"}),
    ("own-accounts/close/", {"account": "100101"}),
    ("years/carry-forward/", {"year": 2026}),
]


@pytest.mark.parametrize("place", PLACES)
def test_the_accountant_of_the_township_sees_the_own_books_only(hospital: Institution, place: str) -> None:
    accountant = caller(Role.FINANCE_OFFICER, Institution.objects.get(code="T1"))
    assert accountant.get(API + place.format(code="T1")).status_code == 200
    refused = accountant.get(API + place.format(code="H1"))
    assert (refused.status_code, refused.json()["code"]) == (404, "masterdata.no_institution")
    assert caller(Role.AUDITOR, None).get(API + place.format(code="H1")).status_code == 200
    assert caller(Role.SYSTEM_ADMIN, None).get(API + place.format(code="H1")).status_code == 403


def test_lists_hold_what_one_may_see(hospital: Institution) -> None:
    services.hold(PLATFORM, institution=hospital, entry=paid("5.00", "p", "2026-03-07"))
    floor(hospital)
    accountant = caller(Role.FINANCE_OFFICER, Institution.objects.get(code="T1"))
    for place in ("pending-entries/", "floors/"):
        assert accountant.get(API + place).json()["count"] == 0
        assert accountant.get(API + place, {"institution": "H1"}).json()["count"] == 0


@pytest.mark.parametrize(("place", "body"), DEEDS)
def test_books_are_kept_by_the_own_director_only(hospital: Institution, place: str, body: dict[str, Any]) -> None:
    body = {"institution": "H1", **body}
    assert sent(caller(Role.FINANCE_OFFICER, hospital), place, body)[0] == 403
    assert sent(caller(Role.AUDITOR, None), place, body)[0] == 403
    status, refused = sent(caller(Role.FINANCE_DIRECTOR, Institution.objects.get(code="T1")), place, body)
    assert (status, refused["code"]) == (404, "masterdata.no_institution")
    assert not Floor.objects.exists()
    assert not Account.objects.filter(institution__isnull=False).exists()


@pytest.mark.parametrize(
    "place",
    [
        "statements/nothing/?institution=H1&period=2026-03",
        "statements/balance_sheet/?institution=X9&period=2026-03",
        "fiscal-report/?institution=X9&quarter=2026-Q1",
    ],
)
def test_what_is_not_there_is_not_found(officer: Client, place: str) -> None:
    answer = officer.get(API + place)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    "place",
    [
        "statements/balance_sheet/",
        "statements/balance_sheet/?institution=H1",
        *(
            f"statements/{code}/?institution=H1&period={period}"
            for code in ("balance_sheet", "cash_summary")
            for period in ("", "x", "0000-01", "9999-12", "2026-13", "2026-03%00")
        ),
        "statements/balance_sheet/?institution=%00&period=2026-03",
        "trial-balance/?institution=H1&period=2026-03&book=x",
        "day-sheet/?institution=H1&period=0000-01",
        *(f"fiscal-report/?institution=H1&quarter={quarter}" for quarter in ("", "2026", "2026-Q5", "0000-Q1", "x%00")),
        "floors/?institution=%00",
        "pending-entries/?key=%00",
    ],
)
def test_odd_questions_are_refused_in_words(officer: Client, place: str) -> None:
    answer = officer.get(API + place)
    assert (answer.status_code, answer.json()["code"]) == (422, "web.invalid"), answer.content


@pytest.mark.parametrize("period", ["1990-01", "2199-12", "2025-12"])
def test_months_without_books_are_empty(officer: Client, period: str) -> None:
    for place in ("statements/balance_sheet/", "statements/cash_summary/", "trial-balance/", "day-sheet/"):
        assert officer.get(API + place, {"institution": "H1", "period": period}).status_code == 200
    for quarter in ("1990-Q1", "2199-Q4"):
        assert officer.get(API + "fiscal-report/", {"institution": "H1", "quarter": quarter}).status_code == 200


ODD: list[tuple[str, Any]] = [
    *[(place, body) for place, _ in DEEDS for body in ([], '"x"', {}, {"institution": "H1"}, {"institution": None})],
    *[("floors/", {"institution": "H1", "account": value}) for value in (None, "", "\0", {}, "1" * 21, "\ud800")],
    *[
        ("own-accounts/", {"institution": "H1", "parent": "1001", "code": code, "name": name})
        for code, name in (("1001x", "备用金"), ("9", "备用金"), ("100101", "x" * 101), ("100101", "\0"), ([], {}))
    ],
    *[
        ("years/carry-forward/", {"institution": "H1", "year": year})
        for year in (None, 0, -1, 10**30, 1.5, "x", True, [], "2026\0", 9999)
    ],
]


@pytest.mark.parametrize(("place", "body"), ODD)
def test_odd_bodies_are_refused_in_words(director: Client, place: str, body: Any) -> None:
    status, refused = sent(director, place, body)
    assert status == 422, refused
    assert refused["detail"]


def test_more_rows_ask_no_more_questions(hospital: Institution, officer: Client) -> None:
    def fill(number: int) -> None:
        services.hold(PLATFORM, institution=hospital, entry=paid("1.00", f"p{number}", "2026-03-07"))
        code = f"10010{number}"
        row = services.add_own_account(
            PLATFORM, institution_id=hospital.pk, parent="1001", code=code, name=f"备用金{number}"
        )
        services.forbid_overdraft(PLATFORM, institution=hospital, account=row)
        booked(hospital, entry(("借", code, "1.00"), ("贷", "4604", "1.00"), key=f"x{number}", day="2026-03-09"))

    def counts() -> list[int]:
        found = []
        places = [place.format(code="H1") for place in PLACES]
        for address in (*(API + place for place in (*places, "pending-entries/", "floors/")), reverse("ledger:floors")):
            officer.get(address)
            with CaptureQueriesContext(connection) as queries:
                assert officer.get(address).status_code == 200
            found.append(len(queries))
        return found

    fill(1)
    few = counts()
    for number in range(2, 6):
        fill(number)
    assert counts() == few


@pytest.mark.parametrize("period", ["0000-01", "9999-12", "x"])
def test_events_of_no_month_are_refused_in_words(officer: Client, period: str) -> None:
    asked = {"institution": "H1", "period": period}
    answer = officer.get(API + "events/preview/", asked)
    assert (answer.status_code, answer.json()["code"]) == (422, "web.invalid")
    assert [error["field"] for error in answer.json()["errors"]] == ["period"]
    assert sent(officer, "events/book/", asked)[1]["errors"] == answer.json()["errors"]
