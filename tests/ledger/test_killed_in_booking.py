"""kill -9 while the night books events: nothing of the half-done month stays, and the next worker books each event once."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from ops_platform.ledger.models import Entry, EventBooking, EventMonth
from ops_platform.masterdata.models import Institution
from ops_platform.nightly.models import NightlyRun, StepRun
from tests.ledger.books import standing
from tests.support import trade
from tests.support.database import seen_from_outside
from tests.support.processes import Platform, wait_until

DAY = date(2026, 2, 28)
EVENTS_A_MONTH = 25


def _facts(institution: Institution) -> None:
    """Two months of cost vouchers of a ward and of the administration."""
    trade.landed(
        institution,
        "departments",
        [trade.department("XZ", "administration", "院办"), trade.department("NK", name="内科")],
    )
    for month in ("2026-01", "2026-02"):
        trade.landed(
            institution,
            "staff-headcounts",
            [{"department": code, "period": month, "headcount": "10"} for code in ("XZ", "NK")],
        )
        vouchers = [
            trade.cost(f"{month}-{number}", "XZ" if number % 5 == 0 else "NK", "100.01", day=f"{month}-15")
            for number in range(EVENTS_A_MONTH)
        ]
        trade.landed(institution, "cost-entries", vouchers)


def _caught(platform: Platform) -> bool:
    """Seen from another session: H1 has written the entries of a month, and waits to say so; nothing is committed yet."""
    return bool(
        seen_from_outside(
            platform.database,
            "SELECT 1 FROM nightly_steprun s JOIN nightly_lane l ON l.id = s.lane_id"
            " JOIN masterdata_institution i ON i.id = l.institution_id"
            " WHERE i.code = 'H1' AND s.step = 'ledger.vouchers' AND s.state = 'running'"
            " AND (SELECT count(*) FROM pg_locks w WHERE NOT w.granted AND w.relation = 'ledger_eventmonth'::regclass)"
            "   = (SELECT count(*) FROM nightly_steprun o WHERE o.step = 'ledger.vouchers' AND o.state = 'running')",
        )
    )


@pytest.mark.services
def test_a_worker_killed_in_booking_books_each_event_exactly_once(platform: Platform) -> None:
    hospital = trade.alliance()["H1"]
    _facts(hospital)
    with connection.cursor() as cursor:
        # entries and bookings of a month are written before it is noted how far the month is: there the worker is caught
        connection.set_autocommit(False)
        cursor.execute("LOCK TABLE ledger_eventmonth IN SHARE MODE")
        platform.start_worker("first")
        starting = platform.manage("run_nightly", "--date", DAY.isoformat())
        assert starting.returncode == 0, starting.stderr
        wait_until(lambda: _caught(platform), 60, f"H1 in the midst of booking, see {platform.folder}")
        platform.kill("first")
        connection.rollback()
        connection.set_autocommit(True)
    assert not Entry.objects.exists(), "what was half done is gone"
    platform.start_worker("second")
    platform.start_beat()
    wait_until(lambda: NightlyRun.objects.get().state == "succeeded", 90, f"run, see {platform.folder}")
    caught = StepRun.objects.filter(lane__institution=hospital, step="ledger.vouchers", attempts=2)
    assert caught.count() == 1
    bookings = EventBooking.objects.filter(institution=hospital)
    assert bookings.count() == Entry.objects.count() == 2 * EVENTS_A_MONTH
    assert set(bookings.values_list("revision", "is_current")) == {(1, True)}
    assert EventMonth.objects.get(institution=hospital, period="2026-01").events == EVENTS_A_MONTH
    per_month = {"5001": Decimal("2000.20"), "5101": Decimal("500.05")}
    assert {account: standing(hospital, account) / 2 for account in per_month} == per_month
    assert standing(hospital, "2201") == -2 * sum(per_month.values())
    verified = platform.manage("verify_integrity")
    assert verified.returncode == 0, verified.stdout
