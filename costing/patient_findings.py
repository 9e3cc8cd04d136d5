"""What was odd about costing the items of a month, in words: nothing of it is lost, and nothing of it is silent."""

from collections.abc import Iterable

from costing.item_engine import Idle, Unmeasured
from ops_platform.kernel import Finding, Severity, from_fen
from ops_platform.masterdata.models import ChargeItem, Department

MOST_NAMED = 5


def findings_of(odd: Iterable[Unmeasured | Idle]) -> list[Finding]:
    """Each in words; two queries."""
    listed = list(odd)
    if not listed:
        return []
    departments = dict(Department.objects.filter(pk__in={one.department for one in listed}).values_list("pk", "name"))
    numbers = {item for one in listed if isinstance(one, Unmeasured) for item in one.items}
    items = {row.pk: f"{row.name}({row.code})" for row in ChargeItem.objects.filter(pk__in=numbers)}
    return [_told(one, departments[one.department], items) for one in listed]


def _told(one: Unmeasured | Idle, department: str, items: dict[int, str]) -> Finding:
    if isinstance(one, Idle):
        message = (
            f"{department} 的作业「{one.activity}」当月没有项目使用，其成本 {from_fen(one.cost):,} 元没有分配给患者。"
            "请核对作业动因量，或在项目成本方法中调整该科室的作业。"
        )
        return Finding("costing.activity_unused", Severity.WARNING, message, department)
    names = sorted(items[number] for number in one.items)
    named = "、".join(names[:MOST_NAMED]) + (f" 等 {len(names)} 项" if len(names) > MOST_NAMED else "")
    if one.all:
        message = (
            f"{department} 按作业成本法，但当月开展的项目({named})都没有作业动因量，已改按项目收入分配。"
            "请补录作业动因量。"
        )
        return Finding("costing.activities_fell_back", Severity.WARNING, message, department)
    message = f"{department} 当月开展的 {named} 没有作业动因量，未分配成本。请补录作业动因量。"
    return Finding("costing.item_without_activity", Severity.WARNING, message, department)
