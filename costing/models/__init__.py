"""Tables of costing."""

from costing.models.activity import Activity, ActivityCost, ActivityResource, ActivityUse
from costing.models.agreement import (
    Agreement,
    AgreementKind,
    AgreementProposal,
    AgreementRate,
    AgreementShare,
    PartyRole,
)
from costing.models.budget import CostBudget, CostBudgetAmount
from costing.models.deviation import CostDeviation, DeviationAction, DeviationKind
from costing.models.driver_rule import DriverAssignment, DriverKind, DriverProposal, DriverRule
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
from costing.models.price_adjustment import PriceAdjustment, PriceAdjustmentBase, PriceAdjustmentItem
from costing.models.pruning import PatientRunPruning
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
from costing.models.service_unit import (
    AT_CHARGE,
    GIVEN_KINDS,
    PatientUnitCost,
    ServiceUnit,
    ServiceUnitPart,
    UnitCost,
    UnitDefinition,
    UnitKind,
    UnitProposal,
)
from costing.models.settlement import SettlementBasis, SettlementPart, SettlementRun
from costing.models.target import CostTarget, CostTargetProposal, TargetMetric

__all__ = [
    "AT_CHARGE",
    "GIVEN_KINDS",
    "Activity",
    "ActivityCost",
    "ActivityResource",
    "ActivityUse",
    "Agreement",
    "AgreementKind",
    "AgreementProposal",
    "AgreementRate",
    "AgreementShare",
    "AllocationFlow",
    "ChangeKind",
    "ComputedCost",
    "CostBudget",
    "CostBudgetAmount",
    "CostDeviation",
    "CostRun",
    "CostTarget",
    "CostTargetProposal",
    "DepartmentCost",
    "DepartmentDay",
    "DepartmentMonth",
    "DeviationAction",
    "DeviationKind",
    "DriverAssignment",
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
    "PatientRunPruning",
    "PatientUnitCost",
    "PriceAdjustment",
    "PriceAdjustmentBase",
    "PriceAdjustmentItem",
    "ProposalState",
    "Scenario",
    "ScenarioChange",
    "ServiceUnit",
    "ServiceUnitPart",
    "SettlementBasis",
    "SettlementPart",
    "SettlementRun",
    "TargetMetric",
    "UnassignedCost",
    "UnitCost",
    "UnitDefinition",
    "UnitKind",
    "UnitProposal",
]
