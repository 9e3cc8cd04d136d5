"""Who brings rules in, and for whom: whoever does must be responsible for all whom they hold for."""

from django.db.models import QuerySet

from insurance_settlement.models import AreaMember, PoolingArea
from ops_platform.kernel import Actor, Forbidden, Role

IMPORTERS = (Role.INSURANCE_OFFICER, Role.OPERATION_CENTRE)


def rules_for_all(actor: Actor) -> bool:
    """Whether somebody is responsible for every institution, so that rules for all are his to bring in."""
    return actor.has(*IMPORTERS) and actor.institutions(*IMPORTERS) is None


def areas_in_charge(actor: Actor) -> QuerySet[PoolingArea]:
    """Pooling areas somebody may bring rules in for, by name: those with members all of whom are his; of who is responsible
    for everybody all of them."""
    rows = PoolingArea.objects.order_by("name")
    if not actor.has(*IMPORTERS):
        return rows.none()
    reach = actor.institutions(*IMPORTERS)
    if reach is None:
        return rows
    members = AreaMember.objects.filter(area__isnull=False)
    own, beyond = members.filter(institution__in=reach), members.exclude(institution__in=reach)
    return rows.filter(pk__in=own.values("area")).exclude(pk__in=beyond.values("area"))


def must_bring_book(actor: Actor, area: PoolingArea | None) -> None:
    """Raises Forbidden for a price book of an area (None: of all) that is not the actor's to bring in."""
    if not actor.has(*IMPORTERS):
        raise Forbidden("insurance_settlement.not_allowed", "只有医保专员或运营管理中心可以导入价格规则。")
    reach = actor.institutions(*IMPORTERS)
    if reach is None:
        return
    if area is None:
        raise Forbidden(
            "insurance_settlement.rules_of_all",
            "全部机构适用的价格规则由运营管理中心导入。请选择本机构所属的统筹地区，或交运营管理中心办理。",
        )
    members = AreaMember.objects.filter(area=area).select_related("institution")
    beyond = members.exclude(institution__in=reach).first()
    if beyond is not None:
        raise Forbidden(
            "insurance_settlement.rules_of_others",
            f"统筹地区「{area}」还有 {beyond.institution.name} 等您不负责的机构，其价格规则由运营管理中心导入。",
        )
    if not members.exists():
        raise Forbidden(
            "insurance_settlement.rules_of_others",
            f"统筹地区「{area}」还没有您负责的机构。请先在「设定统筹地区」中把机构归入该地区。",
        )


def why_no_scheme(actor: Actor) -> Forbidden | None:
    """Why somebody may not add to the schemes, which the whole alliance chooses from; None where he may: he is responsible
    for everybody, or for an area that may need a scheme of its own."""
    if not actor.has(*IMPORTERS):
        return Forbidden("insurance_settlement.not_allowed", "只有医保专员或运营管理中心可以导入分组方案。")
    if areas_in_charge(actor).exists() or rules_for_all(actor):
        return None
    return Forbidden(
        "insurance_settlement.schemes_of_all",
        "分组方案供全部机构选用，由运营管理中心导入。您负责的机构单独构成一个统筹地区时，请先在「设定统筹地区」中设定，再导入。",
    )
