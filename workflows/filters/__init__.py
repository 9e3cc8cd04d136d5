"""Filters of the approval lists."""
