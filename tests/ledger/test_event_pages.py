"""Business events on the page and by the API: what is booked, what would be, what has no place; down to the rows."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ops_platform.identity.models import AccessLog
from ops_platform.kernel import Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import services
from ops_platform.ledger.closing import events_to_book
from ops_platform.ledger.models import BooksMode, Entry, EventBooking, EventMonth
from ops_platform.ledger.nightly import VOUCHERS
from ops_platform.ledger.selectors.outlook import NOTHING, outlook
from ops_platform.masterdata.models import AccountingPeriod, Institution, PeriodState
from ops_platform.nightly.public import StepContext
from tests.ledger.errands import finish
from tests.support import trade

pytestmark = pytest.mark.django_db
MARCH = Period(2026, 3)
COST, CHARGES = "ledger.cost-voucher", "ledger.charge-income-day"


@pytest.fixture
def officer(client: Client, month_of_facts: Institution) -> Client:
    client.force_login(trade.person("clerk", Role.FINANCE_OFFICER, month_of_facts))
    return client


def book(institution: Institution) -> None:
    services.book_events(PLATFORM, institution=institution, period=MARCH)


def listed(client: Client, **query: str) -> Any:
    return client.get(reverse("ledger:events"), {"period": "2026-03", **query})


def press(client: Client, institution: Institution, **given: str) -> str:
    """What the page says after 「生成凭证」, and, when the work is done, what came of it."""
    address = reverse("ledger:book-events", args=[institution.pk])
    answer = client.post(address, {"period": "2026-03", **given}, follow=True)
    told = [str(message) for message in answer.context["messages"]]
    if finish():
        told.append(listed(client).context["card"]["words"])
    return " ".join(told)


def looked(client: Client, institution: Institution, **query: str) -> Any:
    """The list after 「核对待生成业务」, when that is done."""
    client.post(reverse("ledger:look-ahead", args=[institution.pk]), {"period": "2026-03"})
    finish()
    return listed(client, **query)


def keep_elsewhere(institution: Institution) -> None:
    BooksMode.objects.create(
        institution=institution, mode=BooksMode.Mode.ELSEWHERE, effective_from=date(2026, 3, 1), recorded_by="x"
    )


def test_a_month_is_previewed_booked_by_the_button_and_booked_once(
    officer: Client, month_of_facts: Institution
) -> None:
    assert "还没有核对" in listed(officer, state="waiting").content.decode()
    waiting = looked(officer, month_of_facts, state="waiting")
    assert waiting.context["table"].paginator.count == 4
    assert "借 5001 业务活动费用 800.00(科室 内科；" in waiting.content.decode()
    assert not Entry.objects.exists(), "a preview books nothing"
    assert "已生成 4 张凭证" in press(officer, month_of_facts)
    assert "没有新的业务需要记账，4 件" in press(officer, month_of_facts)
    assert Entry.objects.count() == 4
    booked = listed(officer)
    assert booked.context["table"].paginator.count == 4
    assert {row["code"]: str(row["amount"]) for row in booked.context["totals"] if row["amount"]} == {
        CHARGES: "60.00",
        COST: "960.00",
        "ledger.income-voucher": "500.00",
    }
    assert listed(officer, type=COST).context["table"].paginator.count == 1
    assert "没有待生成的业务" in listed(officer, state="waiting").content.decode()


def test_a_corrected_event_waits_with_the_entry_that_it_would_take_back(
    officer: Client, month_of_facts: Institution
) -> None:
    book(month_of_facts)
    trade.landed(month_of_facts, "cost-entries", [trade.cost("JZ/1?a=b", "NK", "900.00")])
    trade.landed(month_of_facts, "income-entries", [{"op": "retract", "voucher": "SR-1", "line": "1"}])
    page = looked(officer, month_of_facts, state="waiting").content.decode()
    assert "待更正" in page
    assert "待冲销" in page
    assert "已生成 1 张凭证，红字冲销 2 张" in press(officer, month_of_facts)
    assert listed(officer, state="taken-back").context["table"].paginator.count == 2


def test_what_has_no_place_is_named_with_what_to_do(officer: Client, month_of_facts: Institution) -> None:
    strange = {"voucher": "SR-2", "line": "1", "department": "BGS", "date": "2026-03-12", "income_kind": "fiscal_basic"}
    trade.landed(month_of_facts, "income-entries", [strange | {"amount": "7.00", "counterparty": "T1"}])
    assert "另有 1 处无法记账" in press(officer, month_of_facts)
    page = listed(officer, state="unplaced")
    assert "SR-2 2026-03-12" in page.content.decode()
    assert "请运营管理中心在「凭证规则」中为这一项补充科目" in page.content.decode()
    event = officer.get(page.context["table"].data.data[0]["url"])
    assert event.status_code == 200
    assert "没有对应的科目" in event.content.decode()


def test_a_look_ahead_says_how_old_it_is_and_reads_no_facts_again(officer: Client, month_of_facts: Institution) -> None:
    first = looked(officer, month_of_facts, state="waiting")
    assert (first.context["outlook"].current, first.context["outlook"].total) == (True, 4)
    trade.landed(month_of_facts, "cost-entries", [trade.cost("N1", "NK", "1.00")])
    with CaptureQueriesContext(connection) as asked:
        stale = listed(officer, state="waiting")
    assert not [each for each in asked if "his_intake_chargeline" in each["sql"] or "costentry" in each["sql"]]
    assert "此后又有变化" in stale.content.decode()
    assert (stale.context["outlook"].current, stale.context["outlook"].total) == (False, 4)
    assert looked(officer, month_of_facts, state="waiting").context["outlook"].total == 5


def test_an_entry_leads_to_its_event_to_the_rows_and_to_their_batch(
    officer: Client, month_of_facts: Institution
) -> None:
    book(month_of_facts)
    for booking in EventBooking.objects.all():
        entry = officer.get(reverse("ledger:entry", args=[booking.entry_id]))
        event = officer.get(entry.context["event_url"])
        assert event.context["event"].as_booked
        assert reverse("ledger:entry", args=[booking.entry_id]) in event.content.decode()
        facts = officer.get(event.context["facts_url"])
        assert facts.context["agrees"], facts.content.decode()
        assert "/intake/batches/" in facts.content.decode()
    assert AccessLog.objects.filter(subject_type="charge_lines").count() == 2
    workbook = officer.get(event.context["facts_url"], {"export": "xlsx"} | _query(event.context["facts_url"]))
    assert workbook.headers["Content-Type"].endswith("sheet")


def _query(url: str) -> dict[str, str]:
    from urllib.parse import parse_qsl, urlsplit

    return dict(parse_qsl(urlsplit(url).query))


def test_an_event_shows_its_amounts_its_rules_and_earlier_entries(officer: Client, month_of_facts: Institution) -> None:
    book(month_of_facts)
    trade.landed(month_of_facts, "cost-entries", [trade.cost("JZ/1?a=b", "NK", "900.00")])
    address = reverse("ledger:event", args=[month_of_facts.pk])
    query = {"type": COST, "event": "JZ/1?a=b 2026-03-31"}
    assert officer.get(address, query).context["event"].standing == "changed"
    book(month_of_facts)
    page = officer.get(address, query)
    assert [row.revision for row in page.context["event"].bookings] == [2, 1]
    assert {(str(each["amount"]), each["row"].posting) for each in page.context["amounts"]} == {
        ("900.00", "人员、药品、卫生材料与医疗风险基金"),
        ("160.00", "人员、药品、卫生材料与医疗风险基金"),
    }
    reversal = officer.get(
        reverse("ledger:entry", args=[EventBooking.objects.get(revision=1, event_type=COST).reversal_id])
    )
    assert reversal.context["event"].event_key == "JZ/1?a=b 2026-03-31"


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"type": COST},
        {"type": COST, "event": "\0"},
        {"type": COST, "event": "x 2026-13-01", "period": "2026-13"},
        {"type": "nothing", "event": "x", "period": "2026-03"},
        {"type": CHARGES, "event": "2026-03-05 谁", "period": "2026-03"},
    ],
)
def test_an_event_that_is_none_is_not_found(
    officer: Client, month_of_facts: Institution, query: dict[str, str]
) -> None:
    for name in ("ledger:event", "ledger:event-facts"):
        assert officer.get(reverse(name, args=[month_of_facts.pk]), query).status_code == 404


@pytest.mark.parametrize("query", ["state=x&type=y", "period=%00&page=0", "period=2026-13"])
def test_odd_addresses_are_answered_in_peace(officer: Client, query: str) -> None:
    assert officer.get(f"{reverse('ledger:events')}?{query}").status_code == 200


@pytest.mark.parametrize("name", ["events", "exports", "trial-balance", "statements", "day-sheet", "insurer-report"])
def test_an_institution_that_is_none_or_not_ones_own_is_not_found(
    officer: Client, month_of_facts: Institution, name: str
) -> None:
    foreign = Institution.objects.exclude(pk=month_of_facts.pk).values_list("pk", flat=True)
    for asked in ("²", "x", "0", "\0", str(foreign[0])):
        assert officer.get(reverse(f"ledger:{name}"), {"institution": asked}).status_code == 404


def test_only_bookers_are_offered_the_button_and_only_for_open_months(
    month_of_facts: Institution, client: Client
) -> None:
    client.force_login(trade.person("auditor", Role.AUDITOR))
    assert "生成凭证</button>" not in listed(client, institution=str(month_of_facts.pk)).content.decode()
    client.force_login(trade.person("clerk", Role.FINANCE_OFFICER, month_of_facts))
    assert "生成凭证</button>" in listed(client).content.decode()
    AccountingPeriod.objects.filter(institution=month_of_facts, period="2026-03").update(state=PeriodState.CLOSED)
    assert "生成凭证</button>" not in listed(client).content.decode()
    closed = listed(client, state="waiting").content.decode()
    assert "这个月已结账，不再生成凭证" in closed
    assert "有业务待生成" not in closed
    assert "已结账" in press(client, month_of_facts)
    assert "期间" in press(client, month_of_facts, period="\0") + press(client, month_of_facts, period="x")


def test_books_kept_elsewhere_book_no_events(officer: Client, month_of_facts: Institution) -> None:
    assert [finding.code for finding in events_to_book(month_of_facts, MARCH)] == ["ledger.events_not_booked"]
    keep_elsewhere(month_of_facts)
    outcome = services.book_events(PLATFORM, institution=month_of_facts, period=MARCH)
    assert (outcome.changed, outcome.same_input) == (False, True)
    assert "在外部系统记账" in outcome.skipped
    assert not Entry.objects.exists()
    assert not EventMonth.objects.exists()
    assert list(events_to_book(month_of_facts, MARCH)) == []
    assert outlook(month_of_facts, MARCH) == NOTHING
    context = StepContext(
        run_id=1, institution=month_of_facts, period=MARCH, actor=PLATFORM, progress=lambda _done, _all: None
    )
    assert "在外部系统记账" in VOUCHERS.run(context).note
    page = listed(officer, state="waiting").content.decode()
    assert "业务不在本平台生成凭证" in page
    assert "生成凭证</button>" not in page
    assert "在外部系统记账" in press(officer, month_of_facts)
    february = services.book_events(PLATFORM, institution=month_of_facts, period=Period(2026, 2))
    assert february.skipped == "", "the month before was kept here"


def test_the_list_asks_the_same_number_of_questions_however_long_it_is(
    officer: Client, month_of_facts: Institution
) -> None:
    def queries(**query: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            listed(officer, **query)
        return len(asked)

    book(month_of_facts)
    few, few_waiting = queries(), 0
    for round_, count in enumerate((3, 40)):
        rows = [trade.cost(f"N{round_}-{number}", "NK", "1.00") for number in range(count)]
        trade.landed(month_of_facts, "cost-entries", rows)
        looked(officer, month_of_facts)
        waiting = queries(state="waiting")
        assert few_waiting in (0, waiting)
        few_waiting = waiting
        book(month_of_facts)
    assert queries() == few


def test_the_api_lists_previews_and_books(officer: Client, month_of_facts: Institution) -> None:
    scope = {"institution": "H1", "period": "2026-03"}
    told = officer.get("/api/v1/ledger/events/preview/", scope).json()
    assert (told["count"], told["made_at"], told["current"]) == (0, None, False)
    look = officer.post("/api/v1/ledger/events/preview/", scope, content_type="application/json")
    assert look.status_code == 202
    finish()
    assert officer.get(look["Location"]).json()["words"] == "共 4 件业务与账不符，其中 0 件无法记账。"
    told = officer.get("/api/v1/ledger/events/preview/", scope | {"page_size": "3"}).json()
    assert told["current"] is True
    assert (told["count"], len(told["results"]), told["mode"], told["behind"]) == (4, 3, "own", True)
    assert {row["standing"] for row in told["results"]} == {"fresh"}
    asked = officer.post("/api/v1/ledger/events/book/", scope, content_type="application/json")
    assert (asked.status_code, asked.json()["state"]) == (202, "waiting")
    assert not Entry.objects.exists()
    finish()
    done = officer.get(asked["Location"]).json()
    assert (done["state"], done["words"]) == ("succeeded", "已生成 4 张凭证，红字冲销 0 张。")
    assert done["result"] == {"booked": 4, "taken_back": 0, "standing": 0, "findings": 0}
    rows = officer.get("/api/v1/ledger/events/", {"period": "2026-03", "event_type": COST}).json()["results"]
    one = officer.get(f"/api/v1/ledger/events/{rows[0]['id']}/").json()
    assert (one["standing"], one["as_booked"], len(one["legs"])) == ("stands", True, 3)
    assert officer.get("/api/v1/ledger/events/preview/", scope).json()["count"] == 0
    for bad, status in (({"institution": "\0"}, 422), ({"period": "2026-13"}, 422), ({"institution": "T1"}, 404)):
        assert officer.get("/api/v1/ledger/events/preview/", scope | bad).status_code == status
    assert officer.get("/api/v1/ledger/events/999999/").status_code == 404
