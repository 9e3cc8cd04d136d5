"""Attachments: files that people add to an act, checked by content, kept unchanged, shown to whom the owning app allows."""
