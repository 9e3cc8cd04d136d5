"""Tables of insurance settlement."""

from insurance_settlement.models.results import CaseResult, GroupingRun
from insurance_settlement.models.rules import GroupingScheme, PriceBook

__all__ = ["CaseResult", "GroupingRun", "GroupingScheme", "PriceBook"]
