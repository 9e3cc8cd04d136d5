"""The nightly run: lanes that advance, fail, resume, and survive a killed worker."""

from datetime import date

import pytest
from django.db import connection
from django.utils import timezone

from costing.models import CostRun
from ops_platform.kernel import Conflict, Invalid, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Institution
from ops_platform.nightly import graph, services
from ops_platform.nightly.models import Lane, LaneState, NightlyRun, StepRun, StepState
from ops_platform.notifications.models import OutboxTask
from ops_platform.orm.leases import RESEND_AFTER
from tests.support import trade
from tests.support.database import seen_from_outside
from tests.support.processes import Platform, wait_until

BUSINESS_DATE = date(2026, 2, 28)


def _books(institution: Institution) -> None:
    """Two months of a hospital with one administrative and one clinical department."""
    trade.landed(institution, "departments", [trade.department("XZ", "administration", "院办"), trade.department("NK")])
    for month in ("2026-01", "2026-02"):
        trade.landed(
            institution,
            "staff-headcounts",
            [{"department": code, "period": month, "headcount": "10"} for code in ("XZ", "NK")],
        )
        trade.landed(
            institution,
            "cost-entries",
            [
                trade.cost(f"{month}-1", "XZ", "1000.01", day=f"{month}-15"),
                trade.cost(f"{month}-2", "NK", "5000.00", day=f"{month}-15"),
            ],
        )


def _run_all(run: NightlyRun) -> None:
    """What the workers do, in this process."""
    for lane in run.lanes.order_by("institution_id"):
        services.advance(lane.pk)


@pytest.mark.django_db
def test_a_run_goes_through_every_open_month_of_every_institution() -> None:
    institutions = trade.alliance()
    _books(institutions["H1"])
    run = services.start_run(PLATFORM, business_date=BUSINESS_DATE, trigger="command")
    assert OutboxTask.objects.filter(task="nightly.advance").count() == 3
    _run_all(run)
    run.refresh_from_db()
    assert run.state == "succeeded"
    # nobody is consolidated, nothing agreed yet, no version of patients is over its time, no target is set
    idle = ("ledger.consolidation", "costing.agreements", "costing.patient_retention", "costing.targets")
    states = StepRun.objects.filter(lane__run=run).exclude(step__in=idle)
    assert set(states.values_list("state", flat=True)) == {"succeeded"}
    assert [str(r.full_cost) for r in CostRun.objects.filter(institution=institutions["H1"]).order_by("period")] == [
        "6000.01",
        "6000.01",
    ]


@pytest.mark.django_db
def test_a_rerun_on_unchanged_input_makes_no_new_version() -> None:
    institutions = trade.alliance()
    _books(institutions["H1"])
    _run_all(services.start_run(PLATFORM, business_date=BUSINESS_DATE, trigger="command"))
    before = set(CostRun.objects.values_list("pk", flat=True))
    again = services.start_run(PLATFORM, business_date=BUSINESS_DATE, trigger="command")
    _run_all(again)
    assert set(CostRun.objects.values_list("pk", flat=True)) == before
    steps = StepRun.objects.filter(lane__run=again, step="costing.allocation")
    assert set(steps.values_list("state", flat=True)) == {"unchanged"}


@pytest.mark.django_db
def test_new_facts_make_a_new_version_of_their_month_only() -> None:
    institutions = trade.alliance()
    hospital = institutions["H1"]
    _books(hospital)
    _run_all(services.start_run(PLATFORM, business_date=BUSINESS_DATE, trigger="command"))
    trade.landed(hospital, "cost-entries", [trade.cost("late", "NK", "0.99", day="2026-02-20")])
    _run_all(services.start_run(PLATFORM, business_date=BUSINESS_DATE, trigger="command"))
    versions = CostRun.objects.filter(institution=hospital).order_by("period", "version")
    assert [(r.period, r.version, r.is_current, str(r.full_cost)) for r in versions] == [
        ("2026-01", 1, True, "6000.01"),
        ("2026-02", 1, False, "6000.01"),
        ("2026-02", 2, True, "6001.00"),
    ]


@pytest.mark.django_db
def test_a_failed_step_stops_only_its_own_institution_and_can_be_resumed() -> None:
    institutions = trade.alliance()
    hospital, township = institutions["H1"], institutions["T1"]
    _books(hospital)
    _books(township)
    trade.landed(township, "departments", [trade.department("HQ", "medical_support", "后勤")])
    trade.landed(township, "cost-entries", [trade.cost("HQ1", "HQ", "100.00", day="2026-01-10")])
    run = services.start_run(PLATFORM, business_date=BUSINESS_DATE, trigger="command")
    _run_all(run)
    run.refresh_from_db()
    assert run.state == "failed"
    assert run.lanes.get(institution=hospital).state == "succeeded"
    failed = StepRun.objects.get(lane__run=run, state=StepState.FAILED)
    assert failed.lane.institution == township
    assert "后勤" in failed.error
    assert "分摊动因" in failed.error
    trade.landed(township, "encounters", [trade.visit("M1", "NK", when="2026-01-05T08:00:00")])
    trade.landed(township, "charge-items", [trade.item("X1")])
    trade.landed(
        township, "charge-lines", [trade.charge("M1", 1, "X1", "NK", "NK", "9.00", when="2026-01-05T09:00:00")]
    )
    services.resume_run(trade.actor(Role.OPERATION_CENTRE), run_id=run.pk)
    _run_all(run)
    run.refresh_from_db()
    assert run.state == "succeeded"
    assert (
        CostRun.objects.get(institution=township, period="2026-01").full_cost
        == CostRun.objects.get(institution=township, period="2026-01").direct_cost
    )


@pytest.mark.django_db
def test_only_one_run_at_a_time() -> None:
    trade.alliance()
    services.start_run(PLATFORM, business_date=BUSINESS_DATE, trigger="command")
    with pytest.raises(Conflict) as refusal:
        services.start_run(PLATFORM, business_date=BUSINESS_DATE, trigger="command")
    assert refusal.value.code == "nightly.already_running"


@pytest.mark.django_db
def test_who_lost_the_lease_cannot_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    institutions = trade.alliance()
    _books(institutions["H1"])
    run = services.start_run(PLATFORM, business_date=BUSINESS_DATE, trigger="command")
    lane = run.lanes.get(institution=institutions["H1"])
    honest = graph.step("costing.allocation")

    def robbed(context: graph.StepContext) -> graph.StepResult:
        result = honest.run(context)
        Lane.objects.filter(pk=lane.pk).update(lease_owner="somebody else")
        return result

    monkeypatch.setitem(
        graph._steps, honest.code, graph.Step(honest.code, honest.title, robbed, honest.scope, honest.after)
    )
    services.advance(lane.pk)
    assert not CostRun.objects.exists()


@pytest.mark.django_db
def test_a_day_that_has_not_come_is_refused() -> None:
    trade.alliance()
    with pytest.raises(Invalid) as refusal:
        services.start_run(PLATFORM, business_date=date(2999, 1, 1))
    assert refusal.value.code == "nightly.date_in_future"


@pytest.mark.services
def test_a_worker_killed_in_mid_step_loses_nothing_and_doubles_nothing(platform: Platform) -> None:
    """kill -9 of the whole worker while a step is under way; another worker and the sweeper finish the run."""
    institutions = trade.alliance()
    for institution in institutions.values():
        _books(institution)
    with connection.cursor() as cursor:
        # the step cannot end while this test holds the institution: the worker is caught in mid-step
        connection.set_autocommit(False)
        cursor.execute("SELECT 1 FROM masterdata_institution WHERE code = 'H1' FOR NO KEY UPDATE")
        platform.start_worker("first")
        starting = platform.manage("run_nightly", "--date", BUSINESS_DATE.isoformat())
        assert starting.returncode == 0, starting.stderr
        wait_until(lambda: _in_mid_step(platform), 30, "the worker holds H1 in mid-step")
        platform.kill("first")
        connection.rollback()
        connection.set_autocommit(True)
    platform.start_worker("second")
    platform.start_beat()
    wait_until(lambda: NightlyRun.objects.get().state == "succeeded", 60, f"run, see {platform.folder}")
    runs = CostRun.objects.filter(institution=institutions["H1"]).order_by("period")
    assert [(run.period, run.version, str(run.full_cost)) for run in runs] == [
        ("2026-01", 1, "6000.01"),
        ("2026-02", 1, "6000.01"),
    ]
    assert CostRun.objects.count() == 6
    caught = StepRun.objects.get(lane__institution=institutions["H1"], step="costing.allocation", period="2026-01")
    assert caught.attempts == 2
    verified = platform.manage("verify_integrity")
    assert verified.returncode == 0, verified.stdout


def _in_mid_step(platform: Platform) -> bool:
    """Seen from another session: the allocation of H1 is running, and waits for the lock."""
    return bool(
        seen_from_outside(
            platform.database,
            "SELECT 1 FROM nightly_steprun s JOIN nightly_lane l ON l.id = s.lane_id"
            " JOIN masterdata_institution i ON i.id = l.institution_id"
            " WHERE i.code = 'H1' AND s.step = 'costing.allocation' AND s.state = 'running'",
        )
    )


@pytest.mark.django_db
def test_the_sweeper_sends_the_lane_of_the_alliance_again_when_its_message_went_missing() -> None:
    trade.alliance()
    run = services.start_run(PLATFORM, business_date=BUSINESS_DATE, trigger="command")
    run.lanes.filter(institution__isnull=False).update(state=LaneState.SUCCEEDED)
    long_ago = timezone.now() - 2 * RESEND_AFTER
    alliance = run.lanes.filter(institution__isnull=True)
    alliance.update(state=LaneState.WAITING, messaged_at=long_ago)
    assert services.sweep() == 1
    assert alliance.get().messaged_at > long_ago
    assert services.sweep() == 0


@pytest.mark.django_db
def test_a_step_that_loses_its_worker_again_and_again_fails_in_the_end() -> None:
    institutions = trade.alliance()
    _books(institutions["H1"])
    run = services.start_run(PLATFORM, business_date=BUSINESS_DATE, trigger="command")
    lane = run.lanes.get(institution=institutions["H1"])
    first = lane.steps.order_by("position")[0]
    StepRun.objects.filter(pk=first.pk).update(state=StepState.RUNNING, attempts=3)
    services.advance(lane.pk)
    first.refresh_from_db()
    assert (first.state, first.attempts) == (StepState.FAILED, 4)
    assert "不再自动重试" in first.error
