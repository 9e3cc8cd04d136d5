"""The nightly run: a declared graph of steps, advanced per institution by Celery, with all state in PostgreSQL."""
