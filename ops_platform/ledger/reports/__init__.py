"""Tables of the ledger as .xlsx in their usual layouts."""
