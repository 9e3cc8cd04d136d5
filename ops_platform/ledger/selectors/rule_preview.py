"""What another rule book would book of a month that has happened, against the rules that hold."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from ops_platform.his_intake.public import last_sequence
from ops_platform.kernel import Period
from ops_platform.ledger.engine.chart import Dimensions
from ops_platform.ledger.engine.entry import Leg
from ops_platform.ledger.engine.voucher_rules import RuleBook
from ops_platform.ledger.selectors.events import DraftedEvent, Drafting, events_of, input_digest_of
from ops_platform.ledger.selectors.voucher_rules import RulesAt, rules_of_month
from ops_platform.ledger.selectors.words import Legs, leg_words
from ops_platform.masterdata.models import Institution

MOST_KEPT = 1_000  # differences that are kept in words; nobody reads more, and all are counted


@dataclass(frozen=True, slots=True)
class Difference:
    """An event that would be booked otherwise: the legs that fall away and those that come."""

    before: DraftedEvent
    after: DraftedEvent
    gone: tuple[Leg, ...]
    come: tuple[Leg, ...]


@dataclass(frozen=True, slots=True)
class AccountDifference:
    """An account whose turnover would be another one: fen on each side before and after."""

    account: str
    debit_before: int
    credit_before: int
    debit_after: int
    credit_after: int


@dataclass(frozen=True, slots=True)
class RulePreview:
    """A month booked both ways. `unplaced_before` and `unplaced_after` count events that have no place."""

    events: int
    differences: tuple[Difference, ...]
    accounts: tuple[AccountDifference, ...]
    unplaced_before: int
    unplaced_after: int


def preview_rules(institution: Institution, period: Period, book: RuleBook) -> RulePreview:
    """What would be booked of the month if the rule book held for all of it, against what the rules that hold make of it.
    Nothing is booked. Facts are read once."""
    now = Drafting(institution, rules_of_month(period))
    then = Drafting(institution, (RulesAt(date.min, None, book),))
    count, unplaced = 0, [0, 0]
    differences, sums = [], defaultdict[str, list[int]](lambda: [0, 0, 0, 0])
    for kind, event in events_of(institution, period, last_sequence(institution)):
        before, after = now.draft(kind, event), then.draft(kind, event)
        count += 1
        for side, drafted in enumerate((before, after)):
            unplaced[side] += bool(drafted.draft.findings)
            for leg in _legs(drafted):
                sums[leg.account][side * 2] += leg.debit
                sums[leg.account][side * 2 + 1] += leg.credit
        if before.draft.digest != after.draft.digest or before.draft.findings != after.draft.findings:
            gone, come = _apart(_legs(before), _legs(after))
            differences.append(Difference(before, after, gone, come))
    moved = [AccountDifference(account, *each) for account, each in sorted(sums.items()) if each[:2] != each[2:]]
    return RulePreview(count, tuple(differences), tuple(moved), unplaced[0], unplaced[1])


def told_preview(institution: Institution, period: Period, book: RuleBook) -> dict[str, Any]:
    """The preview as it is kept and shown: counts, accounts in fen, the first differences in words. `input` is what it was
    made from: a preview holds as long as `input_digest_of` the month is that."""
    told = input_digest_of(institution, period)
    found = preview_rules(institution, period, book)
    kept = found.differences[:MOST_KEPT]
    known = Legs.of(leg for each in kept for leg in (*each.gone, *each.come))
    return {
        "input": told,
        "events": found.events,
        "different": len(found.differences),
        "unplaced_before": found.unplaced_before,
        "unplaced_after": found.unplaced_after,
        "accounts": [
            [row.account, row.debit_before, row.credit_before, row.debit_after, row.credit_after]
            for row in found.accounts
        ],
        "differences": [
            {
                "type": each.before.event.type,
                "key": each.before.event.key,
                "gone": [leg_words(leg, known) for leg in each.gone],
                "come": [leg_words(leg, known) for leg in each.come],
                "findings": [finding.message for finding in each.after.draft.findings],
            }
            for each in kept
        ],
    }


def _legs(drafted: DraftedEvent) -> tuple[Leg, ...]:
    return drafted.draft.entry.legs if drafted.draft.entry else ()


def _apart(before: Iterable[Leg], after: Iterable[Leg]) -> tuple[tuple[Leg, ...], tuple[Leg, ...]]:
    """Legs by account, dimensions and side that are not the same amount on both."""
    old, new = ({_place(leg): leg for leg in legs} for legs in (before, after))
    gone = tuple(leg for place, leg in old.items() if new.get(place) != leg)
    come = tuple(leg for place, leg in new.items() if old.get(place) != leg)
    return gone, come


def _place(leg: Leg) -> tuple[str, bool, Dimensions]:
    return leg.account, bool(leg.credit), leg.dimensions
