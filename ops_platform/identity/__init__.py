"""Users, their roles and reach, duty pairs, API keys and the access log."""
