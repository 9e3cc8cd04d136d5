"""What is added up over encounters: the columns of `PatientCost` and figures of a discharge, each with its title and kind.
Whole figures of an encounter in its month, or of a case over all months of the stay."""

from dataclasses import dataclass

from costing.derivations import Kind
from costing.titles import COST_ITEM_TITLES


@dataclass(frozen=True, slots=True)
class Measure:
    """A title and how its figures are written."""

    title: str
    kind: Kind = "money"


OF_COST = {
    "cost": Measure("医疗成本"),
    **{code: Measure(str(title)) for code, title in COST_ITEM_TITLES.items()},
    "apart": Measure("药品和单独收费材料"),
    "drug_cost": Measure("其中药品"),
    "material_cost": Measure("其中单独收费材料"),
    "top_down": Measure("医疗成本(自上而下)"),
    "cost_to_income": Measure("医疗成本(成本收入比)"),
}
OF_ENCOUNTERS = {
    **OF_COST,
    "income": Measure("收费"),
    "count": Measure("人次", "quantity"),
    "days": Measure("床日", "quantity"),
}
OF_CASES = {
    **OF_COST,
    "charges": Measure("住院费用"),
    "income": Measure("收费"),
    "payment": Measure("支付额"),
    "surplus": Measure("结余"),
    "count": Measure("例数", "quantity"),
    "days": Measure("住院日", "quantity"),
    "weight": Measure("权重", "decimal"),
}
OF_ITEMS = {
    "cost": Measure("医疗成本"),
    **{code: Measure(str(title)) for code, title in COST_ITEM_TITLES.items()},
    "income": Measure("收入"),
    "surplus": Measure("结余"),
    "quantity": Measure("数量", "quantity"),
}
OF_UNITS = {"cost": Measure("成本"), "income": Measure("收费"), "base": Measure("分配依据")}
OF_PATHWAYS = {"cost": Measure("医疗成本"), "quantity": Measure("数量", "quantity")}
