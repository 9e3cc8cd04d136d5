"""Pure rules: grouping, pricing, indicators. Frozen inputs, frozen results, explanation and findings."""
