"""The door of costing for the apps above it. Callers pass institutions and departments the actor may see."""

from costing.selectors.access import DRILL_READERS, READERS
from costing.selectors.budgets import planned_costs
from costing.selectors.days import DepartmentWork, department_first_days, last_day_with_data, work_of_first_days
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
    Work,
    activities,
    clinical_departments,
    cost_composition,
    parts,
    run_totals,
)
from costing.titles import COST_ITEM_TITLES, FEE_CLASS_TITLES

__all__ = [
    "COST_ITEM_TITLES",
    "DRILL_READERS",
    "FEE_CLASS_TITLES",
    "READERS",
    "Activity",
    "CostLine",
    "DepartmentFigures",
    "DepartmentStatement",
    "DepartmentWork",
    "FlowLine",
    "IncomeLine",
    "Part",
    "RunMark",
    "RunTotal",
    "Work",
    "activities",
    "clinical_departments",
    "cost_composition",
    "department_first_days",
    "department_months",
    "last_day_with_data",
    "parts",
    "planned_costs",
    "run_totals",
    "statement",
    "work_of_first_days",
]
