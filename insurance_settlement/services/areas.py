"""By the rules of which pooling area institutions are paid."""

from collections.abc import Iterable
from datetime import date

from django.db import transaction

from insurance_settlement.models import AreaMember, PoolingArea
from insurance_settlement.rule_reach import IMPORTERS
from insurance_settlement.services.importing import check_first_day
from ops_platform.audit.public import record
from ops_platform.kernel import Actor, Conflict, Forbidden
from ops_platform.masterdata.models import Institution


@transaction.atomic
def place_in_area(
    actor: Actor, *, institutions: Iterable[Institution], area: PoolingArea | None, effective_from: date
) -> list[AreaMember]:
    """From a day on these institutions are paid by the rules of the area; without one, by those that hold for everybody.
    Months that were closed before keep what they were closed on."""
    if not actor.has(*IMPORTERS):
        raise Forbidden("insurance_settlement.not_allowed", "只有医保专员或运营管理中心可以设定统筹地区。")
    check_first_day(effective_from)
    if area is not None:
        _must_not_join_others(actor, area)
    placed = []
    for institution in institutions:
        if not actor.may(institution.pk, *IMPORTERS):
            raise Forbidden("insurance_settlement.not_allowed", f"您不负责 {institution.name}，不能设定其统筹地区。")
        row, created = AreaMember.objects.get_or_create(
            institution=institution,
            effective_from=effective_from,
            defaults={"area": area, "changed_by": actor.name},
        )
        if not created and row.area_id != (area.pk if area else None):
            raise Conflict(
                "insurance_settlement.area_same_day",
                f"{institution.name} 自 {effective_from} 起已属于「{row.area or '全部机构适用的规则'}」，请另选生效日期。",
            )
        if created:
            placed.append(row)
            record(
                actor,
                "insurance_settlement.placed_in_area",
                institution=institution.code,
                subject_type="area_member",
                subject=row.pk,
                detail={"area": area.name if area else "", "effective_from": effective_from.isoformat()},
            )
    return placed


def _must_not_join_others(actor: Actor, area: PoolingArea) -> None:
    """Whoever joins an area has a say in whose rules hold for its members: joining those of others is the centre's to do."""
    reach = actor.institutions(*IMPORTERS)
    if reach is None:
        return
    other = AreaMember.objects.filter(area=area).exclude(institution__in=reach).select_related("institution").first()
    if other is not None:
        raise Forbidden(
            "insurance_settlement.area_of_others",
            f"统筹地区「{area}」已有 {other.institution.name} 等您不负责的机构，归入该地区由运营管理中心办理。",
        )


def area_named(actor: Actor, name: str) -> PoolingArea:
    """The area of that name, made where there is none."""
    return PoolingArea.objects.get_or_create(name=name, defaults={"created_by": actor.name})[0]
