"""Own accounts of an institution below the unified chart."""

from datetime import date
from decimal import Decimal

import pytest

from ops_platform.kernel import Conflict, DomainError, Invalid, Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import services
from ops_platform.ledger.models import Account, Floor
from ops_platform.ledger.selectors.balances import trial_balance
from ops_platform.masterdata.models import Institution
from tests.ledger.books import BANK, OTHER_INCOME, booked, entry, officer, paid, received
from tests.support import trade

pytestmark = pytest.mark.django_db


@pytest.fixture
def hospital() -> Institution:
    return trade.alliance()["H1"]


def own(hospital: Institution, code: str = "100201", name: str = "工商银行") -> Account:
    return services.add_own_account(PLATFORM, institution_id=hospital.pk, parent=BANK, code=code, name=name)


def test_an_own_account_is_its_institutions_alone(hospital: Institution) -> None:
    own(hospital)
    on_own = entry(("借", "100201", "1.00"), ("贷", OTHER_INCOME, "1.00"))
    booked(hospital, on_own)
    other = Institution.objects.get(code="T1")
    with pytest.raises(Invalid) as refusal:
        booked(other, on_own)
    assert refusal.value.code == "ledger.unknown_account"
    booked(other, received("5.00"))


def test_who_keeps_own_accounts_books_on_them_and_not_above(hospital: Institution) -> None:
    own(hospital)
    with pytest.raises(Invalid) as refusal:
        booked(hospital, received("5.00"))
    assert refusal.value.code == "ledger.not_a_leaf"


def test_the_trial_balance_counts_own_accounts_once(hospital: Institution) -> None:
    own(hospital)
    own(hospital, "100202", "农村信用社")
    booked(hospital, entry(("借", "100201", "7.00"), ("借", "100202", "3.00"), ("贷", OTHER_INCOME, "10.00")))
    found = trial_balance(hospital, Period(2026, 3))
    assert found.total.closing_debit == Decimal("10.00")
    assert {row.code: row.closing_debit for row in found.rows}[BANK] == Decimal("10.00")


@pytest.mark.parametrize(
    ("parent", "code", "name", "refusal"),
    [
        (BANK, "1002", "银行", "ledger.bad_code"),
        (BANK, "2002x", "银行", "ledger.bad_code"),
        (BANK, "100201", " ", "ledger.name_missing"),
        ("1218", "121805", "其他", "ledger.own_below_leaf"),
        ("9999", "99991", "没有", "ledger.no_account"),
        ("1001", "100101", "备用金", ""),
    ],
)
def test_an_own_account_is_checked(hospital: Institution, parent: str, code: str, name: str, refusal: str) -> None:
    try:
        services.add_own_account(PLATFORM, institution_id=hospital.pk, parent=parent, code=code, name=name)
        found = ""
    except DomainError as error:
        found = error.code
    assert found == refusal


def test_no_balance_is_left_above_own_accounts(hospital: Institution) -> None:
    booked(hospital, received("5.00"))
    with pytest.raises(Conflict) as refusal:
        own(hospital)
    assert refusal.value.code == "ledger.parent_has_balance"
    booked(hospital, paid("5.00"))
    own(hospital)


def test_an_account_is_closed_when_nothing_stands_on_it_and_takes_no_leg_from_then_on(hospital: Institution) -> None:
    account = own(hospital)
    booked(hospital, entry(("借", "100201", "1.00"), ("贷", OTHER_INCOME, "1.00"), key="a"))
    with pytest.raises(Conflict) as refusal:
        services.close_own_account(PLATFORM, account_id=account.pk, closed_on=date(2026, 4, 1))
    assert refusal.value.code == "ledger.account_has_balance"
    booked(hospital, entry(("借", "100201", "-1.00"), ("贷", OTHER_INCOME, "-1.00"), key="b"))
    services.close_own_account(PLATFORM, account_id=account.pk, closed_on=date(2026, 4, 1))
    booked(hospital, entry(("借", "100201", "2.00"), ("贷", "100201", "2.00"), key="c", day="2026-03-31"))
    with pytest.raises(Invalid) as late:
        booked(hospital, entry(("借", "100201", "2.00"), ("贷", "100201", "2.00"), key="d", day="2026-04-01"))
    assert late.value.code == "ledger.account_closed"


def test_only_who_keeps_the_books_changes_the_chart(hospital: Institution) -> None:
    officer = trade.actor(Role.FINANCE_OFFICER, hospital)
    with pytest.raises(DomainError) as refusal:
        services.add_own_account(officer, institution_id=hospital.pk, parent=BANK, code="100201", name="工商银行")
    assert refusal.value.status == 403


def test_an_overdrawn_account_is_not_forbidden_to_be(hospital: Institution) -> None:
    booked(hospital, paid("5.00"))
    bank = Account.objects.get(code=BANK)
    with pytest.raises(Conflict) as refusal:
        services.forbid_overdraft(PLATFORM, institution=hospital, account=bank)
    assert refusal.value.code == "ledger.overdrawn"
    booked(hospital, received("5.00"))
    services.forbid_overdraft(PLATFORM, institution=hospital, account=bank)
    services.forbid_overdraft(PLATFORM, institution=hospital, account=bank)
    assert Floor.objects.count() == 1


def test_what_was_booked_on_an_account_is_taken_back_although_it_is_closed_now(hospital: Institution) -> None:
    account = own(hospital)
    row = booked(hospital, entry(("借", "100201", "5.00"), ("贷", OTHER_INCOME, "5.00")))
    booked(hospital, entry(("借", OTHER_INCOME, "5.00"), ("贷", "100201", "5.00"), key="2"))
    services.close_own_account(PLATFORM, account_id=account.pk, closed_on=date(2026, 3, 1))
    maker = officer(hospital, trade.person("maker", Role.FINANCE_OFFICER, hospital).pk)
    trade.person("reviewer", Role.ACCOUNTING_REVIEWER, hospital)
    assert services.ask_reversal(maker, entry_id=row.pk, day=row.day, reason="重复入账")
    assert services.reverse(PLATFORM, entry_id=row.pk, day=row.day, reason="重复入账").reverses == row
