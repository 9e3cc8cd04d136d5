"""Who is consolidated: institutions come in and leave from a month on; what was stays."""

from collections.abc import Sequence
from decimal import Decimal

from django.db import transaction

from ops_platform.audit.public import record
from ops_platform.kernel import Actor, Conflict, Invalid, Period, Role
from ops_platform.ledger.models import ConsolidationMember
from ops_platform.ledger.services.consolidation import of_the_whole
from ops_platform.masterdata.models import Institution

KEEPERS = (Role.OPERATION_CENTRE,)


@transaction.atomic
def include_member(actor: Actor, *, institution: Institution, share: Decimal, since: Period) -> ConsolidationMember:
    """Consolidate an institution from a month on, or with another share from then on. A repeat changes nothing.

    Raises Invalid for a share that is none, Conflict where a later month is settled already.
    """
    of_the_whole(actor, *KEEPERS)
    if not 0 < share <= 1 or share != share.quantize(Decimal("0.000001")):
        raise Invalid("ledger.bad_share", "持有份额须大于 0%、不超过 100%，最多四位小数。", field="share")
    Institution.objects.select_for_update(no_key=True).get(pk=institution.pk)
    if str(since) < institution.first_period:
        raise Invalid(
            "ledger.member_too_early",
            f"{institution.name} 的账套从 {institution.first_period} 开始，请选择该月或以后的月份。",
            field="since",
        )
    last = ConsolidationMember.objects.filter(institution=institution).order_by("-since").first()
    if last and last.since == str(since) and last.share == share and last.until is None:
        return last
    if last and (last.since >= str(since) or (last.until and last.until >= str(since))):
        raise Conflict(
            "ledger.member_settled_already",
            f"{institution.name} 自 {last.since} 起的合并范围已定，请选择更晚的月份。",
            field="since",
        )
    if last and last.until is None:
        _end(actor, last, since.shift(-1))
    row = ConsolidationMember.objects.create(
        institution=institution, share=share, since=str(since), changed_by=actor.name
    )
    record(
        actor,
        "ledger.member_included",
        institution=institution.code,
        subject_type="consolidation_member",
        subject=row.pk,
        detail={"share": format(share, "f"), "since": str(since)},
    )
    return row


@transaction.atomic
def include_everybody(actor: Actor) -> Sequence[ConsolidationMember]:
    """Consolidate every institution that never was, owned in full, from its first month on."""
    of_the_whole(actor, *KEEPERS)
    known = ConsolidationMember.objects.values("institution")
    missing = Institution.objects.exclude(pk__in=known).order_by("code")
    return [
        include_member(actor, institution=each, share=Decimal(1), since=Period.parse(each.first_period))
        for each in missing
    ]


@transaction.atomic
def end_membership(actor: Actor, *, institution: Institution, until: Period) -> ConsolidationMember:
    """Consolidate an institution for the last time in a month. Raises Conflict when it is not consolidated then."""
    of_the_whole(actor, *KEEPERS)
    row = ConsolidationMember.objects.select_for_update().filter(institution=institution, until=None).first()
    if row is None or row.since > str(until):
        raise Conflict("ledger.not_a_member", f"{institution.name} 在 {until} 不在合并范围内。", field="until")
    _end(actor, row, until)
    return row


def _end(actor: Actor, row: ConsolidationMember, until: Period) -> None:
    row.until, row.ended_by = str(until), actor.name
    row.save(update_fields=["until", "ended_by"])
    record(
        actor,
        "ledger.member_ended",
        institution=row.institution.code,
        subject_type="consolidation_member",
        subject=row.pk,
        detail={"until": str(until)},
    )
