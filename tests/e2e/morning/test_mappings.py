"""A finance clerk tries another classification of items on a past month before it holds, in a real browser."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Community
from tests.e2e.morning.conftest import last_month, sign
from tools.demo.workbooks import rows_of, workbook

pytestmark = [pytest.mark.browser, pytest.mark.services]
NAME = "本院归集口径(测试)"
ITEM_NAME, RECEIPTS = "本地价格项目名称", ("门急诊票据类别", "住院票据类别")


def reclassed(content: bytes, target: Path) -> Path:
    """The hospital's items as they stand, but what is called an electrocardiogram as consultation."""
    head, *rows = rows_of(content)
    name, *receipts = (head.index(column) for column in (ITEM_NAME, *RECEIPTS))
    for row in rows:
        if "心电图" in row[name]:
            for place in receipts:
                row[place] = "诊察费"
    target.write_bytes(workbook([head, *rows]))
    return target


def test_a_mapping_is_simulated_explained_and_approved_before_it_holds(
    computed: Community, browser: Browser, page: Page, tmp_path: Path
) -> None:
    url, month = computed.platform.url, last_month()
    main = page.locator("main")
    computed.sign_in(page, "finance")
    page.goto(f"{url}/settlement/mappings/")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载空白表").click()
    changed = reclassed(Path(download.value.path()).read_bytes(), tmp_path / "口径.xlsx")
    page.get_by_role("link", name="新建").click()
    page.get_by_label("名称").fill(NAME)
    page.get_by_label("生效月份").fill(str(month))
    page.get_by_label("归集口径表(.xlsx)").set_input_files(changed)
    page.get_by_role("button", name="导入为草稿").click()
    expect(main).to_contain_text("没有未归集、重复归集或不存在的类别")
    version = page.url

    main.get_by_role("link", name="模拟", exact=True).click()
    page.get_by_label("期间起").fill(str(month))
    page.get_by_label("期间止").fill(str(month))
    page.get_by_role("button", name="模拟").click()
    expect(main).to_contain_text("合计不变")
    expect(main).to_contain_text("心电图")
    for reason in page.get_by_placeholder("请说明原因").all():
        reason.fill("心电图按诊察项目归集，合计不变")
    page.get_by_role("button", name="保存原因").click()

    page.goto(version)
    page.get_by_role("link", name="提交审批").click()
    page.get_by_label("结果分析和问题判断").fill("检查收入减少、诊察收入增加，合计和药占比不变，可以上线。")
    page.get_by_role("button", name="提交审批").click()
    page.goto(f"{url}/settlement/mappings/income/?period={month}")
    expect(main).not_to_contain_text(NAME)
    sign(computed, browser, version, "finance-director")
    page.goto(f"{url}/settlement/mappings/income/?period={month}")
    expect(main).to_contain_text(NAME)
    page.goto(f"{url}/settlement/mappings/income/?period={month.shift(-1)}")
    expect(main).not_to_contain_text(re.compile(re.escape(NAME)))
