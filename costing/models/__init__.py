"""Tables of costing."""

from costing.models.agreement import (
    Agreement,
    AgreementKind,
    AgreementProposal,
    AgreementRate,
    AgreementShare,
    PartyRole,
)
from costing.models.driver_rule import DriverKind, DriverProposal, DriverRule
from costing.models.item_basis import ItemBasis, ItemBasisProposal, ItemCoefficient, ItemMethod
from costing.models.pathway import (
    ItemStandard,
    ItemStandardProposal,
    Pathway,
    PathwayItem,
    PathwayProposal,
    ProposalState,
)
from costing.models.patients import ItemCost, PatientCost, PatientRun, UnassignedCost
from costing.models.results import (
    AllocationFlow,
    ComputedCost,
    DepartmentCost,
    DepartmentDay,
    DepartmentMonth,
    IncomeCell,
)
from costing.models.run import CostRun
from costing.models.scenario import ChangeKind, Scenario, ScenarioChange
from costing.models.settlement import SettlementBasis, SettlementPart, SettlementRun

__all__ = [
    "Agreement",
    "AgreementKind",
    "AgreementProposal",
    "AgreementRate",
    "AgreementShare",
    "AllocationFlow",
    "ChangeKind",
    "ComputedCost",
    "CostRun",
    "DepartmentCost",
    "DepartmentDay",
    "DepartmentMonth",
    "DriverKind",
    "DriverProposal",
    "DriverRule",
    "IncomeCell",
    "ItemBasis",
    "ItemBasisProposal",
    "ItemCoefficient",
    "ItemCost",
    "ItemMethod",
    "ItemStandard",
    "ItemStandardProposal",
    "PartyRole",
    "Pathway",
    "PathwayItem",
    "PathwayProposal",
    "PatientCost",
    "PatientRun",
    "ProposalState",
    "Scenario",
    "ScenarioChange",
    "SettlementBasis",
    "SettlementPart",
    "SettlementRun",
    "UnassignedCost",
]
