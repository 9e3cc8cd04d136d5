"""Books begin with the opening columns of the first month's trial balance, through the mapping."""

from datetime import date

import pytest

from ops_platform.kernel import Conflict, Forbidden, Invalid, Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import services
from ops_platform.ledger.engine.figures import Figure
from ops_platform.ledger.engine.local_accounts import LocalMapping
from ops_platform.ledger.models import EntryKind
from ops_platform.ledger.selectors.figures import figures_of
from ops_platform.masterdata.models import AccountingPeriod, Institution, PeriodState
from tests.support import trade

pytestmark = pytest.mark.django_db
JANUARY = date(2026, 1, 1)


def send(institution: Institution, *rows: tuple[str, str, str]) -> None:
    trade.landed(
        institution,
        "trial-balances",
        [trade.balance(code, name, "2026-01", opening=opening) for code, name, opening in rows],
    )


@pytest.fixture
def hospital() -> Institution:
    """A hospital with its first trial balance, mapped but for one account on which nothing stands."""
    hospital = trade.alliance()["H1"]
    send(
        hospital,
        ("1002", "银行存款", "70.00"),
        ("100201", "基本户", "50.00"),
        ("100202", "专户", "20.00"),
        ("1601", "固定资产", "100.00"),
        ("1602", "累计折旧", "-40.00"),
        ("3001", "累计盈余", "-130.00"),
        ("9999", "停用", "0.00"),
    )
    services.adopt_proposals(PLATFORM, institution=hospital, period=Period(2026, 1))
    return hospital


def test_the_opening_is_booked_once_on_the_unified_accounts(hospital: Institution) -> None:
    entry = services.book_opening_from_trial_balance(PLATFORM, hospital)
    assert (entry.kind, entry.day, entry.leg_count) == (EntryKind.OPENING, date(2025, 12, 31), 4)
    assert services.book_opening_from_trial_balance(PLATFORM, hospital) == entry
    assert [(row.account, row.opening) for row in figures_of([hospital.pk], Period(2026, 1))] == [
        ("1002", 7_000),
        ("1601", 10_000),
        ("1602", -4_000),
        ("3001", -13_000),
    ]
    AccountingPeriod.objects.filter(institution=hospital, period="2026-01").update(state=PeriodState.CLOSED)
    assert services.book_opening_from_trial_balance(PLATFORM, hospital) == entry, "also when the month is closed"


def test_after_a_correction_the_opening_is_reversed_first(hospital: Institution) -> None:
    entry = services.book_opening_from_trial_balance(PLATFORM, hospital)
    send(hospital, ("100201", "基本户", "51.00"), ("3001", "累计盈余", "-131.00"))
    with pytest.raises(Conflict, match="请先冲销") as refusal:
        services.book_opening_from_trial_balance(PLATFORM, hospital)
    assert refusal.value.code == "ledger.opening_stands"
    services.reverse(PLATFORM, entry_id=entry.pk, day=entry.day, reason="期初有误")
    again = services.book_opening_from_trial_balance(PLATFORM, hospital)
    assert again.key == "trial-balance/2"
    bank = figures_of([hospital.pk], Period(2026, 1))[0]
    assert bank == Figure(hospital.pk, "1002", 7_100)


def test_what_is_mapped_to_nothing_is_named_and_nothing_is_booked(hospital: Institution) -> None:
    send(hospital, ("121799", "乡镇往来", "5.00"), ("3001", "累计盈余", "-135.00"))
    with pytest.raises(Invalid, match="121799 乡镇往来尚未对应") as refusal:
        services.book_opening_from_trial_balance(PLATFORM, hospital)
    assert refusal.value.context["accounts"] == ["121799"]
    mapping = LocalMapping("121799", "乡镇往来", "121801", JANUARY)
    services.map_accounts(PLATFORM, institution=hospital, mappings=[mapping])
    assert services.book_opening_from_trial_balance(PLATFORM, hospital).leg_count == 5


def test_columns_that_do_not_balance_are_refused_with_their_sums(hospital: Institution) -> None:
    send(hospital, ("3001", "累计盈余", "-129.00"))
    with pytest.raises(Invalid, match=r"借方 170\.00，贷方 169\.00，相差 1\.00"):
        services.book_opening_from_trial_balance(PLATFORM, hospital)


def test_without_a_trial_balance_or_without_a_right_nothing_begins(hospital: Institution) -> None:
    clinic = Institution.objects.get(code="V1")
    with pytest.raises(Invalid, match="请先报送"):
        services.book_opening_from_trial_balance(PLATFORM, clinic)
    with pytest.raises(Forbidden):
        services.book_opening_from_trial_balance(trade.actor(Role.FINANCE_OFFICER, hospital), hospital)
    send(clinic, ("1002", "银行存款", "0.00"))
    with pytest.raises(Invalid, match="没有期初余额"):
        services.book_opening_from_trial_balance(PLATFORM, clinic)
