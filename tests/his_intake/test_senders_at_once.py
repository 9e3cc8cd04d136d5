"""Several senders at the same moment, each in a session of its own."""

import threading
from collections.abc import Callable

from django.db import connection

from costing.models import CostRun
from costing.services import cost_patients_of, run_allocation
from insurance_settlement.services import run_grouping
from ops_platform.his_intake.models import Batch, ChargeLine, CostEntry, IntakeState
from ops_platform.kernel import DomainError, Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger.services import book_events
from ops_platform.masterdata.models import AccountingPeriod, Institution
from ops_platform.masterdata.services import close_period, open_missing_periods
from tests.support import trade


def at_once(*deeds: Callable[[], object]) -> list[object]:
    """Run all deeds behind one start barrier; what each returned or raised."""
    barrier = threading.Barrier(len(deeds))
    results: list[object] = [None] * len(deeds)

    def run(index: int, deed: Callable[[], object]) -> None:
        try:
            barrier.wait(10)
            results[index] = deed()
        except Exception as error:
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index, deed)) for index, deed in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def _ready(institution: Institution) -> None:
    trade.landed(institution, "departments", [trade.department("NK")])
    trade.landed(institution, "charge-items", [trade.item("X1")])
    trade.landed(institution, "encounters", [trade.visit("M1", "NK", when="2026-01-02T08:00:00")])


def test_the_first_lines_of_a_month_from_three_institutions(committed_db: str) -> None:
    institutions = list(trade.alliance().values())
    for institution in institutions:
        _ready(institution)

    def first_lines(institution: Institution) -> Callable[[], object]:
        line = trade.charge("M1", 1, "X1", "NK", "NK", "9.00", when="2026-01-05T09:00:00")
        return lambda: trade.send(institution, "charge-lines", [line])

    results = at_once(*(first_lines(institution) for institution in institutions))
    assert [type(result).__name__ for result in results] == ["Receipt"] * 3, results
    assert ChargeLine.objects.count() == 3


def test_the_same_batch_sent_four_times_at_once_lands_once(committed_db: str) -> None:
    hospital = trade.alliance()["H1"]
    _ready(hospital)
    rows = [trade.cost(f"V{number}", "NK", "1.00", day="2026-01-31") for number in range(50)]
    results = at_once(*[lambda: trade.send(hospital, "cost-entries", rows, batch_no="B1")] * 4)
    assert sorted(result.repeated for result in results) == [False, True, True, True]  # type: ignore[attr-defined]
    assert CostEntry.objects.count() == 50


def test_sequences_have_no_gap_and_no_double(committed_db: str) -> None:
    hospital = trade.alliance()["H1"]
    _ready(hospital)

    def sender(number: int) -> Callable[[], object]:
        return lambda: [
            trade.send(hospital, "cost-entries", [trade.cost(f"V{number}-{turn}", "NK", "1.00", day="2026-01-31")])
            for turn in range(5)
        ]

    at_once(*(sender(number) for number in range(4)))
    sequences = sorted(Batch.objects.filter(institution=hospital).values_list("sequence", flat=True))
    assert sequences == list(range(1, len(sequences) + 1))
    assert IntakeState.objects.get(institution=hospital).last_sequence == sequences[-1]
    assert CostEntry.objects.count() == 20


def test_nothing_slips_into_a_month_while_it_is_being_closed(committed_db: str) -> None:
    """Whichever comes first: either the cost is in and the month stays open, or the month is closed and the cost is not."""
    for attempt in range(6):
        Institution.objects.exists() or trade.alliance()
        hospital = Institution.objects.get(code="H1")
        period = Period(2026, 1 + attempt)
        if attempt == 0:
            _ready(hospital)
        open_missing_periods(hospital, period)
        day = f"{period}-20"
        trade.landed(hospital, "cost-entries", [trade.cost(f"first-{attempt}", "NK", "1.00", day=day)])
        run_grouping(PLATFORM, institution=hospital, period=period)
        run_allocation(PLATFORM, institution=hospital, period=period)
        cost_patients_of(PLATFORM, institution=hospital, period=period)
        book_events(PLATFORM, institution=hospital, period=period)
        director = trade.actor(Role.FINANCE_DIRECTOR, hospital)
        closing, sending = at_once(
            lambda: close_period(director, institution_id=hospital.pk, period=str(period)),  # noqa: B023
            lambda: trade.send(hospital, "cost-entries", [trade.cost(f"late-{attempt}", "NK", "1.00", day=day)]),  # noqa: B023
        )
        state = AccountingPeriod.objects.get(institution=hospital, period=str(period)).state
        landed = CostEntry.objects.filter(voucher=f"late-{attempt}").exists()
        assert not isinstance(sending, Exception), sending
        assert not isinstance(closing, Exception) or isinstance(closing, DomainError), closing
        assert (state, landed) in {("closed", False), ("open", True)}
        if state == "open":
            run_grouping(PLATFORM, institution=hospital, period=period)
            run_allocation(PLATFORM, institution=hospital, period=period)
            cost_patients_of(PLATFORM, institution=hospital, period=period)
            book_events(PLATFORM, institution=hospital, period=period)
            close_period(director, institution_id=hospital.pk, period=str(period))


def test_one_month_allocated_twice_at_once_has_one_current_run(committed_db: str) -> None:
    hospital = trade.alliance()["H1"]
    _ready(hospital)
    trade.landed(hospital, "cost-entries", [trade.cost("V1", "NK", "1.00", day="2026-01-31")])
    period = Period.parse("2026-01")
    at_once(*[lambda: run_allocation(PLATFORM, institution=hospital, period=period)] * 4)
    assert CostRun.objects.count() == 1
