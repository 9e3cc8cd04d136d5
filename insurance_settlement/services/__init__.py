"""Writes of insurance settlement."""

from insurance_settlement.rule_reach import IMPORTERS
from insurance_settlement.services.areas import area_named, place_in_area
from insurance_settlement.services.grouping import RunOutcome, closing_blockers, run_grouping
from insurance_settlement.services.importing import PERSONS_MARKS, import_price_book, import_scheme

__all__ = [
    "IMPORTERS",
    "PERSONS_MARKS",
    "RunOutcome",
    "area_named",
    "closing_blockers",
    "import_price_book",
    "import_scheme",
    "place_in_area",
    "run_grouping",
]
