"""Special reviews (特例单议) of the lead hospital, made over HTTP like in the browser: one granted by items before the month
is computed again, one that waits for the insurer with an expert's opinion, one draft."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from tools.demo.browserless import PageRefused, Session, sign_in
from tools.demo.signing import MATTER, sign

LIST = "/settlement/special-reviews/"
CANDIDATES = f"{LIST}candidates/"
OFFICER, SIGNERS = "insurance", ("director", "finance-director")
NEW = re.compile(rf'href="({LIST}new/\d+/)"')
PAGE = re.compile(rf"{LIST}\d+/")
COURSE = re.compile(rf'href="({MATTER}\d+/)"')
CHECKED = re.compile(r'name="grounds"[^>]*value="(\w+)"[^>]*checked')
STATEMENT = "演示(虚构)：并发多器官功能不全，先后两次转入重症监护，住院时间和药品耗材用量明显高于同组病例。"


def special_reviews(url: str, accounts: list[dict[str, str]], periods: list[str]) -> Iterator[str]:
    """The three reviews; yields what has been done in words."""
    known: Mapping[str, dict[str, str]] = {account["username"]: account for account in accounts}
    if not periods:
        return
    officer, *signers = (sign_in(url, name, known[name]["password"]) for name in (OFFICER, *SIGNERS))
    officer.get(LIST)
    if PAGE.search(officer.page):
        return
    found: list[str] = []
    for narrowed in (urlencode({"period": periods[-1]}), ""):  # the month that will be computed again comes first
        officer.get(f"{CANDIDATES}?{narrowed}")
        found += NEW.findall(officer.page)
    forms = list(dict.fromkeys(found))[:3]
    pages = [_draft(officer, form) for form in forms]
    for page in pages[:2]:
        matter = _submitted(officer, page)
        for signer in signers:
            sign(signer, matter, "病情属实，同意申报")
        officer.post(
            f"{page}opinion/", expert="周专家(虚构)", unit="省级医院(虚构)", outcome="items", worth="",
            text="病情复杂，治疗合理，同意按项目付费。",
        )  # fmt: skip
    if pages:
        _concluded(officer, signers[-1], pages[0])
    states = ("one granted by items", "one declared", "one draft")[: len(pages)]
    yield f"special reviews by {OFFICER}: {', '.join(states) or 'no case shows a ground'}"


def _draft(officer: Session, form: str) -> str:
    officer.get(form)
    grounds = [*CHECKED.findall(officer.page), "complex"]
    page = officer.post(form, grounds=grounds, statement=STATEMENT, asked="items", asked_worth="")
    if not PAGE.fullmatch(page):
        raise PageRefused(f"{form} did not take the application")
    return page


def _submitted(officer: Session, page: str) -> str:
    """Submit the draft; the matter that its page then leads to."""
    officer.post(f"{page}submit/")
    officer.get(page)
    found = COURSE.search(officer.page)
    if "院内审批" not in officer.page or found is None:
        raise PageRefused(f"{page} was not submitted")
    return found[1]


def _concluded(officer: Session, signer: Session, page: str) -> None:
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    officer.post(
        f"{page}conclusion/", outcome="items", worth="", decided_on=today.isoformat(), document_no="演示评〔虚构〕1号",
        text="评审通过，按项目付费。",
    )  # fmt: skip
    officer.get(page)
    matters = COURSE.findall(officer.page)
    if "结论待确认" not in officer.page or not matters:
        raise PageRefused(f"{page} took no conclusion")
    sign(signer, matters[-1], "与通知一致")
