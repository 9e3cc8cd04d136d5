"""Cockpit, department page, comparison: shows everything, owns no figure."""
