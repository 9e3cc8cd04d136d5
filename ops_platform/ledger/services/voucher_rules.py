"""The rules by which events become vouchers: asked for by one person, in force when a second one approves."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Max

from ops_platform.audit.public import record
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, Role, digest_of
from ops_platform.ledger.models import VoucherRules, VoucherRulesProposal
from ops_platform.ledger.selectors.voucher_rules import check_rules
from ops_platform.masterdata.models import SourceMark
from workflows.public import start

KIND = "ledger.voucher-rules"
RULERS = (Role.OPERATION_CENTRE,)
LONGEST_NOTE = 300
EARLIEST = date(2019, 1, 1)
MOST_BYTES = 500_000
MOST_FAULTS_TOLD = 5
_LOCK = 7_201_011


@dataclass(frozen=True, slots=True)
class WantedRules:
    """A rule book from a day on, and why."""

    body: Any
    effective_from: date
    note: str


@transaction.atomic
def propose_voucher_rules(actor: Actor, wanted: WantedRules) -> tuple[VoucherRulesProposal, int]:
    """Ask for another rule book; it comes into force when a second person has approved it (number of the matter).

    Raises Invalid with the place of each fault, Conflict while another proposal is under way. Months that are closed keep
    their vouchers whatever the day.
    """
    if actor.user is None or not actor.has(*RULERS):
        raise Forbidden("ledger.not_allowed", "只有运营管理中心可以修改医共体统一的凭证规则。")
    _check(wanted)
    try:
        with transaction.atomic():
            proposal = VoucherRulesProposal.objects.create(
                body=wanted.body, effective_from=wanted.effective_from, note=wanted.note, asked_by_id=actor.user
            )
    except IntegrityError as error:
        raise Conflict("ledger.voucher_rules_asked", "已有凭证规则的变更正在审批，请等审批结束。") from error
    return proposal, start(actor, kind=KIND, subject=str(proposal.pk), comment=wanted.note)


def _check(wanted: WantedRules) -> None:
    if not wanted.note.strip() or not wanted.note.isprintable() or len(wanted.note) > LONGEST_NOTE:
        raise Invalid("ledger.note_missing", f"请用不超过 {LONGEST_NOTE} 字的一行文字说明变更的依据。", field="note")
    if wanted.effective_from < EARLIEST:
        raise Invalid(
            "ledger.rules_too_early", f"生效日期不能早于 {EARLIEST}(政府会计制度施行日)。", field="effective_from"
        )
    if len(str(wanted.body)) > MOST_BYTES:
        raise Invalid("ledger.rule_book_too_large", "凭证规则过大，请合并规则。", field="body")
    faults = check_rules(wanted.body, wanted.effective_from)
    if faults:
        raise Invalid(
            "ledger.rule_book",
            " ".join(fault.message for fault in faults[:MOST_FAULTS_TOLD]),
            field="body",
            faults=[{"message": fault.message, "place": fault.subject} for fault in faults],
        )


@transaction.atomic
def put_rules_in_force(actor: Actor, *, proposal_id: int) -> VoucherRules:
    """The proposal is approved: a version is made of it. Called by the approval only.

    Raises Invalid where the chart has changed since, so that the rules could no longer book.
    """
    proposal = VoucherRulesProposal.objects.select_for_update(of=("self",)).get(pk=proposal_id)
    _check(WantedRules(proposal.body, proposal.effective_from, proposal.note))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    last = VoucherRules.objects.aggregate(last=Max("version"))["last"] or 0
    rules = VoucherRules.objects.create(
        version=last + 1,
        effective_from=proposal.effective_from,
        body=proposal.body,
        note=proposal.note,
        source_mark=SourceMark.DEFAULT,
        made_by=str(proposal.asked_by),
        maker=proposal.asked_by,
        approved_by=actor.name,
    )
    proposal.state, proposal.rules = VoucherRulesProposal.State.IN_FORCE, rules
    proposal.save(update_fields=["state", "rules"])
    record(
        actor,
        "ledger.voucher_rules_changed",
        subject_type="voucher_rules",
        subject=rules.pk,
        detail={
            "version": rules.version,
            "effective_from": rules.effective_from.isoformat(),
            "digest": digest_of(rules.body),
        },
    )
    return rules


def refuse_rules(*, proposal_id: int) -> None:
    """The proposal is refused or withdrawn. Called by the approval only."""
    VoucherRulesProposal.objects.filter(pk=proposal_id).update(state=VoucherRulesProposal.State.REFUSED)
