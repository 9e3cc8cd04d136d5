"""Pages of the approval engine."""
