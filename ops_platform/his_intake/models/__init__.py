"""Tables of the intake."""

from ops_platform.his_intake.models.batch import Batch, DatasetMonth, IntakeState
from ops_platform.his_intake.models.charge_line import ChargeLine
from ops_platform.his_intake.models.collaboration import AllianceService
from ops_platform.his_intake.models.facts import (
    Asset,
    ChargeItemFact,
    CostEntry,
    DepartmentFact,
    DischargeAbstract,
    Encounter,
    Fact,
    FloorArea,
    IncomeEntry,
    StaffHeadcount,
    TrialBalance,
    Workload,
)
from ops_platform.his_intake.models.interim import InterimDiagnosis
from ops_platform.his_intake.models.posts import PostHours
from ops_platform.his_intake.models.quality import QualityFinding
from ops_platform.his_intake.models.quarantine import QuarantinedRow
from ops_platform.his_intake.models.release import QuarantineRelease
from ops_platform.his_intake.models.settlement import InsurerGrouping, SettlementList
from ops_platform.his_intake.models.supply import EquipmentUse, GoodsMove

__all__ = [
    "AllianceService",
    "Asset",
    "Batch",
    "ChargeItemFact",
    "ChargeLine",
    "CostEntry",
    "DatasetMonth",
    "DepartmentFact",
    "DischargeAbstract",
    "Encounter",
    "EquipmentUse",
    "Fact",
    "FloorArea",
    "GoodsMove",
    "IncomeEntry",
    "InsurerGrouping",
    "IntakeState",
    "InterimDiagnosis",
    "PostHours",
    "QualityFinding",
    "QuarantineRelease",
    "QuarantinedRow",
    "SettlementList",
    "StaffHeadcount",
    "TrialBalance",
    "Workload",
]
