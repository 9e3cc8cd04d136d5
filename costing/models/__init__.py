"""Tables of costing."""

from costing.models.driver_rule import DriverKind, DriverProposal, DriverRule
from costing.models.results import AllocationFlow, DepartmentCost, DepartmentDay, DepartmentMonth, IncomeCell
from costing.models.run import CostRun

__all__ = [
    "AllocationFlow",
    "CostRun",
    "DepartmentCost",
    "DepartmentDay",
    "DepartmentMonth",
    "DriverKind",
    "DriverProposal",
    "DriverRule",
    "IncomeCell",
]
