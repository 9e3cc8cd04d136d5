"""Migrations say what they do, follow one another, and guard what must never change."""

import re

from django.apps import apps
from django.db.migrations.loader import MigrationLoader

from ops_platform.orm.models import AppendOnly
from ops_platform.orm.operations import RefuseChange
from tests.architecture.source import ROOT, ladder

NAME = re.compile(r"\d{4}_[a-z][a-z0-9_]*")


def _names() -> list[str]:
    folders = [ROOT / rung.replace(".", "/") / "migrations" for rung in ladder()]
    return [path.stem for folder in folders for path in sorted(folder.glob("*.py")) if path.name != "__init__.py"]


def test_migrations_are_named() -> None:
    names = _names()
    assert names
    assert [name for name in names if not NAME.fullmatch(name) or "_auto_" in name] == []


def test_every_app_has_one_last_migration() -> None:
    assert MigrationLoader(None, ignore_no_migrations=True).detect_conflicts() == {}


def test_tables_that_are_only_appended_to_are_guarded_by_triggers() -> None:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    operations = [operation for migration in loader.disk_migrations.values() for operation in migration.operations]
    guarded = {operation.table for operation in operations if isinstance(operation, RefuseChange)}
    append_only = {model._meta.db_table for model in apps.get_models() if issubclass(model, AppendOnly)}
    assert append_only
    assert append_only - guarded == set()
