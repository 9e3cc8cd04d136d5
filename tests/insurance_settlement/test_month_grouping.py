"""A month's discharges through the gate, grouped and priced by the scheme in force."""

import json
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from insurance_settlement import integrity, services
from insurance_settlement.models import CaseResult, GroupingRun, PriceBook
from insurance_settlement.selectors import case_detail
from ops_platform.kernel import Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import AccountingPeriod, Institution, PeriodReopening
from tests.support import trade

pytestmark = pytest.mark.django_db
MARCH = Period.parse("2026-03")


@pytest.fixture
def hospital() -> Institution:
    """A stay over the month's end, discharged in March, and one still in the ward."""
    hospital = trade.alliance()["H1"]
    trade.landed(hospital, "departments", [trade.department("HX", name="呼吸内科")])
    trade.landed(hospital, "charge-items", [trade.item("CW", fee_class="bed")])
    stay = {"kind": "inpatient", "when": "2026-02-26T08:00:00"}
    trade.landed(
        hospital,
        "encounters",
        [
            trade.visit("Z1", "HX", **stay, discharged="2026-03-05T10:00:00"),
            trade.visit("Z2", "HX", kind="inpatient", when="2026-03-20T08:00:00"),
        ],
    )
    trade.landed(
        hospital,
        "charge-lines",
        [
            trade.charge("Z1", 1, "CW", "HX", "HX", "1000.10", when="2026-02-27T09:00:00"),
            trade.charge("Z1", 2, "CW", "HX", "HX", "2000.20", when="2026-03-01T09:00:00"),
            trade.charge("Z1", 3, "CW", "HX", "HX", "-100.00", when="2026-03-02T09:00:00", refund_of="1"),
        ],
    )
    return hospital


def abstract(number: str, *diagnoses: str) -> dict[str, object]:
    return {
        "encounter_no": number,
        "diagnoses": list(diagnoses),
        "sex": "1",
        "age": "67",
        "stay_days": "7",
        "leaving_type": "1",
        "total_charges": "2900.30",
    }


def test_charges_of_all_months_of_the_stay_count_and_the_price_is_weight_times_rate(hospital: Institution) -> None:
    trade.landed(hospital, "discharge-abstracts", [abstract("Z1", "J18.900")])
    run = services.run_grouping(PLATFORM, institution=hospital, period=MARCH).run
    case = CaseResult.objects.get(run=run)
    assert case.encounter_no == "Z1"
    assert case.charges == Decimal("2900.30")
    assert case.weight is not None
    assert case.payment == (case.weight * 7200).quantize(Decimal("0.01"))
    assert case.balance == case.payment - case.charges
    assert (run.cases, run.grouped, run.without_abstract) == (1, 1, 0)
    assert list(integrity.runs_add_up()) == []


def test_a_discharge_without_abstract_is_counted_and_not_priced(hospital: Institution) -> None:
    run = services.run_grouping(PLATFORM, institution=hospital, period=MARCH).run
    assert (run.cases, run.without_abstract) == (0, 1)


def test_a_case_that_fits_no_group_has_no_price(hospital: Institution) -> None:
    trade.landed(hospital, "discharge-abstracts", [abstract("Z1", "R99.x00")])
    run = services.run_grouping(PLATFORM, institution=hospital, period=MARCH).run
    case = CaseResult.objects.get(run=run)
    assert (case.drg, case.kind, case.payment, case.balance) == ("0000", "ungrouped", None, None)
    assert (run.grouped, run.payment) == (0, 0)


def test_an_exception_by_how_a_patient_left_holds_in_the_night_and_on_the_page(hospital: Institution) -> None:
    """Whoever is transferred is paid as billed."""
    old = PriceBook.objects.select_related("scheme").order_by("-effective_from")[0]
    transferred = {"name": "转院按项目", "kind": "fee_for_service", "when": {"leaving_types": ["2"]}, "pay": "charges"}
    services.import_price_book(
        PLATFORM,
        content=json.dumps(json.loads(old.content) | {"exceptions": [transferred]}, ensure_ascii=False).encode(),
        name="转院例外",
        effective_from=date(2026, 3, 1),
        scheme=old.scheme,
    )
    trade.landed(hospital, "discharge-abstracts", [{**abstract("Z1", "J18.900"), "leaving_type": "2"}])
    run = services.run_grouping(PLATFORM, institution=hospital, period=MARCH).run
    case = CaseResult.objects.get(run=run)
    assert (case.kind, case.payment, case.balance) == ("fee_for_service", Decimal("2900.30"), 0)
    found = case_detail(case=case).price
    assert (str(found.kind), found.payment) == ("fee_for_service", 290_030)


def test_a_late_charge_of_an_earlier_month_makes_a_new_version(hospital: Institution) -> None:
    trade.landed(hospital, "discharge-abstracts", [abstract("Z1", "J18.900")])
    services.run_grouping(PLATFORM, institution=hospital, period=MARCH)
    assert not services.run_grouping(PLATFORM, institution=hospital, period=MARCH).created
    trade.landed(
        hospital, "charge-lines", [trade.charge("Z1", 4, "CW", "HX", "HX", "5.00", when="2026-02-28T09:00:00")]
    )
    later = services.run_grouping(PLATFORM, institution=hospital, period=MARCH)
    assert (later.created, later.run.version) == (True, 2)
    assert CaseResult.objects.get(run=later.run).charges == Decimal("2905.30")
    assert GroupingRun.objects.filter(is_current=True).count() == 1


def test_a_run_of_a_month_that_was_closed_before_is_a_restatement(hospital: Institution) -> None:
    trade.landed(hospital, "discharge-abstracts", [abstract("Z1", "J18.900")])
    first = services.run_grouping(PLATFORM, institution=hospital, period=MARCH).run
    month = AccountingPeriod.objects.get(institution=hospital, period="2026-03")
    PeriodReopening.objects.create(
        accounting_period=month,
        reason="首页漏编码",
        requested_by="one",
        decided_by="another",
        decided_at=timezone.now(),
        state=PeriodReopening.State.CONFIRMED,
    )
    trade.landed(hospital, "discharge-abstracts", [abstract("Z1", "J18.900", "I10.x00")])
    restated = services.run_grouping(PLATFORM, institution=hospital, period=MARCH).run
    assert (first.restatement, restated.restatement, restated.version) == (False, True, 2)
    client = Client()
    reader = trade.person("insurance", Role.INSURANCE_OFFICER, hospital)
    client.force_login(reader, backend="django.contrib.auth.backends.ModelBackend")
    assert "重述" in client.get(reverse("insurance_settlement:month"), {"period": "2026-03"}).content.decode()


def test_on_a_telephone_every_value_of_a_case_stands_beside_its_name(hospital: Institution) -> None:
    trade.landed(hospital, "discharge-abstracts", [abstract("Z1", "J18.900")])
    services.run_grouping(PLATFORM, institution=hospital, period=MARCH)
    client = Client()
    reader = trade.person("insurance", Role.INSURANCE_OFFICER, hospital)
    client.force_login(reader, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("insurance_settlement:cases")).content.decode()
    assert 'data-label="费用(元)"' in page
    assert "table-stack" in page
