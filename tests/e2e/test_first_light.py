"""Whole journeys in a real browser: from HIS data over HTTP, through the nightly run, down to a charge line."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Community
from tests.support.processes import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.services]
AXE = ROOT / "node_modules/axe-core/axe.min.js"


def number(text: str) -> str:
    """An amount as it stands on a page, without separators and unit."""
    return re.sub(r"[^\d.\-−]", "", text).replace("−", "-")


def test_the_night_runs_and_an_amount_opens_down_to_a_charge_line(community: Community, page: Page) -> None:
    community.sign_in(page, "centre1")
    page.goto(f"{community.platform.url}/nightly/start/")
    page.get_by_role("button", name=re.compile("启动|开始")).click()
    bar = page.get_by_role("progressbar").first
    expect(bar).to_be_visible()
    expect(bar).to_have_attribute("value", "100", timeout=90_000)
    expect(page.locator("#run-progress")).to_contain_text("成功", timeout=20_000)

    page.goto(community.platform.url)
    expect(page.get_by_role("heading", level=1)).to_contain_text("运营驾驶舱")
    page.locator(".deviations a").first.click()
    expect(page).to_have_url(re.compile(r"/departments/\d+/"))

    amount = page.locator("#income tbody a").first
    shown = number(amount.inner_text())
    amount.click()
    expect(page.locator("main")).to_contain_text(re.compile("收费明细"))
    expect(page.locator("main")).to_contain_text("一致，分毫不差")
    assert shown in number(page.locator("main").inner_text()), "the list's sum is the amount one came from"
    rows = page.locator("main table tbody tr")
    assert rows.count() > 0


def test_a_department_head_sees_the_own_department_only(community: Community, page: Page) -> None:
    community.sign_in(page, "head")
    expect(page.get_by_role("heading", level=1)).to_contain_text("骨科")
    own = int(re.search(r"/departments/(\d+)/", page.url)[1])  # type: ignore[index]
    answer = page.request.get(f"{community.platform.url}/departments/{own - 1}/")
    assert answer.status == 404


def test_a_clinic_hands_in_a_file_and_corrects_what_is_marked(community: Community, page: Page, tmp_path: Path) -> None:
    file = tmp_path / "成本.csv"
    file.write_text(
        "voucher,line,department,date,cost_item,funding_source,amount,summary\n"
        "P-1,1,C01,2026-11-03,drugs,basic,120.50,药品\n"
        "P-2,1,C01,2026-11-33,drugs,basic,12.345,药品\n",
        encoding="utf-8",
    )
    community.sign_in(page, "clinic")
    page.goto(f"{community.platform.url}/intake/upload/cost-entries/")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name=re.compile("上传|提交")).click()
    page.wait_for_url(re.compile(r"/receipt/"))
    text = page.locator("main").inner_text()
    assert "2026-11-33" in text
    assert "12.345" in text
    file.write_text(
        "voucher,line,department,date,cost_item,funding_source,amount,summary\n"
        "P-2,1,C01,2026-11-03,drugs,basic,12.34,药品\n",
        encoding="utf-8",
    )
    page.goto(f"{community.platform.url}/intake/upload/cost-entries/")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name=re.compile("上传|提交")).click()
    page.wait_for_url(re.compile(r"/receipt/"))
    expect(page.locator("main")).not_to_contain_text("没有入库")
    page.goto(f"{community.platform.url}/intake/quarantine/?dataset=cost-entries&state=open")
    expect(page.locator("main")).not_to_contain_text("2026-11-33")


@pytest.mark.parametrize(
    "path", ["/", "/nightly/", "/intake/quarantine/", "/intake/upload/cost-entries/", "/masterdata/periods/"]
)
def test_pages_have_no_serious_fault_for_keyboard_and_screen_reader(
    community: Community, page: Page, path: str
) -> None:
    community.sign_in(page, "centre2")
    page.goto(community.platform.url + path)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("async () => (await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa']})).violations")
    serious = [
        f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found if one["impact"] in ("serious", "critical")
    ]
    assert serious == []


@pytest.mark.parametrize("size", [(1366, 768), (820, 1180), (390, 844)])
def test_the_cockpit_never_scrolls_sideways(community: Community, page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    community.sign_in(page, "leader")
    page.goto(community.platform.url)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
