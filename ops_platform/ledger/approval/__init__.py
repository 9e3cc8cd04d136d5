"""What of the ledger needs a second person."""
