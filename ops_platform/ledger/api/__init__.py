"""REST API of the ledger, a module a subject; the addresses stand in `api_urls`."""
