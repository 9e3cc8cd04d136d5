"""A community after its first night, as people find it in the morning; shared by the modules of this folder."""

import re
from collections.abc import Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect

from ops_platform.kernel import Period
from tests.e2e.conftest import Community, running


def last_month() -> Period:
    """The month that people work on: the last full one."""
    return Period.of(timezone.localdate()).shift(-1)


def run_the_night(community: Community, *options: str) -> None:
    """Computed by the real worker, and waited for."""
    done = community.platform.manage(
        "run_nightly", "--date", timezone.localdate().isoformat(), "--wait", *options, within=240
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def sign(community: Community, browser: Browser, subject: str, who: str) -> None:
    """Agree to what waits for this person about the subject, from its page."""
    page = browser.new_context(locale="zh-CN").new_page()
    community.sign_in(page, who)
    page.goto(subject)
    page.get_by_role("link", name=re.compile("审批过程|确认过程")).last.click()
    page.get_by_role("button", name="同意").click()
    expect(page.locator(".record")).to_contain_text("同意")
    page.context.close()


@pytest.fixture(scope="package")
def computed(
    django_db_setup: None, django_db_blocker: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Community]:
    """The community after its first night."""
    with django_db_blocker.unblock(), running(tmp_path_factory.mktemp("computed")) as found:  # type: ignore[attr-defined]
        run_the_night(found)
        yield found
