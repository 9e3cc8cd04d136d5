"""The door of the intake for the apps above it."""

from ops_platform.his_intake.columns import OriginColumn
from ops_platform.his_intake.datasets.catalogue import (
    COST_ITEMS,
    ENCOUNTER_KINDS,
    FEE_CLASSES,
    FUNDING_SOURCES,
    INCOME_KINDS,
    METRICS,
    SCHEMES,
)
from ops_platform.his_intake.drilldown import (
    ChargedLine,
    EncounterAt,
    FactPage,
    IntakeCounts,
    Origin,
    VoucherLine,
    charge_lines,
    cost_entries,
    encounter_at,
    encounter_lines,
    income_entries,
    intake_counts,
)
from ops_platform.his_intake.reading import (
    InputStamp,
    as_of_sql,
    input_stamp,
    last_sequence,
    read_charge_columns,
    read_columns,
)
from ops_platform.his_intake.selectors import READERS

__all__ = [
    "COST_ITEMS",
    "ENCOUNTER_KINDS",
    "FEE_CLASSES",
    "FUNDING_SOURCES",
    "INCOME_KINDS",
    "METRICS",
    "READERS",
    "SCHEMES",
    "ChargedLine",
    "EncounterAt",
    "FactPage",
    "InputStamp",
    "IntakeCounts",
    "Origin",
    "OriginColumn",
    "VoucherLine",
    "as_of_sql",
    "charge_lines",
    "cost_entries",
    "encounter_at",
    "encounter_lines",
    "income_entries",
    "input_stamp",
    "intake_counts",
    "last_sequence",
    "read_charge_columns",
    "read_columns",
]
