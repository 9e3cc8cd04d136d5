"""Vouchers by hand: made by one person, reviewed by another, posted in the transaction of the reviewer's signature."""

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from django.db import connection, transaction

from ops_platform.audit.public import record
from ops_platform.documents.public import CheckedFile, attach
from ops_platform.kernel import Actor, Conflict, Forbidden, NotFound, Role
from ops_platform.ledger.engine.entry import EntryInput, Leg
from ops_platform.ledger.models import Entry, PendingEntry, Voucher
from ops_platform.ledger.selectors.access import named_institution
from ops_platform.ledger.services import pending as pendings
from ops_platform.ledger.services.booking import lock_books
from ops_platform.ledger.services.reversing import red_entry
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.services.periods import access_institution
from workflows.public import courses_of, hold_returned, start

KIND = "ledger.voucher"
SOURCE = "ledger.voucher"
MAKERS = (Role.FINANCE_OFFICER, Role.FINANCE_DIRECTOR, Role.OPERATION_CENTRE)


@transaction.atomic
def make_voucher(
    actor: Actor,
    *,
    institution_id: int,
    day: date,
    summary: str,
    legs: Sequence[Leg],
    files: Iterable[CheckedFile] = (),
    once: UUID | None = None,
) -> tuple[Voucher, int]:
    """Make a voucher and submit it for review with its attachments; returns it with the number of its matter.

    Its amounts are held from now on where an account has a floor. With a key `once` the same form sent twice is one voucher.
    Raises Invalid and Conflict as booking does, Conflict also where the key stands for other content.
    """
    institution, maker = _maker_at(actor, institution_id)
    if once is not None and (earlier := _made_already(once)):
        _refuse_other_content(actor, earlier, institution, day=day, summary=summary, legs=legs)
        return earlier, _matter_of(earlier)
    voucher = Voucher.objects.create(institution=institution, maker_id=maker, once=once)
    voucher.pending = pendings.hold(
        actor, institution=institution, entry=_entry(voucher, day=day, summary=summary, legs=legs)
    )
    voucher.save(update_fields=["pending"])
    return voucher, _submit(actor, voucher, files)


@transaction.atomic
def ask_reversal(actor: Actor, *, entry_id: int, day: date, reason: str) -> tuple[Voucher, int]:
    """Ask to take a posted entry back in red; a second person reviews it as any voucher by hand."""
    row = Entry.objects.select_related("institution").filter(pk=entry_id).first()
    if row is None:
        raise NotFound("ledger.no_entry", "没有这张凭证。")
    institution, maker = _maker_at(actor, row.institution_id)
    lock_books([institution])
    if Voucher.objects.filter(reverses=row, state=Voucher.State.SUBMITTED).exists():
        raise Conflict("ledger.reversal_under_way", "该凭证的冲销正在审核中。")
    entry = red_entry(row, day=day, reason=reason)
    voucher = Voucher.objects.create(institution=institution, maker_id=maker, reverses=row)
    voucher.pending = pendings.hold(
        actor,
        institution=institution,
        entry=_entry(voucher, day=day, summary=entry.summary, legs=entry.legs),
        mirror=True,
    )
    voucher.save(update_fields=["pending"])
    return voucher, _submit(actor, voucher, ())


@transaction.atomic
def change_voucher(actor: Actor, *, voucher_id: int, day: date, summary: str, legs: Sequence[Leg]) -> Voucher:
    """Change a voucher that was returned: what it held is freed, what it says now is held. Its maker only."""
    voucher = own_voucher(actor, voucher_id)
    hold_returned(actor, kind=KIND, subject=str(voucher.pk))
    voucher = Voucher.objects.select_for_update(of=("self",)).select_related("institution").get(pk=voucher.pk)
    if voucher.reverses_id is not None:
        raise Conflict("ledger.reversal_is_whole", "冲销凭证的分录不能修改，请撤回后重新发起。")
    pendings.void(actor, pending_id=voucher.pending_id or 0, remark="退回后修改")
    voucher.revision += 1
    voucher.pending = pendings.hold(
        actor, institution=voucher.institution, entry=_entry(voucher, day=day, summary=summary, legs=legs)
    )
    voucher.save(update_fields=["pending", "revision"])
    record(
        actor,
        "ledger.voucher_changed",
        institution=voucher.institution.code,
        subject_type="voucher",
        subject=voucher.pk,
        detail={"revision": voucher.revision},
    )
    return voucher


def own_voucher(actor: Actor, voucher_id: int) -> Voucher:
    """A voucher that the actor made. Raises NotFound for all others."""
    rows = Voucher.objects.select_related("institution", "pending").filter(pk=voucher_id, maker=actor.user)
    voucher = rows.first()
    if voucher is None:
        raise NotFound("ledger.no_voucher", "没有这张手工凭证。")
    return voucher


def post_voucher(actor: Actor, *, voucher_id: int) -> Entry:
    """The reviewer agreed: post it, in their transaction."""
    voucher = _locked(voucher_id)
    row = pendings.post(actor, pending_id=voucher.pending_id or 0, reverses=voucher.reverses)
    voucher.state = Voucher.State.POSTED
    voucher.save(update_fields=["state"])
    return row


def void_voucher(actor: Actor, *, voucher_id: int, remark: str) -> None:
    """It was refused or taken back: nothing is booked, nothing held."""
    voucher = _locked(voucher_id)
    pendings.void(actor, pending_id=voucher.pending_id or 0, remark=remark)
    voucher.state = Voucher.State.VOIDED
    voucher.save(update_fields=["state"])


def _locked(voucher_id: int) -> Voucher:
    voucher = Voucher.objects.select_for_update(of=("self",)).select_related("reverses").filter(pk=voucher_id).first()
    if voucher is None:
        raise NotFound("ledger.no_voucher", "没有这张手工凭证。")
    return voucher


def _maker_at(actor: Actor, institution_id: int) -> tuple[Institution, int]:
    """The institution for which a person may make vouchers, and who they are."""
    if actor.user is None:
        raise Forbidden("ledger.persons_only", "手工凭证只能由登录的人员制单。")
    access_institution(actor, institution_id, *MAKERS)
    return named_institution(institution_id), actor.user


def _made_already(once: UUID) -> Voucher | None:
    """What the form with this key made before; two that arrive at the same moment wait for each other here."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [once.int % 2**63])
    return Voucher.objects.filter(once=once).first()


def _refuse_other_content(
    actor: Actor, earlier: Voucher, institution: Institution, *, day: date, summary: str, legs: Sequence[Leg]
) -> None:
    """Whoever sends a key again must say the same as the first time, whatever became of the voucher since."""
    first = _entry(earlier, revision=1, day=day, summary=summary, legs=legs)
    same = PendingEntry.objects.filter(
        institution=institution, source=SOURCE, key=first.key, digest=first.digest, maker=actor.user
    )
    if not same.exists():
        raise Conflict(
            "ledger.key_reused",
            "这个提交编号已用于另一张内容不同的凭证，本次没有制单。请重新打开制单页，或换一个编号。",
            field="once",
        )


def _matter_of(voucher: Voucher) -> int:
    return courses_of(KIND, [str(voucher.pk)])[str(voucher.pk)].matter


def _entry(
    voucher: Voucher, *, day: date, summary: str, legs: Sequence[Leg], revision: int | None = None
) -> EntryInput:
    return EntryInput(
        day=day,
        summary=summary,
        source=SOURCE,
        key=f"{voucher.pk}/{revision or voucher.revision}",
        document=str(voucher.pk),
        legs=tuple(legs),
    )


def _submit(actor: Actor, voucher: Voucher, files: Iterable[CheckedFile]) -> int:
    attach(actor, owner_type=KIND, owner_id=str(voucher.pk), institution=voucher.institution, files=files)
    pending = voucher.pending
    record(
        actor,
        "ledger.voucher_made",
        institution=voucher.institution.code,
        subject_type="voucher",
        subject=voucher.pk,
        detail={"summary": pending.summary if pending else "", "reverses": voucher.reverses_id or 0},
    )
    return start(actor, kind=KIND, subject=str(voucher.pk))
