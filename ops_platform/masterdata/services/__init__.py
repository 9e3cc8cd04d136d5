"""Writes to the master data: institutions, periods, parameters."""

from ops_platform.masterdata.services.alliance import load_alliance
from ops_platform.masterdata.services.parameters import (
    SETTERS,
    accept_parameter,
    change_proposal,
    on_parameter_proposed,
    propose_parameter,
    refuse_parameter,
    withdraw_parameter,
)
from ops_platform.masterdata.services.periods import (
    CLOSERS,
    REOPENERS,
    PeriodGate,
    begin_closing,
    close_period,
    hold_period,
    hold_periods,
    open_missing_periods,
    stop_closing,
)
from ops_platform.masterdata.services.reopening import (
    change_reopening_reason,
    confirm_reopening,
    on_reopening_asked,
    refuse_reopening,
    request_reopening,
    withdraw_reopening,
)

__all__ = [
    "CLOSERS",
    "REOPENERS",
    "SETTERS",
    "PeriodGate",
    "accept_parameter",
    "begin_closing",
    "change_proposal",
    "change_reopening_reason",
    "close_period",
    "confirm_reopening",
    "hold_period",
    "hold_periods",
    "load_alliance",
    "on_parameter_proposed",
    "on_reopening_asked",
    "open_missing_periods",
    "propose_parameter",
    "refuse_parameter",
    "refuse_reopening",
    "request_reopening",
    "stop_closing",
    "withdraw_parameter",
    "withdraw_reopening",
]
