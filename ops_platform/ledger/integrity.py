"""What must be true of the books, recomputed by `manage.py verify_integrity` and every night."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from django.db import connection

from ops_platform.kernel import Finding, Severity
from ops_platform.ledger.models import Entry
from ops_platform.ledger.services.booking import GENESIS, earlier_hash_of, hash_of
from ops_platform.ledger.services.contents import input_of, legs_of

CHUNK = 2_000

BALANCES = {
    "期间发生额 = 分录合计": """
        WITH legs AS (
            SELECT l.institution_id, l.account_id, l.dimension_id, l.period, sum(l.debit) AS debit, sum(l.credit) AS credit
            FROM ledger_leg l GROUP BY 1, 2, 3, 4)
        SELECT i.code, a.code, coalesce(b.period, l.period), l.debit, b.debit, l.credit, b.credit
        FROM legs l
        FULL JOIN ledger_periodbalance b USING (institution_id, account_id, dimension_id, period)
        JOIN masterdata_institution i ON i.id = institution_id JOIN ledger_account a ON a.id = account_id
        WHERE l.debit IS DISTINCT FROM b.debit OR l.credit IS DISTINCT FROM b.credit
        ORDER BY 1, 2, 3 LIMIT 50""",
    "当前余额 = 分录合计": """
        WITH legs AS (
            SELECT l.institution_id, l.account_id, l.dimension_id, sum(l.debit) AS debit, sum(l.credit) AS credit
            FROM ledger_leg l GROUP BY 1, 2, 3)
        SELECT i.code, a.code, '', coalesce(l.debit, 0), b.debit, coalesce(l.credit, 0), b.credit
        FROM legs l
        FULL JOIN ledger_runningbalance b USING (institution_id, account_id, dimension_id)
        JOIN masterdata_institution i ON i.id = institution_id JOIN ledger_account a ON a.id = account_id
        WHERE coalesce(l.debit, 0) IS DISTINCT FROM b.debit OR coalesce(l.credit, 0) IS DISTINCT FROM b.credit
        ORDER BY 1, 2 LIMIT 50""",
    "占用 = 待记账凭证合计": """
        WITH held AS (
            SELECT p.institution_id, l.account_id, l.dimension_id,
                   sum(greatest(l.debit, 0) + greatest(-l.credit, 0)) AS debit,
                   sum(greatest(l.credit, 0) + greatest(-l.debit, 0)) AS credit
            FROM ledger_pendingleg l JOIN ledger_pendingentry p ON p.id = l.pending_id
            WHERE p.state = 'pending' GROUP BY 1, 2, 3)
        SELECT i.code, a.code, '', coalesce(h.debit, 0), b.held_debit, coalesce(h.credit, 0), b.held_credit
        FROM held h
        FULL JOIN ledger_runningbalance b USING (institution_id, account_id, dimension_id)
        JOIN masterdata_institution i ON i.id = institution_id JOIN ledger_account a ON a.id = account_id
        WHERE coalesce(h.debit, 0) IS DISTINCT FROM b.held_debit OR coalesce(h.credit, 0) IS DISTINCT FROM b.held_credit
        ORDER BY 1, 2 LIMIT 50""",
}
# Each yields (institution, what, where) for an amount that is no number: NaN equals itself, sums do not betray it.
NUMBERS = """
    SELECT i.code, '分录', l.entry_id::text FROM ledger_leg l JOIN masterdata_institution i ON i.id = l.institution_id
    WHERE l.debit = 'NaN' OR l.credit = 'NaN'
    UNION ALL
    SELECT i.code, '待记账凭证', p.id::text FROM ledger_pendingleg l JOIN ledger_pendingentry p ON p.id = l.pending_id
    JOIN masterdata_institution i ON i.id = p.institution_id WHERE l.debit = 'NaN' OR l.credit = 'NaN'
    UNION ALL
    SELECT i.code, '期间发生额', a.code FROM ledger_periodbalance b JOIN masterdata_institution i ON i.id = b.institution_id
    JOIN ledger_account a ON a.id = b.account_id
    WHERE 'NaN' IN (b.debit, b.credit, b.carried_debit, b.carried_credit)
    UNION ALL
    SELECT i.code, '当前余额', a.code FROM ledger_runningbalance b JOIN masterdata_institution i ON i.id = b.institution_id
    JOIN ledger_account a ON a.id = b.account_id
    WHERE 'NaN' IN (b.debit, b.credit, b.held_debit, b.held_credit)
    ORDER BY 1, 2, 3 LIMIT 50"""
MIRRORS = """
    SELECT i.code, e.number, o.number FROM ledger_entry e JOIN ledger_entry o ON o.id = e.reverses_id
    JOIN masterdata_institution i ON i.id = e.institution_id WHERE NOT ledger_is_mirror(e.id) ORDER BY 1, 2 LIMIT 50"""
BALANCED = """
    SELECT i.code, l.period, l.book, sum(l.debit) - sum(l.credit) FROM ledger_leg l
    JOIN masterdata_institution i ON i.id = l.institution_id
    GROUP BY 1, 2, 3 HAVING sum(l.debit) <> sum(l.credit) ORDER BY 1, 2, 3 LIMIT 50"""


def balances() -> Iterator[Finding]:
    """Balances are the sums of the legs; every month of every institution balances in each book; every amount is a number;
    reversals are exact mirrors."""
    with connection.cursor() as cursor:
        for title, sql in BALANCES.items():
            cursor.execute(sql)
            for institution, account, period, debit, kept_debit, credit, kept_credit in cursor.fetchall():
                yield Finding(
                    code="ledger.balance_off",
                    severity=Severity.BLOCKING,
                    message=f"{institution} 科目 {account} {period} {title}不成立："
                    f"借方应为 {debit or 0}，实为 {kept_debit or 0}；贷方应为 {credit or 0}，实为 {kept_credit or 0}。",
                    subject=f"{institution} {account}",
                )
        cursor.execute(NUMBERS)
        for institution, what, where in cursor.fetchall():
            yield Finding(
                code="ledger.no_number",
                severity=Severity.BLOCKING,
                message=f"{institution} {what} {where} 的金额不是数字，其余额和报表都不可信。",
                subject=f"{institution} {where}",
            )
        cursor.execute(MIRRORS)
        for institution, number, original in cursor.fetchall():
            yield Finding(
                code="ledger.not_a_mirror",
                severity=Severity.BLOCKING,
                message=f"{institution} 第 {number} 号冲销凭证与原凭证(第 {original} 号)不是逐条相反。",
                subject=f"{institution} {number}",
            )
        cursor.execute(BALANCED)
        for institution, period, book, difference in cursor.fetchall():
            yield Finding(
                code="ledger.month_not_balanced",
                severity=Severity.BLOCKING,
                message=f"{institution} {period} {book} 借贷不平，相差 {difference}。",
                subject=f"{institution} {period}",
            )


def chain() -> Iterator[Finding]:
    """Entries of each institution are numbered without gaps and chained; each says what its legs say. At the first broken
    link of an institution its chain ends: what follows proves nothing any more."""
    rows = Entry.objects.select_related("institution").order_by("institution", "number").iterator(chunk_size=CHUNK)
    for _institution, entries in groupby(rows, key=lambda row: row.institution_id):
        fault = _first_fault(entries)
        if fault:
            yield fault


def _first_fault(entries: Iterable[Entry]) -> Finding | None:
    previous, expected = GENESIS, 1
    waiting = iter(entries)
    while chunk := [row for _, row in zip(range(CHUNK), waiting, strict=False)]:
        try:
            legs = legs_of(chunk)
        except (ValueError, ArithmeticError):
            where = f"{chunk[0].institution.code} 第 {chunk[0].number} 至 {chunk[-1].number} 号凭证"
            return _broken("ledger.no_number", f"{where}中有金额不是数字的分录。", where)
        for row in chunk:
            where = f"{row.institution.code} 第 {row.number} 号凭证"
            if row.number != expected:
                return _broken("ledger.chain_gap", f"{row.institution.code} 的账缺少第 {expected} 号凭证。", where)
            if row.previous_hash != previous:
                return _broken("ledger.chain_broken", f"{where}与前一张不衔接。", where)
            if row.digest != input_of(row, legs.get(row.pk, ())).digest:
                return _broken("ledger.legs_altered", f"{where}的分录与记账时不同。", where)
            if row.hash != hash_of(row) and row.hash != earlier_hash_of(row):
                return _broken("ledger.entry_altered", f"{where}的内容被改动过。", where)
            previous, expected = row.hash, expected + 1
    return None


def _broken(code: str, message: str, subject: str) -> Finding:
    return Finding(code=code, severity=Severity.BLOCKING, message=message, subject=subject)
