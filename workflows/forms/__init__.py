"""Forms of the approval pages."""
