"""Tables of insurance settlement."""

from insurance_settlement.models.front_pages import FrontPageFinding, FrontPageMark, FrontPageRun
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
    "FrontPageFinding",
    "FrontPageMark",
    "FrontPageRun",
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
