"""Pure rules of the books: what an entry must be, how a year is carried forward, how statements and consolidation add up."""
