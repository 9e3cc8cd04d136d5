"""The door of the intake for the apps above it."""

from ops_platform.his_intake.reading import (
    InputStamp,
    as_of_sql,
    input_stamp,
    last_sequence,
    read_charge_columns,
    read_columns,
)

__all__ = ["InputStamp", "as_of_sql", "input_stamp", "last_sequence", "read_charge_columns", "read_columns"]
