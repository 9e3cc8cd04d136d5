"""Reads of insurance settlement for its pages, its API and its door."""

from insurance_settlement.selectors.access import (
    CASE_READERS,
    MONTH_READERS,
    access_case,
    cases,
    current_run,
    departments,
    institutions,
    periods,
    runs,
)
from insurance_settlement.selectors.detail import (
    CaseDetail,
    CodeLine,
    EncounterBill,
    FeeLine,
    access_encounter,
    case_detail,
)
from insurance_settlement.selectors.months import DrgLine, Totals, discharges_without_abstract, drg_lines, totals
from insurance_settlement.selectors.rules import (
    GroupWorth,
    access_price_book,
    access_scheme,
    area_members,
    grouping_schemes,
    price_books,
    worths_of,
)

__all__ = [
    "CASE_READERS",
    "MONTH_READERS",
    "CaseDetail",
    "CodeLine",
    "DrgLine",
    "EncounterBill",
    "FeeLine",
    "GroupWorth",
    "Totals",
    "access_case",
    "access_encounter",
    "access_price_book",
    "access_scheme",
    "area_members",
    "case_detail",
    "cases",
    "current_run",
    "departments",
    "discharges_without_abstract",
    "drg_lines",
    "grouping_schemes",
    "institutions",
    "periods",
    "price_books",
    "runs",
    "totals",
    "worths_of",
]
