"""Writing another rule book: a draft of one's own, kept at each step, submitted for approval in the end.

Every change names the draft that stood on the page (`seen`): two windows of the same person never write over each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, NotFound, digest_of
from ops_platform.ledger import events
from ops_platform.ledger.engine.rule_books import read_rule_book
from ops_platform.ledger.models import VoucherRulesDraft, VoucherRulesProposal
from ops_platform.ledger.selectors.voucher_rules import access_proposal, access_version, check_rules, rules_at
from ops_platform.ledger.services.voucher_rules import MOST_BYTES, RULERS, WantedRules, propose_voucher_rules

MOST_POSTINGS = 200


@dataclass(frozen=True, slots=True)
class RulePlace:
    """A posting of a draft: its type and its number among those of the type, from 1; 0 for a new one at the end."""

    event_type: str
    number: int = 0


def own_draft(actor: Actor) -> VoucherRulesDraft | None:
    """What the actor is writing."""
    if actor.user is None:
        return None
    return VoucherRulesDraft.objects.select_related("based_on").filter(person=actor.user).first()


def token_of(draft: VoucherRulesDraft) -> str:
    """By which a page says which draft it shows."""
    return digest_of(draft.body)


@transaction.atomic
def begin_draft(actor: Actor, *, version: int | None = None, proposal: int | None = None) -> VoucherRulesDraft:
    """Begin with a version, with what somebody once asked for, or with the rules that hold today. Who has a draft keeps it.

    Raises Forbidden, NotFound.
    """
    person = _ruler(actor)
    rules = rules_at(timezone.localdate()).row
    body: Any = rules.body if rules else {}
    if version is not None:
        rules = access_version(version)
        body = rules.body
    if proposal is not None:
        body = access_proposal(proposal).body
    draft, _made = VoucherRulesDraft.objects.get_or_create(person_id=person, defaults={"body": body, "based_on": rules})
    return draft


@transaction.atomic
def keep_posting(actor: Actor, *, seen: str, place: RulePlace, posting: Mapping[str, Any]) -> None:
    """Write a posting into the draft: a new one at the end of its type, or in place of the one with that number.

    Raises Conflict when the draft is another one by now, Invalid for a title that another posting of the type has.
    """
    draft = _held(actor, seen)
    rows = _rows(draft, place.event_type)
    others = [row for number, row in enumerate(rows, start=1) if number != place.number]
    if any(row.get("title") == posting["title"] for row in others):
        raise Invalid(
            "ledger.rule_title_taken", f"这类业务已有名为「{posting['title']}」的规则，请另取名称。", field="title"
        )
    if place.number:
        _row(rows, place.number)
        rows[place.number - 1] = dict(posting)
    elif sum(len(each) for each in draft.body.values()) >= MOST_POSTINGS:
        raise Invalid("ledger.rule_book_too_large", "凭证规则过大，请合并规则。")
    else:
        rows.append(dict(posting))
    draft.body = {**draft.body, place.event_type: rows}
    draft.save(update_fields=["body", "changed_at"])


@transaction.atomic
def arrange_posting(actor: Actor, *, seen: str, place: RulePlace, do: str) -> None:
    """Move a posting `up` or `down` among those of its type, or `drop` it. Raises Conflict, NotFound, Invalid."""
    draft = _held(actor, seen)
    rows = _rows(draft, place.event_type)
    row = _row(rows, place.number)
    at = place.number - 1
    if do == "drop":
        del rows[at]
    elif do in ("up", "down"):
        del rows[at]
        rows.insert(max(at - 1, 0) if do == "up" else at + 1, row)
    else:
        raise Invalid("ledger.unknown_change", "请从凭证规则草稿页面操作。")
    body = {**draft.body, place.event_type: rows}
    draft.body = {code: each for code, each in body.items() if each}
    draft.save(update_fields=["body", "changed_at"])


@transaction.atomic
def replace_draft(actor: Actor, *, body: Any) -> VoucherRulesDraft:
    """Take a whole rule book as the draft, from a file. Raises Invalid with the place of each fault of its form."""
    person = _ruler(actor)
    if len(str(body)) > MOST_BYTES:
        raise Invalid("ledger.rule_book_too_large", "凭证规则过大，请合并规则。", field="file")
    _book, faults = read_rule_book(body, {code: form.title for code, form in events.forms().items()})
    if faults:
        raise Invalid(
            "ledger.rule_book",
            " ".join(fault.message for fault in faults[:5]),
            field="file",
            faults=[{"message": fault.message, "place": fault.subject} for fault in faults],
        )
    draft, _made = VoucherRulesDraft.objects.update_or_create(
        person_id=person, defaults={"body": body, "based_on": rules_at(timezone.localdate()).row}
    )
    return draft


@transaction.atomic
def discard_draft(actor: Actor) -> None:
    """Give the draft up. A repeat changes nothing."""
    VoucherRulesDraft.objects.filter(person=_ruler(actor)).delete()


@transaction.atomic
def submit_draft(actor: Actor, *, seen: str, effective_from: date, note: str) -> tuple[VoucherRulesProposal, int]:
    """Ask for the draft; the draft is gone (number of the matter). Raises as `propose_voucher_rules`, and Conflict where it
    changes nothing of what holds on that day."""
    draft = _held(actor, seen)
    held = rules_at(effective_from).row
    if held is not None and held.body == draft.body:
        raise Conflict("ledger.rules_unchanged", "草稿与那一天适用的凭证规则相同，不需要审批。请先修改草稿。")
    made = propose_voucher_rules(actor, WantedRules(draft.body, effective_from, note))
    draft.delete()
    return made


def faults_of_draft(draft: VoucherRulesDraft) -> tuple[str, ...]:
    """What keeps the draft from being submitted, in words."""
    return tuple(dict.fromkeys(fault.message for fault in check_rules(draft.body, timezone.localdate())))


def _ruler(actor: Actor) -> int:
    if actor.user is None or not actor.has(*RULERS):
        raise Forbidden("ledger.not_allowed", "只有运营管理中心可以修改医共体统一的凭证规则。")
    return actor.user


def _held(actor: Actor, seen: str) -> VoucherRulesDraft:
    """The actor's draft under its row lock."""
    rows = VoucherRulesDraft.objects.select_for_update(of=("self",)).filter(person=_ruler(actor))
    draft = rows.first()
    if draft is None:
        raise NotFound("ledger.no_rules_draft", "没有正在起草的凭证规则，请从「凭证规则」页面起草。")
    if token_of(draft) != seen:
        raise Conflict("ledger.rules_draft_changed", "草稿已在别的窗口改过，下面是现在的草稿，请重新修改。")
    return draft


def _rows(draft: VoucherRulesDraft, event_type: str) -> list[dict[str, Any]]:
    if events.event_type(event_type) is None:
        raise NotFound("ledger.no_event_type", "没有这种业务类型。")
    return list(draft.body.get(event_type, []))


def _row(rows: list[dict[str, Any]], number: int) -> dict[str, Any]:
    if not 1 <= number <= len(rows):
        raise NotFound("ledger.no_rule", "草稿中没有这条规则，请刷新后重试。")
    return rows[number - 1]
