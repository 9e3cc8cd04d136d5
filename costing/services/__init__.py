"""Writes of costing."""

from costing.services.allocation import run_allocation
from costing.services.driver_rules import set_driver_rule

__all__ = ["run_allocation", "set_driver_rule"]
