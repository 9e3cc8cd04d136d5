"""What planted dealings lead to in a consolidation, as the check from outside expects it."""

from decimal import Decimal

from tools.county_year.expected import eliminated, pairs_of


def dealing(period, kind, amounts, difference="", between=("H001", "T001")):
    income, cost = amounts
    return {
        "period": period,
        "kind": kind,
        "income_institution": between[0],
        "income_amount": income,
        "cost_institution": between[1],
        "cost_amount": cost,
        "difference": difference,
    }


DEALINGS = [
    dealing("2025-12", "imaging", ("50.00", "50.00")),
    dealing("2026-01", "laboratory", ("100.00", "0.00"), "cost_missing"),
    dealing("2026-01", "imaging", ("30.00", "30.00")),
    dealing("2026-02", "imaging", ("10.00", "9.90"), "amount_differs"),
    dealing("2026-02", "superior_subsidy", ("70.00", "70.00"), between=("T001", "H001")),
]


def test_balances_count_from_the_beginning_and_turnover_from_january():
    pairs = pairs_of(DEALINGS, "2026-02")
    owed, turnover = pairs["balance", "H001", "T001"], pairs["dealings", "H001", "T001"]
    assert (owed.claim, owed.debt, owed.difference) == (Decimal("190.00"), Decimal("89.90"), Decimal("100.10"))
    assert (turnover.claim, turnover.debt) == (Decimal("140.00"), Decimal("39.90"))
    assert len(turnover.reasons) == 2
    assert "2026-01 区域检验中心服务：T001 漏记费用 100.00 元" in turnover.reasons


def test_months_to_come_do_not_count():
    assert pairs_of(DEALINGS, "2025-12")["dealings", "H001", "T001"].difference == 0


def test_what_both_say_is_taken_off_both_sides():
    gone = eliminated(pairs_of(DEALINGS, "2026-02"))
    assert gone == {
        "121890": Decimal("-159.90"),
        "230790": Decimal("159.90"),
        "4609": Decimal("39.90"),
        "5001": Decimal("-39.90"),
        "4201": Decimal("70.00"),
        "5101": Decimal("-70.00"),
    }
    assert sum(gone.values()) == 0
