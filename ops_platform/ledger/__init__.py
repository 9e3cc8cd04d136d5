"""The ledger: double-entry books of every institution, whose invariants PostgreSQL itself keeps."""
