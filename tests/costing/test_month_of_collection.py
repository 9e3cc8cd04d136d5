"""Direct cost as it is collected: what is booked straight, shares of bills taken in for all, depreciation of cards."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum
from django.test import Client

from costing import asset_cards, depreciation_events, integrity, missing_drivers
from costing.missing_drivers import Policy
from costing.models import (
    ComputedCost,
    CostRun,
    DepartmentCost,
    DepartmentMonth,
    DriverKind,
    DriverRule,
    UnassignedCost,
)
from costing.services import cost_patients_of, run_allocation
from ops_platform.his_intake.models import Batch
from ops_platform.kernel import Conflict, Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import services
from ops_platform.ledger.models import EventBooking, Leg
from ops_platform.masterdata.models import Institution, Parameter, Scope, SourceMark
from tests.support import trade

pytestmark = pytest.mark.django_db
MARCH = Period.parse("2026-03")


@pytest.fixture
def hospital() -> Institution:
    """An office that takes in the bills, a store, a ward and a surgery; one visit in each."""
    hospital = trade.alliance()["H1"]
    trade.landed(
        hospital,
        "departments",
        [
            trade.department("A", "administration", "总务科"),
            trade.department("B", "medical_support", "供应室"),
            trade.department("D", name="内科"),
            trade.department("E", name="外科"),
        ],
    )
    staff = {"A": "10", "B": "10", "D": "30", "E": "50"}
    trade.landed(
        hospital,
        "staff-headcounts",
        [{"department": code, "period": "2026-03", "headcount": count} for code, count in staff.items()],
    )
    areas = {"A": "100", "B": "100", "D": "500", "E": "300"}
    trade.landed(
        hospital,
        "floor-areas",
        [{"department": code, "period": "2026-03", "area": area} for code, area in areas.items()],
    )
    trade.landed(hospital, "charge-items", [trade.item("ZC", fee_class="consultation")])
    trade.landed(hospital, "encounters", [trade.visit("M1", "D"), trade.visit("M2", "E")])
    trade.landed(
        hospital,
        "charge-lines",
        [trade.charge("M1", 1, "ZC", "D", "D", "400.00"), trade.charge("M2", 1, "ZC", "E", "E", "600.00")],
    )
    trade.landed(hospital, "cost-entries", [trade.cost("V-D", "D", "5000.00"), trade.cost("V-E", "E", "7000.00")])
    return hospital


def bill(voucher: str, kind: str, amount: str) -> dict[str, Any]:
    return trade.cost(voucher, "A", amount) | {"cost_item": "other", "shared_as": kind}


def card(number: str, department: str, value: str, months: int, **more: Any) -> dict[str, Any]:
    return {
        "card": number,
        "effective_from": "2026-01-01",
        "name": "监护仪",
        "category": "special_equipment",
        "department": department,
        "in_use_from": "2026-01-15",
        "original_value": value,
        "useful_months": str(months),
        "funding_source": "basic",
        **more,
    }


def say(key: str, value: int, hospital: Institution) -> None:
    """The institution's own value of a parameter, in force since January."""
    Parameter.objects.create(
        key=key,
        name=key,
        scope=Scope.INSTITUTION,
        institution=hospital,
        effective_from=date(2026, 1, 1),
        value=Decimal(value),
        source_mark=SourceMark.DEFAULT,
    )


def run_of(hospital: Institution) -> CostRun:
    return run_allocation(PLATFORM, institution=hospital, period=MARCH).run


def direct(run: CostRun, item: str = "other") -> dict[str, str]:
    rows = DepartmentCost.objects.filter(run=run, cost_item=item).order_by("department__code")
    return {code: str(amount) for code, amount in rows.values_list("department__code", "direct")}


def test_a_bill_for_all_is_divided_by_the_driver_of_its_kind(hospital: Institution) -> None:
    trade.landed(hospital, "cost-entries", [bill("W", "water", "1000.00"), bill("R", "cleaning", "500.01")])
    run = run_of(hospital)
    # water by people 10:10:30:50, cleaning by area 100:100:500:300
    assert direct(run) == {"A": "150.00", "B": "150.00", "D": "550.01", "E": "650.00"}
    share = ComputedCost.objects.get(run=run, kind="cleaning", department__code="D")
    assert (share.driver, share.weight, share.weight_total, str(share.amount)) == ("floor_area", 500, 1000, "250.01")
    assert run.direct_cost == run.full_cost == Decimal("13500.01")
    assert list(integrity.conservation()) == []


def test_the_institutions_own_driver_of_a_bill_wins_over_the_alliances(hospital: Institution) -> None:
    DriverRule.objects.create(
        institution=hospital,
        shared_as="water",
        effective_from=date(2026, 2, 1),
        driver=DriverKind.FLOOR_AREA,
        source_mark=SourceMark.DEFAULT,
    )
    trade.landed(hospital, "cost-entries", [bill("W", "water", "1000.00")])
    assert direct(run_of(hospital)) == {"A": "100.00", "B": "100.00", "D": "500.00", "E": "300.00"}


def test_a_bill_goes_by_the_original_value_of_the_assets_in_use(hospital: Institution) -> None:
    """D: 30,000.00 of its two cards, of which one has moved from E; E: 10,000.00, not what it disposed of before March nor
    what comes in April."""
    DriverRule.objects.create(
        institution=hospital,
        shared_as="water",
        effective_from=date(2026, 2, 1),
        driver=DriverKind.ASSET_VALUE,
        source_mark=SourceMark.DEFAULT,
    )
    cards = [
        card("K1", "D", "20000.00", 60),
        card("K2", "E", "10000.00", 60),
        card("K2", "D", "10000.00", 60, effective_from="2026-03-10"),
        card("K3", "E", "10000.00", 60),
        card("K4", "E", "90000.00", 60, disposed_on="2026-02-20"),
        card("K5", "E", "90000.00", 60, effective_from="2026-04-01", in_use_from="2026-04-01"),
    ]
    trade.landed(hospital, "assets", cards)
    trade.landed(hospital, "cost-entries", [bill("W", "water", "1000.00")])
    found = direct(run_of(hospital))
    assert (found["D"], found["E"]) == ("750.00", "250.00")


def test_a_bill_whose_driver_measures_nothing_stops_and_names_it(hospital: Institution) -> None:
    DriverRule.objects.create(
        institution=hospital,
        shared_as="water",
        effective_from=date(2026, 2, 1),
        driver=DriverKind.WORKLOAD,
        metric="laundry_kg",
        source_mark=SourceMark.DEFAULT,
    )
    trade.landed(hospital, "cost-entries", [bill("W", "water", "1000.00")])
    with pytest.raises(Conflict, match=r"水费 1,000\.00 元待分配"):
        run_of(hospital)


def test_depreciation_is_computed_from_cards_where_the_institution_says_so(hospital: Institution) -> None:
    say(asset_cards.PARAMETER, asset_cards.Source.CARDS, hospital)
    cards = [
        card("Z1", "D", "6000.00", 60),
        card("Z2", "D", "100.00", 3),
        card("Z3", "E", "1200.00", 12, category="intangible"),
        card("Z4", "E", "900.00", 9, disposed_on="2026-03-01"),
        card("Z5", "D", "60.00", 6, funding_source="fiscal_project"),
    ]
    trade.landed(hospital, "assets", cards)
    run = run_of(hospital)
    found = ComputedCost.objects.filter(run=run).order_by("department__code", "kind", "funding_source")
    assert [(str(one.department), one.cost_item, one.funding_source, str(one.amount)) for one in found] == [
        ("内科", "depreciation", "basic", "133.33"),
        ("内科", "depreciation", "fiscal_project", "10.00"),
        ("外科", "amortisation", "basic", "100.00"),
    ]
    assert str(run.direct_cost) == "12243.33"
    assert list(integrity.conservation()) == []


def test_without_a_choice_vouchers_that_were_sent_win_over_cards_item_by_item(hospital: Institution) -> None:
    cards = [card("Z1", "D", "6000.00", 60), card("Z2", "D", "1200.00", 12, category="intangible")]
    trade.landed(hospital, "assets", cards)
    trade.landed(hospital, "cost-entries", [trade.cost("ZJ", "D", "77.00") | {"cost_item": "depreciation"}])
    run = run_of(hospital)
    assert (direct(run, "depreciation"), direct(run, "amortisation")) == ({"D": "77.00"}, {"D": "100.00"})


def test_cards_change_nothing_where_depreciation_is_taken_as_sent(hospital: Institution) -> None:
    say(asset_cards.PARAMETER, asset_cards.Source.VOUCHERS, hospital)
    trade.landed(hospital, "assets", [card("Z1", "D", "6000.00", 60)])
    assert not ComputedCost.objects.filter(run=run_of(hospital)).exists()


def test_depreciation_from_cards_and_from_vouchers_at_once_is_refused(hospital: Institution) -> None:
    say(asset_cards.PARAMETER, asset_cards.Source.CARDS, hospital)
    trade.landed(hospital, "assets", [card("Z1", "D", "6000.00", 60)])
    trade.landed(hospital, "cost-entries", [trade.cost("ZJ", "D", "100.00") | {"cost_item": "depreciation"}])
    with pytest.raises(Conflict, match=r"又报送了折旧或摊销凭证 100\.00 元"):
        run_of(hospital)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("useful_months", "0", "his_intake.no_useful_months"),
        ("residual_value", "7000.00", "his_intake.more_than_original"),
        ("disposed_on", "2025-12-31", "his_intake.disposed_before_use"),
    ],
)
def test_a_card_that_cannot_be_true_goes_to_quarantine(
    hospital: Institution, field: str, value: str, code: str
) -> None:
    receipt = trade.send(hospital, "assets", [card("Z1", "D", "6000.00", 60) | {field: value}])
    assert [error.code for error in receipt.errors] == [code]


def without_support_driver(hospital: Institution) -> None:
    """The store has cost, and its driver measures nothing."""
    DriverRule.objects.create(
        institution=hospital,
        cost_class="medical_support",
        effective_from=date(2026, 1, 1),
        driver=DriverKind.WORKLOAD,
        metric="sterile_packs",
        source_mark=SourceMark.DEFAULT,
    )
    trade.landed(hospital, "cost-entries", [trade.cost("V-B", "B", "800.00")])


def test_without_a_policy_a_department_without_driver_stops_the_month(hospital: Institution) -> None:
    without_support_driver(hospital)
    with pytest.raises(Conflict, match="供应室"):
        run_of(hospital)


def test_by_policy_headcount_stands_in_and_the_run_says_so(hospital: Institution) -> None:
    without_support_driver(hospital)
    say(missing_drivers.PARAMETER, Policy.HEADCOUNT, hospital)
    run = run_of(hospital)
    full = dict(DepartmentMonth.objects.filter(run=run).values_list("name", "full_cost"))
    assert (full["内科"], full["外科"], full["供应室"]) == (Decimal("5300.00"), Decimal("7500.00"), 0)
    assert [(one["code"], one["subject"]) for one in run.findings] == [("costing.fallback_driver", "B")]


def test_by_policy_its_cost_is_held_back_and_borne_by_no_patient(hospital: Institution) -> None:
    without_support_driver(hospital)
    say(missing_drivers.PARAMETER, Policy.HOLD, hospital)
    run = run_of(hospital)
    full = dict(DepartmentMonth.objects.filter(run=run).values_list("name", "full_cost"))
    assert (full["内科"], full["外科"], full["供应室"]) == (Decimal("5000.00"), Decimal("7000.00"), Decimal("800.00"))
    assert [(one["code"], one["subject"]) for one in run.findings] == [("costing.held_back", "B")]
    patients = cost_patients_of(PLATFORM, institution=hospital, period=MARCH).run
    kept = UnassignedCost.objects.get(run=patients)
    assert (str(kept.department), kept.reason, kept.personnel) == ("供应室", "not_allocated", Decimal("800.00"))
    assert (patients.patient_cost, patients.full_cost) == (Decimal("12000.00"), Decimal("12800.00"))
    assert [*integrity.conservation(), *integrity.patients()] == []


def test_a_direct_cost_opens_down_to_vouchers_bills_and_cards(hospital: Institution, client: Client) -> None:
    trade.landed(hospital, "assets", [card("Z1", "D", "6000.00", 60)])
    trade.landed(hospital, "cost-entries", [bill("W", "water", "1000.00")])
    run = run_of(hospital)
    ward = DepartmentMonth.objects.get(run=run, name="内科").department
    client.force_login(trade.person("head", Role.DEPARTMENT_HEAD, hospital, ward))
    page = client.get(f"/costing/runs/{run.pk}/cost-entries/?department={ward.pk}")
    assert page.context["agrees"]
    assert (str(page.context["found"].total), str(page.context["beside_title"])) == (
        "5000.00",
        "计算计入 400.00 元，连同上面直接计入的，共 5,400.00 元",
    )
    bills = client.get(f"/costing/runs/{run.pk}/shared-bills/?department={ward.pk}&kind=water")
    assert (bills.context["agrees"], str(bills.context["found"].total)) == (True, "1000.00")
    assert [str(row.amount) for row in bills.context["beside"].data] == ["300.00"]
    cards = client.get(f"/costing/runs/{run.pk}/asset-cards/?department={ward.pk}")
    assert (cards.context["agrees"], str(cards.context["found"].total)) == (True, "100.00")
    assert "监护仪" in cards.content.decode()
    auditor = trade.person("auditor", Role.AUDITOR)
    client.force_login(auditor)
    whole = client.get(f"/costing/runs/{run.pk}/asset-cards/").content.decode()
    assert f'href="/intake/batches/{Batch.objects.get(dataset="assets").pk}/?row=1#row-1"' in whole


def test_depreciation_of_cards_is_booked_once_the_month_has_ended(hospital: Institution) -> None:
    trade.landed(
        hospital, "assets", [card("Z1", "D", "6000.00", 60), card("Z2", "A", "120.00", 12, category="intangible")]
    )
    services.book_events(PLATFORM, institution=hospital, period=MARCH)
    entry = EventBooking.objects.get(event_type="costing.depreciation", is_current=True).entry
    legs = entry.legs.order_by("account__code").values_list("account__code", "debit", "credit")
    assert [(code, str(debit), str(credit)) for code, debit, credit in legs] == [
        ("1602", "0.00", "100.00"),
        ("1702", "0.00", "10.00"),
        ("5001", "100.00", "0.00"),
        ("5101", "10.00", "0.00"),
    ]
    assert depreciation_events.one(hospital, Period.parse("2099-01"), 10**9, "2099-01") is None


def test_what_is_sent_as_vouchers_and_stands_on_cards_is_booked_once(hospital: Institution) -> None:
    say(asset_cards.PARAMETER, asset_cards.Source.CARDS, hospital)
    trade.landed(
        hospital, "assets", [card("Z1", "D", "6000.00", 60), card("Z2", "A", "120.00", 12, category="intangible")]
    )
    services.book_events(PLATFORM, institution=hospital, period=MARCH)
    trade.landed(hospital, "cost-entries", [trade.cost("ZJ", "D", "100.00") | {"cost_item": "depreciation"}])
    services.book_events(PLATFORM, institution=hospital, period=MARCH)
    booked = Leg.objects.filter(institution=hospital, account__code__in=("1602", "1702")).order_by("account__code")
    sums = booked.values("account__code").annotate(sum=Sum("credit")).values_list("account__code", "sum")
    assert [(code, str(fen)) for code, fen in sums] == [("1602", "100.00"), ("1702", "10.00")]
