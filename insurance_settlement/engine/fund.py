"""What of a payment the fund pays (基金支付), by both methods; see `pricing.py`."""

from fractions import Fraction

from insurance_settlement.engine.rounding import half_up, yuan
from insurance_settlement.engine.rule_book import Fund
from insurance_settlement.engine.worth import SELF_PAY, GroupedCase
from ops_platform.kernel import Line


def fund_of(rule: Fund, case: GroupedCase, payment: int) -> tuple[int | None, Line]:
    """The fund's part, or None with what is missing for it; a patient without insurance has none."""
    if case.scheme == SELF_PAY:
        return None, Line("基金支付", "", "自费患者，没有基金支付")
    if not case.settled:
        return None, Line("基金支付", "", "医保结算清单尚未报送，不能计算基金支付")
    ratio = rule.reimbursement_ratio if case.reimbursement_ratio is None else case.reimbursement_ratio
    deductible = (rule.deductible or 0) if case.deductible is None else case.deductible
    own, first = case.self_paid or 0, case.first_self_paid or 0
    before = own + first + deductible
    if rule.method == "B" and case.paid is not None:
        amount = payment - case.paid
        how = f"支付 {yuan(payment)} − 个人和其他渠道已付 {yuan(case.paid)} = {yuan(amount)}"
    elif ratio is None:
        return None, Line("基金支付", "", "没有报销比例，不能计算基金支付")
    elif rule.method == "A":
        amount = half_up(Fraction(payment - before) * Fraction(ratio))
        how = (
            f"({yuan(payment)} − 自费 {yuan(own)} − 先自付 {yuan(first)} − 起付线 {yuan(deductible)}) × 报销比例 {ratio}"
            f" = {yuan(amount)}"
        )
    else:
        shared = half_up(Fraction(case.charges - before) * (1 - Fraction(ratio)))
        amount = payment - before - shared
        how = (
            f"支付 {yuan(payment)} − 自费 {yuan(own)} − 先自付 {yuan(first)} − 起付线 {yuan(deductible)}"
            f" − 按比例自付 {yuan(shared)} = {yuan(amount)}"
        )
    if amount < 0 and not rule.keep_negative:
        return 0, Line("基金支付", "0.00 元", f"{how}，小于 0 按 0 计")
    return amount, Line("基金支付", f"{yuan(amount)} 元", how)
