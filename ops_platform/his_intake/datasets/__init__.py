"""The datasets of the contract, as declarations."""
