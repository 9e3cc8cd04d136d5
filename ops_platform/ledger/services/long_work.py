"""The long work of the ledger: booking a month's events, what that would do, other rules tried on a month, exports."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from ops_platform.kernel import Actor, Conflict, Period, digest_of
from ops_platform.ledger.engine.rule_books import read_rule_book
from ops_platform.ledger.models import Errand, ExportTemplate
from ops_platform.ledger.selectors.access import READERS
from ops_platform.ledger.selectors.outlook import told_outlook
from ops_platform.ledger.selectors.rule_preview import told_preview
from ops_platform.ledger.services import errands
from ops_platform.ledger.services.errands import Wish, Work
from ops_platform.ledger.services.events import BOOKERS, book_events, why_left_alone
from ops_platform.ledger.services.exporting import BuiltFile, WantedExport, build, hand_over, snapshot
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.services.periods import access_institution


@transaction.atomic
def ask_booking(actor: Actor, *, institution: Institution, period: Period) -> Errand:
    """Have the month's events booked. Raises Conflict for a month that is left alone."""
    access_institution(actor, institution.pk, *BOOKERS)
    skipped = why_left_alone(institution, period)
    if skipped:
        raise Conflict("ledger.events_left_alone", skipped, period=str(period))
    wish = Wish(Errand.Kind.BOOKING, institution, period)
    return errands.under_way(wish) or errands.begin(actor, wish)


def _book(actor: Actor, errand: Errand, _prepared: None) -> dict[str, Any]:
    done = book_events(actor, institution=errand.institution, period=Period.parse(errand.period))
    if done.skipped:
        raise Conflict("ledger.events_left_alone", done.skipped, period=errand.period)
    return {
        "booked": done.booked,
        "taken_back": done.taken_back,
        "standing": done.standing,
        "findings": len(done.findings),
    }


@transaction.atomic
def ask_outlook(actor: Actor, *, institution: Institution, period: Period) -> Errand:
    """Have it worked out what booking the month would do."""
    access_institution(actor, institution.pk, *READERS)
    wish = Wish(Errand.Kind.OUTLOOK, institution, period)
    return errands.under_way(wish) or errands.begin(actor, wish)


def _look(errand: Errand) -> dict[str, Any]:
    return told_outlook(errand.institution, Period.parse(errand.period))


@transaction.atomic
def ask_preview(actor: Actor, *, institution: Institution, period: Period, body: Mapping[str, Any]) -> Errand:
    """Have other rules tried on the month; the same rules on the same month are one errand, whoever asks."""
    access_institution(actor, institution.pk, *READERS)
    wish = Wish(Errand.Kind.PREVIEW, institution, period, {"body": dict(body)}, subject=digest_of(body))
    return errands.under_way(wish) or errands.begin(actor, wish)


def _try(errand: Errand) -> dict[str, Any]:
    book, _faults = read_rule_book(errand.wanted["body"])
    return told_preview(errand.institution, Period.parse(errand.period), book)


@transaction.atomic
def ask_export(
    actor: Actor,
    *,
    institution: Institution,
    period: Period,
    template: str,
    file_format: str = "xlsx",
    again: bool = False,
) -> Errand:
    """Have the month's vouchers that were not exported yet made into a file, with `again` all of them, which is noted.
    Which vouchers is settled now. Raises Conflict when there is none, or a month's other file is being made."""
    wanted = snapshot(
        actor, institution=institution, period=period, template=template, file_format=file_format, again=again
    )
    told = {"template": template, "file_format": file_format, "again": again, "up_to": wanted.up_to}
    wish = Wish(Errand.Kind.EXPORT, institution, period, told)
    found = errands.under_way(wish)
    if found:
        return errands.same_or_conflict(found, wish, but=("up_to",))
    return errands.done_just_now(actor, wish) or errands.begin(actor, wish)


def _build(errand: Errand) -> BuiltFile:
    told = errand.wanted
    template = ExportTemplate.objects.get(code=told["template"])
    period = Period.parse(errand.period)
    wanted = WantedExport(errand.institution, period, template, told["file_format"], told["again"], told["up_to"])
    return build(wanted, timezone.now())


def _hand_over(actor: Actor, _errand: Errand, built: BuiltFile) -> dict[str, Any]:
    export = hand_over(actor, built, timezone.now())
    return {"export": export.pk, "entries": export.entries, "repeated": export.repeated, "lines": export.lines}


WORKS: Mapping[str, Work] = {
    Errand.Kind.BOOKING: Work(complete=_book),
    Errand.Kind.PREVIEW: Work(complete=lambda _actor, _errand, found: found, prepare=_try),
    Errand.Kind.EXPORT: Work(complete=_hand_over, prepare=_build),
    Errand.Kind.OUTLOOK: Work(complete=lambda _actor, _errand, found: found, prepare=_look),
}


def do_errand(errand_id: int) -> None:
    """Do one errand. Safe to repeat."""
    errands.do(errand_id, WORKS)


@transaction.atomic
def ask_again(actor: Actor, errand: Errand) -> Errand:
    """Ask anew for what an errand that ended was to do, in one's own name."""
    scope: dict[str, Any] = {"institution": errand.institution, "period": Period.parse(errand.period)}
    if errand.kind == Errand.Kind.BOOKING:
        return ask_booking(actor, **scope)
    if errand.kind == Errand.Kind.OUTLOOK:
        return ask_outlook(actor, **scope)
    told = {name: value for name, value in errand.wanted.items() if name != "up_to"}
    ask = ask_preview if errand.kind == Errand.Kind.PREVIEW else ask_export
    return ask(actor, **scope, **told)
