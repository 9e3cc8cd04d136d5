"""Tables of insurance settlement."""

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
    "AreaMember",
    "CaseResult",
    "GroupingRun",
    "GroupingScheme",
    "PoolingArea",
    "PriceBook",
    "PricingTrial",
    "ReviewConclusion",
    "ReviewGround",
    "ReviewOpinion",
    "ReviewOutcome",
    "SchemeKind",
    "SpecialReview",
    "TrialCase",
    "TrialGroup",
    "TrialMonth",
]
