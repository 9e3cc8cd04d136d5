"""Writes of costing."""

from costing.services.allocation import run_allocation
from costing.services.driver_rules import set_driver_rule
from costing.services.patients import cost_patients_of

__all__ = ["cost_patients_of", "run_allocation", "set_driver_rule"]
