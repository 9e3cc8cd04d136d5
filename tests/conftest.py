"""Fixtures of all tests. The servers are the embedded ones of `make test`; nothing of our own is mocked."""

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import setup_databases, teardown_databases
from hypothesis import HealthCheck, settings
from pytest_django import DjangoDbBlocker

from tests.notifications.receivers import MailServer, mail_server
from tests.support import database
from tests.support.processes import Platform, empty_redis

# what a test proves does not hang on how busy the machine is
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

CHROMIUM = next((path for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if Path(path).exists()), None)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Who asks for a platform starts processes (`tests.lanes` keeps them apart from the others). Browser tests need a
    Chromium: without one they are skipped with one line, with CI=true that is a failure."""
    for item in items:
        if "platform" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.services)
    wanted = [item for item in items if item.get_closest_marker("browser")]
    if CHROMIUM or not wanted:
        return
    if os.environ.get("CI") == "true":
        pytest.exit("browser tests need Chromium: apt-get install chromium fonts-noto-cjk", returncode=3)
    for item in wanted:
        item.add_marker(pytest.mark.skip(reason="no Chromium here: apt-get install chromium fonts-noto-cjk"))


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The test database is made by the owner, with the reference data; tests then work as the app role.

    Own instead of pytest-django's, which makes no database when the only test that runs asks for a committed copy.
    """
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False, aliases={"default"})
        call_command("load_reference", verbosity=0, stdout=io.StringIO())
        database.as_app_role()
    yield
    with django_db_blocker.unblock():
        database.as_owner()
        teardown_databases(made, verbosity=0)


@pytest.fixture
def committed_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A committed copy of the test database for tests with several connections or processes; gives its name."""
    with django_db_blocker.unblock(), database.committed_copy(connection.settings_dict["NAME"]) as name:
        yield name


@pytest.fixture
def platform(committed_db: str, tmp_path: Path) -> Iterator[Platform]:
    """A platform of real processes on a database of its own; the test starts what it needs."""
    empty_redis()
    running = Platform(database=committed_db, folder=tmp_path)
    try:
        yield running
    finally:
        running.stop()
        empty_redis()


@pytest.fixture
def mail_host(settings: Any) -> Iterator[MailServer]:
    """The platform sends mail through a real mail server."""
    with mail_server() as listening:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", listening.port
        settings.DEFAULT_FROM_EMAIL = "ops@hospital.cn"
        settings.PUBLIC_URL = "https://ops.hospital.cn"
        yield listening
