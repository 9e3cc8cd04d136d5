"""Insurance settlement: what a discharge is worth to the insurer, and why."""
