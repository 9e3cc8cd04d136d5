"""Writes of costing."""

from costing.services.allocation import run_allocation

__all__ = ["run_allocation"]
