"""Pending entries hold what they would take, and are resolved once."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from ops_platform.kernel import Conflict, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import integrity, services
from ops_platform.ledger.models import Entry, PendingEntry, RunningBalance
from ops_platform.masterdata.models import Institution
from tests.ledger.books import BANK, booked, floor, officer, paid, received, standing
from tests.support import trade

pytestmark = pytest.mark.django_db


@pytest.fixture
def hospital() -> Institution:
    """100 yuan in a bank account that may not be overdrawn."""
    found = trade.alliance()["H1"]
    booked(found, received("100.00"))
    floor(found)
    return found


def held(hospital: Institution) -> Decimal:
    return RunningBalance.objects.get(institution=hospital, account__code=BANK).held_credit


def test_what_is_pending_is_held_but_not_yet_gone(hospital: Institution) -> None:
    services.hold(PLATFORM, institution=hospital, entry=paid("70.00", "p"))
    assert (standing(hospital, BANK), held(hospital)) == (Decimal("100.00"), Decimal("70.00"))
    with pytest.raises(Conflict) as refusal:
        booked(hospital, paid("30.01", "q"))
    assert refusal.value.code == "ledger.overdrawn"
    assert "1002 银行存款 余额不足，还差 0.01 元" in refusal.value.message
    booked(hospital, paid("30.00", "q"))
    assert list(integrity.balances()) == []


def test_posting_takes_what_was_held_and_keeps_both_names(hospital: Institution) -> None:
    person, other = (trade.person(name, Role.FINANCE_OFFICER, hospital) for name in ("maker", "checker"))
    maker, checker = officer(hospital, person.pk), officer(hospital, other.pk, Role.ACCOUNTING_REVIEWER)
    pending = services.hold(maker, institution=hospital, entry=paid("100.00", "p"))
    row = services.post(checker, pending_id=pending.pk)
    assert (row.made_by, row.checked_by) == (maker.name, checker.name)
    assert (standing(hospital, BANK), held(hospital)) == (0, 0)
    assert services.post(checker, pending_id=pending.pk).pk == row.pk, "a repeat gives the same entry"
    assert Entry.objects.filter(key="p").count() == 1


def test_who_made_it_does_not_post_it(hospital: Institution) -> None:
    maker = officer(hospital, trade.person("maker", Role.FINANCE_OFFICER, hospital).pk)
    pending = services.hold(maker, institution=hospital, entry=paid("1.00", "p"))
    with pytest.raises(Conflict) as refusal:
        services.post(maker, pending_id=pending.pk)
    assert refusal.value.code == "ledger.own_entry"


def test_voiding_frees_what_was_held(hospital: Institution) -> None:
    pending = services.hold(PLATFORM, institution=hospital, entry=paid("100.00", "p"))
    services.void(PLATFORM, pending_id=pending.pk, remark="不付了")
    services.void(PLATFORM, pending_id=pending.pk)
    assert held(hospital) == 0
    with pytest.raises(Conflict) as refusal:
        services.post(PLATFORM, pending_id=pending.pk)
    assert refusal.value.code == "ledger.resolved_already"


def test_what_is_not_posted_in_time_expires(hospital: Institution) -> None:
    soon = timezone.now() + timedelta(hours=1)
    pending = services.hold(PLATFORM, institution=hospital, entry=paid("100.00", "p"), expires_at=soon)
    assert services.expire_due(PLATFORM) == 0
    late = services.hold(
        PLATFORM, institution=hospital, entry=received("5.00", "r"), expires_at=timezone.now() - timedelta(seconds=1)
    )
    with pytest.raises(Conflict) as refusal:
        services.post(PLATFORM, pending_id=late.pk)
    assert refusal.value.code == "ledger.expired"
    assert services.expire_due(PLATFORM) == 1
    late.refresh_from_db()
    pending.refresh_from_db()
    assert (late.state, pending.state) == ("expired", "pending")


def test_holding_more_than_is_there_is_refused_and_leaves_nothing(hospital: Institution) -> None:
    with pytest.raises(Conflict):
        services.hold(PLATFORM, institution=hospital, entry=paid("100.01", "p"))
    assert not PendingEntry.objects.exists()
    assert held(hospital) == 0


def test_the_same_hold_again_gives_the_first(hospital: Institution) -> None:
    first = services.hold(PLATFORM, institution=hospital, entry=paid("60.00", "p"))
    assert services.hold(PLATFORM, institution=hospital, entry=paid("60.00", "p")).pk == first.pk
    assert held(hospital) == Decimal("60.00")
    with pytest.raises(Conflict) as refusal:
        services.hold(PLATFORM, institution=hospital, entry=paid("61.00", "p"))
    assert refusal.value.code == "ledger.key_reused"


def test_money_that_is_to_come_is_not_there_yet(hospital: Institution) -> None:
    services.hold(PLATFORM, institution=hospital, entry=received("1000.00", "r"))
    with pytest.raises(Conflict):
        booked(hospital, paid("100.01", "q"))


@pytest.mark.parametrize("change", [{"summary": "别的"}, {"state": "pending"}, {"leg_count": 3}])
def test_a_pending_entry_is_changed_in_nothing_but_its_end(hospital: Institution, change: dict[str, object]) -> None:
    pending = services.hold(PLATFORM, institution=hospital, entry=paid("1.00", "p"))
    with pytest.raises(DatabaseError), transaction.atomic():
        PendingEntry.objects.filter(pk=pending.pk).update(**change)
