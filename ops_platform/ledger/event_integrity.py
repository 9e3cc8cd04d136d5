"""That what is booked of charge income is what the facts say: recomputed by other SQL than that which booked it."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.db import connection

from ops_platform.his_intake.public import as_of_sql, items_as_of
from ops_platform.kernel import Finding, Period, Severity, from_fen
from ops_platform.ledger import events
from ops_platform.ledger.engine.entry import Leg
from ops_platform.ledger.engine.rule_books import read_rule_book
from ops_platform.ledger.engine.voucher_rules import BusinessEvent, EventLine, entry_of
from ops_platform.ledger.intake_events import CHARGE_INCOME, SETTINGS
from ops_platform.ledger.models import EventBooking, EventMonth, VoucherRules

_FACTS = """
SELECT (l.charged_at AT TIME ZONE 'Asia/Shanghai')::date,
       CASE WHEN l.encounter IN (SELECT e.entity FROM his_intake_encounter e
                                 WHERE e.institution_id = %(institution)s AND {encounter_holds} AND e.kind = 'inpatient')
            THEN 'inpatient' ELSE 'outpatient' END,
       l.item_id, (sum(l.insured_amount) * 100)::bigint, (sum(l.amount) * 100)::bigint
FROM his_intake_chargeline l
WHERE l.month = %(month)s AND l.institution_id = %(institution)s AND {line_holds}
  AND (l.charged_at AT TIME ZONE 'Asia/Shanghai')::date < %(until)s
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
_BOOKED = """
SELECT a.code, (sum(l.credit) * 100)::bigint FROM ledger_leg l
JOIN ledger_entry e ON e.id = l.entry_id JOIN ledger_account a ON a.id = l.account_id
WHERE e.institution_id = %s AND e.period = %s AND e.source = %s AND l.book = 'financial' AND l.credit <> 0
GROUP BY 1 HAVING sum(l.credit) <> 0 ORDER BY 1
"""


def charge_income() -> Iterator[Finding]:
    """For each institution and month: what is booked of charges on each income account is what the charge lines say, as of
    the sequence from which it was booked. Months with events that could not be booked are named elsewhere."""
    rule_books = {row.pk: read_rule_book(row.body)[0] for row in VoucherRules.objects.all()}
    for month in EventMonth.objects.filter(findings=[]).select_related("institution").order_by("institution", "period"):
        expected, booked = _expected(month, rule_books), _booked(month)
        for account in sorted({*expected, *booked}):
            if expected.get(account, 0) != booked.get(account, 0):
                yield Finding(
                    code="ledger.events_off",
                    severity=Severity.BLOCKING,
                    message=f"{month.institution.code} {month.period} 科目 {account} 由收费生成的凭证合计"
                    f" {from_fen(booked.get(account, 0)):,} 元，收费明细为 {from_fen(expected.get(account, 0)):,} 元。",
                    subject=f"{month.institution.code} {month.period} {account}",
                )


def _booked(month: EventMonth) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(_BOOKED, [month.institution_id, month.period, CHARGE_INCOME])
        return dict(cursor.fetchall())


def _expected(month: EventMonth, rule_books: dict[int, Any]) -> dict[str, int]:
    """By account, through the rules by which each event was booked."""
    kind = events.event_type(CHARGE_INCOME)
    if kind is None:
        return {}
    rules = dict(
        EventBooking.objects.filter(
            institution=month.institution, period=month.period, event_type=CHARGE_INCOME, is_current=True
        ).values_list("event_key", "rules")
    )
    sums: dict[str, int] = defaultdict(int)
    for (day, setting), lines in _lines(month).items():
        key = f"{day} {SETTINGS[setting]}"
        postings = events.postings_of(kind, rule_books.get(rules.get(key) or 0, {}))
        if key not in rules:
            sums[f"({key} 未记账)"] += sum(sum(line.amounts.values()) for line in lines)
            continue
        draft = entry_of(BusinessEvent(CHARGE_INCOME, key, day, key, tuple(lines)), kind.form, postings)
        for leg in _financial(draft.entry.legs if draft.entry else ()):
            sums[leg.account] += leg.credit
    return {account: fen for account, fen in sums.items() if fen}


def _financial(legs: tuple[Leg, ...]) -> Iterator[Leg]:
    """Credits of the financial books: accounts 1 to 5 (政府会计制度)."""
    return (leg for leg in legs if leg.account[:1] < "6")


def _lines(month: EventMonth) -> dict[tuple[Any, str], list[EventLine]]:
    period = Period.parse(month.period)
    items = items_as_of(month.institution, period.last_day, month.sequence)
    sql = _FACTS.format(encounter_holds=as_of_sql("e", month.sequence), line_holds=as_of_sql("l", month.sequence))
    sums: dict[tuple[Any, str, str], list[int]] = defaultdict(lambda: [0, 0])
    with connection.cursor() as cursor:
        cursor.execute(sql, {"institution": month.institution_id, "month": period.first_day, "until": month.until})
        for day, setting, item, insured, amount in cursor.fetchall():
            both = sums[day, setting, items[item].fee_class if item in items else ""]
            both[0] += insured
            both[1] += amount - insured
    found: dict[tuple[Any, str], list[EventLine]] = defaultdict(list)
    for (day, setting, fee_class), (insured, own) in sums.items():
        found[day, setting].append(
            EventLine({"setting": setting, "fee_class": fee_class}, {"insured": insured, "own": own})
        )
    return found
