"""Books kept elsewhere over the API: mapping them, comparing them, beginning books with them."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ops_platform.kernel import Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import services
from ops_platform.ledger.models import BooksMode, Entry, EntryKind, LocalAccount
from ops_platform.masterdata.models import AccountingPeriod, Institution
from tests.ledger.books import booked, received
from tests.ledger.test_local_accounts import SENT, WHOLE
from tests.support import trade

pytestmark = pytest.mark.django_db
API = "/api/v1/ledger/"


@pytest.fixture
def hospital() -> Institution:
    """A hospital with the trial balance of its first month, of which nothing is mapped."""
    hospital = trade.alliance()["H1"]
    rows = [("1002", "银行存款", "120.00"), ("121799", "乡镇往来", "5.00"), ("3001", "累计盈余", "-125.00")]
    trade.landed(
        hospital, "trial-balances", [trade.balance(code, name, "2026-01", opening=net) for code, name, net in rows]
    )
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


JANUARY = {"institution": "H1", "period": "2026-01"}
TOWNSHIP = {"institution": "H1", "code": "121799", "name": "乡镇往来", "account": "121890", "since": "2026-01"}


def test_accounts_are_mapped_and_the_books_begin(hospital: Institution, officer: Client, director: Client) -> None:
    listed = got(officer, "local-accounts/", period="2026-01")
    assert (listed["count"], listed["mode"]) == (3, "own")
    bank = listed["results"][0]
    assert bank["proposal"] == {"account": "1002", "name": "银行存款", "missing": []}
    assert (bank["code"], bank["account"], bank["unmapped"], bank["opening"], bank["closing"]) == (
        "1002",
        "",
        True,
        "120.00",
        "120.00",
    )
    found = got(officer, "local-accounts/findings/", period="2026-01")
    assert (found["count"], found["sent"], found["results"][0]["subject"]) == (3, True, "1002")
    assert found["results"][0]["code"] == "local_account_unmapped"
    assert got(officer, "local-accounts/findings/", period="2026-02")["sent"] is False
    assert sent(director, "openings/", {"institution": "H1"})[1]["code"] == "ledger.opening_unmapped"
    assert sent(officer, "local-accounts/adopt/", JANUARY) == (200, {"mapped": 2})
    assert got(officer, "local-accounts/", period="2026-01", unmapped="true")["count"] == 1
    status, refused = sent(officer, "local-accounts/", TOWNSHIP)
    assert (status, refused["code"], refused["faults"][0]["field"]) == (422, "ledger.mapping_rows", "counterparty")
    assert sent(officer, "local-accounts/", {**TOWNSHIP, "counterparty": "T1"}) == (200, {"mapped": 1})
    assert sent(officer, "local-accounts/", {**TOWNSHIP, "counterparty": "T1"}) == (200, {"mapped": 0})
    row = got(officer, "local-accounts/", period="2026-01")["results"][1]
    assert (row["account"], row["counterparty"], row["since"], row["mapped_by"], row["unmapped"]) == (
        "121890",
        "T1",
        "2026-01",
        "121799",
        False,
    )
    status, made = sent(director, "openings/", {"institution": "H1"})
    assert (status, made["day"]) == (200, "2025-12-31")
    assert sent(director, "openings/", {"institution": "H1"})[1] == made, "a repeat gives the entry that stands"
    entry = Entry.objects.get(institution=hospital, kind=EntryKind.OPENING)
    assert made["entry"] == entry.pk
    assert sorted(entry.legs.values_list("account__code", "debit", "credit")) == [
        ("1002", 120, 0),
        ("121890", 5, 0),
        ("3001", 0, 125),
    ]


def test_what_was_said_of_a_code_stays(hospital: Institution, officer: Client) -> None:
    sent(officer, "local-accounts/", {**TOWNSHIP, "counterparty": "T1"})
    sent(officer, "local-accounts/", {**TOWNSHIP, "account": "121801", "since": "2026-02"})
    history = got(officer, "local-accounts/history/", code="121799")
    assert [(row["account"], row["counterparty"], row["since"], row["recorded_by"]) for row in history["results"]] == [
        ("121801", "", "2026-02", "finance_officer"),
        ("121890", "T1", "2026-01", "finance_officer"),
    ]
    assert got(officer, "local-accounts/history/", code="9")["count"] == 0
    AccountingPeriod.objects.filter(period="2026-01").update(state="closed")
    status, refused = sent(officer, "local-accounts/", {**TOWNSHIP, "account": "121801"})
    assert (status, refused["code"]) == (409, "ledger.mapping_of_closed_month")


def test_both_books_are_compared_account_by_account(hospital: Institution) -> None:
    clinic = Institution.objects.get(code="V1")
    trade.landed(clinic, "trial-balances", SENT)
    services.map_accounts(PLATFORM, institution=clinic, mappings=WHOLE[:3])
    booked(clinic, received("30.00"))
    auditor = caller(Role.AUDITOR, None)
    told = got(auditor, "comparison/", institution="V1", period="2026-03")
    assert told["counts"] == {"missing_here": 2, "missing_there": 1, "amount": 1, "same": 0}
    bank, payable, income, cost = told["results"]
    assert (bank["account"], bank["name"], bank["reason"]) == ("1002", "银行存款", "amount")
    assert bank["own"] == {"opening": "0.00", "debit": "30.00", "credit": "0.00", "closing": "30.00"}
    assert bank["imported"] == {"opening": "100.00", "debit": "30.00", "credit": "5.00", "closing": "125.00"}
    assert bank["difference"] == {"opening": "-100.00", "debit": "0.00", "credit": "-5.00", "closing": "-95.00"}
    assert (payable["own"], income["imported"], cost["difference"]["closing"]) == (None, None, "-5.00")
    trade.landed(clinic, "trial-balances", [trade.balance("1002", "银行存款", debit="30.00")])
    told = got(auditor, "comparison/", institution="V1", period="2026-03", different="true")
    assert told["counts"]["same"] == 1
    assert "1002" not in {row["account"] for row in told["results"]}


def test_the_mode_is_set_from_a_month_on(hospital: Institution, officer: Client, director: Client) -> None:
    asked = {"institution": "H1", "mode": "elsewhere", "since": "2026-02"}
    assert sent(officer, "books-modes/", asked)[0] == 403
    status, told = sent(director, "books-modes/", asked)
    assert (status, told) == (200, {**asked, "changed": True})
    assert sent(director, "books-modes/", asked)[1]["changed"] is False
    listed = got(officer, "books-modes/")["results"]
    assert [(row["mode"], row["since"], row["recorded_by"]) for row in listed] == [
        ("elsewhere", "2026-02", "finance_director")
    ]
    assert got(officer, "local-accounts/", period="2026-01")["mode"] == "own"
    assert got(officer, "local-accounts/", period="2026-02")["mode"] == "elsewhere"
    AccountingPeriod.objects.filter(period="2026-02").update(state="closed")
    status, refused = sent(director, "books-modes/", {**asked, "mode": "both"})
    assert (status, refused["code"]) == (409, "ledger.mapping_of_closed_month")


PLACES = [
    "local-accounts/?institution={code}&period=2026-01",
    "local-accounts/history/?institution={code}&code=1002",
    "local-accounts/findings/?institution={code}&period=2026-01",
    "books-modes/?institution={code}",
    "comparison/?institution={code}&period=2026-01",
]
DEEDS = [
    ("local-accounts/", {**TOWNSHIP, "account": "121801"}),
    ("local-accounts/adopt/", JANUARY),
    ("books-modes/", {"institution": "H1", "mode": "both", "since": "2026-01"}),
    ("openings/", {"institution": "H1"}),
]


@pytest.mark.parametrize("place", PLACES)
def test_the_accountant_of_the_township_sees_the_own_books_only(hospital: Institution, place: str) -> None:
    accountant = caller(Role.FINANCE_OFFICER, Institution.objects.get(code="T1"))
    assert accountant.get(API + place.format(code="T1")).status_code == 200
    refused = accountant.get(API + place.format(code="H1"))
    assert (refused.status_code, refused.json()["code"]) == (404, "masterdata.no_institution")
    assert caller(Role.AUDITOR, None).get(API + place.format(code="H1")).status_code == 200
    assert caller(Role.LEADERSHIP, None).get(API + place.format(code="H1")).status_code == 403


@pytest.mark.parametrize(("place", "body"), DEEDS)
def test_only_who_keeps_the_books_changes_anything(hospital: Institution, place: str, body: dict[str, Any]) -> None:
    assert sent(caller(Role.AUDITOR, None), place, body)[0] == 403
    assert sent(caller(Role.INSTITUTION_HEAD, hospital), place, body)[0] == 403
    status, refused = sent(caller(Role.FINANCE_DIRECTOR, Institution.objects.get(code="T1")), place, body)
    assert (status, refused["code"]) == (404, "masterdata.no_institution")
    assert not LocalAccount.objects.exists()
    assert not BooksMode.objects.exists()
    assert not Entry.objects.exists()


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "more", ["&period=0000-01", "&code=%00", "&institution=%00", "&page=0", "&unmapped=x&different=x"]
)
def test_odd_questions_are_answered(officer: Client, place: str, more: str) -> None:
    answer = officer.get(API + place.format(code="H1") + more)
    assert answer.status_code in (200, 404, 422), answer.content
    assert answer.status_code == 200 or answer.json()["code"]


ODD: list[tuple[str, Any]] = [
    *[(place, body) for place, _ in DEEDS for body in ([], '"x"', {}, {"institution": None}, {"institution": "\0"})],
    *[
        ("local-accounts/", {**TOWNSHIP, "account": "121801", field: value})
        for field, values in {
            "code": (None, "", "\0", "1" * 41, [], {}),
            "name": (None, "x" * 121, "\0"),
            "account": (None, "", "nothing", "1218", "1" * 21, "\ud800"),
            "cost_item": ("x" * 21, "nothing", []),
            "funding_source": ("\0", "nothing"),
            "since": (None, "", "x", "2026-13", "0000-01", "9999-12", 202601, True),
        }.items()
        for value in values
    ],
    *[("local-accounts/adopt/", {**JANUARY, "period": value}) for value in (None, "x", "0000-01", "2026-02", 1)],
    *[
        ("books-modes/", {"institution": "H1", "mode": mode, "since": since})
        for mode, since in ((None, "2026-01"), ("x", "2026-01"), ("both", "0000-01"), ([], "2026-01"), ("both", None))
    ],
]


@pytest.mark.parametrize(("place", "body"), ODD)
def test_odd_bodies_are_refused_in_words(director: Client, place: str, body: Any) -> None:
    status, refused = sent(director, place, body)
    assert status == 422, refused
    assert refused["detail"]
    assert not LocalAccount.objects.exists()
    assert not BooksMode.objects.exists()


def test_a_counterparty_that_is_not_there_is_not_found(director: Client) -> None:
    status, refused = sent(director, "local-accounts/", {**TOWNSHIP, "counterparty": "X9"})
    assert (status, refused["code"]) == (404, "masterdata.no_institution")


def test_a_longer_list_asks_no_more_questions(hospital: Institution, officer: Client) -> None:
    def counts() -> list[int]:
        found = []
        for place in PLACES:
            officer.get(API + place.format(code="H1"))
            with CaptureQueriesContext(connection) as queries:
                assert officer.get(API + place.format(code="H1")).status_code == 200
            found.append(len(queries))
        return found

    def grow(first: int, last: int) -> None:
        rows = [trade.balance(f"1002{number:02d}", "户", "2026-01", opening="1.00") for number in range(first, last)]
        trade.landed(hospital, "trial-balances", rows)
        for number in range(first, last):
            account = "1002" if number % 2 else "1001"
            sent(officer, "local-accounts/", {**TOWNSHIP, "code": "1002", "name": str(number), "account": account})
            mode = BooksMode.Mode.BOTH if number % 2 else BooksMode.Mode.OWN
            BooksMode.objects.create(
                institution=hospital, mode=mode, effective_from=trade.day("2026-01-01"), recorded_by="x"
            )

    grow(1, 2)
    few = counts()
    grow(2, 20)
    assert counts() == few
