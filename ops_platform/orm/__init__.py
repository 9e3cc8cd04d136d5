"""Fields, abstract models and database guards that every app's tables are made of. No tables of its own."""
