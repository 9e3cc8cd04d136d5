"""A browser for whole journeys: the system's Chromium, driven by Playwright, against real processes."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import CHROMIUM
from tests.support import database
from tests.support.processes import ROOT, Platform, empty_redis

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One headless Chromium a module: while Playwright's loop runs, Django refuses the database to other tests."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a visitor of their own, 1366×768; fails the test on any error in the browser's console."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


class Community:
    """A running platform with the posted, not yet computed data of a small county community."""

    def __init__(self, platform: Platform, accounts: dict[str, dict[str, str]], planted: dict[str, object]) -> None:
        self.platform, self.accounts, self.planted = platform, accounts, planted

    def sign_in(self, page: Page, username: str) -> None:
        """Sign in through the page."""
        page.goto(f"{self.platform.url}/accounts/sign-in/")
        page.get_by_label("用户名").fill(username)
        page.get_by_label("密码", exact=True).fill(self.accounts[username]["password"])
        page.get_by_role("button", name="登录").click()
        page.wait_for_url(lambda url: "sign-in" not in url)


@pytest.fixture(scope="module")
def community(
    django_db_setup: None, django_db_blocker: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Community]:
    """Web, worker and beat on a database of their own; the simulator has posted its files over HTTP."""
    with django_db_blocker.unblock(), running(tmp_path_factory.mktemp("community")) as found:  # type: ignore[attr-defined]
        yield found


@contextmanager
def running(folder: Path) -> Iterator[Community]:
    """A filled community on a database of its own, stopped at the end."""
    from django.db import connection

    empty_redis()
    with database.committed_copy(connection.settings_dict["NAME"]) as name:
        platform = Platform(database=name, folder=folder)
        try:
            yield filled(platform, folder)
        finally:
            platform.stop()
            empty_redis()


def filled(platform: Platform, folder: Path, *options: str) -> Community:
    """Generate a small community's files (`options` for the simulator) and post them to the platform."""
    data = folder / "data"
    _run("-m", "tools.his_simulator", "generate", "--scale", "small", "--seed", "7", "--out", str(data), *options)
    assert platform.manage("load_alliance", str(data / "alliance.json")).returncode == 0
    assert platform.manage("load_reference").returncode == 0  # as the demo does: some of it needs the institutions
    key = platform.manage("create_api_key", "--name", "his", "--all-institutions").stdout.split()[-1]
    platform.start_web()
    platform.start_worker()
    platform.start_beat()
    _run("-m", "tools.his_simulator", "post", str(data), "--url", platform.url, "--api-key", key)
    made = platform.manage("create_demo_accounts", "--out", str(folder / "accounts.json"))
    assert made.returncode == 0, made.stderr
    accounts = json.loads((folder / "accounts.json").read_text(encoding="utf-8"))
    planted = json.loads((data / "planted.json").read_text(encoding="utf-8"))
    return Community(platform, {account["username"]: account for account in accounts}, planted)


def _run(*command: str) -> None:
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
