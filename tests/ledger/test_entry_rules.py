"""What an entry must be: the rules by themselves, without a database."""

from datetime import date

import pytest

from ops_platform.ledger.engine.chart import Account, AccountKind, Dimensions, Side
from ops_platform.ledger.engine.entry import EntryInput, Leg, credit, debit, faults_of, red

CHART = {
    account.code: account
    for account in (
        Account("1002", "银行存款", AccountKind.ASSET, Side.DEBIT, leaf=True),
        Account("1218", "其他应收款", AccountKind.ASSET, Side.DEBIT, leaf=False),
        Account("121890", "医联体内部往来(应收)", AccountKind.ASSET, Side.DEBIT, True, frozenset({"counterparty"})),
        Account("1011", "零余额账户用款额度", AccountKind.ASSET, Side.DEBIT, leaf=True, closed=True),
        Account(
            "400101", "财政基本拨款收入", AccountKind.INCOME, Side.CREDIT, True, optional=frozenset({"department"})
        ),
        Account("800102", "货币资金", AccountKind.BUDGET_BALANCE, Side.DEBIT, leaf=True),
        Account("6001", "财政拨款预算收入", AccountKind.BUDGET_INCOME, Side.CREDIT, leaf=True),
    )
}


def entry(*legs: Leg, summary: str = "收到拨款") -> EntryInput:
    return EntryInput(day=date(2026, 3, 5), summary=summary, source="test", key="1", legs=legs)


def codes(wanted: EntryInput) -> list[str]:
    return [fault.code for fault in faults_of(wanted, CHART)]


def test_a_grant_stands_in_both_parallel_books() -> None:
    wanted = entry(debit("1002", 800_000), credit("400101", 800_000), debit("800102", 800_000), credit("6001", 800_000))
    assert codes(wanted) == []


def test_each_book_balances_by_itself() -> None:
    wanted = entry(debit("1002", 800_000), credit("6001", 800_000))
    (first, second) = faults_of(wanted, CHART)
    assert first.code == second.code == "ledger.not_balanced"
    assert "财务会计借贷不平：借方 8,000.00，贷方 0.00，相差 8,000.00 元" in first.message


@pytest.mark.parametrize(
    ("legs", "code"),
    [
        ((debit("1002", 1), credit("9999", 1)), "ledger.unknown_account"),
        ((debit("1218", 1), credit("400101", 1)), "ledger.not_a_leaf"),
        ((debit("1011", 1), credit("400101", 1)), "ledger.account_closed"),
        ((debit("121890", 1), credit("400101", 1)), "ledger.dimension_missing"),
        ((debit("1002", 1, Dimensions(scheme="resident")), credit("400101", 1)), "ledger.dimension_not_kept"),
        ((debit("1002", 0), credit("400101", 0)), "ledger.one_side"),
        ((Leg("1002", debit=5, credit=5), credit("400101", 0)), "ledger.one_side"),
        ((debit("1002", 1),), "ledger.number_of_legs"),
    ],
)
def test_what_is_wrong_with_a_leg_is_named(legs: tuple[Leg, ...], code: str) -> None:
    assert code in codes(entry(*legs))


def test_a_leg_against_another_member_names_the_account_and_what_is_missing() -> None:
    wanted = entry(debit("121890", 100), credit("400101", 100))
    assert "第 1 条分录的科目 121890 医联体内部往来(应收) 必须注明往来机构。" in faults_of(wanted, CHART)[0].message


def test_an_entry_says_what_it_is_for() -> None:
    assert codes(entry(debit("1002", 1), credit("400101", 1), summary=" \n ")) == ["ledger.summary_missing"]
    assert codes(entry(debit("1002", 1), credit("400101", 1), summary="长" * 201)) == ["ledger.summary_too_long"]


def test_what_takes_an_entry_back_is_the_same_in_red() -> None:
    wanted = entry(debit("1002", 12_345), credit("400101", 12_345))
    taken_back = red(wanted, day=date(2026, 4, 1), summary="冲销", key="2")
    assert codes(taken_back) == []
    assert [(leg.debit, leg.credit) for leg in taken_back.legs] == [(-12_345, 0), (0, -12_345)]


def test_the_digest_covers_every_word_and_fen() -> None:
    wanted = entry(debit("1002", 100), credit("400101", 100))
    others = (
        entry(debit("1002", 101), credit("400101", 101)),
        entry(debit("1002", 100), credit("400101", 100, Dimensions(department=7))),
        entry(debit("1002", 100), credit("400101", 100), summary="别的"),
        entry(credit("400101", 100), debit("1002", 100)),
    )
    assert len({wanted.digest, *(other.digest for other in others)}) == 5
    assert entry(debit("1002", 100), credit("400101", 100), summary="收到拨款\n").digest == wanted.digest
