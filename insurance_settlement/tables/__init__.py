"""Lists of the settlement pages."""

from insurance_settlement.tables.cases import (
    FEE_TITLES,
    SCHEME_TITLES,
    STATUS_TITLES,
    STATUS_TONES,
    CaseTable,
    EncounterLineTable,
    status_mark,
)
from insurance_settlement.tables.efficiency import EfficiencyTable
from insurance_settlement.tables.groups import DrgTable
from insurance_settlement.tables.rules import AreaMemberTable, GroupWorthTable, PriceBookTable, SchemeTable

__all__ = [
    "FEE_TITLES",
    "SCHEME_TITLES",
    "STATUS_TITLES",
    "STATUS_TONES",
    "AreaMemberTable",
    "CaseTable",
    "DrgTable",
    "EfficiencyTable",
    "EncounterLineTable",
    "GroupWorthTable",
    "PriceBookTable",
    "SchemeTable",
    "status_mark",
]
