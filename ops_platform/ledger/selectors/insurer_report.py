"""The monthly report to the insurer: fees from facts, receivables from the books."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any

from django.db import connection
from django.utils import timezone

from ops_platform.his_intake.public import FEE_CLASSES, SCHEMES, as_of_sql, last_sequence
from ops_platform.kernel import Finding, Period, Severity, from_fen
from ops_platform.ledger import events
from ops_platform.ledger.engine.insurer_report import (
    FeeReport,
    Fees,
    Receivable,
    ReceivableReport,
    fee_report,
    receivable_report,
)
from ops_platform.ledger.intake_events import CHARGE_INCOME, SETTINGS
from ops_platform.ledger.selectors.events import EventMonthState, month_state
from ops_platform.ledger.selectors.imported import imported_figures, without_trial_balance
from ops_platform.ledger.selectors.voucher_rules import RulesAt, rules_of_month
from ops_platform.masterdata.models import Institution

RECEIVABLE, IN_HOUSE = "12120201", "121201"
SCHEME_TITLES = dict(SCHEMES)
ELSEWHERE = "本机构在外部系统记账：应收医保款取自报送的科目余额表，不分经办机构和险种，也不与收费核对。"
KIND_OF_BOOKS = (
    f"应收医保款取自科目 {RECEIVABLE}：新增为借方发生额，收回、核减为贷方发生额，红字各自冲减；"
    "收费应记为按凭证规则在收费当日记应收医保款的医保支付。"
)
LATER = (
    f"另有医保支付 {{amount:,}} 元按凭证规则先随医疗收入记入其他科目(住院记 {IN_HOUSE} 应收在院病人医疗款)，"
    "出院结算时再转入应收医保款，不参加核对。"
)

# lines are summed up by encounter before these are joined: one sort of the month's partition, one row an encounter
_FEES = """
SELECT coalesce(e.insurer, ''), coalesce(e.scheme, ''),
       coalesce(sum(f.amount) FILTER (WHERE e.kind IS DISTINCT FROM 'inpatient'), 0),
       coalesce(sum(f.amount) FILTER (WHERE e.kind = 'inpatient'), 0),
       coalesce(sum(f.insured) FILTER (WHERE e.kind IS DISTINCT FROM 'inpatient'), 0),
       coalesce(sum(f.insured) FILTER (WHERE e.kind = 'inpatient'), 0)
FROM (SELECT l.encounter, sum(l.amount) AS amount, sum(l.insured_amount) AS insured FROM his_intake_chargeline l
      WHERE l.month = %(first)s AND l.institution_id = %(institution)s AND {line_holds} GROUP BY l.encounter) f
LEFT JOIN his_intake_encounter e
       ON e.institution_id = %(institution)s AND e.entity = f.encounter AND {encounter_holds}
GROUP BY 1, 2
"""
_VISITS = """
SELECT coalesce(e.insurer, ''), coalesce(e.scheme, ''),
       count(*) FILTER (WHERE e.kind <> 'inpatient'), count(*) FILTER (WHERE e.kind = 'inpatient')
FROM his_intake_encounter e
WHERE e.institution_id = %(institution)s AND {encounter_holds}
  AND (e.kind <> 'inpatient' AND e.admitted >= %(from)s AND e.admitted < %(to)s
       OR e.kind = 'inpatient' AND e.discharged IS NOT NULL AND e.discharged >= %(from)s AND e.discharged < %(to)s)
GROUP BY 1, 2
"""
_BOOKS = """
SELECT d.insurer, d.scheme, coalesce(sum(b.debit - b.credit) FILTER (WHERE b.period < %(period)s), 0),
       coalesce(sum(b.debit) FILTER (WHERE b.period = %(period)s), 0),
       coalesce(sum(b.credit) FILTER (WHERE b.period = %(period)s), 0)
FROM ledger_periodbalance b JOIN ledger_account a ON a.id = b.account_id JOIN ledger_dimension d ON d.id = b.dimension_id
WHERE b.institution_id = %(institution)s AND a.code LIKE %(account)s AND b.period <= %(period)s
GROUP BY 1, 2
"""
_FROM_CHARGES = """
SELECT d.insurer, d.scheme, sum(l.debit)
FROM ledger_leg l JOIN ledger_account a ON a.id = l.account_id AND a.code LIKE %(account)s
JOIN ledger_dimension d ON d.id = l.dimension_id
JOIN ledger_entry e ON e.id = l.entry_id LEFT JOIN ledger_entry o ON o.id = e.reverses_id
WHERE l.institution_id = %(institution)s AND l.period = %(period)s AND %(source)s IN (e.source, coalesce(o.source, ''))
GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class InsurerReport:
    """The report of a month. `elsewhere`: books kept in another system have no payers, so that the receivable is one line
    of their trial balance, and is not compared; `sent` says whether that has come."""

    fees: FeeReport
    receivables: ReceivableReport
    findings: tuple[Finding, ...]
    insurers: tuple[str, ...]
    insurer: str
    elsewhere: bool
    sent: bool

    @property
    def fee_lines(self) -> list[tuple[tuple[str, str], Fees, bool]]:
        """Payer in words, fees, whether it is a sum; self-paying patients only where the report is of all insurers."""
        fees = self.fees
        rows = [(payer_words(row.insurer, row.scheme), row, False) for row in fees.insured]
        if self.insurer:
            return [*rows, (("合计", ""), fees.total, True)]
        others = [(("自费", ""), fees.self_pay, False)]
        if fees.not_stated != Fees():
            others.append((("未报险种", ""), fees.not_stated, False))
        return [*rows, (("参保合计", ""), fees.insured_total, True), *others, (("收费收入合计", ""), fees.total, True)]

    @property
    def receivable_lines(self) -> list[tuple[tuple[str, str], Receivable, bool]]:
        """The same of receivables."""
        rows = self.receivables.rows
        lines = [(payer_words(row.insurer, row.scheme, whole=self.elsewhere), row, False) for row in rows]
        return [*lines, (("合计", ""), self.receivables.total, True)]

    @property
    def notes(self) -> list[str]:
        """What a reader of the receivables has to know."""
        if self.elsewhere:
            return [ELSEWHERE if self.sent else f"{ELSEWHERE}本月的科目余额表还没有报送。"]
        later = self.receivables.later
        return [KIND_OF_BOOKS, *([LATER.format(amount=from_fen(later))] if later else [])]

    @property
    def empty(self) -> bool:
        """Neither visits nor fees nor receivables."""
        total = self.fees.total
        return not (total.visits or total.discharges or total.total or total.insured or self.receivables.rows)


def payer_words(insurer: str, scheme: str, *, whole: bool = False) -> tuple[str, str]:
    """Insurer and scheme as people call them; `whole` for books that do not tell payers apart."""
    if whole:
        return "全部", "不分险种"
    return insurer or "未注明经办机构", SCHEME_TITLES.get(scheme, scheme) or "未注明险种"


def insurer_report(*, institution: Institution, period: Period, insurer: str = "") -> InsurerReport:
    """The report as the facts and books are now; of one insurer, if it is known in the month. A fixed number of queries."""
    fees = _fees(institution, period)
    state = month_state(institution, period)
    books = _imported(institution, period) if state.elsewhere else _books(institution, period)
    versions = rules_of_month(period)
    names = (*(row.insurer for row in fees), *(row.insurer for row in books))
    named = tuple(sorted({name for name in names if name}))
    chosen = insurer if insurer in named else ""
    of_insurer = [row for row in fees if chosen in ("", row.insurer)]
    compared = receivable_report(books, [] if state.elsewhere else fees, _daily(versions), chosen)
    return InsurerReport(
        fees=fee_report(of_insurer),
        receivables=compared,
        findings=_findings(compared, state),
        insurers=named,
        insurer=chosen,
        elsewhere=state.elsewhere,
        sent=not (state.elsewhere and without_trial_balance([institution.pk], period)),
    )


def _rows(sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def _fees(institution: Institution, period: Period) -> list[Fees]:
    """By payer, from two statements: one over the month's charge lines, one over its encounters."""
    sequence = last_sequence(institution)
    holds = {"line_holds": as_of_sql("l", sequence), "encounter_holds": as_of_sql("e", sequence)}
    found: dict[tuple[str, str], Fees] = defaultdict(Fees)
    values = {"institution": institution.pk, "first": period.first_day}
    for insurer, scheme, *amounts in _rows(_FEES.format(**holds), values):
        fen = [int(amount * 100) for amount in amounts]
        found[insurer, scheme] = Fees(insurer, scheme, 0, 0, *fen)
    span = {"institution": institution.pk, "from": _midnight(period), "to": _midnight(period.shift(1))}
    for insurer, scheme, visits, discharges in _rows(_VISITS.format(**holds), span):
        found[insurer, scheme] = replace(
            found[insurer, scheme], insurer=insurer, scheme=scheme, visits=visits, discharges=discharges
        )
    return list(found.values())


def _midnight(period: Period) -> datetime:
    return timezone.make_aware(datetime.combine(period.first_day, time.min))


def _books(institution: Institution, period: Period) -> list[Receivable]:
    values = {
        "institution": institution.pk,
        "period": str(period),
        "account": f"{RECEIVABLE}%",
        "source": CHARGE_INCOME,
    }
    made = {(insurer, scheme): debit for insurer, scheme, debit in _rows(_FROM_CHARGES, values)}
    return [
        Receivable(
            insurer,
            scheme,
            *(int(amount * 100) for amount in (opening, debit, credit, made.get((insurer, scheme), 0))),
        )
        for insurer, scheme, opening, debit, credit in _rows(_BOOKS, values)
    ]


def _imported(institution: Institution, period: Period) -> list[Receivable]:
    """One line, since trial balances know no payers."""
    rows = [row for row in imported_figures([institution.pk], period) if row.account.startswith(RECEIVABLE)]
    return [
        Receivable(
            opening=sum(row.opening for row in rows),
            added=sum(row.debit for row in rows),
            settled=sum(row.credit for row in rows),
        )
    ]


def _daily(versions: tuple[RulesAt, ...]) -> frozenset[str]:
    """The settings whose insured part the rules of the month book as a receivable on the day of the charge."""
    kind = events.event_type(CHARGE_INCOME)
    if kind is None:
        return frozenset()
    found = set()
    for setting in SETTINGS:
        for version in versions:
            for fee_class, _title in FEE_CLASSES:
                line = {"setting": setting, "fee_class": fee_class}
                postings = events.postings_of(kind, version.book)
                taker = next((each for each in postings if each.takes("insured", line)), None)
                if taker and taker.pair.debit.account(line).startswith(RECEIVABLE):
                    found.add(setting)
    return frozenset(found)


def _findings(report: ReceivableReport, state: EventMonthState) -> tuple[Finding, ...]:
    """Where the books do not say what the charges say, and why that may be."""
    if state.elsewhere or report.agrees:
        return ()
    total = report.total
    if total.difference:
        message = (
            f"收费中应记应收医保款的医保支付为 {from_fen(total.expected):,} 元，账上由收费生成"
            f" {from_fen(total.from_charges):,} 元，相差 {from_fen(total.difference):,} 元。{_reason(state)}"
        )
    else:
        message = (
            "收费中的医保支付与账上合计一致，但经办机构或险种之间有差异，见下表。"
            "请核对凭证规则的借方是否保留了经办机构和险种，或凭证生成后就诊记录的险种是否改过。"
        )
    return (Finding(code="ledger.insurer_receivable_off", severity=Severity.WARNING, message=message),)


def _reason(state: EventMonthState) -> str:
    if state.known is None:
        return "本月业务还没有生成凭证：夜间运行会自动生成，急用时请在「业务事项」中点「生成凭证」。"
    if state.behind:
        return "有业务待生成凭证(收费或就诊在记账后又有变化，或当天尚未结束)：请在「业务事项」中查看「待生成(预览)」。"
    if state.known.findings:
        return "有业务无法记账：原因和办法见「业务事项」的「无法记账」。"
    return "当天的收费在当天结束后生成凭证；如本月已结束，请核对是否有人手工冲销过收费凭证。"
