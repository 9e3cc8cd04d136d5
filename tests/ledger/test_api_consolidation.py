"""The consolidation over the API: the figures of the pages, the same rights, odd input refused in words."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import User
from ops_platform.kernel import Period, Role
from ops_platform.ledger.models import ConsolidationMember, ConsolidationRun, Elimination
from ops_platform.ledger.services.consolidation import consolidate
from ops_platform.ledger.services.consolidation_members import include_everybody, include_member
from ops_platform.masterdata.models import Institution
from tests.ledger.test_consolidation import book, close_march
from tests.support import trade
from workflows import services as approval
from workflows.models import Task
from workflows.reference import load_flows

pytestmark = pytest.mark.django_db
MARCH = Period(2026, 3)
API = "/api/v1/ledger/"


@pytest.fixture
def centre() -> User:
    return trade.person("centre", Role.OPERATION_CENTRE)


@pytest.fixture
def alliance(centre: User) -> dict[str, Institution]:
    """The hospital earned 900 and served the township for 500, of which 130 is unpaid; the township knows of 100 only."""
    made = trade.alliance()
    include_everybody(actor_of_user(centre))
    hospital, township = made["H1"], made["T1"]
    book(hospital, "1", ("1002", "900.00", None), ("4101010203", "-900.00", None), day="2026-02-03")
    book(hospital, "2", ("121890", "130.00", township), ("4101010203", "-500.00", township), ("1002", "370.00", None))
    book(township, "1", ("1002", "800.00", None), ("4101010103", "-800.00", None))
    book(township, "2", ("5001", "500.00", hospital), ("230790", "-100.00", hospital), ("1002", "-400.00", None))
    return made


@pytest.fixture
def run(alliance: dict[str, Institution], centre: User) -> ConsolidationRun:
    return consolidate(actor_of_user(centre), period=MARCH).run


@pytest.fixture
def client(centre: User) -> Client:
    return signed_in(centre)


def signed_in(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def got(client: Client, path: str, **query: Any) -> Any:
    answer = client.get(API + path, query)
    assert answer.status_code == 200, answer.content.decode()[:500]
    return answer.json()


def sent(client: Client, path: str, body: Any = None) -> tuple[int, Any]:
    answer = client.post(API + path, {} if body is None else body, content_type="application/json")
    return answer.status_code, answer.json()


def test_a_month_is_consolidated_once_until_its_books_change(alliance: dict[str, Institution], client: Client) -> None:
    assert (
        client.get(API + "consolidations/current/", {"period": "2026-03"}).json()["code"] == "ledger.no_consolidation"
    )
    status, first = sent(client, "consolidations/", {"period": "2026-03"})
    assert (status, first["version"], first["created"], first["member_count"]) == (201, 1, True, 3)
    status, again = sent(client, "consolidations/", {"period": "2026-03"})
    assert (status, again["id"], again["created"]) == (200, first["id"], False)
    book(alliance["H1"], "9", ("1002", "1.00", None), ("4609", "-1.00", None))
    assert sent(client, "consolidations/", {"period": "2026-03"})[1]["version"] == 2
    listed = got(client, "consolidations/", period="2026-03")
    assert [(row["version"], row["is_current"]) for row in listed["results"]] == [(2, True), (1, False)]
    assert got(client, "consolidations/", is_current="true")["count"] == 1
    current = got(client, "consolidations/current/", period="2026-03")
    assert current["version"] == 2
    assert current["members"][0] == {"institution": "H1", "share": "1.000000", "joined": "", "closed": False}
    assert current["pairs"] == {"matched": 1, "different": 1, "explained": 0}
    assert "ledger.pairs_differ" in {each["code"] for each in current["findings"]}


def test_statements_say_the_figures_worked_out_by_hand(run: ConsolidationRun, client: Client) -> None:
    income = got(client, f"consolidations/{run.pk}/statements/income_statement/")
    said = {line["key"]: line["amounts"] for line in income["lines"]}
    # income 1,400 + 800 − 500 of each other; what the township paid for it, 500, is gone
    assert said["income"] == {"month": "800.00", "year": "1700.00"}
    assert said["expense"] == {"month": "0.00", "year": "0.00"}
    assert said["surplus"] == {"month": "800.00", "year": "1700.00"}
    inpatient = next(line for line in income["lines"] if line["key"] == "inpatient")
    assert [(one["account"], one["amounts"]["year"]) for one in inpatient["accounts"]] == [("4101010203", "900.00")]
    assert inpatient["accounts"][0]["name"]
    balance = got(client, f"consolidations/{run.pk}/statements/balance_sheet/")
    said = {line["key"]: line["amounts"] for line in balance["lines"]}
    assert said["cash"] == {"end": "1670.00", "start": "0.00"}
    assert said["other_receivables"]["end"] == "30.00", "what only one side says stays"
    assert said["assets"] == said["liabilities_and_net_assets"] == {"end": "1700.00", "start": "0.00"}
    assert next(line for line in balance["lines"] if line["key"] == "h_net")["heading"] is True
    cash = {
        line["key"]: line["amounts"]
        for line in got(client, f"consolidations/{run.pk}/statements/cash_summary/")["lines"]
    }
    assert cash["closing"]["year"] == "1670.00"


def test_a_line_opens_to_members_and_eliminations(run: ConsolidationRun, client: Client) -> None:
    behind = got(client, f"consolidations/{run.pk}/statements/income_statement/income/")
    assert [(row["institution"], row["amounts"]["year"]) for row in behind["members"]] == [
        ("H1", "1400.00"),
        ("T1", "800.00"),
    ]
    assert (behind["summed"]["year"], behind["eliminated"]["year"], behind["consolidated"]["year"]) == (
        "2200.00",
        "-500.00",
        "1700.00",
    )
    assert {row["account"]: row["amounts"]["year"] for row in behind["accounts"]} == {
        "4101010103": "800.00",
        "4101010203": "900.00",
    }


def test_the_work_sheet_stands_by_class_and_by_member(run: ConsolidationRun, client: Client) -> None:
    sheet = got(client, f"consolidations/{run.pk}/worksheet/", measure="year")
    assert [column["key"] for column in sheet["columns"]] == ["lead_hospital", "township_hospital"]
    row = next(row for row in sheet["results"] if row["account"] == "4101010203")
    assert row["cells"] == {"lead_hospital": "-1400.00", "township_hospital": None}
    assert (row["summed"], row["eliminated"], row["consolidated"]) == ("-1400.00", "500.00", "-900.00")
    opened = got(client, f"consolidations/{run.pk}/worksheet/", measure="year", kind="lead_hospital", page_size=2)
    assert [(column["key"], column["is_kind"]) for column in opened["columns"]] == [
        ("H1", False),
        ("township_hospital", True),
    ]
    assert (opened["count"], len(opened["results"])) == (sheet["count"], 2)
    figures = got(client, f"consolidations/{run.pk}/figures/", part="member", institution="T1", account="1002")
    assert figures["results"] == [
        {
            "part": "member",
            "institution": "T1",
            "account": "1002",
            "cost_item": "",
            "start": "0.00",
            "month": "400.00",
            "year": "400.00",
            "carried": "0.00",
            "end": "400.00",
        }
    ]
    account = got(client, f"consolidations/{run.pk}/accounts/4101010203/")
    assert [(row["institution"], row["end"]) for row in account["members"]] == [("H1", "-1400.00")]
    assert [(leg["institution"], leg["counterparty"], leg["year"]) for leg in account["eliminations"]] == [
        ("H1", "T1", "500.00")
    ]
    assert account["consolidated"]["end"] == "-900.00"


def test_a_difference_is_explained_and_the_report_made_final(
    run: ConsolidationRun, alliance: dict[str, Institution], client: Client
) -> None:
    pairs = got(client, f"consolidations/{run.pk}/pairs/")["results"]
    assert [(row["creditor"], row["debtor"], row["claim"], row["debt"], row["difference"]) for row in pairs] == [
        ("H1", "T1", "130.00", "100.00", "30.00"),
        ("H1", "T1", "500.00", "500.00", "0.00"),
    ]
    different, matched = (row["id"] for row in pairs)
    finalise = f"consolidations/{run.pk}/finalise/"
    status, refused = sent(client, finalise)
    assert (status, refused["code"]) == (409, "ledger.pairs_unexplained")
    status, refused = sent(client, f"pairs/{matched}/explain/", {"explanation": "无"})
    assert (status, refused["code"]) == (409, "ledger.pair_matched")
    status, told = sent(client, f"pairs/{different}/explain/", {"explanation": "卫生院次月入账"})
    assert (status, told["state"], told["explained_by"]) == (200, "explained", "centre")
    assert sent(client, finalise)[1]["code"] == "ledger.members_open"
    close_march(alliance)
    load_flows()
    signer = trade.person("signer", Role.LEADERSHIP)
    status, asked = sent(client, finalise, {"explanation": "差异次月消除"})
    assert status == 202
    assert sent(client, finalise) == (202, asked), "a repeat gives the same matter"
    assert got(client, f"consolidations/{run.pk}/")["state"] == "draft", "not before it is approved"
    status, refused = sent(client, f"pairs/{different}/explain/", {"explanation": "再说一次"})
    assert (status, refused["code"]) == (409, "ledger.consolidation_in_approval")
    task = Task.objects.get(matter=asked["matter"], person=signer)
    approval.approve(actor_of_user(signer), matter_id=asked["matter"], task=task.number)
    final = got(client, f"consolidations/{run.pk}/")
    assert (final["state"], final["explanation"], final["finalised_by"]) == ("final", "差异次月消除", "signer")
    assert sent(client, finalise)[1]["code"] == "ledger.consolidation_not_draft"
    status, refused = sent(client, f"pairs/{different}/explain/", {"explanation": "再说一次"})
    assert (status, refused["code"]) == (409, "ledger.consolidation_not_draft")


def test_eliminations_are_read_and_asked_for(run: ConsolidationRun, client: Client) -> None:
    load_flows()
    trade.person("second", Role.OPERATION_CENTRE)
    listed = got(client, f"consolidations/{run.pk}/eliminations/", kind="pair")["results"]
    assert sorted(row["amount"] for row in listed) == ["100.00", "500.00"]
    one = got(client, f"eliminations/{listed[0]['id']}/")
    assert sum(Decimal(leg["year"]) for leg in one["legs"]) == 0
    pair = run.pairs.get(state="different").pk
    leg = {"institution": "H1", "account": "4609", "debit": "30.00"}
    body = {"period": "2026-03", "through": "2026-03", "reason": "卫生院未入账", "pair": pair}
    other = {"institution": "H1", "account": "121890", "credit": "30.00"}
    assert sent(client, "eliminations/", {**body, "legs": [leg, {**other, "credit": "29"}]})[1]["code"] == (
        "ledger.elimination_not_balanced"
    )
    status, made = sent(client, "eliminations/", {**body, "legs": [leg, other]})
    assert status == 201, made
    row = Elimination.objects.get(kind="hand")
    assert (made["elimination"], row.state) == (row.pk, "asked")
    told = got(client, f"eliminations/{row.pk}/")
    assert (told["asked_by"], [leg["year"] for leg in told["legs"]]) == ("centre", ["30.00", "-30.00"])


def test_members_come_and_go(alliance: dict[str, Institution], centre: User, client: Client) -> None:
    joined = {"institution": "T1", "share": "0.7", "since": "2026-03"}
    status, row = sent(client, "consolidation-members/", joined)
    assert (status, row["share"], row["since"], row["until"]) == (200, "0.700000", "2026-03", None)
    assert sent(client, "consolidation-members/", joined)[1]["id"] == row["id"], "a repeat changes nothing"
    run = consolidate(actor_of_user(centre), period=MARCH).run
    minority = got(client, f"consolidations/{run.pk}/minority-interest/")["results"]
    # the township earned 800 and spent 500: 30 % of 300 belongs to others
    assert [(row["institution"], row["share"], row["surplus_year"], row["net_assets"]) for row in minority] == [
        ("T1", "0.700000", "90.00", "90.00")
    ]
    listed = got(client, "consolidation-members/")["results"]
    assert [(row["institution"], row["since"], row["until"]) for row in listed] == [
        ("H1", "2026-01", None),
        ("T1", "2026-01", "2026-02"),
        ("T1", "2026-03", None),
        ("V1", "2026-01", None),
    ]
    status, row = sent(client, "consolidation-members/end/", {"institution": "V1", "until": "2026-06"})
    assert (status, row["until"]) == (200, "2026-06")
    status, refused = sent(client, "consolidation-members/end/", {"institution": "V1", "until": "2026-07"})
    assert (status, refused["code"]) == (409, "ledger.not_a_member")
    status, refused = sent(client, "consolidation-members/", {**joined, "since": "2026-02"})
    assert (status, refused["code"]) == (409, "ledger.member_settled_already")
    assert sent(client, "consolidation-members/everybody/") == (200, {"included": 0})


PLACES = [
    "consolidations/",
    "consolidations/current/?period=2026-03",
    "consolidations/{run}/",
    "consolidations/{run}/statements/balance_sheet/",
    "consolidations/{run}/statements/balance_sheet/assets/",
    "consolidations/{run}/worksheet/",
    "consolidations/{run}/figures/",
    "consolidations/{run}/accounts/1002/",
    "consolidations/{run}/pairs/",
    "consolidations/{run}/eliminations/",
    "consolidations/{run}/minority-interest/",
    "consolidation-members/",
]
DEEDS = [
    ("consolidations/", {"period": "2026-03"}),
    ("consolidations/{run}/finalise/", {}),
    ("pairs/{pair}/explain/", {"explanation": "无"}),
    ("eliminations/", {}),
    ("consolidation-members/", {"institution": "T1", "share": "0.5", "since": "2026-03"}),
    ("consolidation-members/end/", {"institution": "T1", "until": "2026-03"}),
    ("consolidation-members/everybody/", {}),
]


@pytest.mark.parametrize("place", PLACES)
def test_who_sees_single_members_only_is_refused(
    run: ConsolidationRun, alliance: dict[str, Institution], place: str
) -> None:
    address = API + place.format(run=run.pk)
    accountant = signed_in(trade.person("accountant", Role.FINANCE_OFFICER, alliance["T1"]))
    assert accountant.get(address).status_code == 403
    bound = signed_in(trade.person("leader", Role.LEADERSHIP, alliance["T1"])).get(address)
    assert (bound.status_code, bound.json()["code"]) == (403, "ledger.whole_readers")
    assert signed_in(trade.person("auditor", Role.AUDITOR)).get(address).status_code == 200


@pytest.mark.parametrize(("place", "body"), DEEDS)
def test_only_the_operation_centre_consolidates(
    run: ConsolidationRun, alliance: dict[str, Institution], place: str, body: dict[str, Any]
) -> None:
    path = place.format(run=run.pk, pair=run.pairs.get(state="different").pk)
    before = (ConsolidationMember.objects.count(), ConsolidationRun.objects.count())
    for person in (
        trade.person("director", Role.FINANCE_DIRECTOR, alliance["T1"]),
        trade.person("auditor", Role.AUDITOR),
        trade.person("bound", Role.OPERATION_CENTRE, alliance["T1"]),
    ):
        assert sent(signed_in(person), path, body)[0] == 403
    assert (ConsolidationMember.objects.count(), ConsolidationRun.objects.count()) == before
    assert run.pairs.filter(state="different").count() == 1


NOT_THERE = [
    "consolidations/{run}/statements/nothing/",
    "consolidations/{run}/statements/nothing/x/",
    "consolidations/{run}/statements/balance_sheet/nothing/",
    "consolidations/{run}/accounts/nothing/",
    "consolidations/{huge}/",
    "consolidations/{huge}/figures/",
    "consolidations/{huge}/worksheet/",
    "eliminations/{huge}/",
    "consolidations/current/?period=2025-03",
    "consolidations/{run}/worksheet/?page=99",
]


@pytest.mark.parametrize("place", NOT_THERE)
def test_what_is_not_there_is_not_found(run: ConsolidationRun, client: Client, place: str) -> None:
    answer = client.get(API + place.format(run=run.pk, huge=2**70))
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    "query",
    [
        "consolidations/current/",
        "consolidations/current/?period=0000-01",
        "consolidations/current/?period=9999-12",
        "consolidations/current/?period=2026-03%00",
        "consolidations/?period=%00",
        "consolidations/?is_current=perhaps",
        "consolidations/{run}/worksheet/?measure=x",
        "consolidations/{run}/worksheet/?kind=%00",
        "consolidations/{run}/figures/?account=%00",
        "consolidations/{run}/pairs/?creditor=%00",
    ],
)
def test_odd_questions_are_answered(run: ConsolidationRun, client: Client, query: str) -> None:
    answer = client.get(API + query.format(run=run.pk))
    assert answer.status_code in (200, 422), answer.content
    assert b'"code":"web.internal_error"' not in answer.content


LEG = {"institution": "H1", "account": "4609", "debit": "1.00"}
ASKED = {"period": "2026-03", "through": "2026-03", "reason": "无"}
ODD: list[tuple[str, Any]] = [
    ("consolidations/", []),
    ("consolidations/", '"x"'),
    ("consolidations/", {}),
    *[
        ("consolidations/", {"period": value})
        for value in (None, 3, True, "2026-13", "0000-01", "2026-03\0", {}, "\ud800")
    ],
    ("consolidations/", {"period": "2199-01"}),
    *[("pairs/{pair}/explain/", {"explanation": value}) for value in (None, "", "  ", "x" * 301, "\0", [], "\ud800")],
    *[("consolidations/{run}/finalise/", {"explanation": value}) for value in (None, "x" * 501, "\0", {})],
    *[
        ("consolidation-members/", {"institution": "T1", "since": "2026-05", "share": value})
        for value in (None, "0", "-1", "1.1", "0.1234567", "NaN", "Infinity", "1e400", "1e-400", 10**400, [], True, "x")
    ],
    ("consolidation-members/", {"institution": "T1", "share": "1", "since": "0000-01"}),
    ("consolidation-members/", {"institution": "T1", "share": "1", "since": "1999-01"}),
    ("consolidation-members/", {"institution": "\0", "share": "1", "since": "2026-03"}),
    ("consolidation-members/end/", {"institution": ["T1"], "until": "2026-03"}),
    ("eliminations/", ASKED),
    ("eliminations/", {**ASKED, "legs": []}),
    ("eliminations/", {**ASKED, "legs": "x"}),
    ("eliminations/", {**ASKED, "legs": [1, None]}),
    ("eliminations/", {**ASKED, "legs": [LEG, {**LEG, "credit": "1.00"}]}),
    ("eliminations/", {**ASKED, "legs": [LEG, {**LEG, "debit": "1" * 30}]}),
    ("eliminations/", {**ASKED, "legs": [LEG, {**LEG, "debit": "-1"}]}),
    ("eliminations/", {**ASKED, "legs": [LEG, {**LEG, "account": "\0"}]}),
    ("eliminations/", {**ASKED, "legs": [LEG, LEG], "pair": 2**70}),
    ("eliminations/", {**ASKED, "legs": [LEG] * 51}),
]


@pytest.mark.parametrize(("place", "body"), ODD)
def test_odd_bodies_are_refused_in_words(run: ConsolidationRun, client: Client, place: str, body: Any) -> None:
    path = place.format(run=run.pk, pair=run.pairs.get(state="different").pk)
    status, refused = sent(client, path, body)
    assert status == 422, refused
    assert refused["code"]
    assert refused["detail"]


def test_no_such_institution_is_not_found(alliance: dict[str, Institution], client: Client) -> None:
    unknown = {"institution": "X9", "share": "1", "since": "2026-03"}
    assert sent(client, "consolidation-members/", unknown)[0] == 404
    legs = [LEG, {**LEG, "institution": "X9"}]
    status, refused = sent(client, "eliminations/", {**ASKED, "legs": legs})
    assert (status, refused["code"]) == (404, "masterdata.no_institution")
    assert sent(client, f"pairs/{2**70}/explain/", {"explanation": "无"})[0] == 404
    assert sent(client, f"consolidations/{2**70}/finalise/")[0] == 404


def test_more_members_ask_no_more_questions(alliance: dict[str, Institution], centre: User, client: Client) -> None:
    def counts(run: ConsolidationRun) -> list[int]:
        found = []
        for place in PLACES:
            client.get(API + place.format(run=run.pk))
            with CaptureQueriesContext(connection) as queries:
                client.get(API + place.format(run=run.pk))
            found.append(len(queries))
        return found

    include_member(actor_of_user(centre), institution=alliance["T1"], share=Decimal("0.5"), since=MARCH)
    few = counts(consolidate(actor_of_user(centre), period=MARCH).run)
    hospital, clinic = alliance["H1"], alliance["V1"]
    include_member(actor_of_user(centre), institution=clinic, share=Decimal("0.5"), since=MARCH)
    book(clinic, "1", ("1002", "20.00", None), ("230790", "-20.00", hospital))
    book(clinic, "2", ("5001", "7.00", hospital), ("1002", "-7.00", None))
    book(hospital, "7", ("121890", "20.00", clinic), ("1002", "-20.00", None))
    book(hospital, "8", ("1002", "7.00", None), ("4101010203", "-7.00", clinic))
    many = counts(consolidate(actor_of_user(centre), period=MARCH).run)
    assert many == few
