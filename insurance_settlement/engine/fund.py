"""What of a payment the fund pays (基金支付), by both methods; see `pricing.py`."""

from collections.abc import Callable

from insurance_settlement.engine.rounding import exact, half_up, yuan
from insurance_settlement.engine.rule_book import Fund
from insurance_settlement.engine.worth import SELF_PAY, GroupedCase
from ops_platform.kernel import Line


def fund_of(rule: Fund, case: GroupedCase, payment: int) -> tuple[int | None, Callable[[], Line]]:
    """The fund's part, or None with what is missing for it; a patient without insurance has none. Its line is put into words
    only when it is asked for."""
    if case.scheme == SELF_PAY:
        return None, lambda: Line("基金支付", "", "自费患者，没有基金支付")
    if not case.settled:
        return None, lambda: Line("基金支付", "", "医保结算清单尚未报送，不能计算基金支付")
    ratio = rule.reimbursement_ratio if case.reimbursement_ratio is None else case.reimbursement_ratio
    deductible = (rule.deductible or 0) if case.deductible is None else case.deductible
    own, first = case.self_paid or 0, case.first_self_paid or 0
    before = own + first + deductible
    if rule.method == "B" and case.paid is not None:
        paid, amount = case.paid, payment - case.paid

        def how() -> str:
            return f"支付 {yuan(payment)} − 个人和其他渠道已付 {yuan(paid)}"

    elif ratio is None:
        return None, lambda: Line("基金支付", "", "没有报销比例，不能计算基金支付")
    elif rule.method == "A":
        amount = half_up((payment - before) * exact(ratio))

        def how() -> str:
            parts = f"自费 {yuan(own)} − 先自付 {yuan(first)} − 起付线 {yuan(deductible)}"
            return f"({yuan(payment)} − {parts}) × 报销比例 {ratio}"

    else:
        shared = half_up((case.charges - before) * (1 - exact(ratio)))
        amount = payment - before - shared

        def how() -> str:
            parts = f"自费 {yuan(own)} − 先自付 {yuan(first)} − 起付线 {yuan(deductible)}"
            return f"支付 {yuan(payment)} − {parts} − 按比例自付 {yuan(shared)}"

    if amount < 0 and not rule.keep_negative:
        return 0, lambda: Line("基金支付", "0.00 元", f"{how()} = {yuan(amount)}，小于 0 按 0 计")
    return amount, lambda: Line("基金支付", f"{yuan(amount)} 元", f"{how()} = {yuan(amount)}")
