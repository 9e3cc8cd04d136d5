"""Lists of the approval pages."""
