"""Databases of tests.

Ordinary tests run as the app role in a transaction that is rolled back. Tests with processes of their own (a worker, a
web server, parallel writers) get a committed copy of the migrated test database, made in a fraction of a second.
"""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
from django.conf import settings
from django.db import connection, connections


def _as_admin(statement: str) -> None:
    """One statement by the owner, outside any transaction."""
    link = psycopg2.connect(url_of(settings.OWNER_DATABASE["NAME"], "owner"))
    link.autocommit = True
    with link.cursor() as cursor:
        cursor.execute(statement)
    link.close()


def _drop(name: str) -> None:
    """Drop a database; a session that is just ending or an autovacuum may hold it for a moment, on a busy machine for half
    a minute."""
    for _ in range(600):
        try:
            _as_admin(f'DROP DATABASE "{name}" WITH (FORCE)')
        except (psycopg2.errors.InsufficientPrivilege, psycopg2.errors.ObjectInUse):
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"database {name} stays in use")


def seen_from_outside(name: str, sql: str) -> list[tuple[Any, ...]]:
    """What another session of the app role sees: only what is committed."""
    link = psycopg2.connect(url_of(name, "app"))
    try:
        with link.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())
    finally:
        link.close()


def as_app_role() -> None:
    """Let the default connection sign in as the role of the web and the worker."""
    connection.close()
    connection.settings_dict.update(USER=settings.APP_DATABASE["USER"], PASSWORD=settings.APP_DATABASE["PASSWORD"])


def as_owner() -> None:
    """Let the default connection sign in as the role that migrates."""
    connection.close()
    connection.settings_dict.update(USER=settings.OWNER_DATABASE["USER"], PASSWORD=settings.OWNER_DATABASE["PASSWORD"])


def url_of(name: str, role: str) -> str:
    """The address of a database for a process of its own; `role` is app or owner."""
    config = settings.APP_DATABASE if role == "app" else settings.OWNER_DATABASE
    return f"postgresql://{config['USER']}:{config['PASSWORD']}@{config['HOST']}:{config['PORT']}/{name}"


@contextmanager
def committed_copy(template: str) -> Iterator[str]:
    """A copy of the database `template`, to which the default connection points meanwhile; gives its name."""
    name = f"{template}_{uuid.uuid4().hex[:8]}"
    before = connection.settings_dict["NAME"]
    connections.close_all()
    _as_admin(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    connection.settings_dict["NAME"] = name
    try:
        yield name
    finally:
        connections.close_all()
        connection.settings_dict["NAME"] = before
        _drop(name)
