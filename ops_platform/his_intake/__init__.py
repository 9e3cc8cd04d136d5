"""The one gate through which facts come in: datasets, batches, checks, quarantine, facts as of a sequence."""
