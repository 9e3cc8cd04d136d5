"""Business events become vouchers: once, as they stand, corrected in red, and traceable both ways."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ops_platform.kernel import Actor, Forbidden, NotFound, Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import event_integrity, integrity, services
from ops_platform.ledger.closing import events_to_book
from ops_platform.ledger.models import Entry, EventBooking, EventMonth, Leg, VoucherRules
from ops_platform.ledger.nightly import VOUCHERS
from ops_platform.ledger.selectors.events import drafts_of
from ops_platform.ledger.services.events import EventsBooked
from ops_platform.masterdata.models import AccountingPeriod, Institution, PeriodState
from ops_platform.nightly.public import StepContext
from tests.ledger.books import standing
from tests.support import trade

pytestmark = pytest.mark.django_db
MARCH = Period(2026, 3)
INSURED = {"insured_amount": "14.00"}


@pytest.fixture
def members() -> dict[str, Institution]:
    return trade.alliance()


@pytest.fixture
def hospital(members: dict[str, Institution]) -> Institution:
    """March: an outpatient and an inpatient with charges, a cost voucher, fiscal money."""
    hospital = members["H1"]
    trade.landed(
        hospital,
        "departments",
        [
            trade.department("NK"),
            trade.department("JYK", "medical_technology"),
            trade.department("BGS", "administration"),
        ],
    )
    trade.landed(
        hospital,
        "charge-items",
        [
            trade.item("ZC", fee_class="consultation"),
            trade.item("HY", fee_class="laboratory"),
            trade.item("CW", fee_class="bed"),
        ],
    )
    trade.landed(
        hospital,
        "encounters",
        [
            trade.visit("MZ1", "NK", insurer="QHX"),
            trade.visit("JZ1", "NK", kind="emergency", scheme="self_pay"),
            trade.visit("ZY1", "NK", when="2026-02-27T08:00:00", kind="inpatient", insurer="QHX"),
        ],
    )
    trade.landed(
        hospital,
        "charge-lines",
        [
            trade.charge("MZ1", 1, "ZC", "NK", "NK", "20.00", **INSURED),
            trade.charge("MZ1", 2, "HY", "NK", "JYK", "80.00", insured_amount="56.00"),
            trade.charge("JZ1", 1, "ZC", "NK", "NK", "30.00"),
            trade.charge("ZY1", 1, "CW", "NK", "NK", "40.00", insured_amount="30.00"),
            trade.charge("ZY1", 2, "CW", "NK", "NK", "40.00", when="2026-03-06T09:00:00", insured_amount="30.00"),
        ],
    )
    trade.landed(
        hospital,
        "cost-entries",
        [
            trade.cost("JZ-1", "NK", "800.00") | {"summary": "三月工资"},
            trade.cost("JZ-1", "BGS", "160.00") | {"line": "2"},
            trade.cost("JZ-2", "JYK", "9.50", "other", day="2026-03-12"),
        ],
    )
    trade.landed(hospital, "income-entries", [income("SR-1", "BGS", "fiscal_basic", "500.00")])
    return hospital


def income(voucher: str, dept: str, kind: str, amount: str, **more: Any) -> dict[str, Any]:
    return {
        "voucher": voucher,
        "line": "1",
        "department": dept,
        "date": "2026-03-12",
        "income_kind": kind,
        "amount": amount,
        **more,
    }


def book(institution: Institution, period: Period = MARCH, who: Actor = PLATFORM) -> EventsBooked:
    return services.book_events(who, institution=institution, period=period)


def sound() -> bool:
    checks: tuple[Callable[[], Any], ...] = (integrity.balances, integrity.chain, event_integrity.charge_income)
    return [fault for check in checks for fault in check()] == []


def net(entry: Entry) -> dict[str, Decimal]:
    rows = Leg.objects.filter(entry=entry).values("account__code").annotate(net=Sum("debit") - Sum("credit"))
    return {row["account__code"]: row["net"] for row in rows.order_by("account__code")}


def entry_of(key: str) -> Entry:
    return EventBooking.objects.get(event_key=key, is_current=True).entry


def test_restricted_income_says_so_in_the_budget_books(hospital: Institution) -> None:
    trade.landed(hospital, "income-entries", [income("SR-9", "BGS", "research", "30.00")])
    book(hospital)
    legs = Leg.objects.filter(entry=entry_of("SR-9 2026-03-12")).select_related("account", "dimension")
    assert {leg.account.code: leg.dimension.funding_source for leg in legs} == {
        "1002": "",
        "410102": "",
        "800102": "",
        "6101": "research",
    }


def test_a_month_of_facts_becomes_its_vouchers(hospital: Institution) -> None:
    outcome = book(hospital)
    assert (outcome.booked, outcome.taken_back, outcome.findings) == (6, 0, ())
    assert net(entry_of("2026-03-05 门急诊")) == {
        "1002": Decimal("60.00"),
        "12120201": Decimal("70.00"),
        "4101010102": Decimal("-50.00"),
        "4101010104": Decimal("-80.00"),
        "6101": Decimal("-60.00"),
        "800102": Decimal("60.00"),
    }
    assert net(entry_of("2026-03-06 住院")) == {"121201": Decimal("40.00"), "4101010201": Decimal("-40.00")}
    cost = entry_of("JZ-1 2026-03-31")
    assert net(cost) == {"2201": Decimal("-960.00"), "5001": Decimal("800.00"), "5101": Decimal("160.00")}
    assert (cost.summary, cost.day, cost.source) == ("三月工资", date(2026, 3, 31), "ledger.cost-voucher")
    assert net(entry_of("SR-1 2026-03-12"))["400101"] == Decimal("-500.00")
    insured = Leg.objects.get(entry=entry_of("2026-03-05 门急诊"), account__code="12120201").dimension
    assert (insured.insurer, insured.scheme) == ("QHX", "resident")
    assert sound()


def test_the_same_again_books_nothing(hospital: Institution) -> None:
    first = book(hospital)
    again = book(hospital)
    assert not again.changed
    assert again.standing == first.booked == 6
    assert Entry.objects.count() == 6


def test_an_event_and_its_entry_lead_to_each_other(hospital: Institution) -> None:
    book(hospital)
    booking = EventBooking.objects.get(event_key="JZ-1 2026-03-31")
    assert booking.entry.event == booking
    assert booking.entry.document == "cost-entries JZ-1"
    assert booking.rules == VoucherRules.objects.get(version=1)
    assert booking.sequence == EventMonth.objects.get().sequence > 0


def test_a_corrected_event_is_taken_back_in_red_and_booked_anew(hospital: Institution) -> None:
    book(hospital)
    old = entry_of("JZ-1 2026-03-31")
    trade.landed(hospital, "cost-entries", [trade.cost("JZ-1", "NK", "900.00") | {"summary": "三月工资"}])
    outcome = book(hospital)
    assert (outcome.booked, outcome.taken_back, outcome.standing) == (1, 1, 5)
    before, after = EventBooking.objects.filter(event_key="JZ-1 2026-03-31").order_by("revision")
    assert (before.is_current, before.reversal.reverses, before.reversal.day) == (False, old, old.day)
    assert (after.revision, after.is_current, after.entry.key) == (2, True, "JZ-1 2026-03-31/2")
    assert all(leg.debit <= 0 and leg.credit <= 0 for leg in before.reversal.legs.all())
    assert standing(hospital, "5001") == Decimal("909.50")
    assert not book(hospital).changed
    trade.landed(hospital, "cost-entries", [trade.cost("JZ-1", "NK", "800.00") | {"summary": "三月工资"}])
    book(hospital)
    assert standing(hospital, "5001") == Decimal("809.50")
    assert entry_of("JZ-1 2026-03-31").key == "JZ-1 2026-03-31/3"
    assert sound()


def test_an_event_that_is_withdrawn_is_taken_back_and_may_come_again(hospital: Institution) -> None:
    book(hospital)
    trade.landed(hospital, "cost-entries", [{"op": "retract", "voucher": "JZ-2", "line": "1"}])
    assert (
        book(hospital).booked,
        EventBooking.objects.filter(event_key__startswith="JZ-2", is_current=True).count(),
    ) == (0, 0)
    assert standing(hospital, "1002") == Decimal("560.00")
    trade.landed(hospital, "cost-entries", [trade.cost("JZ-2", "JYK", "9.50", "other", day="2026-03-13")])
    assert book(hospital).booked == 1
    assert entry_of("JZ-2 2026-03-13").day == date(2026, 3, 13)
    assert sound()


def test_a_voucher_that_moves_to_another_month_moves_its_entry(hospital: Institution) -> None:
    book(hospital)
    trade.landed(hospital, "cost-entries", [trade.cost("JZ-2", "JYK", "9.50", "other", day="2026-04-02")])
    assert (book(hospital).taken_back, book(hospital, Period(2026, 4)).booked) == (1, 1)
    assert sound()


def test_a_refund_makes_the_day_anew(hospital: Institution) -> None:
    book(hospital)
    trade.landed(
        hospital,
        "charge-lines",
        [trade.charge("MZ1", 3, "HY", "NK", "JYK", "-80.00", insured_amount="-56.00", refund_of="2")],
    )
    outcome = book(hospital)
    assert (outcome.booked, outcome.taken_back) == (1, 1)
    assert standing(hospital, "12120201") == Decimal("14.00")
    assert standing(hospital, "4101010104") == 0
    assert sound()


def test_an_encounter_that_turns_out_an_inpatient_changes_its_day(hospital: Institution) -> None:
    book(hospital)
    trade.landed(
        hospital,
        "encounters",
        [trade.visit("JZ1", "NK", kind="inpatient", scheme="self_pay", when="2026-02-05T08:00:00")],
    )
    book(hospital)
    assert standing(hospital, "4101010202") == Decimal("-30.00")
    assert sound()


def test_a_closed_month_is_left_alone(hospital: Institution) -> None:
    book(hospital)
    trade.landed(hospital, "cost-entries", [trade.cost("JZ-1", "NK", "900.00")])
    AccountingPeriod.objects.filter(institution=hospital, period="2026-03").update(state=PeriodState.CLOSED)
    outcome = book(hospital)
    assert not outcome.changed
    assert standing(hospital, "5001") == Decimal("809.50")


@pytest.mark.parametrize("period", [Period(2025, 12), Period(2999, 1)])
def test_months_before_the_books_or_to_come_are_left_alone(hospital: Institution, period: Period) -> None:
    assert not book(hospital, period).changed


def test_a_day_that_is_not_over_waits(hospital: Institution) -> None:
    today = timezone.localdate()
    trade.landed(hospital, "cost-entries", [trade.cost("JZ-9", "NK", "1.00", day=f"{today}")])
    book(hospital, Period.of(today))
    assert not EventBooking.objects.filter(event_key__startswith="JZ-9").exists()
    yesterday = today - timedelta(days=1)
    trade.landed(hospital, "cost-entries", [trade.cost("JZ-8", "NK", "1.00", day=f"{yesterday}")])
    book(hospital, Period.of(yesterday))
    assert EventBooking.objects.filter(event_key__startswith="JZ-8").exists()


def test_what_no_rule_takes_is_named_and_blocks_the_closing(hospital: Institution) -> None:
    township = Institution.objects.get(code="T1")
    trade.landed(hospital, "income-entries", [income("SR-2", "BGS", "fiscal_basic", "7.00", counterparty="T1")])
    outcome = book(hospital)
    assert outcome.booked == 6
    assert [finding.code for finding in outcome.findings] == ["ledger.no_account"]
    assert "SR-2" in outcome.findings[0].message
    assert [finding.code for finding in events_to_book(hospital, MARCH)] == ["ledger.events_without_place"]
    trade.landed(hospital, "income-entries", [income("SR-2", "BGS", "superior_subsidy", "7.00", counterparty="T1")])
    assert book(hospital).findings == ()
    assert list(events_to_book(hospital, MARCH)) == []
    owed = Leg.objects.get(entry=entry_of("SR-2 2026-03-12"), account__code="121890")
    assert (owed.debit, owed.dimension.counterparty) == (Decimal("7.00"), township)


def test_a_corrected_event_that_no_rule_takes_leaves_the_old_entry(hospital: Institution) -> None:
    book(hospital)
    trade.landed(hospital, "income-entries", [income("SR-1", "BGS", "fiscal_basic", "501.00", counterparty="T1")])
    outcome = book(hospital)
    assert (outcome.booked, outcome.taken_back, len(outcome.findings)) == (0, 0, 1)
    assert net(entry_of("SR-1 2026-03-12"))["400101"] == Decimal("-500.00")


def test_a_month_closes_only_when_its_events_are_booked_as_they_stand(hospital: Institution) -> None:
    assert [finding.code for finding in events_to_book(hospital, MARCH)] == ["ledger.events_not_booked"]
    book(hospital)
    assert list(events_to_book(hospital, MARCH)) == []
    trade.landed(hospital, "cost-entries", [trade.cost("JZ-3", "NK", "1.00")])
    assert [finding.code for finding in events_to_book(hospital, MARCH)] == ["ledger.events_not_booked"]
    assert list(events_to_book(Institution.objects.get(code="V1"), MARCH)) == []


def test_an_entry_that_somebody_reversed_is_booked_again(hospital: Institution) -> None:
    """The facts say what happened: who wants it otherwise corrects the facts."""
    book(hospital)
    entry = entry_of("JZ-2 2026-03-12")
    services.reverse(PLATFORM, entry_id=entry.pk, day=date(2026, 3, 31), reason="手工冲销")
    assert [finding.code for finding in events_to_book(hospital, MARCH)] == ["ledger.events_not_booked"]
    assert (book(hospital).booked, standing(hospital, "1002")) == (1, Decimal("550.50"))
    assert sound()


def test_rules_that_change_what_is_booked_book_it_anew_and_others_nothing(hospital: Institution) -> None:
    book(hospital)
    body = VoucherRules.objects.get().body
    VoucherRules.objects.create(
        version=2, effective_from=date(2026, 3, 10), body=body, source_mark="default", made_by="x", approved_by="y"
    )
    assert not book(hospital).changed
    other = [*body["ledger.cost-voucher"]]
    other[1] = {**other[1], "credit": "2302"}
    VoucherRules.objects.create(
        version=3,
        effective_from=date(2026, 3, 10),
        body={**body, "ledger.cost-voucher": other},
        source_mark="default",
        made_by="x",
        approved_by="y",
    )
    outcome = book(hospital)
    assert (outcome.booked, outcome.taken_back) == (1, 1)
    assert standing(hospital, "2302") == Decimal("-960.00")
    assert sound()


def test_only_those_who_book_may_and_others_learn_nothing(
    hospital: Institution, members: dict[str, Institution]
) -> None:
    assert book(hospital, who=trade.actor(Role.FINANCE_OFFICER, hospital)).changed
    with pytest.raises(Forbidden):
        book(hospital, who=trade.actor(Role.AUDITOR))
    with pytest.raises(NotFound):
        book(hospital, who=trade.actor(Role.FINANCE_OFFICER, members["T1"]))


def test_previewing_books_nothing(hospital: Institution) -> None:
    drafted = list(drafts_of(hospital, MARCH, 10**6))
    assert len(drafted) == 6
    assert all(each.draft.entry and each.draft.taken for each in drafted)
    assert not Entry.objects.exists()


def test_the_number_of_statements_does_not_grow_with_the_events(hospital: Institution) -> None:
    def more(count: int, start: int) -> int:
        rows = [trade.cost(f"N-{start + number}", "NK", "1.00") for number in range(count)]
        trade.landed(hospital, "cost-entries", rows)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert book(hospital).booked == count
        return len(queries)

    book(hospital)
    assert more(3, 0) == more(60, 100)

    def corrected(numbers: range) -> int:
        trade.landed(hospital, "cost-entries", [trade.cost(f"N-{number}", "NK", "2.00") for number in numbers])
        with CaptureQueriesContext(connection) as queries:
            assert book(hospital).taken_back == len(numbers)
        return len(queries)

    assert corrected(range(2)) == corrected(range(100, 150))


def test_the_nightly_step_says_what_it_did(hospital: Institution) -> None:
    context = StepContext(
        run_id=1, institution=hospital, period=MARCH, actor=PLATFORM, progress=lambda _done, _all: None
    )
    first, again = VOUCHERS.run(context), VOUCHERS.run(context)
    assert (first.rows, first.changed, again.rows, again.changed) == (6, True, 0, False)
    assert first.input_digest == again.input_digest
    assert "生成 6 张凭证" in first.note


def test_integrity_finds_charges_that_are_not_in_the_books(hospital: Institution) -> None:
    book(hospital)
    services.reverse(PLATFORM, entry_id=entry_of("2026-03-06 住院").pk, day=date(2026, 3, 6), reason="试")
    (fault,) = event_integrity.charge_income()
    assert fault.code == "ledger.events_off"
    assert "4101010201" in fault.message
    assert "40.00" in fault.message
    assert "80.00" in fault.message


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger_eventbooking SET is_current = false",
        "UPDATE ledger_eventbooking SET is_current = false, reversal_id = entry_id",
        "UPDATE ledger_eventbooking SET outcome_digest = ''",
        "DELETE FROM ledger_eventbooking",
        "UPDATE ledger_voucherrules SET body = '{}'",
        "DELETE FROM ledger_voucherrules",
    ],
)
def test_direct_sql_of_the_web_role_cannot_change_what_was_booked(hospital: Institution, change: str) -> None:
    book(hospital)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)
