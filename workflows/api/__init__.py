"""REST API of approval, a module a subject; the addresses stand in `api_urls`."""
