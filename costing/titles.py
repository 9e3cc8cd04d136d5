"""Codes of costing in words."""

from costing.models import DriverKind
from ops_platform.his_intake.public import COST_ITEMS, FEE_CLASSES, FUNDING_SOURCES, INCOME_KINDS, METRICS

COST_ITEM_TITLES = dict(COST_ITEMS)
FEE_CLASS_TITLES = dict(FEE_CLASSES)
FUNDING_TITLES = dict(FUNDING_SOURCES)
INCOME_KIND_TITLES = dict(INCOME_KINDS)
METRIC_TITLES = dict(METRICS)


def driver_title(text: str) -> str:
    """A stored driver (`headcount`, `workload:sterile_packs`) as people call it."""
    kind, _colon, metric = text.partition(":")
    title = str(dict(DriverKind.choices).get(kind, kind))
    return f"{title}({METRIC_TITLES.get(metric, metric)})" if metric else title
