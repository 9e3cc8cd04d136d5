"""Reads of the approval engine."""
