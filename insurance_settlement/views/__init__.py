"""Pages of insurance settlement."""
