"""Why a department lost money (journey 2), what a rerun moved (journey 3), and what another price would mean, in a real
browser."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Community
from tests.e2e.morning.conftest import last_month, run_the_night
from tests.e2e.test_first_light import number

pytestmark = [pytest.mark.browser, pytest.mark.services]

HEADS_DEPARTMENT = "C09"  # 骨科 of the simulator's lead hospital
LATE_VOUCHER = "1234.56"


def test_the_head_of_orthopaedics_follows_a_loss_to_a_case_and_its_cost(computed: Community, page: Page) -> None:
    url = computed.platform.url
    computed.sign_in(page, "head")
    own = int(re.search(r"/departments/(\d+)/", page.url)[1])  # type: ignore[index]
    page.goto(f"{url}/departments/{own}/?period={last_month()}")
    page.get_by_role("link", name="与成本相比的结余").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("骨科 病组结余")
    groups = page.locator("main table tbody tr")
    worst = groups.first
    surplus = number(worst.locator("td").nth(9).inner_text())
    worst.locator("a").first.click()
    expect(page.locator("main")).to_contain_text("例均成本构成")
    cases = page.locator("main table").last.locator("tbody tr")
    summed = sum(round(float(number(cell)) * 100) for cell in cases.locator("td:nth-child(6)").all_inner_texts())
    assert summed == round(float(surplus) * 100), "the cases sum to what the group earned or lost"
    cases.first.locator("a").click()
    expect(page.locator(".tie-line")).to_contain_text("下列各项合计")
    expect(page.locator("main")).to_contain_text("患者承担")
    for other in (own - 1, own + 1):
        answer = page.request.get(f"{url}/costing/departments/{other}/groups/")
        assert answer.status == 404, "no other department"


def test_a_rerun_says_which_input_moved_how_many_fen(computed: Community, page: Page, tmp_path: Path) -> None:
    url, month = computed.platform.url, last_month()
    file = tmp_path / "补记.csv"
    file.write_text(
        "voucher,line,department,date,cost_item,funding_source,amount,summary\n"
        f"BJ-1,1,{HEADS_DEPARTMENT},{month}-28,other,basic,{LATE_VOUCHER},补记维修费\n",
        encoding="utf-8",
    )
    computed.sign_in(page, "finance")
    page.goto(f"{url}/intake/upload/cost-entries/")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name=re.compile("上传|提交")).click()
    page.wait_for_url(re.compile(r"/receipt/"))
    page.context.clear_cookies()
    run_the_night(computed)

    computed.sign_in(page, "finance")
    page.goto(f"{url}/costing/direct-costs/?period={month}")
    page.locator("main").get_by_role("link", name=re.compile("第 2 版")).first.click()
    expect(page.locator("main")).to_contain_text("由什么算出")
    page.locator("main").get_by_role("link", name="比较", exact=True).first.click()
    moved = page.locator("main table").first
    row = moved.locator("tbody tr").filter(has_text="成本凭证").first
    assert number(row.locator("td").first.inner_text()) == LATE_VOUCHER
    assert number(moved.locator("tr.row-total td").first.inner_text()) == LATE_VOUCHER, "all of it is explained"


def test_a_lower_price_is_tried_first_and_official_figures_stay(computed: Community, page: Page) -> None:
    url, month = computed.platform.url, last_month()
    computed.sign_in(page, "finance")
    page.goto(f"{url}/costing/full-costs/?period={month}")
    official = page.locator("main table").first.inner_text()
    page.goto(f"{url}/costing/scenarios/new/")
    page.get_by_label("名称").fill("检查费下调一成")
    choice = page.get_by_label("从哪个月出发")
    choice.select_option(label=choice.locator("option").filter(has_text=str(month)).first.inner_text())
    page.get_by_role("button", name="建立方案").click()
    expect(page.locator("main")).to_contain_text("还没有变化")
    page.get_by_label("变化", exact=True).select_option("price")
    page.get_by_label("数值").fill("-10")
    page.get_by_label("改成什么").select_option(label="检查费")
    page.get_by_role("button", name="加入并重新测算").click()
    change = page.locator(".grid-stats").get_by_text(re.compile("结余变化")).locator("xpath=..")
    assert float(number(change.inner_text())) < 0
    page.goto(f"{url}/costing/full-costs/?period={month}")
    assert page.locator("main table").first.inner_text() == official
    page.context.clear_cookies()
    computed.sign_in(page, "centre1")
    page.goto(f"{url}/costing/reconciliation/?period={month}")
    expect(page.locator(".tie-line")).to_contain_text("逐家一致，分毫不差")
