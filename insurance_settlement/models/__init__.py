"""Tables of insurance settlement."""

from insurance_settlement.models.insurer import GroupComparison
from insurance_settlement.models.results import CaseResult, GroupingRun
from insurance_settlement.models.reviews import (
    ReviewConclusion,
    ReviewGround,
    ReviewOpinion,
    ReviewOutcome,
    SpecialReview,
)
from insurance_settlement.models.rules import AreaMember, GroupingScheme, PoolingArea, PriceBook, SchemeKind

__all__ = [
    "AreaMember",
    "CaseResult",
    "GroupComparison",
    "GroupingRun",
    "GroupingScheme",
    "PoolingArea",
    "PriceBook",
    "ReviewConclusion",
    "ReviewGround",
    "ReviewOpinion",
    "ReviewOutcome",
    "SchemeKind",
    "SpecialReview",
]
