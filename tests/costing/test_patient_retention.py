"""Provisional versions of a month's patients are let go when their time is over; nothing official ever is."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from costing.models import (
    CostRun,
    ItemCost,
    PatientCost,
    PatientRun,
    PatientRunPruning,
    PatientUnitCost,
    ServiceUnit,
    ServiceUnitPart,
    UnassignedCost,
    UnitCost,
    UnitDefinition,
)
from costing.services import cost_patients_of, run_allocation
from costing.services.patient_retention import let_provisional_runs_go
from ops_platform.audit.models import AuditEvent
from ops_platform.kernel import Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import AccountingPeriod, Department, Institution
from tests.costing.test_month_allocation import hospital as c_step
from tests.costing.test_month_of_patients import hospital as of_stays
from tests.support import trade

pytestmark = pytest.mark.django_db
MARCH = Period.parse("2026-03")
hospital, with_stays = c_step, of_stays


def version(hospital: Institution, number: int) -> PatientRun:
    """One more version, because one more voucher came."""
    trade.landed(hospital, "cost-entries", [trade.cost(f"V-{number}", "E", "100.00")])
    run_allocation(PLATFORM, institution=hospital, period=MARCH)
    return cost_patients_of(PLATFORM, institution=hospital, period=MARCH).run


def later(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    """The runs were made so many days ago."""
    made = timezone.now() - timedelta(days=days)
    monkeypatch.setattr("costing.services.patients.timezone.now", lambda: made)


@pytest.fixture
def versions(hospital: Institution, monkeypatch: pytest.MonkeyPatch) -> list[PatientRun]:
    with monkeypatch.context() as past:
        later(past, 60)
        return [version(hospital, number) for number in range(3)]


def let_go(hospital: Institution) -> list[int]:
    return [run.version for run in let_provisional_runs_go(PLATFORM, institution=hospital, period=MARCH)]


def test_versions_that_were_replaced_lose_their_detail_and_the_current_one_does_not(
    hospital: Institution, versions: list[PatientRun]
) -> None:
    first, _second, current = versions
    rows = PatientCost.objects.filter(run=first).count()
    kept = (PatientCost.objects.filter(run=current).count(), ItemCost.objects.filter(run=current).count())
    assert let_go(hospital) == [1, 2]
    for model in (ItemCost, PatientCost, UnassignedCost):
        assert not model.objects.filter(run__in=versions[:2]).exists()
    assert (PatientCost.objects.filter(run=current).count(), ItemCost.objects.filter(run=current).count()) == kept
    record = PatientRunPruning.objects.get(run=first)
    assert (record.encounters, record.older_than_days) == (rows, 31)
    assert PatientRun.objects.get(pk=first.pk).full_cost == first.full_cost, "the totals stay"
    assert CostRun.objects.filter(institution=hospital).count() == 3, "and so do all cost runs"
    assert AuditEvent.objects.filter(action="costing.patient_run_pruned").count() == 2
    assert let_go(hospital) == [], "a repeat does nothing"


def test_young_versions_stay(hospital: Institution, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as past:
        later(past, 30)
        for number in range(2):
            version(hospital, number)
    assert let_go(hospital) == []


@pytest.mark.parametrize("state", ["closing", "closed"])
def test_nothing_of_a_closed_month_is_let_go(hospital: Institution, versions: list[PatientRun], state: str) -> None:
    AccountingPeriod.objects.update_or_create(institution=hospital, period="2026-03", defaults={"state": state})
    assert let_go(hospital) == []
    assert not PatientRunPruning.objects.exists()


def test_the_database_itself_keeps_current_official_and_young_versions(
    hospital: Institution, versions: list[PatientRun]
) -> None:
    first, _second, current = versions
    for model in (ItemCost, PatientCost):
        with pytest.raises(IntegrityError, match="its rows stay"), transaction.atomic():
            model.objects.filter(run=current).delete()
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            model.objects.filter(run=first).update(personnel=0)
    AccountingPeriod.objects.update_or_create(institution=hospital, period="2026-03", defaults={"state": "closed"})
    with pytest.raises(IntegrityError, match="its rows stay"), transaction.atomic():
        PatientCost.objects.filter(run=first).delete()
    young = version_of_today(hospital)
    with pytest.raises(IntegrityError, match="its rows stay"), transaction.atomic():
        PatientCost.objects.filter(run=young).delete()


def version_of_today(hospital: Institution) -> PatientRun:
    AccountingPeriod.objects.filter(institution=hospital).update(state="open")
    replaced = version(hospital, 10)
    version(hospital, 11)
    return replaced


def test_pages_of_a_version_without_detail_say_so(hospital: Institution, versions: list[PatientRun]) -> None:
    first = versions[0]
    encounter = PatientCost.objects.filter(run=first).values_list("encounter", flat=True).first()
    item = ItemCost.objects.filter(run=first).values_list("pk", flat=True).first()
    let_go(hospital)
    browser = Client()
    clerk = trade.person("clerk", Role.FINANCE_OFFICER, hospital)
    browser.force_login(clerk, backend="django.contrib.auth.backends.ModelBackend")
    page = browser.get(reverse("costing:patient", args=[first.pk, encounter]))
    assert page.status_code == 404
    assert "到期清理" in page.content.decode()
    run_page = browser.get(reverse("costing:run", args=[first.cost_run_id])).content.decode()
    assert "第 1 版是未结账时的临时版本" in run_page
    assert "启动该月的运行" in run_page
    gone = browser.get(reverse("costing:item-cost", args=[item]))
    assert gone.status_code == 404
    assert "明细已到期清理" in gone.content.decode()
    rows = browser.get("/api/v1/costing/item-costs/", {"run": first.pk})
    assert (rows.status_code, rows.json()["code"]) == (404, "costing.patient_run_pruned"), "not an empty list"
    assert browser.get("/api/v1/costing/item-costs/", {"run": versions[2].pk}).json()["results"]
    listed = browser.get("/api/v1/costing/patient-runs/").json()["results"]
    assert [bool(row["pruned_at"]) for row in listed] == [False, True, True]


def test_what_units_and_activities_cost_goes_with_the_version_and_never_from_the_current_one(
    with_stays: Institution, monkeypatch: pytest.MonkeyPatch
) -> None:
    department = Department.objects.get(institution=with_stays, code="E")
    since = {"institution": with_stays, "effective_from": MARCH.first_day, "source_text": "-", "changed_by": "-"}
    units = UnitDefinition.objects.create(**since)
    ward = ServiceUnit.objects.create(definition=units, code="BF", name="病房", kind="ward")
    ServiceUnitPart.objects.create(definition=units, unit=ward, department=department)
    with monkeypatch.context() as past:
        later(past, 60)
        versions = [version(with_stays, number) for number in range(2)]
    of_units = {run.pk: PatientUnitCost.objects.filter(unit__run=run).count() for run in versions}
    assert all(of_units.values())
    current = UnitCost.objects.filter(run=versions[1])
    with pytest.raises(IntegrityError, match="its rows stay"), transaction.atomic():
        PatientUnitCost.objects.filter(unit__in=current.values("pk"))._raw_delete("default")
    with pytest.raises(IntegrityError, match="its rows stay"), transaction.atomic():
        current._raw_delete("default")
    assert let_go(with_stays) == [1]
    assert not UnitCost.objects.filter(run=versions[0]).exists()
    assert PatientUnitCost.objects.filter(unit__run=versions[0]).count() == 0
    assert PatientUnitCost.objects.count() == of_units[versions[1].pk]
