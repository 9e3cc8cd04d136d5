"""The cost budget of the lead hospital for the year of the last closed month, over HTTP like in the browser: the workbook of
the page filled in from what a mean month cost, submitted by finance, signed by the director of finance and the head."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from tools.demo.approvals import INSTITUTION
from tools.demo.browserless import PageRefused, Session, sign_in
from tools.demo.signing import MATTER, sign
from tools.demo.workbooks import rows_of, workbook

LIST, NEW, FILE = "/costing/budgets/", "/costing/budgets/new/", "/costing/budgets/workbook/"
PLANNER, SIGNERS = "finance", ("finance-director", "director")
MEAN, YEAR = "本年月均实际(元)", "全年(元)"
MEASURES = (1.02, 0.97, 1.0, 0.86, 1.05)  # what was planned of a mean month, row after row
ROUND = 100
SOURCE = "演示：年度预算批复(虚构)"
COURSE = re.compile(rf'href="({MATTER}\d+/)"')


def budgets(url: str, accounts: list[dict[str, str]], periods: list[str]) -> Iterator[str]:
    """The year's budget; yields what has been done in words."""
    known: Mapping[str, dict[str, str]] = {account["username"]: account for account in accounts}
    if not periods:
        return
    planner, *signers = (sign_in(url, name, known[name]["password"]) for name in (PLANNER, *SIGNERS))
    planner.get(LIST)
    if SOURCE in planner.page:
        return
    year = max(periods)[:4]
    matter = _submitted(planner, year)
    for signer in signers:
        sign(signer, matter, "同意，按预算执行")
    yield f"cost budget of {year} by {PLANNER}, signed by {', '.join(SIGNERS)}"


def _submitted(planner: Session, year: str) -> str:
    """Submit the year; the matter that its page then leads to."""
    planner.get(NEW)
    found = INSTITUTION.search(planner.page)
    if found is None:
        raise PageRefused(f"{NEW} offers no institution")
    where = {"institution": found[1], "year": year}
    table = _planned(rows_of(planner.download(f"{FILE}?{urlencode(where)}")))
    planner.get(NEW)
    page = planner.upload(NEW, "file", workbook(table), **where, source_text=SOURCE)
    course = COURSE.search(planner.page)
    if page == NEW or course is None:
        raise PageRefused(f"{NEW} did not take the budget")
    return course[1]


def _planned(table: list[list[Any]]) -> list[list[Any]]:
    """Each year a dozen mean months, some tighter than others, to the hundred."""
    head = table[0]
    mean, year = head.index(MEAN), head.index(YEAR)
    for number, row in enumerate(table[1:]):
        if row[mean]:
            row[year] = round(float(row[mean]) * 12 * MEASURES[number % len(MEASURES)] / ROUND) * ROUND
    return table
