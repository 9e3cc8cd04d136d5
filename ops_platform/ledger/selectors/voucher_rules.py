"""The voucher rules in force."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from ops_platform.kernel import Finding, NotFound, Period
from ops_platform.ledger import events
from ops_platform.ledger.engine.chart import Account
from ops_platform.ledger.engine.rule_books import faults_of_book, read_rule_book
from ops_platform.ledger.engine.rule_changes import TypeChanges, changes_between
from ops_platform.ledger.engine.voucher_rules import RuleBook
from ops_platform.ledger.models import Account as AccountRow
from ops_platform.ledger.models import VoucherRules, VoucherRulesProposal
from ops_platform.ledger.selectors.chart import chart_at


@dataclass(frozen=True, slots=True)
class RulesAt:
    """A version of the rules from a day on; `row` is None where only what the types ship with holds."""

    since: date
    row: VoucherRules | None
    book: RuleBook


def rules_of_month(period: Period) -> tuple[RulesAt, ...]:
    """The versions that hold on days of the month, the latest first; the last one holds from its first day at least."""
    found: list[RulesAt] = []
    for row in VoucherRules.objects.filter(effective_from__lte=period.last_day).order_by("-effective_from", "-version"):
        if found and found[-1].since == row.effective_from:
            continue
        found.append(RulesAt(row.effective_from, row, read_rule_book(row.body)[0]))
        if row.effective_from <= period.first_day:
            return tuple(found)
    return (*found, RulesAt(date.min, None, {}))


def rules_at(day: date, *, before: int | None = None) -> RulesAt:
    """The version that holds on a day; with `before` the one that would hold if that version and later ones were not."""
    rows = VoucherRules.objects.filter(effective_from__lte=day)
    if before is not None:
        rows = rows.filter(version__lt=before)
    row = rows.order_by("-effective_from", "-version").first()
    return RulesAt(row.effective_from, row, read_rule_book(row.body)[0]) if row else RulesAt(date.min, None, {})


def rules_on(day: date, versions: tuple[RulesAt, ...]) -> RulesAt:
    """Of the versions of a month the one that holds on the day."""
    return next(version for version in versions if version.since <= day)


def unified_chart(day: date) -> Mapping[str, Account]:
    """The accounts that every institution has, as they are on a day."""
    rows = AccountRow.objects.filter(institution=None).order_by("code")
    return chart_at({row.code: row for row in rows}, day)


def check_rules(body: object, day: date) -> tuple[Finding, ...]:
    """What is wrong with a rule book that shall hold from a day on."""
    forms = events.forms()
    book, faults = read_rule_book(body, {code: form.title for code, form in forms.items()})
    return faults or faults_of_book(book, forms, unified_chart(day))


def changes_asked(asked: VoucherRulesProposal) -> tuple[TypeChanges, ...]:
    """What a proposal changes against the rules that hold on its day, or held when it came into force."""
    before = rules_at(asked.effective_from, before=asked.rules.version if asked.rules else None)
    return changes_between(before.book, read_rule_book(asked.body)[0])


def access_version(number: int) -> VoucherRules:
    """A version by its number. Raises NotFound."""
    row = VoucherRules.objects.filter(version=number).first() if number < 2**31 else None
    if row is None:
        raise NotFound("ledger.no_voucher_rules", "没有这一版凭证规则。")
    return row


def access_proposal(number: int) -> VoucherRulesProposal:
    """A proposal. Raises NotFound."""
    row = VoucherRulesProposal.objects.select_related("asked_by", "rules").filter(pk=number).first()
    if row is None:
        raise NotFound("ledger.no_voucher_rules_proposal", "没有这个凭证规则申请。")
    return row
