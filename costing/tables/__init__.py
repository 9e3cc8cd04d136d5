"""Lists of the costing pages."""

from costing.tables.drill import ChargeLineTable, CostEntryTable, FlowTable, IncomeEntryTable
from costing.tables.patients import CaseCostTable, ContributionTable, GroupCostTable, ItemCostTable, UnitCostTable
from costing.tables.rules import ItemBasisTable, RuleTable
from costing.tables.runs import MovedTable, RunTable

__all__ = [
    "CaseCostTable",
    "ChargeLineTable",
    "ContributionTable",
    "CostEntryTable",
    "FlowTable",
    "GroupCostTable",
    "IncomeEntryTable",
    "ItemBasisTable",
    "ItemCostTable",
    "MovedTable",
    "RuleTable",
    "RunTable",
    "UnitCostTable",
]
