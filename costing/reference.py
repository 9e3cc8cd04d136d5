"""Driver rules that the platform ships: the alliance's defaults by cost class, and by kind of shared bill."""

from datetime import date

from costing.models import DriverKind, DriverRule
from ops_platform.his_intake.public import SHARED_KINDS
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
SHARED_TEXT = "人多用得多的按人员数量，其余按占用面积；请按本院计量方式修改"
SHARED_DEFAULTS = tuple(
    (kind, DriverKind.HEADCOUNT if kind in ("water", "network", "other") else DriverKind.FLOOR_AREA)
    for kind, _title in SHARED_KINDS
)


def load_driver_rules() -> int:
    """Write the defaults that are missing; returns how many."""
    added = 0
    for cost_class, driver, mark, text in DEFAULTS:
        _, created = DriverRule.objects.get_or_create(
            institution=None,
            department=None,
            cost_class=cost_class,
            shared_as="",
            effective_from=BEGIN,
            defaults={"driver": driver, "source_mark": mark, "source_text": text},
        )
        added += created
    for kind, driver in SHARED_DEFAULTS:
        _, created = DriverRule.objects.get_or_create(
            institution=None,
            department=None,
            shared_as=kind,
            effective_from=BEGIN,
            defaults={"driver": driver, "source_mark": SourceMark.DEFAULT, "source_text": SHARED_TEXT},
        )
        added += created
    return added
