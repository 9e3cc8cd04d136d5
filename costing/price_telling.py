"""What is odd about a plan to adjust prices, in words."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from costing.engine.price_adjustment import Concern, Raised
from costing.selectors.price_adjustments import Outcome
from costing.sheets import Column, Row, Sheet, cells
from ops_platform.web import formats

OF_ITEMS = {
    Concern.ABOVE_CAP: "的价格高于现行最高限价",
    Concern.STEEP: "一步提价超过提示线",
    Concern.ABOVE_COST: "提价后收入超过成本",
    Concern.BELOW_COST: "降价后收入低于成本",
}


def concern_words(found: Outcome) -> list[str]:
    """One sentence each, the plan before its items."""
    return [_words(found, one) for one in found.concerns]


@dataclass(frozen=True, slots=True)
class Told:
    """Concerns of one kind: in one sentence, and those of the items behind it."""

    words: str
    items: tuple[str, ...] = ()


def told(found: Outcome) -> list[Told]:
    """The plan's own, then those of items by kind, with how many there are of each."""
    own = [Told(_words(found, one)) for one in found.concerns if one.item is None]
    of_items = []
    for concern, title in OF_ITEMS.items():
        listed = tuple(_words(found, one) for one in found.concerns if one.concern is concern)
        if listed:
            of_items.append(Told(f"{len(listed)} 个项目{title}", listed))
    return [*own, *of_items]


def concerns_sheet(found: Outcome) -> Sheet:
    """All of them as a report."""
    told = concern_words(found) or ["没有提示"]
    rows = tuple(Row(str(number), cells(words)) for number, words in enumerate(told, 1))
    return Sheet("序号", (Column("提示", "words"),), rows, ("提示线是可修改的参数，不是官方规定。",))


def _words(found: Outcome, one: Raised) -> str:
    step = f"第{one.step + 1}步"
    item = found.items[one.item].name if one.item is not None else ""
    match one.concern:
        case Concern.ABOVE_CAP:
            return f"{item} {step}的价格高于现行最高限价 {_percent(one.by)}，须由价格主管部门先调整限价。"
        case Concern.STEEP:
            return f"{item} {step}提价 {_percent(one.by)}，超过每步提示线 {_percent(found.bounds.step)}，可分步到位。"
        case Concern.ABOVE_COST:
            return f"{item} {step}提价后收入为成本的 {_percent(one.by)}，已超过成本，请说明理由。"
        case Concern.BELOW_COST:
            return f"{item} {step}降价后收入只有成本的 {_percent(one.by)}，请说明理由。"
        case Concern.TOTAL:
            return f"{step}的收费净增 {_percent(one.by)}，超过总量提示线 {_percent(found.bounds.total)}。"
        case Concern.FUND:
            return f"{step}的医保基金增支超过基金可承担额 {_yuan(one.by)} 元/年，请与医保部门衔接。"
        case Concern.UNCOMPENSATED:
            return f"最后一步仍有 {_yuan(one.by)} 元/年没有补偿，须由医院节约成本或另行补助。"
        case Concern.DEARER:
            return f"腾出的空间只覆盖患者和医保因提价多付的 {_percent(one.by)}。"


def _percent(value: Fraction) -> str:
    return formats.percent(Decimal(value.numerator) / value.denominator)


def _yuan(value: Fraction) -> str:
    return formats.money(Decimal(value.numerator) / value.denominator)
