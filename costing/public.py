"""The door of costing for the apps above it. Callers pass institutions and departments the actor may see."""

from costing.selectors.access import DRILL_READERS, READERS
from costing.selectors.department import (
    CostLine,
    DepartmentStatement,
    FlowLine,
    IncomeLine,
    RunMark,
    department_months,
    statement,
)
from costing.selectors.summaries import (
    Activity,
    DepartmentFigures,
    Part,
    RunTotal,
    activities,
    clinical_departments,
    cost_composition,
    parts,
    run_totals,
)
from costing.titles import COST_ITEM_TITLES, FEE_CLASS_TITLES, driver_title

__all__ = [
    "COST_ITEM_TITLES",
    "DRILL_READERS",
    "FEE_CLASS_TITLES",
    "READERS",
    "Activity",
    "CostLine",
    "DepartmentFigures",
    "DepartmentStatement",
    "FlowLine",
    "IncomeLine",
    "Part",
    "RunMark",
    "RunTotal",
    "activities",
    "clinical_departments",
    "cost_composition",
    "department_months",
    "driver_title",
    "parts",
    "run_totals",
    "statement",
]
