"""Costing: from department to patient, exact, explainable and fast."""
