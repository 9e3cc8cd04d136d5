"""Journey 10: the auditor follows a figure of the consolidated report through member, account, entry, event, intake rows and
batch to its audit event; at each step what is shown adds up to the figure that was clicked."""

import re
from decimal import Decimal
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Community
from tools.demo.books import EVERYBODY
from tools.demo.browserless import sign_in
from tools.demo.consolidating import consolidate_month

pytestmark = [pytest.mark.browser, pytest.mark.services]
MONTH = "2026-10"
AMOUNT = re.compile(r"-?[\d,]+\.\d\d")


def yuan(text: str) -> Decimal:
    """The amount in a text that holds one."""
    found = AMOUNT.findall(text.replace("−", "-"))
    assert len(found) == 1, text
    return Decimal(found[0].replace(",", ""))


def column(rows: Locator, place: int) -> list[Decimal]:
    """The amounts of a column; nothing where a cell is empty."""
    texts = [row.locator("td, th").nth(place).inner_text() for row in rows.all()]
    return [yuan(text) for text in texts if AMOUNT.search(text)]


def arrived(page: Page, address: str) -> None:
    """The page that a click leads to is there."""
    expect(page).to_have_url(re.compile(address))
    page.wait_for_load_state()


def whole_list(page: Page, *titles: str) -> list[list[Decimal]]:
    """The amounts in those columns of the page's list, on all its pages; the first one is open again afterwards."""
    first = page.url
    found: list[list[Decimal]] = [[] for _ in titles]
    while True:
        for amounts, title in zip(found, titles, strict=True):
            amounts.extend(column(page.locator("main table").last.locator("tbody tr"), place_of(page, title)))
        if not page.locator("a[rel=next]").count():
            break
        further = page.locator("a[rel=next]").get_attribute("href")
        page.goto(urljoin(page.url, further))
    page.goto(first)
    return found


def stat(page: Page, title: str) -> Decimal:
    """A figure in a card."""
    card = page.locator(".stat").filter(has_text=title)
    return yuan(card.locator(".stat-figure").inner_text())


def place_of(page: Page, title: str) -> int:
    """Which column of the page's list has that title."""
    titles = [text.strip() for text in page.locator("main table").last.locator("thead th").all_inner_texts()]
    return next(place for place, text in enumerate(titles) if text.startswith(title))


def test_a_figure_of_the_consolidated_report_is_followed_to_its_audit_event(community: Community, page: Page) -> None:
    platform = community.platform
    done = platform.manage("run_nightly", "--date", f"{MONTH}-31", "--period", MONTH, "--wait")
    assert done.returncode == 0, done.stdout + done.stderr
    centre = sign_in(platform.url, "centre1", community.accounts["centre1"]["password"])
    centre.get("/ledger/consolidation/members/")
    centre.post(EVERYBODY)
    consolidate_month(centre, MONTH)

    community.sign_in(page, "auditor")
    page.goto(f"{platform.url}/ledger/consolidation/?period={MONTH}")
    page.get_by_role("link", name="收入费用表").click()

    # 1 the report: income of the month
    line = page.get_by_role("row").filter(has_text="一、本期收入")
    figure = line.get_by_role("link").first
    income = yuan(figure.inner_text())
    assert income > 0
    figure.click()
    arrived(page, r"/income_statement/\w+/$")

    # 2 the line: members and eliminations add up to it, and so do its accounts
    members = page.locator("table").first.locator("tbody tr")
    shown = column(members, 1)
    *of_members, summed, eliminated, whole = shown
    assert (sum(of_members), summed + eliminated, whole) == (summed, income, income)
    accounts = page.locator("table").nth(1).locator("tbody tr")
    assert sum(column(accounts, 1)) == income
    row = accounts.filter(has_text="4101010").first
    of_account = column(row, 1)[0]
    row.get_by_role("link").click()
    arrived(page, r"/consolidation/\d+/accounts/")

    # 3 the account: its members and eliminations add up to what the line says of it (credit: negative there)
    rows = page.locator("table").first.locator("tbody tr")
    whole_account = yuan(page.locator("table").first.locator("tfoot tr > *").nth(2).inner_text())
    assert whole_account == -of_account
    taken_off = page.locator("table").nth(1).locator("tbody tr").filter(has=page.locator("a"))
    assert sum(column(rows, 2)) + sum(column(taken_off, 3)) == whole_account
    member = rows.first
    of_member = column(member, 2)[0]
    member.get_by_role("link").click()
    arrived(page, r"/ledger/accounts/\d+/")

    # 4 the member's account sheet: its legs add up to what the member says
    debits, credits = whole_list(page, "借方", "贷方")
    assert sum(debits) - sum(credits) == of_member
    assert stat(page, "借方发生额") - stat(page, "贷方发生额") == of_member
    legs = page.locator("#list tbody tr")
    leg = column(legs.first, place_of(page, "贷方"))[0]
    code = page.get_by_role("heading", level=1).inner_text().split()[0]
    legs.first.get_by_role("link").first.click()
    arrived(page, r"/ledger/entries/\d+/$")

    # 5 the entry: the leg stands in it, both sides agree
    book = page.locator("table").first
    own = book.locator("tbody tr").filter(has_text=code)
    assert leg in column(own, 4)
    assert sum(column(book.locator("tbody tr"), 3)) == sum(column(book.locator("tbody tr"), 4))
    of_entry = yuan(book.locator("tfoot tr > *").last.inner_text())
    assert sum(column(book.locator("tbody tr"), 4)) == of_entry
    page.locator("dt", has_text="业务事项").locator("xpath=following-sibling::dd[1]").get_by_role("link").click()

    # 6 the event: the same money
    main = page.locator("main")
    expect(main).to_contain_text("金额与适用的规则")
    expect(main).to_contain_text(f"{of_entry:,}")
    page.get_by_role("link", name="来源数据").click()
    arrived(page, r"/one/facts/")

    # 7 the rows: they add up to the event, to the fen
    expect(main).to_contain_text("一致，分毫不差")
    [amounts] = whole_list(page, "金额")
    assert sum(amounts) == of_entry
    expect(page.locator(".tie-line")).to_contain_text(f"{of_entry:,}")
    page.locator("tbody a", has=page.locator(".origin")).first.click()

    # 8 the batch, and the event of the audit chain that took it in
    expect(page).to_have_url(re.compile(r"/intake/batches/\d+/\?row=\d+#row-\d+$"))
    number = page.url.partition("?")[0].rstrip("/").rpartition("/")[2]
    counts = page.locator("dl").filter(has_text="审计").first
    expect(counts).to_be_visible()
    page.locator('main a[href^="/audit/"]').first.click()
    expect(page).to_have_url(re.compile(r"/audit/\d+/$"))
    expect(main).to_contain_text("链值核对无误")
    expect(main).to_contain_text(number)
