"""The approval engine: pure verbs over a frozen course. No clock, no database; people are numbers."""
