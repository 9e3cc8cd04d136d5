"""Promises of costing that can be recomputed."""

from collections.abc import Iterator

from django.db import connection

from ops_platform.kernel import Finding, Severity

# Each query yields (run, what, expected, found) for what does not add up in current runs.
CONSERVATION = {
    "科室直接成本合计 = 运行的直接成本": """
        SELECT r.id, '', r.direct_cost, coalesce(sum(c.direct), 0) FROM costing_costrun r
        LEFT JOIN costing_departmentcost c ON c.run_id = r.id WHERE r.is_current
        GROUP BY r.id HAVING coalesce(sum(c.direct), 0) <> r.direct_cost""",
    "直接成本 = 全成本(逐成本项目)": """
        SELECT r.id, c.cost_item || ' ' || c.funding_source, sum(c.direct), sum(c.full) FROM costing_costrun r
        JOIN costing_departmentcost c ON c.run_id = r.id WHERE r.is_current
        GROUP BY r.id, c.cost_item, c.funding_source HAVING sum(c.direct) <> sum(c.full)""",
    "分出科室的流出 = 直接成本 + 流入(逐科室逐成本项目)": """
        SELECT c.run_id, d.code || ' ' || c.cost_item || ' ' || c.funding_source, c.sent, coalesce(f.amount, 0)
        FROM costing_departmentcost c JOIN costing_costrun r ON r.id = c.run_id AND r.is_current
        JOIN masterdata_department d ON d.id = c.department_id
        LEFT JOIN (SELECT run_id, sender_id, cost_item, funding_source, sum(amount) AS amount FROM costing_allocationflow
                   GROUP BY 1, 2, 3, 4) f
        ON f.run_id = c.run_id AND f.sender_id = c.department_id AND f.cost_item = c.cost_item
           AND f.funding_source = c.funding_source
        WHERE c.sent <> coalesce(f.amount, 0)""",
    "流入合计 = 科室分摊所得(逐科室逐成本项目)": """
        SELECT c.run_id, d.code || ' ' || c.cost_item || ' ' || c.funding_source, c.received, coalesce(f.amount, 0)
        FROM costing_departmentcost c JOIN costing_costrun r ON r.id = c.run_id AND r.is_current
        JOIN masterdata_department d ON d.id = c.department_id
        LEFT JOIN (SELECT run_id, receiver_id, cost_item, funding_source, sum(amount) AS amount
                   FROM costing_allocationflow GROUP BY 1, 2, 3, 4) f
        ON f.run_id = c.run_id AND f.receiver_id = c.department_id AND f.cost_item = c.cost_item
           AND f.funding_source = c.funding_source
        WHERE c.received <> coalesce(f.amount, 0)""",
    "收入汇总 = 运行的收入": """
        SELECT r.id, '', r.income, coalesce(sum(i.amount), 0) FROM costing_costrun r
        LEFT JOIN costing_incomecell i ON i.run_id = r.id WHERE r.is_current
        GROUP BY r.id HAVING coalesce(sum(i.amount), 0) <> r.income""",
    "逐日合计 = 科室月度汇总": """
        SELECT r.id, m.name || ' ' || v.measure, v.expected, v.found FROM costing_departmentmonth m
        JOIN costing_costrun r ON r.id = m.run_id AND r.is_current
        LEFT JOIN (SELECT run_id, department_id, sum(income) AS income, sum(executed_income) AS executed_income,
                   sum(other_income) AS other_income, sum(drug_income) AS drug_income,
                   sum(material_income) AS material_income, sum(insured_income) AS insured_income,
                   sum(visits) AS visits, sum(discharges) AS discharges, sum(bed_days) AS bed_days
                   FROM costing_departmentday GROUP BY 1, 2) d
        ON d.run_id = m.run_id AND d.department_id = m.department_id
        CROSS JOIN LATERAL (VALUES ('收入', m.income, d.income), ('执行收入', m.executed_income, d.executed_income),
            ('其他收入', m.other_income, d.other_income), ('药品收入', m.drug_income, d.drug_income),
            ('材料收入', m.material_income, d.material_income), ('医保', m.insured_income, d.insured_income),
            ('门急诊人次', m.visits, d.visits), ('出院人次', m.discharges, d.discharges),
            ('床日', m.bed_days, d.bed_days)) v (measure, expected, found)
        WHERE v.expected <> coalesce(v.found, 0) AND EXISTS (SELECT FROM costing_departmentday k WHERE k.run_id = r.id)""",
    "直接成本 = 当时的成本凭证": """
        SELECT r.id, '', r.direct_cost, coalesce(sum(e.amount), 0) FROM costing_costrun r
        LEFT JOIN his_intake_costentry e ON e.institution_id = r.institution_id AND to_char(e.date, 'YYYY-MM') = r.period
             AND e.sequence <= r.input_sequence
             AND (e.superseded_sequence IS NULL OR e.superseded_sequence > r.input_sequence)
        WHERE r.is_current GROUP BY r.id HAVING coalesce(sum(e.amount), 0) <> r.direct_cost""",
}


def conservation(period: str = "") -> Iterator[Finding]:
    """Every current run (of a month, or of all) conserves every cost item to the fen, from the vouchers to the clinical
    departments."""
    for title, sql in CONSERVATION.items():
        with connection.cursor() as cursor:
            narrowed = sql.replace("r.is_current", "r.is_current AND r.period = %(period)s") if period else sql
            cursor.execute(narrowed, {"period": period})
            for run, what, expected, found in cursor.fetchall():
                yield Finding(
                    code="costing.not_conserved",
                    severity=Severity.BLOCKING,
                    message=f"成本运行 {run} {what}:{title}不成立，应为 {expected}，实为 {found}。",
                    subject=str(run),
                )
