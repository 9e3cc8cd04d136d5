"""Promises of insurance settlement that can be recomputed."""

from collections.abc import Iterator

from django.db import connection

from ops_platform.kernel import Finding, Severity

RUNS = """
SELECT r.id, r.cases, count(c.id), r.charges, coalesce(sum(c.charges), 0), r.payment, coalesce(sum(c.payment), 0),
r.fund, coalesce(sum(c.fund), 0), r.billed, coalesce(sum(c.billed) FILTER (WHERE c.fund IS NOT NULL), 0)
FROM insurance_settlement_groupingrun r LEFT JOIN insurance_settlement_caseresult c ON c.run_id = r.id
WHERE r.is_current GROUP BY r.id
HAVING r.cases <> count(c.id) OR r.charges <> coalesce(sum(c.charges), 0) OR r.payment <> coalesce(sum(c.payment), 0)
OR r.fund <> coalesce(sum(c.fund), 0) OR r.billed <> coalesce(sum(c.billed) FILTER (WHERE c.fund IS NOT NULL), 0)
"""
TRIALS = """
SELECT t.id, coalesce(g.delta, 0), coalesce(c.delta, 0) FROM insurance_settlement_pricingtrial t
LEFT JOIN (SELECT trial_id, sum(payment_after - payment_before) AS delta FROM insurance_settlement_trialgroup GROUP BY 1) g
    ON g.trial_id = t.id
LEFT JOIN (SELECT trial_id, sum(delta) AS delta FROM insurance_settlement_trialcase GROUP BY 1) c ON c.trial_id = t.id
WHERE coalesce(g.delta, 0) <> coalesce(c.delta, 0)
"""


def runs_add_up() -> Iterator[Finding]:
    """The totals of every current run equal the sums of its cases."""
    with connection.cursor() as cursor:
        cursor.execute(RUNS)
        for row in cursor.fetchall():
            yield Finding(
                code="insurance_settlement.run_differs",
                severity=Severity.BLOCKING,
                message=f"分组运行 {row[0]} 的合计与病例不符：例数 {row[1]}/{row[2]}，费用 {row[3]}/{row[4]}，"
                f"支付 {row[5]}/{row[6]}，基金支付 {row[7]}/{row[8]}，基金记账 {row[9]}/{row[10]}。",
                subject=str(row[0]),
            )


def trials_add_up() -> Iterator[Finding]:
    """What a trial changes in all equals the sum of the cases that it changes."""
    with connection.cursor() as cursor:
        cursor.execute(TRIALS)
        for number, groups, cases in cursor.fetchall():
            yield Finding(
                code="insurance_settlement.trial_differs",
                severity=Severity.BLOCKING,
                message=f"试算 {number} 的变化合计 {groups} 元，与有变化病例之和 {cases} 元不符。请勿使用，并联系管理员。",
                subject=str(number),
            )
