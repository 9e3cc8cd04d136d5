"""Lists of the ledger pages."""
