"""A year's cost budget in a real browser: filled in from its workbook, signed by two, compared, opened, in the cockpit."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Community
from tests.e2e.morning.conftest import last_month, sign
from tests.e2e.test_first_light import number
from tools.demo.workbooks import rows_of, workbook

pytestmark = [pytest.mark.browser, pytest.mark.services]
MEAN, YEAR = "本年月均实际(元)", "全年(元)"


def planned(content: bytes, target: Path) -> Decimal:
    """A dozen mean months to the yuan for every item of every department; returns what that is a month."""
    head, *rows = rows_of(content)
    mean, year = head.index(MEAN), head.index(YEAR)
    whole = 0
    for row in rows:
        if row[mean]:
            row[year] = 12 * round(float(row[mean]))
            whole += round(float(row[mean]))
    target.write_bytes(workbook([head, *rows]))
    return Decimal(whole)


def test_a_budget_is_filled_in_signed_by_two_and_compared_with_what_was_spent(
    computed: Community, browser: Browser, page: Page, tmp_path: Path
) -> None:
    url, month = computed.platform.url, last_month()
    computed.sign_in(page, "finance")
    page.goto(f"{url}/costing/budgets/")
    page.get_by_label("预算年度").fill(str(month.year))
    with page.expect_download() as download:
        page.get_by_role("button", name="下载预算表").click()
    file = tmp_path / "预算.xlsx"
    of_a_month = planned(Path(download.value.path()).read_bytes(), file)

    page.get_by_role("link", name="提交预算").click()
    page.get_by_label("预算年度").fill(str(month.year))
    page.get_by_label("依据").fill("职代会通过的年度预算")
    page.get_by_label("成本预算表(.xlsx)").set_input_files(file)
    page.get_by_role("button", name=re.compile("提交")).click()
    expect(page.locator("main")).to_contain_text("审批中")
    budget = page.url
    assert f"{12 * of_a_month:,.2f}" in page.locator("main").inner_text()

    page.goto(f"{url}/costing/reports/budget/?period={month}")
    expect(page.locator("main")).to_contain_text("没有已批准的成本预算")
    for signer in ("finance-director", "director"):
        sign(computed, browser, budget, signer)

    page.goto(f"{url}/costing/reports/budget/?period={month}")
    total = page.locator("main table tr.row-total").first
    figures = [number(text) for text in total.locator("td").all_inner_texts()]
    assert f"{of_a_month:.2f}" in figures
    total.get_by_role("link", name=re.compile(rf"^{of_a_month:,.2f}$")).first.click()
    expect(page.locator(".tie-line")).to_contain_text("一致，分毫不差")

    page.context.clear_cookies()
    computed.sign_in(page, "director")
    page.goto(f"{url}/?period={month}")
    cost = page.locator(".stat").filter(has_text="成本").first
    expect(cost).to_contain_text("预算")
