"""Tables of insurance settlement."""

from insurance_settlement.models.front_pages import FrontPageFinding, FrontPageMark, FrontPageRun
from insurance_settlement.models.insurer import GroupComparison
from insurance_settlement.models.mappings import (
    DIMENSION_TITLES,
    MappingExplanation,
    MappingRemark,
    MappingRow,
    MappingSimulation,
    MappingVersion,
    SimulatedClass,
    SimulatedMove,
)
from insurance_settlement.models.results import CaseResult, GroupingRun
from insurance_settlement.models.reviews import (
    ReviewConclusion,
    ReviewGround,
    ReviewOpinion,
    ReviewOutcome,
    SpecialReview,
)
from insurance_settlement.models.rules import AreaMember, GroupingScheme, PoolingArea, PriceBook, SchemeKind
from insurance_settlement.models.trials import PricingTrial, TrialCase, TrialGroup, TrialMonth

__all__ = [
    "DIMENSION_TITLES",
    "AreaMember",
    "CaseResult",
    "FrontPageFinding",
    "FrontPageMark",
    "FrontPageRun",
    "GroupComparison",
    "GroupingRun",
    "GroupingScheme",
    "MappingExplanation",
    "MappingRemark",
    "MappingRow",
    "MappingSimulation",
    "MappingVersion",
    "PoolingArea",
    "PriceBook",
    "PricingTrial",
    "ReviewConclusion",
    "ReviewGround",
    "ReviewOpinion",
    "ReviewOutcome",
    "SchemeKind",
    "SimulatedClass",
    "SimulatedMove",
    "SpecialReview",
    "TrialCase",
    "TrialGroup",
    "TrialMonth",
]
