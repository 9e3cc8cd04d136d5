"""What the demo's people do over HTTP leaves behind what its pages then show."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Community
from tools.demo.approvals import approvals
from tools.demo.register import keep_register

pytestmark = [pytest.mark.browser, pytest.mark.services]


def test_the_people_of_the_demo_ask_decide_and_keep_the_register(community: Community, page: Page) -> None:
    url, accounts = community.platform.url, [*community.accounts.values()]
    done = list(approvals(url, accounts))
    assert done[0] == "9 requests asked for"
    assert done[-2].startswith("six wait:")
    assert list(keep_register(url, accounts)) == ["2 improved processes and a typical case entered, 5 owners named"]
    assert list(keep_register(url, accounts)) == []

    community.sign_in(page, "leader")
    page.goto(f"{url}/workflows/")
    expect(page.locator("#list")).to_contain_text("更换 CT 球管")
    page.context.clear_cookies()
    community.sign_in(page, "director")
    page.goto(f"{url}/workflows/")
    page.get_by_role("link", name="购置电动病床八张").click()
    expect(page.locator(".notable")).to_contain_text("合计 54,000.00 元")
    page.goto(f"{url}/workflows/processes/?words=CW-01")
    page.get_by_role("link", name="费用报销").click()
    expect(page.locator("main")).to_contain_text("55.6%")
    expect(page.locator("main")).to_contain_text("演示数据，系虚构")
    page.get_by_role("link", name="费用报销由九天缩短到四天").click()
    expect(page.locator("main")).to_contain_text("改善 55.6%")
