"""A request above its tier with a delegation, an added signer and a return, to its end, in a real browser (journey 8)."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Community
from tests.support.processes import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.services]
AXE = ROOT / "node_modules/axe-core/axe.min.js"
TITLE = "购置 CT 球管"


def visit(browser: Browser, community: Community, who: str, width: int = 1366) -> Page:
    """A signed-in person with a browser of their own."""
    page = browser.new_context(viewport={"width": width, "height": 800}, locale="zh-CN").new_page()
    community.sign_in(page, who)
    return page


def choose(page: Page, words: str) -> None:
    """Search for a person and choose them."""
    page.get_by_placeholder("姓名、用户名、角色或机构").press_sequentially(words)
    expect(page.locator(".picker .form-hint")).to_contain_text("共 1 人")
    page.get_by_role("radio", name=words).check()


def open_matter(page: Page, community: Community) -> None:
    """From the count in the header to the matter."""
    page.goto(f"{community.platform.url}/messages/")
    page.locator(".sidebar .counters a").filter(has_text="待办").first.click()
    page.get_by_role("link", name=re.compile(TITLE)).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(TITLE)


def test_a_large_request_goes_its_way_through_many_hands(community: Community, browser: Browser, page: Page) -> None:
    url = community.platform.url
    away = visit(browser, community, "centre1")
    away.goto(f"{url}/workflows/delegations/new/")
    choose(away, "高远")
    away.get_by_label("结束日期").fill(away.get_by_label("开始日期").input_value())
    away.get_by_label("原因").fill("外出开会")
    away.get_by_role("button", name="委派").click()
    expect(away.locator("main")).to_contain_text("生效中")

    community.sign_in(page, "finance")
    page.goto(f"{url}/workflows/requests/new/")
    page.get_by_label("类别").select_option("equipment")
    page.get_by_label("事项名称").fill(TITLE)
    page.get_by_label("金额(元)").fill("600000")
    page.get_by_label("理由").fill("球管曝光次数已超寿命")
    page.locator("input[type=file]").set_input_files(
        {"name": "报价单.txt", "mimeType": "text/plain", "buffer": "报价 600000 元".encode()}
    )
    page.get_by_role("button", name="提交审批").click()
    expect(page.locator(".path-present")).to_contain_text("领导小组审批")
    matter = page.url

    leader = visit(browser, community, "leader", width=390)
    leader.goto(matter)
    expect(leader.locator("main")).to_contain_text("报价单.txt")
    leader.get_by_role("link", name="加签或转办").click()
    choose(leader, "林晓岚")
    leader.get_by_label("理由").fill("请中心先核价格")
    leader.get_by_role("button", name="确定").click()
    expect(leader.locator(".path-present")).to_contain_text("等待前签")

    stand_in = visit(browser, community, "centre2")
    open_matter(stand_in, community)
    expect(stand_in.locator(".sign")).to_contain_text("代 林晓岚 办理")
    stand_in.get_by_label("意见").fill("价格偏高，建议压到 48 万")
    stand_in.get_by_role("button", name="同意").click()

    leader.goto(matter)
    leader.get_by_label("意见").fill("请按中心意见重新询价")
    leader.get_by_role("button", name="退回").click()
    expect(leader.locator(".page-head")).to_contain_text("已退回")

    page.goto(matter)
    page.get_by_role("link", name="修改内容").click()
    page.get_by_label("金额(元)").fill("480000")
    page.get_by_role("button", name="保存修改").click()
    page.get_by_role("button", name="重新提交").click()
    expect(page.locator(".path-present")).to_contain_text("运营管理中心审批")

    open_matter(stand_in, community)
    stand_in.get_by_role("button", name="同意").click()
    expect(stand_in.locator(".page-head")).to_contain_text("已同意")

    auditor = visit(browser, community, "auditor")
    auditor.goto(matter)
    record = auditor.locator(".record")
    for words in ("提交", "前加签", "代 林晓岚", "退回", "重新提交", "同意"):
        expect(record).to_contain_text(words)
    expect(auditor.locator(".sign")).to_have_count(0)
    for each in (away, leader, stand_in, auditor):
        each.context.close()


def ask(page: Page, community: Community, title: str, amount: str) -> str:
    """Submit a request; the address of its matter."""
    page.goto(f"{community.platform.url}/workflows/requests/new/")
    page.get_by_label("事项名称").fill(title)
    page.get_by_label("金额(元)").fill(amount)
    page.get_by_label("理由").fill("日常需要")
    page.get_by_role("button", name="提交审批").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)
    return page.url


def test_the_other_acts_by_hand(community: Community, browser: Browser, page: Page) -> None:
    """Urge and withdraw; reject; transfer; add a signer after oneself; comment with an attachment; several at one go."""
    url = community.platform.url
    community.sign_in(page, "finance")
    unwanted = ask(page, community, "误填的申请", "100")
    page.get_by_role("button", name="催办").click()
    expect(page.locator(".record")).to_contain_text("催办")
    page.get_by_role("button", name="撤回").click()
    page.get_by_role("button", name="确定").click()
    expect(page.locator(".page-head")).to_contain_text("已撤回")
    refused = ask(page, community, "超标准的办公桌", "8000")
    passed_on = ask(page, community, "外出进修", "12000")
    ticked = [ask(page, community, f"打印耗材第 {number} 批", "300") for number in (1, 2)]

    head = visit(browser, community, "director")
    assert head.goto(unwanted).status == 200  # type: ignore[union-attr]
    expect(head.locator(".sign")).to_have_count(0)
    head.goto(refused)
    head.get_by_label("意见").fill("超过配置标准")
    head.get_by_role("button", name="否决").click()
    expect(head.locator(".page-head")).to_contain_text("已否决")

    head.goto(passed_on)
    head.get_by_label("评论").fill("请人事科核实名额")
    head.locator(".say input[type=file]").set_input_files(
        {"name": "名额.txt", "mimeType": "text/plain", "buffer": "名额 2 人".encode()}
    )
    head.get_by_role("button", name="评论").click()
    expect(head.locator("main")).to_contain_text("名额.txt")
    head.get_by_role("link", name="加签或转办").click()
    head.get_by_label("后加签").check()
    choose(head, "王慧敏")
    head.get_by_label("理由").fill("请财务核对经费")
    head.get_by_role("button", name="确定").click()
    head.get_by_role("button", name="同意").click()
    expect(head.locator(".path-present")).to_contain_text("王慧敏")

    finance = visit(browser, community, "finance-director")
    finance.goto(passed_on)
    finance.get_by_role("link", name="加签或转办").click()
    finance.get_by_label("转办").check()
    choose(finance, "高远")
    finance.get_by_label("理由").fill("由中心统一核定")
    finance.get_by_role("button", name="确定").click()
    stand_in = visit(browser, community, "centre2")
    stand_in.goto(passed_on)
    stand_in.get_by_role("button", name="同意").click()
    expect(stand_in.locator(".page-head")).to_contain_text("已同意")

    head.goto(f"{url}/workflows/")
    for box in head.get_by_role("checkbox").all():
        box.check()
    head.get_by_role("button", name="同意勾选的事项").click()
    head.get_by_role("button", name="确定").click()
    expect(head.locator("#messages")).to_contain_text("已同意 2 件")
    page.goto(ticked[1])
    expect(page.locator(".page-head")).to_contain_text("已同意")
    for each in (head, finance, stand_in):
        each.context.close()


def test_a_search_for_persons_leaves_the_console_silent(community: Community, page: Page) -> None:
    """Nobody chosen yet, and boxes that bear a style of a browser's own: the policy refuses none of it."""
    community.sign_in(page, "centre1")
    page.goto(f"{community.platform.url}/workflows/flows/")
    page.get_by_role("link", name="事项申请").first.click()
    page.goto(f"{page.url}draft/steps/head/")
    page.get_by_label("谁", exact=True).first.select_option(label="指定人员")
    page.evaluate("document.querySelectorAll('input').forEach((box) => box.style.setProperty('color', 'black'))")
    choose(page, "陈国栋")
    page.get_by_placeholder("姓名、用户名、角色或机构").fill("没有这样的人")
    expect(page.locator(".picker .form-hint")).to_contain_text("没有找到")
    expect(page.get_by_role("radio", name="陈国栋")).to_be_checked()


@pytest.mark.parametrize("path", ["/workflows/", "/workflows/requests/new/", "/workflows/delegations/", "/messages/"])
def test_the_approval_pages_have_no_serious_fault_of_access(community: Community, page: Page, path: str) -> None:
    community.sign_in(page, "leader")
    page.goto(f"{community.platform.url}{path}")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("async () => (await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa']})).violations")
    serious = [f"{each['id']}: {each['help']}" for each in found if each["impact"] in ("serious", "critical")]
    assert serious == []


def test_the_approval_pages_fit_a_telephone(community: Community, browser: Browser) -> None:
    page = visit(browser, community, "centre2", width=390)
    for path in (
        "/workflows/",
        "/workflows/done/",
        "/workflows/requests/new/",
        "/workflows/delegations/",
        "/workflows/measures/",
        "/workflows/measures/workflows.request/",
        "/workflows/processes/",
        "/messages/",
    ):
        page.goto(f"{community.platform.url}{path}")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} scrolls sideways by {wide} px"
        cut = page.locator(".table-responsive").evaluate_all(
            "all => all.filter(e => e.scrollWidth > e.clientWidth).length"
        )
        assert cut == 0, f"{path} cuts a table at the edge of its card"
    page.context.close()
