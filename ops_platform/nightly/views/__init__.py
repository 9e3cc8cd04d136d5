"""Pages of the nightly app."""
