"""Pages of costing: official tables, runs, driver rules, and the lists behind every amount."""
