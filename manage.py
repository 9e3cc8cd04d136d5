#!/usr/bin/env python3
"""Django's command line. Commands that change the schema run as the owner of the database, all others as the app role."""

import os
import sys

OWNER_COMMANDS = frozenset({"migrate", "sqlmigrate", "flush", "restore"})


def main() -> None:
    """Run one command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ops_platform.settings.local")
    if len(sys.argv) > 1 and sys.argv[1] in OWNER_COMMANDS:
        os.environ.setdefault("OPS_DATABASE_ROLE", "owner")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
