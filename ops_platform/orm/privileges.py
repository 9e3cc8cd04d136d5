"""Rights of the app role: the least each table needs, granted anew after every migration.

A model may declare `app_privileges`, e.g. ("SELECT", "INSERT", "UPDATE (state)"); without it the app role may
SELECT, INSERT, UPDATE and DELETE. It never owns a table, so that no trigger can be switched off from the application.
"""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections

ORDINARY = ("SELECT", "INSERT", "UPDATE", "DELETE")
LIBRARY_TABLES = ("django_migrations",)


def grant_after_migrate(using: str, **_: Any) -> None:
    """Handler of post_migrate of this app, which runs once per migrate."""
    role = settings.APP_DATABASE.get("USER")
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, EXISTS (SELECT 1 FROM pg_roles WHERE rolname = %s)", [role])
        owner, known = cursor.fetchone()
        if not known or owner == role:
            return
        cursor.execute(
            f'REVOKE ALL ON ALL TABLES IN SCHEMA public FROM "{role}";'
            f'GRANT USAGE ON SCHEMA public TO "{role}";'
            f'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO "{role}"'
        )
        existing = set(connection.introspection.table_names(cursor, include_views=True))
        for model in apps.get_models(include_auto_created=True):
            table = model._meta.db_table
            if table in existing:
                privileges = getattr(model, "app_privileges", ORDINARY)
                cursor.execute(f'GRANT {", ".join(privileges)} ON "{table}" TO "{role}"')
        for table in LIBRARY_TABLES:
            if table in existing:
                cursor.execute(f'GRANT SELECT ON "{table}" TO "{role}"')
