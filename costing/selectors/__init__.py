"""Reads of costing: what pages, the API and the apps above may know."""
