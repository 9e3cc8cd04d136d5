"""Reads of cost responsibility: targets of a month, their figures, savings, deviations."""
