"""Promises of costing that can be recomputed."""

from collections.abc import Iterator

from django.db import connection

from costing.engine.columns import COLUMNS, COST_ITEMS, FISCAL_PROJECT, RESEARCH
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
    "直接成本 = 当时的成本凭证 + 资产卡片的折旧": """
        SELECT r.id, '', r.direct_cost, coalesce(e.amount, 0) + coalesce(d.amount, 0) FROM costing_costrun r
        LEFT JOIN LATERAL (SELECT sum(amount) AS amount FROM his_intake_costentry e
             WHERE e.institution_id = r.institution_id AND to_char(e.date, 'YYYY-MM') = r.period
             AND e.sequence <= r.input_sequence
             AND (e.superseded_sequence IS NULL OR e.superseded_sequence > r.input_sequence)) e ON true
        LEFT JOIN LATERAL (SELECT sum(amount) AS amount FROM costing_computedcost c
             WHERE c.run_id = r.id AND c.origin = 'depreciation') d ON true
        WHERE r.is_current AND coalesce(e.amount, 0) + coalesce(d.amount, 0) <> r.direct_cost""",
    "公共费用的分配 = 当时的凭证(逐类别逐成本项目)": """
        SELECT r.id, e.shared_as || ' ' || e.cost_item || ' ' || e.funding_source, sum(e.amount),
               coalesce(min(c.amount), 0)
        FROM costing_costrun r
        JOIN his_intake_costentry e ON e.institution_id = r.institution_id AND to_char(e.date, 'YYYY-MM') = r.period
             AND e.shared_as IS NOT NULL AND e.sequence <= r.input_sequence
             AND (e.superseded_sequence IS NULL OR e.superseded_sequence > r.input_sequence)
        LEFT JOIN (SELECT run_id, kind, cost_item, funding_source, sum(amount) AS amount FROM costing_computedcost
                   WHERE origin = 'shared' GROUP BY 1, 2, 3, 4) c
             ON c.run_id = r.id AND c.kind = e.shared_as AND c.cost_item = e.cost_item
             AND c.funding_source = e.funding_source
        WHERE r.is_current GROUP BY r.id, e.shared_as, e.cost_item, e.funding_source
        HAVING sum(e.amount) <> coalesce(min(c.amount), 0)""",
}


# Of current patient runs, in every column of cost.
PATIENTS = {
    "患者成本 + 未归集成本 = 全成本": """
        SELECT r.id, '', r.full_cost, coalesce(p.amount, 0) + coalesce(u.amount, 0) FROM costing_patientrun r
        LEFT JOIN (SELECT run_id, sum({all_columns}) AS amount FROM costing_patientcost GROUP BY 1) p ON p.run_id = r.id
        LEFT JOIN (SELECT run_id, sum({all_columns}) AS amount FROM costing_unassignedcost GROUP BY 1) u ON u.run_id = r.id
        WHERE r.is_current AND r.full_cost <> coalesce(p.amount, 0) + coalesce(u.amount, 0)""",
    "患者成本的运行和科室都在": """
        SELECT p.run_id, p.encounter::text, 0, 1 FROM costing_patientcost p
        LEFT JOIN costing_patientrun r ON r.id = p.run_id LEFT JOIN masterdata_department d ON d.id = p.department_id
        WHERE (r.id IS NULL OR d.id IS NULL) AND (r.id IS NULL OR r.is_current)""",
    "项目成本的运行、科室和项目都在": """
        SELECT c.run_id, c.id::text, 0, 1 FROM costing_itemcost c
        LEFT JOIN costing_patientrun r ON r.id = c.run_id LEFT JOIN masterdata_department d ON d.id = c.department_id
        LEFT JOIN masterdata_chargeitem i ON i.id = c.item_id
        WHERE r.id IS NULL OR (r.is_current AND (d.id IS NULL OR (i.id IS NULL AND c.item_id IS NOT NULL)))""",
    "患者成本的运行全成本 = 科室成本的运行全成本": """
        SELECT r.id, '', c.full_cost, r.full_cost FROM costing_patientrun r JOIN costing_costrun c ON c.id = r.cost_run_id
        WHERE r.is_current AND c.full_cost <> r.full_cost""",
    "患者收入合计 = 运行的收费收入": """
        SELECT r.id, '', c.income, coalesce(sum(p.income), 0) FROM costing_patientrun r
        JOIN costing_costrun c ON c.id = r.cost_run_id LEFT JOIN costing_patientcost p ON p.run_id = r.id
        WHERE r.is_current GROUP BY r.id, c.income HAVING c.income <> coalesce(sum(p.income), 0)""",
    "项目成本 = 患者承担的服务成本(人员经费)": """
        SELECT r.id, '', coalesce(i.amount, 0), coalesce(p.amount, 0) FROM costing_patientrun r
        LEFT JOIN (SELECT run_id, sum(personnel) AS amount FROM costing_itemcost GROUP BY 1) i ON i.run_id = r.id
        LEFT JOIN (SELECT run_id, sum(personnel) AS amount FROM costing_patientcost GROUP BY 1) p ON p.run_id = r.id
        WHERE r.is_current AND coalesce(i.amount, 0) <> coalesce(p.amount, 0)""",
    "作业分配的成本 = 项目成本(逐科室)": """
        SELECT r.id, d.code, i.amount, a.amount FROM costing_patientrun r
        JOIN LATERAL (SELECT b.department_id, sum({all_columns}) AS amount FROM costing_activitycost c
             JOIN costing_activity t ON t.id = c.activity_id JOIN costing_itembasis b ON b.id = t.basis_id
             WHERE c.run_id = r.id AND c.item_id IS NOT NULL GROUP BY 1) a ON true
        JOIN LATERAL (SELECT coalesce(sum({all_columns}), 0) AS amount FROM costing_itemcost c
             WHERE c.run_id = r.id AND c.department_id = a.department_id) i ON true
        JOIN masterdata_department d ON d.id = a.department_id
        WHERE r.is_current AND a.amount <> i.amount""",
    "闲置作业的成本 = 未归集成本": """
        SELECT r.id, '', coalesce(u.amount, 0), coalesce(a.amount, 0) FROM costing_patientrun r
        LEFT JOIN LATERAL (SELECT sum({all_columns}) AS amount FROM costing_activitycost
             WHERE run_id = r.id AND item_id IS NULL) a ON true
        LEFT JOIN LATERAL (SELECT sum({all_columns}) AS amount FROM costing_unassignedcost
             WHERE run_id = r.id AND reason = 'idle_activity') u ON true
        WHERE r.is_current AND coalesce(u.amount, 0) <> coalesce(a.amount, 0)""",
    "服务单元分给患者的成本 = 患者成本(成本收入比)": """
        SELECT r.id, '', p.amount, u.amount FROM costing_patientrun r
        JOIN LATERAL (SELECT sum(borne) AS amount FROM costing_unitcost WHERE run_id = r.id HAVING count(*) > 0) u ON true
        JOIN LATERAL (SELECT sum(cost_to_income) AS amount FROM costing_patientcost WHERE run_id = r.id) p ON true
        WHERE r.is_current AND u.amount <> p.amount""",
    "服务单元的收入 = 患者收入": """
        SELECT r.id, '', p.amount, u.amount FROM costing_patientrun r
        JOIN LATERAL (SELECT sum(income) AS amount FROM costing_unitcost WHERE run_id = r.id HAVING count(*) > 0) u ON true
        JOIN LATERAL (SELECT sum(income) AS amount FROM costing_patientcost WHERE run_id = r.id) p ON true
        WHERE r.is_current AND u.amount <> p.amount""",
    "服务单元的成本 + 未归集医疗成本 = 科室医疗成本": """
        SELECT r.id, '', d.amount, u.amount + n.amount FROM costing_patientrun r
        JOIN LATERAL (SELECT sum(cost) AS amount FROM costing_unitcost WHERE run_id = r.id HAVING count(*) > 0) u ON true
        JOIN LATERAL (SELECT coalesce(sum({medical}), 0) AS amount FROM costing_unassignedcost WHERE run_id = r.id) n
             ON true
        JOIN LATERAL (SELECT coalesce(sum(direct), 0) AS amount FROM costing_departmentcost
             WHERE run_id = r.cost_run_id AND funding_source NOT IN ('{fiscal_project}', '{research}')) d ON true
        WHERE r.is_current AND d.amount <> u.amount + n.amount""",
    "住院患者各服务单元之和 = 其成本(成本收入比)与收入": """
        SELECT r.id, p.encounter::text, p.cost_to_income + p.income, sum(u.cost + u.income) FROM costing_patientrun r
        JOIN costing_unitcost k ON k.run_id = r.id JOIN costing_patientunitcost u ON u.unit_id = k.id
        JOIN costing_patientcost p ON p.run_id = r.id AND p.encounter = u.encounter
        WHERE r.is_current GROUP BY r.id, p.encounter, p.run_id HAVING p.cost_to_income <> sum(u.cost)
        OR p.income <> sum(u.income)""",
    "逐成本项目：患者成本 + 未归集成本 = 科室全成本": """
        SELECT r.id, v.title, v.expected, v.found FROM costing_patientrun r
        JOIN LATERAL (SELECT {split_costs} FROM costing_departmentcost c WHERE c.run_id = r.cost_run_id) d ON true
        JOIN LATERAL (SELECT {summed} FROM costing_patientcost WHERE run_id = r.id) p ON true
        JOIN LATERAL (SELECT {summed} FROM costing_unassignedcost WHERE run_id = r.id) u ON true
        CROSS JOIN LATERAL (VALUES {compared}) v (title, expected, found)
        WHERE r.is_current AND v.expected <> v.found""",
}


AGREEMENTS = {
    "各方承担合计 = 依据金额(联合检查为按比例计提)": """
        SELECT r.id, b.number::text, b.amount, coalesce(sum(p.amount), 0) FROM costing_settlementbasis b
        JOIN costing_settlementrun r ON r.id = b.run_id AND r.is_current
        LEFT JOIN costing_settlementpart p ON p.basis_id = b.id
        WHERE b.what IN ('services', 'full_cost') GROUP BY r.id, b.id HAVING coalesce(sum(p.amount), 0) <> b.amount""",
    "各方承担合计 = 结算总额": """
        SELECT r.id, '', r.total, coalesce(sum(p.amount), 0) FROM costing_settlementrun r
        LEFT JOIN costing_settlementpart p ON p.run_id = r.id WHERE r.is_current
        GROUP BY r.id HAVING coalesce(sum(p.amount), 0) <> r.total""",
    "成员间往来 = 结算的往来金额": """
        SELECT r.id, '', r.dealings, coalesce(sum(p.amount) FILTER (WHERE p.bearer_id <> p.payee_id), 0)
        FROM costing_settlementrun r LEFT JOIN costing_settlementpart p ON p.run_id = r.id WHERE r.is_current
        GROUP BY r.id HAVING coalesce(sum(p.amount) FILTER (WHERE p.bearer_id <> p.payee_id), 0) <> r.dealings""",
}


def agreements() -> Iterator[Finding]:
    """What members bear under current settlements is what is divided, to the fen."""
    with connection.cursor() as cursor:
        for what, sql in AGREEMENTS.items():
            cursor.execute(sql)
            for run, where, expected, found in cursor.fetchall():
                yield Finding(
                    code="costing.settlement_not_conserved",
                    severity=Severity.BLOCKING,
                    message=f"医共体分担结算 {run} {where}：{what}，应为 {expected:,} 元，实为 {found:,} 元。",
                    subject=str(run),
                )


def _patient_sql(sql: str) -> str:
    """The statement with the nine columns written out; their names are our own constants."""

    def condition(name: str) -> str:
        if name in COST_ITEMS:
            return f"cost_item = '{name}' AND funding_source NOT IN ('{FISCAL_PROJECT}', '{RESEARCH}')"
        return f"funding_source = '{name}'"

    return sql.format(
        all_columns=" + ".join(COLUMNS),
        medical=" + ".join(COST_ITEMS),
        fiscal_project=FISCAL_PROJECT,
        research=RESEARCH,
        split_costs=", ".join(
            f"coalesce(sum(direct) FILTER (WHERE {condition(name)}), 0) AS {name}" for name in COLUMNS
        ),
        summed=", ".join(f"coalesce(sum({name}), 0) AS {name}" for name in COLUMNS),
        compared=", ".join(f"('{name}', d.{name}, p.{name} + u.{name})" for name in COLUMNS),
    )


def patients(period: str = "") -> Iterator[Finding]:
    """Every current patient run gives every fen of its cost run to a patient, or names the department that keeps it."""
    for title, sql in PATIENTS.items():
        with connection.cursor() as cursor:
            written = _patient_sql(sql)
            narrowed = written.replace("r.is_current", "r.is_current AND r.period = %(period)s") if period else written
            cursor.execute(narrowed, {"period": period})
            for run, what, expected, found in cursor.fetchall():
                yield Finding(
                    code="costing.patients_not_conserved",
                    severity=Severity.BLOCKING,
                    message=f"患者成本运行 {run} {what}：{title}不成立，应为 {expected}，实为 {found}。",
                    subject=str(run),
                )


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
                    message=f"成本运行 {run} {what}：{title}不成立，应为 {expected}，实为 {found}。",
                    subject=str(run),
                )
