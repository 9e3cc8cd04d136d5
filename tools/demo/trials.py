"""One trial of the insurance officer, made over HTTP like in the browser: what the lead hospital's full months would
be paid by a lower base rate and with high outliers from twice the standard on. Nothing official changes by it."""

import re
import time
from collections.abc import Iterator, Mapping

from tools.demo.browserless import PageRefused, Session, sign_in

LIST, NEW = "/settlement/trials/", "/settlement/trials/new/"
OFFICER = "insurance"
TITLE, RATE, HIGH = "演示：费率降至 7,000 元，高倍率由 2 倍起", "7000", "2"
LEAD = re.compile(r'name="institutions" value="(\d+)"[^>]*>\s*<span[^>]*>[^<]*人民医院<')
WAIT_SECONDS = 120


def trials(url: str, accounts: list[dict[str, str]], periods: list[str]) -> Iterator[str]:
    """The trial, waited for; yields what has been done in words."""
    known: Mapping[str, dict[str, str]] = {account["username"]: account for account in accounts}
    officer = sign_in(url, OFFICER, known[OFFICER]["password"])
    officer.get(LIST)
    if not periods or TITLE in officer.page:
        return
    officer.get(NEW)
    lead = LEAD.search(officer.page)
    if lead is None:
        raise PageRefused(f"{NEW} offers no lead hospital")
    given = {"first": periods[0], "last": periods[-1], "unit_value": RATE, "high_above": HIGH, "high_share": "0.8"}
    page = officer.post(NEW, title=TITLE, note="医保部门征求意见，测算影响。", institutions=[lead[1]], **given)
    if page == NEW:
        raise PageRefused(f"{NEW} did not take the trial")
    _wait(officer, page)
    yield f"one trial of {periods[0]} to {periods[-1]} by {OFFICER}: base rate {RATE}"


def _wait(officer: Session, page: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        officer.get(page)
        if "试算支付" in officer.page:
            return
        if "未完成" in officer.page:
            raise PageRefused(f"{page} failed")
        time.sleep(0.5)
    raise PageRefused(f"{page} was not worked out within {WAIT_SECONDS} s")
