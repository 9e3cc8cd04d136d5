"""Long work is asked for once, done in the background, and never left half done."""

from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import RoleAssignment
from ops_platform.kernel import Conflict, Forbidden, NotFound, Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import services
from ops_platform.ledger.models import Entry, Errand, ExportedEntry, VoucherExport, VoucherRules
from ops_platform.ledger.services import long_work
from ops_platform.ledger.services.errands import Work
from ops_platform.masterdata.models import AccountingPeriod, Institution
from ops_platform.notifications.models import OutboxTask
from ops_platform.orm.leases import RESEND_AFTER
from tests.his_intake.test_senders_at_once import at_once
from tests.ledger.books import booked, received
from tests.ledger.errands import finish
from tests.support import trade
from tests.support.database import seen_from_outside
from tests.support.processes import Platform, wait_until

MARCH = Period(2026, 3)
DATABASE = pytest.mark.django_db


def books(institution: Institution) -> Errand:
    return services.ask_booking(PLATFORM, institution=institution, period=MARCH)


def exports(institution: Institution, **more: Any) -> Errand:
    return services.ask_export(
        PLATFORM, institution=institution, period=MARCH, **{"template": "yonyou", "file_format": "csv"} | more
    )


@pytest.fixture
def vouchers(db: None) -> Institution:
    hospital = trade.alliance()["H1"]
    booked(hospital, received("100.00", "a", "2026-03-05"))
    booked(hospital, received("50.00", "b", "2026-03-06"))
    return hospital


@DATABASE
def test_a_second_click_finds_what_the_first_began(month_of_facts: Institution) -> None:
    first = books(month_of_facts)
    assert books(month_of_facts) == first
    assert Errand.objects.count() == 1
    assert OutboxTask.objects.filter(task="ledger.do_errand").count() == 1
    finish()
    assert Entry.objects.count() == 4
    again = books(month_of_facts)
    assert again != first, "what has ended is done anew"
    assert finish()[0].result["booked"] == 0


def test_many_clicks_at_the_same_moment_begin_one(committed_db: str) -> None:
    hospital = trade.alliance()["H1"]
    booked(hospital, received("100.00", "a", "2026-03-05"))
    for ask in (lambda: books(hospital), lambda: exports(hospital)):
        results = at_once(*[ask] * 6)
        assert len({result.pk for result in results if isinstance(result, Errand)}) == 1, results
        assert not [result for result in results if isinstance(result, Exception)], results


def test_an_export_holds_what_was_there_when_it_was_asked_for(vouchers: Institution) -> None:
    errand = exports(vouchers)
    booked(vouchers, received("7.00", "late", "2026-03-07"))
    assert exports(vouchers) == errand, "the same is under way"
    with pytest.raises(Conflict) as refusal:
        exports(vouchers, template="kingdee")
    assert refusal.value.code == "ledger.errand_under_way"
    services.do_errand(errand.pk)
    assert ExportedEntry.objects.filter(entry__key="late").count() == 0
    assert VoucherExport.objects.get().entries == 2
    exports(vouchers)
    assert finish()[0].result["entries"] == 1, "the late one goes out the next time"


def test_nobody_who_asks_waits_for_those_who_book(committed_db: str) -> None:
    hospital = trade.alliance()["H1"]
    booked(hospital, received("100.00", "a", "2026-03-05"))
    with transaction.atomic():
        booked(hospital, received("7.00", "not yet", "2026-03-07"))
        asked, other = at_once(lambda: exports(hospital), lambda: books(hospital))
    assert isinstance(asked, Errand), asked
    assert isinstance(other, Errand), other
    services.do_errand(asked.pk)
    assert VoucherExport.objects.get().entries == 1, "what was not there yet goes out the next time"


def test_the_file_is_built_while_others_book(committed_db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Building holds no lock of the books: an entry of another session is posted in the middle of it."""
    hospital = trade.alliance()["H1"]
    booked(hospital, received("100.00", "a", "2026-03-05"))
    errand = exports(hospital)
    honest = long_work.WORKS[Errand.Kind.EXPORT]
    meanwhile: list[Any] = []

    def build(given: Errand) -> Any:
        built = honest.prepare(given)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '5s'")
        meanwhile.extend(at_once(lambda: booked(hospital, received("7.00", "late", "2026-03-07"))))
        return built

    monkeypatch.setitem(long_work.WORKS, Errand.Kind.EXPORT, Work(complete=honest.complete, prepare=build))  # type: ignore[arg-type]
    services.do_errand(errand.pk)
    assert isinstance(meanwhile[0], Entry), meanwhile
    assert VoucherExport.objects.get().entries == 1


def test_a_second_click_after_the_file_is_ready_makes_no_other_one(vouchers: Institution) -> None:
    first = exports(vouchers, again=True)
    finish()
    assert exports(vouchers, again=True) == first
    Errand.objects.update(finished_at=timezone.now() - RESEND_AFTER)
    assert exports(vouchers, again=True) != first, "later it is asked for on purpose"


@DATABASE
def test_a_month_that_is_left_alone_is_refused_at_once(month_of_facts: Institution) -> None:
    AccountingPeriod.objects.filter(institution=month_of_facts, period="2026-03").update(state="closed")
    with pytest.raises(Conflict) as refusal:
        books(month_of_facts)
    assert refusal.value.code == "ledger.events_left_alone"
    assert not Errand.objects.exists()


@DATABASE
def test_what_becomes_impossible_meanwhile_fails_in_words(client: Client, month_of_facts: Institution) -> None:
    client.force_login(trade.person("clerk", Role.FINANCE_OFFICER, month_of_facts))
    address = reverse("ledger:book-events", args=[month_of_facts.pk])
    client.post(address, {"period": "2026-03"})
    AccountingPeriod.objects.filter(institution=month_of_facts, period="2026-03").update(state="closed")
    (errand,) = finish()
    assert (errand.state, errand.error_code) == ("failed", "ledger.events_left_alone")
    page = client.get(reverse("ledger:events"), {"period": "2026-03"})
    assert "已结账，不再生成凭证" in page.content.decode()
    assert reverse("ledger:ask-again", args=[errand.pk]) in page.content.decode()
    AccountingPeriod.objects.filter(institution=month_of_facts, period="2026-03").update(state="open")
    client.post(reverse("ledger:ask-again", args=[errand.pk]))
    assert finish()[0].state == "succeeded"
    assert Entry.objects.count() == 4


@DATABASE
def test_rights_are_those_of_the_moment_of_doing(month_of_facts: Institution) -> None:
    clerk = trade.person("clerk", Role.FINANCE_OFFICER, month_of_facts)
    services.ask_booking(actor_of_user(clerk), institution=month_of_facts, period=MARCH)
    RoleAssignment.objects.filter(user=clerk).update(state=RoleAssignment.State.REVOKED)
    assert finish()[0].state == "failed"
    assert not Entry.objects.exists()
    clerk.is_active = False
    clerk.save()
    services.ask_booking(PLATFORM, institution=month_of_facts, period=MARCH)
    Errand.objects.filter(state="waiting").update(asker=clerk)
    assert finish()[0].error_code == "ledger.asker_left"
    with pytest.raises(Forbidden):
        services.ask_booking(
            trade.actor(Role.FINANCE_OFFICER, month_of_facts), institution=month_of_facts, period=MARCH
        )


@DATABASE
def test_a_fault_of_the_platform_leaves_nothing_behind_and_is_said_without_its_trace(
    month_of_facts: Institution, monkeypatch: pytest.MonkeyPatch
) -> None:
    errand = books(month_of_facts)
    honest = long_work.WORKS[Errand.Kind.BOOKING]

    def breaks(*given: Any) -> dict[str, Any]:
        honest.complete(*given)
        raise ZeroDivisionError("secret")

    monkeypatch.setitem(long_work.WORKS, Errand.Kind.BOOKING, Work(complete=breaks))  # type: ignore[arg-type]
    services.do_errand(errand.pk)
    errand.refresh_from_db()
    assert (errand.state, errand.error_code) == ("failed", "ledger.errand_failed")
    assert "secret" not in errand.error
    assert str(errand.pk) in errand.error
    assert not Entry.objects.exists()


@DATABASE
def test_who_lost_the_lease_cannot_commit(month_of_facts: Institution, monkeypatch: pytest.MonkeyPatch) -> None:
    errand = books(month_of_facts)
    honest = long_work.WORKS[Errand.Kind.BOOKING]

    def robbed(*given: Any) -> dict[str, Any]:
        result = honest.complete(*given)
        Errand.objects.filter(pk=errand.pk).update(lease_owner="somebody else")
        return result

    monkeypatch.setitem(long_work.WORKS, Errand.Kind.BOOKING, Work(complete=robbed))  # type: ignore[arg-type]
    services.do_errand(errand.pk)
    assert not Entry.objects.exists()
    assert Errand.objects.get().state == "running"


@DATABASE
def test_the_sweeper_sends_what_was_left_and_gives_up_in_the_end(month_of_facts: Institution) -> None:
    errand = books(month_of_facts)
    assert services.sweep_errands() == 0, "it was just sent"
    long_ago = timezone.now() - 2 * RESEND_AFTER
    Errand.objects.update(messaged_at=long_ago)
    assert services.sweep_errands() == 1, "the message went missing"
    lost = {"state": "running", "lease_owner": "dead", "lease_until": timezone.now() - RESEND_AFTER}
    Errand.objects.update(messaged_at=long_ago, **lost)
    assert services.sweep_errands() == 1, "the worker is gone"
    Errand.objects.update(attempts=3)
    services.do_errand(errand.pk)
    errand.refresh_from_db()
    assert (errand.state, errand.error_code) == ("failed", "ledger.worker_lost_again")
    assert services.sweep_errands() == 0
    services.ask_again(PLATFORM, errand)
    assert finish()[0].result["booked"] == 4


@DATABASE
def test_the_card_asks_for_itself_until_the_work_has_ended(client: Client, month_of_facts: Institution) -> None:
    client.force_login(trade.person("clerk", Role.FINANCE_OFFICER, month_of_facts))
    errand = books(month_of_facts)
    progress = reverse("ledger:errand-progress", args=[errand.pk])
    page = client.get(reverse("ledger:events"), {"period": "2026-03"}).content.decode()
    assert progress in page
    assert "生成凭证</button>" not in page, "no second button while it goes on"
    waiting = client.get(progress)
    assert progress in waiting.content.decode()
    assert "HX-Refresh" not in waiting
    finish()
    assert client.get(progress)["HX-Refresh"] == "true"
    assert "已生成 4 张凭证" in client.get(reverse("ledger:errand", args=[errand.pk])).content.decode()
    client.post(reverse("ledger:ask-again", args=[errand.pk]))
    assert Errand.objects.count() == 1, "only what failed is asked for again"
    client.force_login(trade.person("other", Role.FINANCE_OFFICER, Institution.objects.get(code="T1")))
    assert client.get(progress).status_code == 404
    assert client.get(f"/api/v1/ledger/errands/{errand.pk}/").status_code == 404


@DATABASE
def test_the_same_rules_on_the_same_month_are_tried_once_whoever_asks(month_of_facts: Institution) -> None:
    body = VoucherRules.objects.get(version=1).body
    first = services.ask_preview(PLATFORM, institution=month_of_facts, period=MARCH, body=body)
    centre = actor_of_user(trade.person("centre", Role.OPERATION_CENTRE))
    assert services.ask_preview(centre, institution=month_of_facts, period=MARCH, body=body) == first
    other = {**body, "ledger.income-voucher": body["ledger.income-voucher"][:1]}
    assert services.ask_preview(centre, institution=month_of_facts, period=MARCH, body=other) != first
    same, changed = finish()
    assert (same.result["different"], changed.result["different"]) == (0, 1)
    assert (changed.result["unplaced_before"], changed.result["unplaced_after"]) == (0, 1)
    township = Institution.objects.get(code="T1")
    clerk = actor_of_user(trade.person("clerk", Role.FINANCE_OFFICER, month_of_facts))
    with pytest.raises(NotFound):
        services.ask_preview(clerk, institution=township, period=MARCH, body=body)


@pytest.mark.services
def test_a_worker_killed_in_the_middle_of_a_booking_doubles_nothing(platform: Platform) -> None:
    """kill -9 of the worker while the books are held; the sweeper has another one book the month."""
    hospital = trade.alliance()["H1"]
    trade.landed(hospital, "departments", [trade.department("NK")])
    trade.landed(hospital, "cost-entries", [trade.cost(f"V{number}", "NK", "1.00") for number in range(5)])
    with transaction.atomic():
        services.lock_books([hospital])  # the work cannot end while this test holds the books
        platform.start_worker("first")
        asked = platform.manage(
            "shell",
            "-c",
            "from ops_platform.ledger import services; from ops_platform.kernel.actor import PLATFORM;"
            "from ops_platform.kernel import Period; from ops_platform.masterdata.models import Institution;"
            "services.ask_booking(PLATFORM, institution=Institution.objects.get(code='H1'), period=Period(2026, 3))",
        )
        assert asked.returncode == 0, asked.stderr
        running = "SELECT 1 FROM ledger_errand WHERE state = 'running' AND attempts = 1"
        wait_until(lambda: bool(seen_from_outside(platform.database, running)), 30, "the worker is in the middle")
        platform.kill("first")
    platform.start_worker("second")
    platform.start_beat()
    wait_until(lambda: Errand.objects.get().state == "succeeded", 60, f"errand, see {platform.folder}")
    assert (Errand.objects.get().attempts, Entry.objects.count()) == (2, 5)
