"""Who may read statements, and of whom."""

from django.db.models import QuerySet

from ops_platform.kernel import Actor, Forbidden, NotFound, Role
from ops_platform.masterdata.models import Institution

READERS = (Role.FINANCE_DIRECTOR, Role.OPERATION_CENTRE, Role.LEADERSHIP, Role.AUDITOR)
WHOLE_READERS = (Role.OPERATION_CENTRE, Role.LEADERSHIP, Role.AUDITOR)


def institutions(*, actor: Actor) -> QuerySet[Institution]:
    """Institutions whose statements the actor may read, by code."""
    return Institution.objects.visible_to(actor, *READERS).order_by("code")


def access_institution(*, actor: Actor, institution_id: int) -> Institution:
    """One of them. Raises NotFound for all others."""
    row = institutions(actor=actor).filter(pk=institution_id).first()
    if row is None:
        raise NotFound("ledger.no_institution", "没有这个机构。")
    return row


def refuse_without_the_whole(*, actor: Actor) -> None:
    """Figures of the whole are for those who see all members. Raises Forbidden for a role held in single institutions."""
    if not actor.has(*READERS) or actor.institutions(*READERS) is not None:
        raise Forbidden(
            "ledger.whole_readers", "合并报表只对能看全部成员单位的人员开放。本机构的报表请见「机构报表」。"
        )
