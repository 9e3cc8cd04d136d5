"""Who may see which books."""

from django.db.models import QuerySet

from ops_platform.kernel import Actor, Forbidden, NotFound, Role
from ops_platform.ledger.models import Entry, PendingEntry, Voucher
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.services import periods as masterdata
from ops_platform.web.numbers import number_of

WHOLE_READERS = (Role.OPERATION_CENTRE, Role.LEADERSHIP, Role.AUDITOR)
KEEPERS = (Role.FINANCE_DIRECTOR, Role.OPERATION_CENTRE)
READERS = (
    Role.FINANCE_OFFICER,
    Role.ACCOUNTING_REVIEWER,
    Role.FINANCE_DIRECTOR,
    Role.INSTITUTION_HEAD,
    Role.OPERATION_CENTRE,
    Role.LEADERSHIP,
    Role.AUDITOR,
)


def institutions(actor: Actor) -> QuerySet[Institution]:
    """Institutions whose books the actor may see."""
    return Institution.objects.visible_to(actor, *READERS).order_by("code")


def access_institution(actor: Actor, institution_id: int) -> Institution:
    """One of them. Raises NotFound."""
    found = institutions(actor).filter(pk=institution_id).first()
    if found is None:
        raise NotFound("masterdata.no_institution", "没有这个机构。")
    return found


def refuse_without_the_whole(*, actor: Actor) -> None:
    """Figures of the whole are for those who see all members. Raises Forbidden for a role held in single institutions."""
    if not actor.has(*WHOLE_READERS) or actor.institutions(*WHOLE_READERS) is not None:
        raise Forbidden(
            "ledger.whole_readers", "合并报表只对能看全部成员单位的人员开放。本机构的报表请见「机构报表」。"
        )


def access_kept(actor: Actor, institution_id: int) -> Institution:
    """An institution whose books the actor keeps. Raises NotFound or Forbidden."""
    masterdata.access_institution(actor, institution_id, *KEEPERS)
    return named_institution(institution_id)


def named_institution(institution_id: int) -> Institution:
    """The institution of a number. Raises NotFound: who acts for all of them may name one that is not there."""
    row = Institution.objects.filter(pk=institution_id).first()
    if row is None:
        raise NotFound("masterdata.no_institution", "没有这个机构，或您无权查看。")
    return row


def entries(actor: Actor) -> QuerySet[Entry]:
    """Posted entries that the actor may see, the newest first."""
    rows = Entry.objects.visible_to(actor, *READERS).select_related("institution")
    return rows.order_by("-day", "-period", "-voucher_no", "-id")


def access_entry(actor: Actor, entry_id: int) -> Entry:
    """One of them. Raises NotFound."""
    rows = Entry.objects.visible_to(actor, *READERS)
    row = rows.select_related("institution", "reverses", "maker", "checker").filter(pk=entry_id).first()
    if row is None:
        raise NotFound("ledger.no_entry", "没有这张凭证。")
    return row


def vouchers(actor: Actor) -> QuerySet[Voucher]:
    """Vouchers by hand that the actor may see, the newest first."""
    rows = Voucher.objects.visible_to(actor, *READERS).select_related("institution", "pending", "maker", "reverses")
    return rows.order_by("-made_at", "-id")


def access_voucher(actor: Actor, voucher_id: int) -> Voucher:
    """One of them. Raises NotFound."""
    row = vouchers(actor).select_related("pending__entry").filter(pk=voucher_id).first()
    if row is None:
        raise NotFound("ledger.no_voucher", "没有这张手工凭证。")
    return row


def pending_entries(actor: Actor) -> QuerySet[PendingEntry]:
    """Pending entries that the actor may see, the newest first."""
    return PendingEntry.objects.visible_to(actor, *READERS).select_related("institution").order_by("-made_at", "-id")


def may_see_voucher(actor: Actor, voucher_id: str) -> bool:
    """Whether the actor may open the attachments of a voucher."""
    return vouchers(actor).filter(pk=number_of(voucher_id)).exists()
