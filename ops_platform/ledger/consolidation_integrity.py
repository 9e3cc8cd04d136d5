"""What must be true of consolidations, recomputed by `manage.py verify_integrity` and every night."""

from collections.abc import Iterator

from django.db import connection

from ops_platform.kernel import Finding, Severity

# Each query yields (period, version, account, measure, expected, found) for what does not add up in current runs.
_MEASURES = "('年初', {0}.start, {1}.start), ('本月', {0}.month, {1}.month), ('本年', {0}.year, {1}.year)"
_LEGS = """
    SELECT r.id AS run_id, l.account_id, l.cost_item, sum(l.start) AS start,
           sum(CASE WHEN e.run_id IS NULL AND e.period <> r.period THEN 0 ELSE l.month END) AS month, sum(l.year) AS year
    FROM ledger_consolidationrun r
    JOIN ledger_elimination e ON e.run_id = r.id OR e.id = ANY (r.by_hand)
    JOIN ledger_eliminationleg l ON l.elimination_id = e.id
    WHERE r.is_current GROUP BY 1, 2, 3"""
CONSERVATION = {
    "合并 = 成员合计 + 抵销": f"""
        SELECT r.period, r.version, a.code, v.measure, coalesce(v.expected, 0), v.found FROM (
            SELECT run_id, account_id, cost_item, sum(start) AS start, sum(month) AS month, sum(year) AS year,
                   sum(carried) AS carried
            FROM ledger_consolidatedfigure WHERE part <> 'consolidated' GROUP BY 1, 2, 3) s
        FULL JOIN (SELECT * FROM ledger_consolidatedfigure WHERE part = 'consolidated') c
             USING (run_id, account_id, cost_item)
        JOIN ledger_consolidationrun r ON r.id = run_id AND r.is_current
        JOIN ledger_account a ON a.id = account_id
        CROSS JOIN LATERAL (VALUES {_MEASURES.format("s", "c")}, ('年末结转', s.carried, c.carried))
            v (measure, expected, found)
        WHERE coalesce(v.expected, 0) <> coalesce(v.found, 0) ORDER BY 1, 2, 3, 4 LIMIT 50""",
    "抵销 = 抵销分录合计": f"""
        SELECT r.period, r.version, a.code, v.measure, coalesce(v.expected, 0), v.found FROM ({_LEGS}) s
        FULL JOIN (SELECT * FROM ledger_consolidatedfigure WHERE part = 'elimination') c
             USING (run_id, account_id, cost_item)
        JOIN ledger_consolidationrun r ON r.id = run_id AND r.is_current
        JOIN ledger_account a ON a.id = account_id
        CROSS JOIN LATERAL (VALUES {_MEASURES.format("s", "c")}) v (measure, expected, found)
        WHERE coalesce(v.expected, 0) <> coalesce(v.found, 0) ORDER BY 1, 2, 3, 4 LIMIT 50""",
    "抵销合计为零": """
        SELECT r.period, r.version, '', v.measure, 0, v.found FROM (
            SELECT run_id, sum(start) AS start, sum(month) AS month, sum(year) AS year, sum(carried) AS carried
            FROM ledger_consolidatedfigure WHERE part = 'elimination' GROUP BY 1) s
        JOIN ledger_consolidationrun r ON r.id = s.run_id AND r.is_current
        CROSS JOIN LATERAL (
            VALUES ('年初', s.start), ('本月', s.month), ('本年', s.year), ('年末结转', s.carried)) v (measure, found)
        WHERE v.found <> 0 ORDER BY 1, 2, 4 LIMIT 50""",
}


def consolidations() -> Iterator[Finding]:
    """Every current run conserves: nothing is lost or made between members, eliminations and the whole."""
    with connection.cursor() as cursor:
        for title, sql in CONSERVATION.items():
            cursor.execute(sql)
            for period, version, account, measure, expected, found in cursor.fetchall():
                yield Finding(
                    code="ledger.consolidation_off",
                    severity=Severity.BLOCKING,
                    message=f"{period} 第 {version} 版合并 科目 {account} {measure}：{title}不成立，"
                    f"应为 {expected}，实为 {found or 0}。",
                    subject=f"{period} {account}",
                )
