"""Template tags of the platform (a builtin library of every template)."""
