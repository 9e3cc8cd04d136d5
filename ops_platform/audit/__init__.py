"""The append-only, hash-chained record of who did what, and the registry of integrity checks."""
