"""药占比, 耗占比, 医疗服务收入占比 as charge lines ÷ charge lines, in the form that the parameters choose."""

from dataclasses import replace
from decimal import Decimal

from costing.derivations import Derivation, Part, quotient, total
from costing.engine.targets import Metric
from costing.selectors.sheets import sources
from costing.selectors.structure import HERBS, SERVICES, Structure
from costing.titles import FEE_CLASS_TITLES
from ops_platform.masterdata.models import ItemClass

ZERO = Decimal("0.00")


def made(metric: Metric, found: Structure, run: int, department: int | None) -> Derivation:
    """What a ratio of a run was made from, of the income that a department ordered, or of all; its base is above zero."""

    def lines(words: str, amount: Decimal, item_class: str = "", fee_class: str | None = None, sign: int = 1) -> Part:
        return Part(words, amount, sign=sign, url=sources.charged(run, item_class or None, department, fee_class))

    def less(words: str, *parts: Part) -> Part:
        derived = total([part for part in parts if part.amount])
        return Part(words, derived.value or ZERO, made=derived)

    income, drugs = lines("医疗收入", found.income), lines("药品收入", found.drugs, ItemClass.DRUG)
    forms = found.variants
    if metric is Metric.DRUG_RATIO:
        herbs = lines("中药饮片收入", found.herbs, ItemClass.DRUG, HERBS, -1)
        return quotient(less("药品收入(不含中药饮片)", drugs, herbs) if forms.without_herbs else drugs, income)
    if metric is Metric.MATERIAL_RATIO:
        whole = less("医疗收入(不含药品)", income, replace(drugs, sign=-1)) if forms.materials_of_rest else income
        return quotient(lines("卫生材料收入", found.materials, ItemClass.CHARGEABLE_MATERIAL), whole)
    if metric is not Metric.SERVICE_RATIO:
        raise ValueError(f"{metric} is no ratio of income")
    services = [
        lines(
            f"{FEE_CLASS_TITLES[one]}收入",
            found.cells.get((ItemClass.SERVICE, one), ZERO),
            ItemClass.SERVICE,
            one,
        )
        for one in SERVICES
    ]
    return quotient(less("医疗服务收入", *services), income)
