"""Pending entries: made and held, then posted, voided or expired, each once."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from ops_platform.kernel import Actor, Conflict, NotFound, from_fen
from ops_platform.ledger.engine.entry import EntryInput, words
from ops_platform.ledger.models import Entry, EntryKind, PendingEntry, PendingLeg
from ops_platform.ledger.refusals import in_words
from ops_platform.ledger.selectors.chart import accounts_of, chart_at
from ops_platform.ledger.services.booking import Booking, book, check, refuse_closed, settle_deferred
from ops_platform.ledger.services.contents import content_of
from ops_platform.ledger.services.dimensions import numbers_of
from ops_platform.masterdata.models import Institution

MOST_EXPIRED_AT_ONCE = 200


@transaction.atomic
def hold(
    actor: Actor,
    *,
    institution: Institution,
    entry: EntryInput,
    expires_at: datetime | None = None,
    mirror: bool = False,
) -> PendingEntry:
    """Make a pending entry: on accounts with a floor its amounts are held until it is resolved.

    A `mirror` takes an entry back. A repeat with the same content gives the one that is there.
    Raises Invalid and Conflict as booking does.
    """
    known = PendingEntry.objects.filter(institution=institution, source=entry.source, key=entry.key).first()
    if known:
        return _same(known, entry)
    if Entry.objects.filter(institution=institution, source=entry.source, key=entry.key).exists():
        raise Conflict("ledger.key_reused", f"来源编号 {entry.key} 已经记账，请换一个编号。", key=entry.key)
    rows = accounts_of(institution, {leg.account for leg in entry.legs})
    check(entry, chart_at(rows, entry.day), mirror=mirror)
    refuse_closed(institution, {entry.day})
    dimensions = numbers_of({leg.dimensions for leg in entry.legs})
    pending = PendingEntry(
        institution=institution,
        day=entry.day,
        summary=words(entry.summary),
        source=entry.source,
        key=entry.key,
        digest=entry.digest,
        document=entry.document,
        leg_count=len(entry.legs),
        made_by=actor.name,
        maker_id=actor.user,
        made_at=timezone.now(),
        expires_at=expires_at,
    )
    try:
        with transaction.atomic():
            pending.save()
    except IntegrityError:  # somebody else made it at this moment
        return _same(PendingEntry.objects.get(institution=institution, source=entry.source, key=entry.key), entry)
    with in_words(institution):
        PendingLeg.objects.bulk_create(
            PendingLeg(
                pending=pending,
                position=position,
                account=rows[leg.account],
                dimension_id=dimensions[leg.dimensions],
                debit=from_fen(leg.debit),
                credit=from_fen(leg.credit),
                summary=words(leg.summary),
            )
            for position, leg in enumerate(entry.legs, start=1)
        )
        settle_deferred()
    return pending


def _same(known: PendingEntry, entry: EntryInput) -> PendingEntry:
    if known.digest != entry.digest:
        raise Conflict(
            "ledger.key_reused", f"来源编号 {entry.key} 已有内容不同的待记账凭证，请换一个编号。", key=entry.key
        )
    return known


@transaction.atomic
def post(actor: Actor, *, pending_id: int, reverses: Entry | None = None) -> Entry:
    """Post a pending entry. Its maker stays its maker, the actor is its checker and must be another. A repeat
    gives its entry.

    Raises Conflict when it was voided or has expired, its month is closed, or the maker posts it.
    """
    pending = locked(pending_id)
    if pending.state == PendingEntry.State.POSTED and pending.entry:
        return pending.entry
    _refuse_resolved(pending)
    if pending.maker_id is not None and pending.maker_id == actor.user:
        raise Conflict("ledger.own_entry", "制单人不能审核自己的凭证，请由另一人审核。")
    if pending.expires_at and pending.expires_at <= timezone.now():
        raise Conflict("ledger.expired", "这张待记账凭证已过有效期，请重新制单。")
    entry = content_of(pending)
    booking = Booking(
        entry=entry,
        kind=EntryKind.REVERSAL if reverses else EntryKind.ORDINARY,
        reverses=reverses,
        pending=pending,
    )
    return book(actor, institution=pending.institution, entry=entry, booking=booking)


@transaction.atomic
def void(actor: Actor, *, pending_id: int, remark: str = "") -> PendingEntry:
    """Give a pending entry up (作废): what it held is free again. A repeat changes nothing."""
    pending = locked(pending_id)
    if pending.state == PendingEntry.State.VOIDED:
        return pending
    _refuse_resolved(pending)
    return _resolve(actor, pending, PendingEntry.State.VOIDED, remark)


def expire_due(actor: Actor) -> int:
    """Let pending entries expire whose time is over, each in a transaction of its own; returns how many."""
    due = PendingEntry.objects.filter(state=PendingEntry.State.PENDING, expires_at__lte=timezone.now())
    count = 0
    for number in list(due.order_by("expires_at", "id").values_list("pk", flat=True)[:MOST_EXPIRED_AT_ONCE]):
        with transaction.atomic():
            pending = locked(number)
            if pending.state == PendingEntry.State.PENDING:
                _resolve(actor, pending, PendingEntry.State.EXPIRED, "")
                count += 1
    return count


def locked(pending_id: int) -> PendingEntry:
    """One pending entry under its row lock. Raises NotFound."""
    row = (
        PendingEntry.objects.select_for_update(of=("self",)).select_related("institution").filter(pk=pending_id).first()
    )
    if row is None:
        raise NotFound("ledger.no_pending", "没有这张待记账凭证。")
    return row


def _refuse_resolved(pending: PendingEntry) -> None:
    if pending.state != PendingEntry.State.PENDING:
        raise Conflict(
            "ledger.resolved_already",
            f"这张凭证{PendingEntry.State(pending.state).label}，不能再处理。",
            state=pending.state,
        )


def _resolve(actor: Actor, pending: PendingEntry, state: str, remark: str) -> PendingEntry:
    pending.state, pending.resolved_at, pending.resolved_by = state, timezone.now(), actor.name
    pending.remark = words(remark)[:200]
    pending.save(update_fields=["state", "resolved_at", "resolved_by", "remark"])
    return pending
