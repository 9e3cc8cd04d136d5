"""Codes of costing in words."""

from typing import Any

from costing import assignments
from costing.models import CostRun, DriverKind, DriverRule
from ops_platform.his_intake.public import (
    ASSET_CATEGORIES,
    COST_ITEMS,
    FEE_CLASSES,
    FUNDING_SOURCES,
    INCOME_KINDS,
    METRICS,
    SHARED_KINDS,
)
from ops_platform.web import formats

COST_ITEM_TITLES = dict(COST_ITEMS)
COST_COLUMN_TITLES = {**COST_ITEM_TITLES, "fiscal_project": "财政项目经费", "research": "科教经费"}
FEE_CLASS_TITLES = dict(FEE_CLASSES)
FUNDING_TITLES = dict(FUNDING_SOURCES)
INCOME_KIND_TITLES = dict(INCOME_KINDS)
HANDING_OUT = "药品和材料调配(按金额)"
NOTHING_CHARGED = "没有收费明细对应的成本"
METRIC_TITLES = dict(METRICS)
SHARED_TITLES = dict(SHARED_KINDS)
ASSET_TITLES = dict(ASSET_CATEGORIES)


def driver_value(driver: str, value: Any) -> str:
    """A driver's weight as it is read: income and assets in yuan with two decimals, people, areas, work as quantities."""
    in_yuan = driver in (DriverKind.INCOME, DriverKind.ORDERED_INCOME, DriverKind.ASSET_VALUE)
    return formats.money(value) if in_yuan else formats.quantity(value)


def driver_title(text: str) -> str:
    """A stored driver (`headcount`, `workload:sterile_packs`) as people call it."""
    kind, _colon, metric = text.partition(":")
    title = str(dict(DriverKind.choices).get(kind, kind))
    return f"{title}({METRIC_TITLES.get(metric, metric)})" if metric else title


def rule_title(rule: DriverRule) -> str:
    """The driver of a rule; of a direct assignment with the departments that it names."""
    title = driver_title(f"{rule.driver}:{rule.metric}" if rule.metric else rule.driver)
    named = assignments.words((one.department.name, one.share) for one in rule.assignments.all())
    return f"{title}({named})" if named else title


METHODS = {"step_down": "阶梯分摊", "reciprocal": "交互分摊", "direct": "直接分摊"}


def method_title(run: CostRun) -> str:
    """By which method and which version of the engine a run was computed."""
    return f"{METHODS.get(run.method, run.method)} · 第 {run.engine_version} 版算法"
