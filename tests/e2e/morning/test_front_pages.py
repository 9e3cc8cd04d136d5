"""A coder improves front pages before declaration (journey 7), in a real browser: the work list, the reasons in words, the
correction that comes back from the HIS; and what a stay that is not over would be paid."""

import csv
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Community
from tests.e2e.morning.conftest import last_month, run_the_night
from tests.e2e.test_first_light import number

pytestmark = [pytest.mark.browser, pytest.mark.services]


def as_file(row: dict[str, Any], target: Path) -> Path:
    """An abstract as a hospital uploads it."""
    values = {name: "|".join(value) if isinstance(value, list) else value for name, value in row.items()}
    with target.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(values))
        writer.writeheader()
        writer.writerow(values)
    return target


def test_a_coder_follows_a_finding_to_its_correction(computed: Community, page: Page, tmp_path: Path) -> None:
    url, month = computed.platform.url, last_month()
    wrong: Any = computed.planted["front_pages"]
    right = next(one["right"] for one in wrong if one["kind"] == "symptom_first" and one["period"] == str(month))
    computed.sign_in(page, "insurance")
    page.goto(f"{url}/settlement/front-pages/?period={month}")
    charges = [float(number(cell)) for cell in page.locator("main tbody td:nth-child(8)").all_inner_texts()]
    assert charges == sorted(charges, reverse=True), "the dearest stay first"
    page.get_by_role("link", name=right["encounter_no"]).first.click()
    main = page.locator("main")
    expect(main).to_contain_text("不能入组")
    expect(main).to_contain_text("不在任何 MDC 的主要诊断范围内")
    expect(main).to_contain_text("请按病历核对主要诊断的选择")
    assert "权重" not in main.inner_text()
    assert "支付" not in main.inner_text()
    front = page.url
    page.context.clear_cookies()

    computed.sign_in(page, "finance")
    page.goto(f"{url}/intake/upload/discharge-abstracts/")
    page.locator("input[type=file]").set_input_files(as_file(right, tmp_path / "更正.csv"))
    page.get_by_role("button", name=re.compile("上传|提交")).click()
    page.wait_for_url(re.compile(r"/receipt/"))
    page.context.clear_cookies()
    run_the_night(computed, "--institution", "H001", "--period", str(month))

    computed.sign_in(page, "insurance")
    page.goto(front)
    expect(main).to_contain_text("更正后的首页")
    expect(main).to_contain_text("首页已更正")
    expect(main).to_contain_text("更正前 0000，更正后")


def test_an_officer_reads_what_a_stay_so_far_would_be_paid(computed: Community, page: Page) -> None:
    computed.sign_in(page, "insurance")
    page.goto(f"{computed.platform.url}/settlement/in-house/")
    expect(page.locator("main")).to_contain_text("按目前诊断估算，不是结算")
    first = page.locator("main tbody tr").first
    expected, remaining = (number(first.locator("td").nth(place).inner_text()) for place in (6, 7))
    first.get_by_role("link").click()
    expect(page.locator("main")).to_contain_text("为什么预计入这个组")
    shown = page.locator("main").inner_text().replace(",", "")
    assert f"{float(expected):.2f}" in shown
    assert f"{float(remaining):.2f}" in shown
