"""Alliance, institutions, departments, accounting periods, code sets and parameters."""
