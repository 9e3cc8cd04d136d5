"""The activities of a department as they are asked for: what they must say, whatever door they came in by."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from costing.engine.columns import COLUMNS
from ops_platform.kernel import Invalid

MOST_ACTIVITIES = 60
MOST_TOLD = 8
LONGEST_NAME = 60
FINEST = Decimal("0.0001")
LARGEST_DRIVER = Decimal(10) ** 9
LARGEST_USE = Decimal(10) ** 6
EVERY_COLUMN = ""
SHOWN = 40  # characters of what was given in a message


@dataclass(slots=True)
class WantedActivity:
    """An activity: its resource drivers by column of cost (`EVERY_COLUMN` for those without any of their own) and the unit
    use by item code, as text of numbers with at most four decimals."""

    name: str
    resources: dict[str, str] = field(default_factory=dict)
    uses: dict[str, str] = field(default_factory=dict)

    def kept(self) -> dict[str, Any]:
        """As a proposal keeps it."""
        return {"name": self.name, "resources": self.resources, "uses": self.uses}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "WantedActivity":
        """Out of a proposal."""
        return cls(kept["name"], dict(kept["resources"]), dict(kept["uses"]))


def number_fault(told: str, largest: Decimal) -> str:
    """What is wrong with a driver or a unit use; "" for nothing."""
    try:
        value = Decimal(told)
    except InvalidOperation:
        return f"{told[:SHOWN]} 不是数，请填写数值。"
    if not value.is_finite() or not 0 <= value < largest or value != value.quantize(FINEST):
        return f"{told[:SHOWN]} 应为不小于 0、小于 {largest:,}、最多 4 位小数的数。"
    return ""


def check_activities(activities: Sequence[WantedActivity], known: Collection[str]) -> None:
    """Refuse what could not divide a department's cost: raises Invalid with all that is wrong (bounded) and what to do."""
    told = list(_faults(activities, known))
    if told:
        more = f" 另有 {len(told) - MOST_TOLD} 处。" if len(told) > MOST_TOLD else ""
        raise Invalid("costing.activities", " ".join(told[:MOST_TOLD]) + more, field="file")


def _faults(activities: Sequence[WantedActivity], known: Collection[str]) -> Iterator[str]:
    if not activities:
        yield "作业成本法需要作业、资源动因和作业动因量，请上传作业表。"
        return
    if len(activities) > MOST_ACTIVITIES:
        yield f"一个科室最多 {MOST_ACTIVITIES} 个作业，表中有 {len(activities)} 个。"
    names = [one.name for one in activities]
    for name in names:
        if not name or len(name) > LONGEST_NAME:
            yield f"作业名称不能为空，不超过 {LONGEST_NAME} 个字。"
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"作业「{name}」重复，请合并或改名。"
    numbers_right = True
    for one in activities:
        wrong = list(_numbers(one, known))
        numbers_right = numbers_right and not wrong
        yield from wrong or _empty(one)
    if numbers_right and not any(Decimal(one.resources.get(EVERY_COLUMN, 0)) for one in activities):
        yield "「全部成本项目」的资源动因都为空：没有单独填写的成本项目无从分配，请至少填写一个作业。"


def _numbers(one: WantedActivity, known: Collection[str]) -> Iterator[str]:
    for column, told in one.resources.items():
        if column not in (EVERY_COLUMN, *COLUMNS):
            yield f"作业「{one.name}」的资源动因中没有成本项目 {column}。"
        if fault := number_fault(told, LARGEST_DRIVER):
            yield f"作业「{one.name}」的资源动因 {fault}"
    for code, told in one.uses.items():
        if code not in known:
            yield f"作业「{one.name}」：本机构没有编码为 {code or '(空)'} 的收费项目。"
        if fault := number_fault(told, LARGEST_USE):
            yield f"作业「{one.name}」中项目 {code} 的作业动因量 {fault}"


def _empty(one: WantedActivity) -> Iterator[str]:
    if not any(Decimal(told) for told in one.resources.values()):
        yield f"作业「{one.name}」没有资源动因，分不到成本。请填写资源动因，或去掉该作业。"
    if not any(Decimal(told) for told in one.uses.values()):
        yield f"作业「{one.name}」没有项目使用，其成本无处分配。请填写作业动因量，或去掉该作业。"
