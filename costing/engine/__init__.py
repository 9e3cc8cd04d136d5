"""Pure rules of costing: frozen inputs to frozen results with findings and explanation."""
