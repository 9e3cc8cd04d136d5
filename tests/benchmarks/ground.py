"""What measurements stand on: a migrated database of their own, and real processes on it."""

import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2

ROOT = Path(__file__).resolve().parents[2]
TRIES = 20


@contextmanager
def template() -> Iterator[str]:
    """A database with all tables and the reference data; Django is set up on it as the role of web and worker.

    Nothing of the project that needs settings may be imported before.
    """
    owner, app = os.environ["DATABASE_OWNER_URL"], os.environ["DATABASE_URL"]
    name = f"bench_{secrets.token_hex(4)}"
    _execute(_maintenance(), f'CREATE DATABASE "{name}"')
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        os.environ |= {
            "DATABASE_URL": _at(app, name),
            "DATABASE_OWNER_URL": _at(owner, name),
            "DJANGO_SETTINGS_MODULE": "ops_platform.settings.local",
            "SECRET_KEY": secrets.token_hex(32),
            "STATE_DIR": folder,
            "LOG_LEVEL": "WARNING",
        }
        try:
            for command in ("migrate", "load_reference"):
                _manage(command)
            yield name
        finally:
            _drop(name)


@contextmanager
def copy_of(template_name: str) -> Iterator[str]:
    """A copy of the template, to which Django's connection points meanwhile; gives its name."""
    from django.db import connection, connections

    name = f"{template_name}_{secrets.token_hex(2)}"
    connections.close_all()
    _execute(_maintenance(), f'CREATE DATABASE "{name}" TEMPLATE "{template_name}"')
    connection.settings_dict["NAME"] = name
    try:
        yield name
    finally:
        connections.close_all()
        connection.settings_dict["NAME"] = template_name
        _drop(name)


def _drop(name: str) -> None:
    """Drop a database once the last connection has gone. WITH (FORCE) would trip over a vacuum, which is not ours to
    end; without it PostgreSQL sends the vacuum away itself."""
    for _ in range(TRIES):
        try:
            _execute(_maintenance(), f'DROP DATABASE IF EXISTS "{name}"')
        except psycopg2.errors.ObjectInUse:
            time.sleep(1)
        else:
            return
    raise RuntimeError(f"database {name} is still in use")


def _maintenance() -> str:
    return _at(os.environ["DATABASE_OWNER_URL"], "postgres")


def _at(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _execute(url: str, sql: str) -> None:
    link = psycopg2.connect(url)
    link.autocommit = True
    with link.cursor() as cursor:
        cursor.execute(sql)
    link.close()


def _manage(command: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", command, "-v", "0"],
        cwd=ROOT,
        env={**os.environ, "OPS_DATABASE_ROLE": "owner"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{command}: {done.stderr[-2000:]}")


@contextmanager
def owner_link(database: str) -> Iterator[Any]:
    """A connection as the owner of the tables, for what the app role may not do (truncate, raw COPY)."""
    link = psycopg2.connect(_at(os.environ["DATABASE_OWNER_URL"], database))
    try:
        yield link
    finally:
        link.close()
