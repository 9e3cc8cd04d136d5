"""What a case is worth and why (journey 7), a scheme that is brought in, and a special review up to its price, in a real
browser."""

import json
import re
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Community
from tests.e2e.morning.conftest import last_month, run_the_night, sign
from tests.e2e.test_first_light import number
from tests.support.processes import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.services]
REFERENCE = ROOT / "insurance_settlement" / "reference"
FEN = Decimal("0.01")
STATEMENT = "并发多器官功能不全，两次转入重症监护，药品和耗材用量明显高于同组病例。"


def figure(page: Page, title: str) -> str:
    """What the card of this title shows."""
    card = page.locator(".grid-stats > *").filter(has=page.get_by_text(re.compile(f"^{title}")))
    return card.first.inner_text().split(title, 1)[1].removeprefix("元").strip()


def price_path(page: Page) -> dict[str, str]:
    """The steps of the price as they stand on the page of a case."""
    path = page.locator("dl.price-path").first
    return dict(zip(path.locator("dt").all_inner_texts(), path.locator("dd").all_inner_texts(), strict=True))


def choose_files(page: Page, scheme: Path) -> None:
    """A scheme with the code tables that the project ships."""
    page.get_by_label(re.compile("^分组方案")).set_input_files(scheme)
    page.get_by_label(re.compile("^诊断代码表")).set_input_files(REFERENCE / "dx_codes.csv")
    page.get_by_label(re.compile("^手术操作代码表")).set_input_files(REFERENCE / "proc_codes.csv")


def test_a_scheme_with_a_fault_is_refused_by_line_and_the_mended_one_is_kept(
    computed: Community, browser: Browser, tmp_path: Path
) -> None:
    page = browser.new_context(locale="zh-CN").new_page()  # of its own: the browser's console complains of the refusal
    scheme = json.loads((REFERENCE / "demo_scheme.json").read_text(encoding="utf-8"))
    scheme["scheme"] = "甲市 2027 版分组方案"
    faulty, mended = tmp_path / "faulty.json", tmp_path / "mended.json"
    mended.write_text(json.dumps(scheme, ensure_ascii=False, indent=1), encoding="utf-8")
    scheme["mdcs"][0]["conditions"][0]["type"] = "weekday"
    faulty.write_text(json.dumps(scheme, ensure_ascii=False, indent=1), encoding="utf-8")

    computed.sign_in(page, "centre1")  # schemes are chosen from by everybody
    page.goto(f"{computed.platform.url}/settlement/rules/")
    page.get_by_role("link", name="导入分组方案").click()
    choose_files(page, faulty)
    page.get_by_label("生效日期").fill(f"{timezone.localdate().year + 1}-01-01")
    page.get_by_role("button", name="导入").click()
    expect(page.locator("main")).to_contain_text(re.compile(r"第 \d+ 行 mdcs\[0\]\.conditions\[0\].*weekday"))

    choose_files(page, mended)
    page.get_by_label("依据").fill("甲医保发〔2026〕1号(测试)")
    page.get_by_role("button", name="导入").click()
    expect(page.locator("main")).to_contain_text("分组方案已导入")
    expect(page.locator("main table").first).to_contain_text("甲市 2027 版分组方案")
    page.context.close()


def test_a_case_says_why_it_is_in_its_group_and_how_its_price_came_about(computed: Community, page: Page) -> None:
    url = computed.platform.url
    computed.sign_in(page, "insurance")
    page.goto(f"{url}/settlement/?period={last_month()}")
    page.locator("main table tbody tr a").filter(has_not_text="0000").first.click()
    page.locator("main table tbody tr a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("病例")
    group = figure(page, "病组").split()[0]
    reasons = page.locator("ol.reasons").first.locator("li").all_inner_texts()
    main_diagnosis = page.locator("ol.codes").first.locator("code").first.inner_text()
    assert any(main_diagnosis in reason for reason in reasons), "what the main diagnosis decided"
    assert group in reasons[-1], "and how it ended"
    standard = price_path(page)["支付标准"].replace(",", "")
    weight, rate, coefficient, amount = re.search(  # type: ignore[union-attr]
        r"权重 ([\d.]+) × 费率 ([\d.]+) × 机构系数 ([\d.]+) = ([\d.]+)", standard
    ).groups()
    assert (Decimal(weight) * Decimal(rate) * Decimal(coefficient)).quantize(FEN, ROUND_HALF_UP) == Decimal(amount)
    expect(page.locator("main")).to_contain_text("与病例费用一致，分毫不差")


def test_a_case_far_above_its_payment_goes_through_special_review_to_its_price(
    computed: Community, browser: Browser, page: Page
) -> None:
    url, month = computed.platform.url, last_month()
    computed.sign_in(page, "insurance")
    page.goto(f"{url}/settlement/cases/?period={month}")
    page.locator("main table tbody tr a").first.click()
    case, charges = page.url, number(figure(page, "费用"))
    page.get_by_role("link", name="申请特例单议").click()
    page.get_by_label("病情复杂").check()
    page.get_by_label("病情说明").fill(STATEMENT)
    page.get_by_label("按项目付费").check()
    page.get_by_role("button", name=re.compile("保存|申请")).click()
    page.get_by_role("button", name="提交院内审批").click()
    review = re.sub(r"submit/$", "", page.url)
    for signer in ("director", "finance-director"):
        sign(computed, browser, review, signer)

    page.goto(review)
    page.get_by_role("link", name="登记结论").click()
    page.get_by_label("按项目付费").check()
    page.get_by_label("结论日期").fill(timezone.localdate().isoformat())
    page.get_by_label("文号或通知单号").fill("甲医保评〔2026〕1号(测试)")
    page.get_by_label("说明").fill("评审通过，按项目付费。")
    page.get_by_role("button", name=re.compile("登记|保存|提交")).click()
    expect(page.locator("main")).to_contain_text("结论待确认")
    sign(computed, browser, review, "finance-director")
    run_the_night(computed, "--institution", "H001", "--period", str(month))

    page.goto(case)
    page.get_by_role("link", name=re.compile("特例单议")).last.click()
    payment, balance = figure(page, "现在支付").split("盈亏")
    assert number(payment) == charges, "paid as billed"
    assert number(balance) == "0.00"
