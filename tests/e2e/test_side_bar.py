"""The side bar of somebody with many pages: folded but for where one is, as one left it, and searched by typing."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Community

pytestmark = [pytest.mark.browser, pytest.mark.services]


def test_sections_fold_stay_as_left_and_a_page_is_found_by_its_name(community: Community, page: Page) -> None:
    url = community.platform.url
    community.sign_in(page, "finance")
    page.goto(f"{url}/costing/runs/")
    bar = page.get_by_role("navigation", name="主导航")
    expect(bar.get_by_role("link", name="成本运行")).to_have_attribute("aria-current", "page")
    expect(bar.get_by_role("link", name="分摊动因")).to_be_hidden()
    bar.locator("summary", has_text="成本方法").press("Enter")
    bar.get_by_role("link", name="分摊动因").click()
    page.goto(f"{url}/ledger/vouchers/")
    expect(bar.get_by_role("link", name="凭证查询")).to_be_visible()
    expect(bar.get_by_role("link", name="分摊动因")).to_be_visible()
    expect(bar.get_by_role("link", name="成本运行")).to_be_hidden()

    page.keyboard.press("/")
    page.keyboard.type("诊次与")
    expect(bar.get_by_role("link")).to_have_text(["诊次与床日成本"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/costing/unit-costs/")
    page.get_by_role("searchbox", name="查找页面").fill("没有的")
    expect(bar.get_by_role("status")).to_have_text("没有名称含这些字的页面")
    page.keyboard.press("Escape")
    expect(bar.get_by_role("link", name="诊次与床日成本")).to_be_visible()
    expect(bar.get_by_role("status")).to_have_text("")
    expect(bar.get_by_role("link", name="科室成本月报")).to_be_hidden()

    field = page.get_by_role("searchbox", name="查找页面")
    field.fill("成本月")
    expect(bar.get_by_role("link")).to_have_text(["科室成本月报"])
    field.fill("科室成本")
    hits = bar.get_by_role("link")
    field.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(hits.nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(hits.nth(0)).to_be_focused()
    page.keyboard.press("Escape")
    expect(field).to_be_focused()
    expect(field).to_have_value("")
    expect(bar.get_by_role("link", name="科室成本月报")).to_be_hidden()


def test_a_telephone_opens_the_bar_as_a_drawer_and_few_pages_are_not_folded(community: Community, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    community.sign_in(page, "cashier")
    drawer = page.locator("#sidebar")
    expect(drawer).to_be_hidden()
    page.get_by_role("button", name="导航").click()
    expect(drawer.get_by_role("link", name="典型案例")).to_be_visible()
    expect(drawer.locator("details.side-section")).to_have_count(0)
    expect(drawer.get_by_role("navigation").get_by_role("link").first).to_be_focused()
    expect(page.locator("main")).to_have_attribute("inert", "")
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(page.get_by_role("button", name="导航")).to_be_focused()
    expect(page.locator("main")).not_to_have_attribute("inert", "")
