"""Lists of the costing pages."""

from costing.tables.collection import CardTable, ComputedCostTable
from costing.tables.drill import ChargeLineTable, CostEntryTable, DriverFactTable, FlowTable, IncomeEntryTable
from costing.tables.patients import (
    CaseCostTable,
    ContributionTable,
    DiseaseCaseTable,
    GroupCostTable,
    ItemCostTable,
    UnitCostTable,
)
from costing.tables.rules import ItemBasisTable, RuleTable, UnitDefinitionTable
from costing.tables.runs import MovedTable, RunTable
from costing.tables.scenarios import ScenarioTable

__all__ = [
    "CardTable",
    "CaseCostTable",
    "ChargeLineTable",
    "ComputedCostTable",
    "ContributionTable",
    "CostEntryTable",
    "DiseaseCaseTable",
    "DriverFactTable",
    "FlowTable",
    "GroupCostTable",
    "IncomeEntryTable",
    "ItemBasisTable",
    "ItemCostTable",
    "MovedTable",
    "RuleTable",
    "RunTable",
    "ScenarioTable",
    "UnitCostTable",
    "UnitDefinitionTable",
]
