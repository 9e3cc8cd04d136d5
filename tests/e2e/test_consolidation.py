"""A consolidation from one click through its differences down to a member and its accounts, in a real browser."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from playwright.sync_api import Page, expect

from tests.support import database, trade
from tests.support.processes import ROOT, Platform, empty_redis

pytestmark = [pytest.mark.browser, pytest.mark.services]
AXE = ROOT / "node_modules/axe-core/axe.min.js"
PASSWORD = "correct horse battery"
SHOTS = os.environ.get("SHOTS", "")


@pytest.fixture(scope="module")
def group(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    """Two hospitals and a clinic that dealt with each other; a web server on their books."""
    from django.db import connection, transaction

    from ops_platform.identity.actors import actor_of_user
    from ops_platform.kernel import Role
    from ops_platform.ledger.services.consolidation_members import include_everybody
    from tests.ledger.test_consolidation import book

    empty_redis()
    with django_db_blocker.unblock(), database.committed_copy(connection.settings_dict["NAME"]) as name:
        with transaction.atomic():
            made = trade.alliance()
            hospital, township = made["H1"], made["T1"]
            centre = trade.person("centre", Role.OPERATION_CENTRE)
            centre.password = Argon2PasswordHasher().encode(PASSWORD, "salt-of-this-test")  # as the web server reads it
            centre.save(update_fields=["password"])
            include_everybody(actor_of_user(centre))
            book(hospital, "1", ("1002", "9490000.00", None), ("4101010203", "-9490000.00", None), day="2026-02-03")
            book(hospital, "2", ("1002", "500000.00", None), ("4101010203", "-500000.00", township))
            book(hospital, "3", ("1002", "10000.00", None), ("4604", "-10000.00", township))
            book(hospital, "4", ("121890", "1000030.00", township), ("1002", "-1000030.00", None))
            book(hospital, "5", ("5001", "8500000.00", None), ("1002", "-8500000.00", None))
            book(township, "1", ("1002", "4000000.00", None), ("4101010103", "-4000000.00", None))
            book(township, "2", ("5001", "500000.00", hospital), ("1002", "-500000.00", None))
            book(township, "3", ("5901", "10000.00", hospital), ("1002", "-10000.00", None))
            book(township, "4", ("1002", "1000000.00", None), ("230790", "-1000000.00", hospital))
        platform = Platform(database=name, folder=tmp_path_factory.mktemp("group"))
        platform.start_web()
        try:
            yield platform
        finally:
            platform.stop()
            empty_redis()


def shot(page: Page, name: str) -> None:
    """A picture to look at, when somebody asks for it."""
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def serious_faults(page: Page) -> list[str]:
    """What axe finds that keeps somebody out."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("async () => (await axe.run()).violations")
    return [each["id"] for each in found if each["impact"] in ("serious", "critical")]


def test_a_consolidation_opens_down_to_member_and_account(group: Platform, page: Page) -> None:
    url = group.url
    page.goto(f"{url}/accounts/sign-in/")
    page.get_by_label("用户名").fill("centre")
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(lambda address: "sign-in" not in address)

    page.goto(f"{url}/ledger/consolidation/?period=2026-03")
    page.get_by_role("button", name="一键合并").click()
    expect(page.locator("main")).to_contain_text("还有 1 对内部往来的差异没有说明")
    shot(page, "overview")
    assert serious_faults(page) == []

    page.get_by_role("link", name="收入费用表").click()
    income = page.get_by_role("row").filter(has_text="一、本期收入")
    expect(income).to_contain_text("13,490,000.00")
    shot(page, "income")
    assert serious_faults(page) == []
    income.get_by_role("link", name="13,490,000.00").click()
    expect(page.get_by_role("row").filter(has_text="抵销")).to_contain_text("-510,000.00")
    shot(page, "line")
    page.get_by_role("link", name="4101010203").click()
    expect(page.locator("main")).to_contain_text("内部收入与费用")
    shot(page, "account")

    page.get_by_role("link", name="工作底稿").click()
    page.get_by_role("link", name="牵头医院").click()
    expect(page.locator("thead")).to_contain_text("测试县人民医院")
    shot(page, "worksheet")
    assert serious_faults(page) == []

    page.get_by_role("link", name="内部往来对账").click()
    page.get_by_role("link", name="说明差异").click()
    shot(page, "explain")
    page.get_by_label("差异原因").fill("卫生院次月入账")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("main")).to_contain_text("已说明")
    shot(page, "pairs")
    page.get_by_role("link", name="抵销分录", exact=True).click()
    shot(page, "eliminations")
    page.get_by_role("link", name="手工抵销").click()
    shot(page, "new-elimination")
    assert serious_faults(page) == []

    page.goto(f"{url}/ledger/statements/?period=2026-03")
    page.locator("summary").filter(has_text="货币资金").click()
    shot(page, "own-balance-sheet")
    assert serious_faults(page) == []
    page.goto(f"{url}/ledger/statements/?period=2026-03&layout=cash_summary")
    shot(page, "own-cash")
    page.goto(f"{url}/ledger/day-sheet/?period=2026-03")
    shot(page, "day-sheet")
    page.goto(f"{url}/ledger/fiscal-report/")
    shot(page, "fiscal")
    page.goto(f"{url}/ledger/consolidation/members/")
    shot(page, "members")
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{url}/ledger/consolidation/?period=2026-03")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    shot(page, "overview-telephone")
