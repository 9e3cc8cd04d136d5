"""Pages of the intake: overview, upload, batches, quarantine, data quality."""
