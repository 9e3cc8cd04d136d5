"""Driver rules that the platform ships: the alliance's defaults by cost class."""

from datetime import date

from costing.models import DriverKind, DriverRule
from ops_platform.masterdata.models import CostClass, SourceMark

BEGIN = date(2020, 1, 1)
DEFAULTS = (
    (CostClass.ADMINISTRATION, DriverKind.HEADCOUNT, SourceMark.RECALL, "阶梯分摊第一步：人员比例(4号文，待核对)"),
    (CostClass.MEDICAL_SUPPORT, DriverKind.INCOME, SourceMark.RECALL, "阶梯分摊第二步：收入比重(4号文，待核对)"),
    (
        CostClass.MEDICAL_TECHNOLOGY,
        DriverKind.ORDERED_INCOME,
        SourceMark.RECALL,
        "阶梯分摊第三步：开单收入(4号文，待核对)",
    ),
)


def load_driver_rules() -> int:
    """Write the defaults that are missing; returns how many."""
    added = 0
    for cost_class, driver, mark, text in DEFAULTS:
        _, created = DriverRule.objects.get_or_create(
            institution=None,
            department=None,
            cost_class=cost_class,
            effective_from=BEGIN,
            defaults={"driver": driver, "source_mark": mark, "source_text": text},
        )
        added += created
    return added
