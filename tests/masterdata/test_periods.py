"""Closing and reopening a month: in order, on computed figures, and reopened by two persons."""

from datetime import date

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from costing.models import CostRun
from costing.services import cost_patients_of, run_allocation
from insurance_settlement.services import run_grouping
from ops_platform.his_intake.models import CostEntry
from ops_platform.kernel import Actor, Conflict, Forbidden, Grant, Invalid, NotFound, Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger.services import book_events
from ops_platform.masterdata.closing import blockers
from ops_platform.masterdata.models import Institution, Parameter
from ops_platform.masterdata.services import (
    begin_closing,
    close_period,
    confirm_reopening,
    hold_periods,
    request_reopening,
    stop_closing,
)
from tests.support import trade

pytestmark = pytest.mark.django_db


@pytest.fixture
def hospital() -> Institution:
    """Two months with a cost each."""
    hospital = trade.alliance()["H1"]
    trade.landed(hospital, "departments", [trade.department("NK")])
    for month in ("2026-01", "2026-02"):
        trade.landed(hospital, "cost-entries", [trade.cost(f"V-{month}", "NK", "10.00", day=f"{month}-15")])
    with transaction.atomic():
        hold_periods(hospital, date(2026, 2, 28))
    return hospital


@pytest.fixture
def director(hospital: Institution) -> Actor:
    return trade.actor(Role.FINANCE_DIRECTOR, hospital, name="director")


def compute(hospital: Institution, month: str) -> CostRun:
    """The night's work for a month."""
    run_grouping(PLATFORM, institution=hospital, period=Period.parse(month))
    book_events(PLATFORM, institution=hospital, period=Period.parse(month))
    run = run_allocation(PLATFORM, institution=hospital, period=Period.parse(month)).run
    cost_patients_of(PLATFORM, institution=hospital, period=Period.parse(month))
    return run


def test_a_month_closes_only_on_figures_that_are_up_to_date(hospital: Institution, director: Actor) -> None:
    with pytest.raises(Conflict) as refusal:
        close_period(director, institution_id=hospital.pk, period="2026-01")
    assert refusal.value.code == "masterdata.closing_blocked"
    compute(hospital, "2026-01")
    trade.landed(hospital, "cost-entries", [trade.cost("late", "NK", "1.00", day="2026-01-20")])
    with pytest.raises(Conflict):
        close_period(director, institution_id=hospital.pk, period="2026-01")
    compute(hospital, "2026-01")
    assert close_period(director, institution_id=hospital.pk, period="2026-01").state == "closed"
    assert close_period(director, institution_id=hospital.pk, period="2026-01").state == "closed"


def test_months_close_in_order(hospital: Institution, director: Actor) -> None:
    compute(hospital, "2026-02")
    with pytest.raises(Conflict) as refusal:
        close_period(director, institution_id=hospital.pk, period="2026-02")
    assert refusal.value.code == "masterdata.earlier_period_open"


def test_a_closed_month_is_reopened_with_a_reason_by_a_second_person(hospital: Institution, director: Actor) -> None:
    first = compute(hospital, "2026-01")
    close_period(director, institution_id=hospital.pk, period="2026-01")
    where = {"institution_id": hospital.pk, "period": "2026-01"}
    with pytest.raises(Invalid):
        request_reopening(director, **where, reason=" ")
    request = request_reopening(director, **where, reason="漏记水电费")
    with pytest.raises(Conflict):
        request_reopening(director, **where, reason="再来一次也不行")
    with pytest.raises(Forbidden) as refusal:
        confirm_reopening(director, reopening_id=request.pk)
    assert refusal.value.code == "masterdata.second_person"
    second = trade.actor(Role.OPERATION_CENTRE, name="centre")
    assert confirm_reopening(second, reopening_id=request.pk).accounting_period.state == "open"
    trade.landed(hospital, "cost-entries", [trade.cost("water", "NK", "5.00", day="2026-01-31")])
    restated = compute(hospital, "2026-01")
    assert (restated.restatement, restated.version) == (True, 2)
    first.refresh_from_db()
    assert (first.restatement, first.is_current, str(first.full_cost)) == (False, False, "10.00")


def test_another_institutions_director_finds_no_such_month(hospital: Institution) -> None:
    stranger = trade.actor(Role.FINANCE_DIRECTOR, Institution.objects.get(code="T1"))
    with pytest.raises(NotFound):
        close_period(stranger, institution_id=hospital.pk, period="2026-01")


def test_a_clerk_may_ask_but_not_close(hospital: Institution) -> None:
    clerk = trade.actor(Role.FINANCE_OFFICER, hospital)
    with pytest.raises(Forbidden):
        close_period(clerk, institution_id=hospital.pk, period="2026-01")
    assert CostEntry.objects.count() == 2


def test_a_month_that_is_not_over_cannot_be_closed(hospital: Institution, director: Actor) -> None:
    from django.utils import timezone

    present = Period.of(timezone.localdate())
    blocked = blockers(hospital, present)
    assert [finding.code for finding in blocked] == ["masterdata.month_not_over"]
    assert blockers(hospital, present.shift(-1)) != blocked


def test_a_closed_month_keeps_the_run_it_was_closed_on(hospital: Institution, director: Actor) -> None:
    first = compute(hospital, "2026-01")
    close_period(director, institution_id=hospital.pk, period="2026-01")
    trade.landed(hospital, "departments", [trade.department("NK", name="另一个名字")])
    assert compute(hospital, "2026-01") == first


def test_a_month_that_is_being_closed_takes_its_last_figures_but_no_facts(
    hospital: Institution, director: Actor
) -> None:
    clerk = trade.actor(Role.FINANCE_OFFICER, hospital, name="clerk")
    where = {"institution_id": hospital.pk, "period": "2026-01"}
    assert begin_closing(clerk, **where).state == "closing"
    late = trade.send(hospital, "cost-entries", [trade.cost("late", "NK", "1.00", day="2026-01-20")])
    assert [error.code for error in late.errors] == ["his_intake.period_closed"]
    assert str(compute(hospital, "2026-01").full_cost) == "10.00"
    assert stop_closing(clerk, **where).state == "open"
    trade.landed(hospital, "cost-entries", [trade.cost("late", "NK", "1.00", day="2026-01-20")])
    begin_closing(clerk, **where)
    with pytest.raises(Conflict):
        close_period(director, **where)
    compute(hospital, "2026-01")
    assert close_period(director, **where).state == "closed"
    with pytest.raises(Conflict):
        stop_closing(clerk, **where)


def test_whoever_closed_or_asked_is_named_and_not_shown_by_user_name(hospital: Institution) -> None:
    director, head = (
        trade.person(username, role, hospital)
        for username, role in (("zhang.wei", Role.FINANCE_DIRECTOR), ("li.na", Role.OPERATION_CENTRE))
    )
    for person, name in ((director, "张伟"), (head, "李娜")):
        person.display_name = name
        person.save()
    compute(hospital, "2026-01")
    where = {"institution_id": hospital.pk, "period": "2026-01"}
    close_period(Actor(name="li.na", grants=(Grant(Role.OPERATION_CENTRE, None),)), **where)
    asker = Actor(name="zhang.wei", grants=(Grant(Role.FINANCE_DIRECTOR, hospital.pk),))
    request_reopening(asker, **where, reason="漏记水电费")
    client = Client()
    client.force_login(director, backend="django.contrib.auth.backends.ModelBackend")
    month = client.get(reverse("masterdata:period", args=[hospital.pk, "2026-01"])).content.decode()
    board = client.get(reverse("masterdata:periods")).content.decode()
    assert "李娜" in month
    assert "张伟" in month
    assert "张伟" in board
    assert "zhang.wei" not in month + board


def test_a_run_by_night_and_a_rule_of_a_person_say_who(hospital: Institution) -> None:
    run = compute(hospital, "2026-01")
    person = trade.person("zhang.wei", Role.FINANCE_DIRECTOR, hospital)
    person.display_name = "张伟"
    person.save()
    Parameter.objects.create(
        key="beds",
        name="床位",
        scope="institution",
        institution=hospital,
        effective_from=date(2026, 1, 1),
        value=1,
        unit="张",
        source_mark="default",
        changed_by="zhang.wei",
    )
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    assert "平台自动" in client.get(reverse("costing:run", args=[run.pk])).content.decode()
    assert "<td >张伟</td>" in client.get(reverse("masterdata:parameter", args=["beds"])).content.decode()
