"""Data-quality rules: small declared units, each one SQL statement over the current facts of a month.

A rule yields the rows that break it as (reference, what is seen). Rules with `by_batch` also run right after a batch,
over the rows that it brought. Thresholds are parameters (domain.md 5.11, defaults). An app above that knows more than the
gate (code tables of a scheme) registers its rules.
"""

from dataclasses import dataclass

from ops_platform.his_intake.reading import trial_balance_leaves
from ops_platform.kernel import Severity

MONTH = "l.month = %(first)s AND l.institution_id = %(institution)s AND l.superseded_sequence IS NULL"

TRIAL_BALANCE = trial_balance_leaves("t.institution_id = %(institution)s AND t.period = %(period)s")
MONTH_BEFORE = trial_balance_leaves(
    "t.institution_id = %(institution)s AND t.period = to_char(%(first)s::date - interval '1 month', 'YYYY-MM')"
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `sql` selects (reference, observation); its parameters are `checking._values` and `threshold`."""

    code: str
    title: str
    severity: Severity
    sql: str
    by_batch: bool = False
    threshold: str = ""


RULES = [
    Rule(
        code="charge_after_discharge",
        title="出院后仍计费",
        severity=Severity.WARNING,
        sql=(
            "SELECT e.encounter_no || ' #' || l.line_no, to_char(l.charged_at AT TIME ZONE 'Asia/Shanghai',"
            " 'YYYY-MM-DD HH24:MI') || ' > ' || to_char(e.discharged AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI')"
            " FROM his_intake_chargeline l JOIN his_intake_encounter e ON e.entity = l.encounter"
            f" AND e.superseded_sequence IS NULL WHERE {MONTH} AND e.kind = 'inpatient' AND l.refund_of IS NULL"
            " AND l.charged_at > e.discharged + make_interval(hours => %(threshold)s::int) {batch}"
        ),
        by_batch=True,
        threshold="quality.charge_after_discharge_hours",
    ),
    Rule(
        code="price_above_cap",
        title="单价超过最高限价",
        severity=Severity.WARNING,
        sql=(
            "WITH caps AS (SELECT i.id AS item_id, i.code, t.price_cap, t.effective_from,"
            " lead(t.effective_from, 1, 'infinity') OVER (PARTITION BY i.id ORDER BY t.effective_from) AS ended"
            " FROM masterdata_chargeitem i JOIN masterdata_chargeitemterm t ON t.item_id = i.id"
            " WHERE i.institution_id = %(institution)s)"
            " SELECT c.code || ' ' || e.encounter_no || ' #' || l.line_no, l.price || ' > ' || c.price_cap"
            " FROM his_intake_chargeline l JOIN caps c ON c.item_id = l.item_id AND l.price > c.price_cap"
            " AND (l.charged_at AT TIME ZONE 'Asia/Shanghai')::date >= c.effective_from"
            " AND (l.charged_at AT TIME ZONE 'Asia/Shanghai')::date < c.ended"
            " JOIN his_intake_encounter e ON e.entity = l.encounter AND e.superseded_sequence IS NULL"
            f" WHERE {MONTH} {{batch}}"
        ),
        by_batch=True,
    ),
    Rule(
        code="repeated_charge",
        title="疑似重复计费",
        severity=Severity.WARNING,
        sql=(
            "SELECT e.encounter_no || ' ' || i.code, r.times || ' × ' || r.amount FROM"
            " (SELECT l.encounter, l.item_id, count(*) AS times, min(l.amount) AS amount FROM his_intake_chargeline l"
            f" WHERE {MONTH} AND l.refund_of IS NULL"
            " GROUP BY l.encounter, l.item_id, l.charged_at, l.quantity, l.price, l.ordering_department_id"
            " HAVING count(*) > 1) r"
            " JOIN his_intake_encounter e ON e.entity = r.encounter AND e.superseded_sequence IS NULL"
            " JOIN masterdata_chargeitem i ON i.id = r.item_id"
        ),
    ),
    Rule(
        code="refund_without_original",
        title="退费找不到原行，或超过原金额",
        severity=Severity.WARNING,
        sql=(
            "SELECT e.encounter_no || ' #' || l.line_no, coalesce('-' || abs(l.amount) || ' / ' || o.amount, '无原行')"
            " FROM his_intake_chargeline l JOIN his_intake_encounter e ON e.entity = l.encounter"
            " AND e.superseded_sequence IS NULL LEFT JOIN his_intake_chargeline o ON o.institution_id = l.institution_id"
            " AND o.encounter = l.encounter AND o.line_no = l.refund_of AND o.superseded_sequence IS NULL"
            f" WHERE {MONTH} AND l.refund_of IS NOT NULL AND (o.id IS NULL OR abs(l.amount) > o.amount) {{batch}}"
        ),
        by_batch=True,
    ),
    Rule(
        code="missing_day",
        title="整日没有收费",
        severity=Severity.WARNING,
        sql=(
            "WITH seen AS (SELECT (l.charged_at AT TIME ZONE 'Asia/Shanghai')::date AS day, count(*) AS lines"
            f" FROM his_intake_chargeline l WHERE {MONTH} GROUP BY 1)"
            " SELECT d::date::text, '当日 0 行' FROM generate_series(%(first)s::date, %(last_seen)s::date, '1 day') d"
            " WHERE NOT EXISTS (SELECT 1 FROM seen WHERE seen.day = d::date)"
            " AND (SELECT sum(lines) FROM seen) >= %(threshold)s::int"
        ),
        threshold="quality.missing_day_minimum_lines",
    ),
    Rule(
        code="discharge_without_abstract",
        title="已出院而没有病案首页",
        severity=Severity.WARNING,
        sql=(
            "SELECT e.encounter_no, to_char(e.discharged AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD')"
            " FROM his_intake_encounter e WHERE e.institution_id = %(institution)s AND e.superseded_sequence IS NULL"
            " AND e.kind = 'inpatient' AND e.discharged >= %(start)s AND e.discharged < %(end)s"
            " AND NOT EXISTS (SELECT 1 FROM his_intake_dischargeabstract a WHERE a.institution_id = e.institution_id"
            " AND a.encounter = e.entity AND a.superseded_sequence IS NULL)"
        ),
    ),
    Rule(
        code="charges_differ_from_abstract",
        title="首页总费用与收费明细合计不等",
        severity=Severity.WARNING,
        sql=(
            "SELECT e.encounter_no, a.total_charges || ' ≠ ' || s.total FROM his_intake_dischargeabstract a"
            " JOIN his_intake_encounter e ON e.entity = a.encounter AND e.superseded_sequence IS NULL"
            " JOIN LATERAL (SELECT coalesce(sum(l.amount), 0) AS total FROM his_intake_chargeline l"
            " WHERE l.institution_id = e.institution_id AND l.encounter = e.entity AND l.superseded_sequence IS NULL) s"
            " ON s.total <> a.total_charges"
            " WHERE a.institution_id = %(institution)s AND a.superseded_sequence IS NULL"
            " AND e.discharged >= %(start)s AND e.discharged < %(end)s"
        ),
    ),
    Rule(
        code="settlement_differs_from_charges",
        title="结算清单总费用与收费明细合计不等",
        severity=Severity.WARNING,
        sql=(
            "SELECT e.encounter_no, s.total || ' ≠ ' || c.total FROM his_intake_encounter e"
            " JOIN LATERAL (SELECT sum(s.total) AS total FROM his_intake_settlementlist s"
            " WHERE s.institution_id = e.institution_id AND s.encounter = e.entity AND s.superseded_sequence IS NULL) s"
            " ON s.total IS NOT NULL"
            " JOIN LATERAL (SELECT coalesce(sum(l.amount), 0) AS total FROM his_intake_chargeline l"
            " WHERE l.institution_id = e.institution_id AND l.encounter = e.entity AND l.superseded_sequence IS NULL) c"
            " ON c.total <> s.total"
            " WHERE e.institution_id = %(institution)s AND e.superseded_sequence IS NULL AND e.kind = 'inpatient'"
            " AND e.discharged >= %(start)s AND e.discharged < %(end)s"
        ),
    ),
    Rule(
        code="income_dropped",
        title="收费收入比上月大幅下降",
        severity=Severity.WARNING,
        sql=(
            "SELECT %(period)s::text, round(now_.total) || ' / ' || round(before.total) FROM"
            " (SELECT sum(amount) AS total FROM his_intake_chargeline WHERE institution_id = %(institution)s"
            " AND month = %(first)s AND superseded_sequence IS NULL) now_,"
            " (SELECT sum(amount) AS total FROM his_intake_chargeline WHERE institution_id = %(institution)s"
            " AND month = (%(first)s::date - interval '1 month')::date AND superseded_sequence IS NULL) before"
            " WHERE %(complete)s AND before.total > 0"
            " AND coalesce(now_.total, 0) < before.total * (1 - %(threshold)s::numeric)"
        ),
        threshold="quality.income_drop_share",
    ),
    Rule(
        code="month_without_costs",
        title="有收费而没有成本凭证",
        severity=Severity.WARNING,
        sql=(
            "SELECT %(period)s::text, '0 行' WHERE %(complete)s AND EXISTS (SELECT 1 FROM his_intake_chargeline l"
            f" WHERE {MONTH}) AND NOT EXISTS (SELECT 1 FROM his_intake_costentry c WHERE"
            " c.institution_id = %(institution)s AND c.superseded_sequence IS NULL"
            " AND c.date >= %(first)s AND c.date <= %(last)s)"
        ),
    ),
    Rule(
        code="trial_balance_uneven",
        title="科目余额表借贷不平",
        severity=Severity.WARNING,
        sql=(
            "SELECT pair.title, pair.debit || ' ≠ ' || pair.credit FROM"
            " (SELECT sum(opening_debit) AS od, sum(opening_credit) AS oc, sum(debit) AS d, sum(credit) AS c,"
            f" sum(closing_debit) AS cd, sum(closing_credit) AS cc FROM {TRIAL_BALANCE} leaves) s,"
            " LATERAL (VALUES ('期初', od, oc), ('本期', d, c), ('期末', cd, cc)) AS pair (title, debit, credit)"
            " WHERE pair.debit <> pair.credit"
        ),
    ),
    # at the turn of the year the accounts of income, expense and net assets are carried forward
    Rule(
        code="trial_balance_not_continuous",
        title="科目期初余额不等于上月期末余额",
        severity=Severity.WARNING,
        sql=(
            "SELECT coalesce(n.account, b.account) || ' ' || coalesce(n.name, b.name),"
            " coalesce(n.opening_debit - n.opening_credit, 0.00) || ' ≠ '"
            " || coalesce(b.closing_debit - b.closing_credit, 0.00)"
            f" FROM {TRIAL_BALANCE} n FULL JOIN {MONTH_BEFORE} b ON b.account = n.account"
            " WHERE EXISTS (SELECT 1 FROM his_intake_trialbalance t WHERE t.superseded_sequence IS NULL"
            " AND t.institution_id = %(institution)s AND t.period = %(period)s)"
            " AND EXISTS (SELECT 1 FROM his_intake_trialbalance t WHERE t.superseded_sequence IS NULL"
            " AND t.institution_id = %(institution)s"
            " AND t.period = to_char(%(first)s::date - interval '1 month', 'YYYY-MM'))"
            " AND (extract(month FROM %(first)s::date) > 1 OR left(coalesce(n.account, b.account), 1) IN ('1', '2'))"
            " AND coalesce(n.opening_debit - n.opening_credit, 0) <> coalesce(b.closing_debit - b.closing_credit, 0)"
        ),
    ),
    Rule(
        code="piece_bought_twice",
        title="同一单件条码重复入库",
        severity=Severity.WARNING,
        sql=(
            "SELECT b.barcode, b.bought || ' 次入库，' || b.returned || ' 次退货' FROM (SELECT m.barcode,"
            " count(*) FILTER (WHERE m.move_kind = 'purchase') AS bought,"
            " count(*) FILTER (WHERE m.move_kind = 'purchase_return') AS returned"
            " FROM his_intake_goodsmove m WHERE m.institution_id = %(institution)s AND m.superseded_sequence IS NULL"
            " AND m.barcode IN (SELECT o.barcode FROM his_intake_goodsmove o WHERE o.institution_id = %(institution)s"
            " AND o.superseded_sequence IS NULL AND o.move_kind = 'purchase' AND o.date >= %(first)s AND o.date <= %(last)s)"
            " GROUP BY m.barcode) b WHERE b.bought > b.returned + 1"
        ),
    ),
    Rule(
        code="transfer_unmatched",
        title="成员间调拨对方没有对应记录",
        severity=Severity.WARNING,
        sql=(
            "SELECT m.document || ' #' || m.line, m.name || ' ' || trim_scale(m.quantity) || ' ' || m.unit || ' '"
            " || CASE m.move_kind WHEN 'transfer_out' THEN '→ ' ELSE '← ' END || i.code FROM his_intake_goodsmove m"
            " JOIN masterdata_institution i ON i.id = m.counterparty_id WHERE m.institution_id = %(institution)s"
            " AND m.superseded_sequence IS NULL AND m.move_kind IN ('transfer_out', 'transfer_in')"
            " AND m.date >= %(first)s AND m.date <= %(last)s AND NOT EXISTS (SELECT FROM his_intake_goodsmove o"
            " WHERE o.institution_id = m.counterparty_id AND o.counterparty_id = m.institution_id"
            " AND o.superseded_sequence IS NULL AND o.move_kind IN ('transfer_out', 'transfer_in')"
            " AND o.move_kind <> m.move_kind AND o.goods = m.goods AND o.unit = m.unit AND o.quantity = m.quantity"
            " AND o.date >= m.date - 31 AND o.date <= m.date + 31)"
        ),
    ),
]


def register_rule(rule: Rule) -> None:
    """Add a rule of an app above; called in its `apps.ready()`."""
    RULES.append(rule)


def rule_titles() -> dict[str, str]:
    """Every rule in words, by its code."""
    return {rule.code: rule.title for rule in RULES}
