"""The books in a real browser: from the night's vouchers to the trial balance and down to one entry; a voucher from its
maker through review into the books."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Community

pytestmark = [pytest.mark.browser, pytest.mark.services]
MONTH = "2026-10"


def signed_in(community: Community, browser: Browser, username: str) -> Page:
    """Somebody else at another desk."""
    page = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN").new_page()
    community.sign_in(page, username)
    return page


def make_voucher(page: Page, url: str, amount: str) -> None:
    """Fill in and submit a voucher of two lines."""
    page.goto(f"{url}/ledger/vouchers/new/")
    page.get_by_label("摘要", exact=True).first.fill("收到社会捐赠款")
    lines = page.locator(".voucher-line")
    lines.nth(0).get_by_label("科目").fill("1002 银行存款")
    lines.nth(0).get_by_label("借方(元)").fill(amount)
    lines.nth(1).get_by_label("科目").fill("4603 捐赠收入")
    lines.nth(1).get_by_label("贷方(元)").fill(amount)
    expect(page.locator('[data-total="difference"]')).to_have_text("0.00")
    page.get_by_role("button", name="提交审核").click()
    expect(page).to_have_url(re.compile(r"/ledger/vouchers/\d+/$"))


def test_the_night_keeps_the_books_and_a_balance_opens_down_to_an_entry(community: Community, page: Page) -> None:
    done = community.platform.manage("run_nightly", "--date", f"{MONTH}-31", "--period", MONTH, "--wait")
    assert done.returncode == 0, done.stdout + done.stderr
    community.sign_in(page, "finance")
    page.goto(f"{community.platform.url}/ledger/trial-balance/?period={MONTH}")
    expect(page.locator("main")).to_contain_text("借贷平衡")
    page.get_by_role("link", name="12120201 应收医保款").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("12120201 应收医保款")
    page.locator("tbody a").first.click()
    main = page.locator("main")
    expect(main).to_contain_text("自动记账，按已批准的规则")
    expect(main).to_contain_text("本凭证指纹")
    expect(main).to_contain_text(re.compile("门诊|收入"))
    entry = page.url
    page.locator("dt", has_text="业务事项").locator("xpath=following-sibling::dd[1]").get_by_role("link").click()
    expect(main).to_contain_text("金额与适用的规则")
    event = page.url
    page.get_by_role("link", name="来源数据").click()
    expect(main).to_contain_text("一致，分毫不差")
    page.locator("tbody a", has=page.locator(".origin")).first.click()
    expect(page).to_have_url(re.compile(r"/intake/batches/\d+/\?row=\d+#row-\d+$"))
    page.goto(event)
    page.get_by_role("link", name="打开凭证").click()
    expect(page).to_have_url(entry)


def test_rules_are_changed_in_a_draft_previewed_and_asked_for(
    community: Community, browser: Browser, page: Page
) -> None:
    url = community.platform.url
    community.sign_in(page, "centre1")
    page.goto(f"{url}/ledger/voucher-rules/")
    expect(page.locator("main")).to_contain_text("就诊类别为门急诊时")
    page.get_by_role("button", name="起草变更").click()
    income = page.locator("[id='ledger.income-voucher'] .postings > li").last
    income.get_by_role("link", name="修改").click()
    credit = page.get_by_role("group", name="财务会计 贷方")
    credit.get_by_label("科目", exact=True).fill("4605 租金收入")
    credit.get_by_label("科室").uncheck()
    page.get_by_role("button", name="保存到草稿").click()
    page.get_by_role("link", name="预览并提交").click()
    page.goto(f"{url}/ledger/voucher-rules/draft/preview/?period={MONTH}")
    main = page.locator("main")
    page.get_by_role("button", name="试算", exact=True).click()
    expect(main).to_contain_text("贷 4605 租金收入", timeout=30_000)
    expect(main).to_contain_text("发生额有变化的科目")
    page.get_by_label("变更依据").fill("院务会 2026 年第 4 次会议")
    page.get_by_role("button", name="提交审批").click()
    expect(main).to_contain_text("已提交审批")

    second = signed_in(community, browser, "centre2")
    second.goto(page.url)
    expect(second.locator("main")).to_contain_text("改了什么")
    second.get_by_role("link", name="审批过程").click()
    second.get_by_role("button", name="同意", exact=True).click()
    expect(second.locator("main")).to_contain_text("已同意")
    page.goto(f"{url}/ledger/voucher-rules/")
    expect(main).to_contain_text("第 2 版")
    second.context.close()


def test_a_voucher_goes_from_its_maker_through_review_into_the_trial_balance(
    community: Community, browser: Browser, page: Page
) -> None:
    url = community.platform.url
    community.sign_in(page, "finance")
    make_voucher(page, url, "50000")
    voucher = page.url
    assert page.get_by_role("link", name="已记账凭证").count() == 0

    reviewer = signed_in(community, browser, "reviewer")
    reviewer.goto(f"{url}/workflows/")
    reviewer.get_by_role("link", name=re.compile("手工凭证：.*收到社会捐赠款")).click()
    expect(reviewer.locator("main")).to_contain_text("借 1002 银行存款 50,000.00")
    reviewer.get_by_role("button", name="同意", exact=True).click()
    expect(reviewer.locator("main")).to_contain_text("已同意")

    page.goto(voucher)
    page.get_by_role("link", name="已记账凭证").click()
    main = page.locator("main")
    expect(main).to_contain_text("50,000.00")
    expect(main).to_contain_text(community.accounts["reviewer"]["name"])
    page.get_by_role("link", name="4603 捐赠收入").click()
    expect(main).to_contain_text("50,000.00")
    reviewer.context.close()


def test_the_books_fit_a_telephone(community: Community, browser: Browser) -> None:
    page = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN").new_page()
    community.sign_in(page, "finance")
    for path in (
        "entries/",
        "vouchers/new/",
        "trial-balance/",
        "accounts/",
        "statements/",
        "events/",
        "voucher-rules/",
        "exports/",
    ):
        page.goto(f"{community.platform.url}/ledger/{path}")
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{path} scrolls sideways by {wide} px"
    page.context.close()
