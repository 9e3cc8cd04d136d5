"""Reads of the audit chain."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from ops_platform.audit import chain
from ops_platform.audit.models import AuditEvent
from ops_platform.audit.registry import institution_names
from ops_platform.kernel import Actor, NotFound, Role

AUDITORS = (Role.AUDITOR,)
HEADS = (Role.FINANCE_DIRECTOR, Role.INSTITUTION_HEAD)
ADMINISTRATORS = (Role.SYSTEM_ADMIN,)
READERS = (*AUDITORS, *HEADS, *ADMINISTRATORS)
ADMINISTRATIVE = ("identity.", "masterdata.reference")


def events(*, actor: Actor) -> QuerySet[AuditEvent]:
    """Events that the actor may see, newest first.

    Auditors see all (of their institutions, when bound to some), administrators what is no business, heads their own
    institution's.
    """
    seen = _of_institutions(actor, AUDITORS, everything=True) | _of_institutions(actor, HEADS, everything=False)
    if actor.has(*ADMINISTRATORS):
        for start in ADMINISTRATIVE:
            seen |= Q(action__startswith=start)
    return AuditEvent.objects.filter(seen).order_by("-number")


def _of_institutions(actor: Actor, roles: tuple[Role, ...], *, everything: bool) -> Q:
    """Events of the institutions in which a role holds. `everything`: also those of none, for a role without bounds."""
    reach = actor.institutions(*roles)
    if reach is None:
        return Q(number__gt=0) if everything else ~Q(institution="")
    return Q(institution__in=list(institution_names(reach))) if reach else Q(number=0)


def event_about(*, actor: Actor, action: str, subject_type: str, subject: str) -> int | None:
    """The number of the latest event of that action about a subject, where the actor may see it: for a page that leads to
    its trace."""
    rows = events(actor=actor).filter(subject_type=subject_type, subject=subject, action=action)
    return rows.values_list("number", flat=True).first()


def access_event(*, actor: Actor, number: int) -> AuditEvent:
    """One event; NotFound for what the actor may not see."""
    event = events(actor=actor).filter(number=number).first()
    if event is None:
        raise NotFound("audit.no_event", "没有这条审计事件。")
    return event


def last_deeds(action: str, *, institutions: Collection[str]) -> dict[tuple[str, str], tuple[datetime, str]]:
    """When and by whom an act was last done in these institutions (codes), by institution and subject. For lists that the
    caller may see anyway; one query."""
    rows = AuditEvent.objects.filter(action=action, institution__in=institutions)
    rows = rows.order_by("institution", "subject", "-number").distinct("institution", "subject")
    return {
        (institution, subject): (at, name)
        for institution, subject, at, name in rows.values_list("institution", "subject", "at", "actor")
    }


@dataclass(frozen=True, slots=True)
class Link:
    """Whether an event stands in the chain as it was written. `follows` and `followed`: it fits the event before and
    the event after (None where there is none)."""

    intact: bool
    follows: bool | None
    followed: bool | None

    @property
    def holds(self) -> bool:
        """Nothing speaks against the event."""
        return self.intact and self.follows is not False and self.followed is not False


def link_of(*, event: AuditEvent) -> Link:
    """Compute the event's hash anew and compare it with its neighbours."""
    neighbours = AuditEvent.objects.filter(number__in=[event.number - 1, event.number + 1]).order_by("number")
    by_number = {neighbour.number: neighbour for neighbour in neighbours}
    before, after = by_number.get(event.number - 1), by_number.get(event.number + 1)
    if before is None:
        follows = event.previous_hash == chain.GENESIS if event.number == 1 else False
    else:
        follows = event.previous_hash == before.hash
    return Link(
        intact=event.hash == chain.hash_of(event),
        follows=follows,
        followed=None if after is None else after.previous_hash == event.hash,
    )
