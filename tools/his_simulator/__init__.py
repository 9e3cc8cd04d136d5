"""A make-believe county medical community: writes the files its hospital systems would send, and sends them.

The simulator knows the platform only by its intake contract (docs/intake-contract.md) and imports nothing of it.
"""
