"""Checks of what people attach: name, size, kind, and content that could do harm to whoever opens it."""
