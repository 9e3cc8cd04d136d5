"""Taking entries back: the whole entry once more in red, never a change."""

from datetime import date

from django.db import transaction

from ops_platform.kernel import Actor, Conflict, Invalid, NotFound
from ops_platform.ledger.engine.entry import EntryInput, red, words
from ops_platform.ledger.models import Entry, EntryKind
from ops_platform.ledger.services.booking import Booking, book, lock_books
from ops_platform.ledger.services.contents import content_of


def red_entry(row: Entry, *, day: date, reason: str) -> EntryInput:
    """What takes the entry back on a day. Raises Conflict when that was done already, or it is itself a reversal."""
    if row.kind == EntryKind.REVERSAL:
        raise Conflict("ledger.reversal_of_reversal", "冲销凭证不能再冲销，请重新记账。")
    taken_back = Entry.objects.filter(reverses=row).first()
    if taken_back:
        raise Conflict(
            "ledger.reversed_already",
            f"该凭证已由 {taken_back.period} 第 {taken_back.voucher_no} 号凭证冲销。",
            entry=taken_back.pk,
        )
    if not reason.strip():
        raise Invalid("ledger.reason_missing", "请填写冲销原因。", field="reason")
    if day < row.day:
        raise Invalid("ledger.reversal_before_original", f"冲销日期不能早于原凭证日期 {row.day}。", field="day")
    summary = words(f"冲销 {row.period} 第 {row.voucher_no} 号：{reason}")[:200]
    return red(content_of(row), day=day, summary=summary, key=f"冲销 {row.number}")


@transaction.atomic
def reverse(actor: Actor, *, entry_id: int, day: date, reason: str) -> Entry:
    """Take an entry back in full on a day (红字冲销). A repeat gives the reversal that is there."""
    row = Entry.objects.select_related("institution").filter(pk=entry_id).first()
    if row is None:
        raise NotFound("ledger.no_entry", "没有这张凭证。")
    lock_books([row.institution])
    done = Entry.objects.filter(reverses=row).first()
    if done:
        return done
    entry = red_entry(row, day=day, reason=reason)
    booking = Booking(entry, kind=EntryKind.REVERSAL, reverses=row)
    return book(actor, institution=row.institution, entry=entry, booking=booking)
