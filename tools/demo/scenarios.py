"""What the lead hospital's finance department asks of the last closed month: two scenarios (测算方案), made over HTTP like
in the browser. They start from its official run and change nothing of it."""

import re
from collections.abc import Iterator, Mapping

from tools.demo.browserless import PageRefused, Session, sign_in

LIST, NEW = "/costing/scenarios/", "/costing/scenarios/new/"
PLANNER = "finance"
CLOSED_WARD = "耳鼻喉科"
PRICE_CUT, FEE_CLASS = "-10", "examination"
RUN = r'<select name="run".*?<option value="(\d+)"[^>]*>\s*[^<]*人民医院 {period} '
DEPARTMENT = rf'<select name="department".*?<option value="(\d+)"[^>]*>\s*{CLOSED_WARD}\s*<'


def scenarios(url: str, accounts: list[dict[str, str]], period: str) -> Iterator[str]:
    """A department closed, and lower prices of examinations; yields what has been done in words."""
    known: Mapping[str, dict[str, str]] = {account["username"]: account for account in accounts}
    planner = sign_in(url, PLANNER, known[PLANNER]["password"])
    planner.get(LIST)
    if "演示：" in planner.page:
        return
    page = _begin(planner, period, f"演示：关闭{CLOSED_WARD}", "患者全部流失的最坏情形；人员和设备去向另议。")
    _change(planner, page, kind="close", department=_found(DEPARTMENT, planner))
    page = _begin(planner, period, "演示：检查费下调 10%，业务量增加 5%", "医疗服务价格调整征求意见稿的影响。")
    _change(planner, page, kind="price", code=f"price:{FEE_CLASS}", value=PRICE_CUT)
    _change(planner, page, kind="volume", value="5")
    yield f"two scenarios from {period} by {PLANNER}: {CLOSED_WARD} closed; examinations {PRICE_CUT} %"


def _begin(planner: Session, period: str, title: str, note: str) -> str:
    planner.get(NEW)
    run = _found(RUN.format(period=period), planner)
    page = planner.post(NEW, title=title, run=run, note=note)
    if page == NEW:
        raise PageRefused(f"{NEW} did not take the scenario {title}")
    return page


def _change(planner: Session, page: str, **fields: str) -> None:
    given = {"department": "", "target": "", "code": "", "metric": "", "value": "", **fields}
    planner.post(page, **given)
    if "field-errors" in planner.page or "form-refusal" in planner.page:
        raise PageRefused(f"{page} did not take the change {fields}")


def _found(pattern: str, session: Session) -> str:
    found = re.search(pattern, session.page, re.DOTALL)
    if found is None:
        raise PageRefused(f"the page offers nothing like {pattern[:60]}")
    return found[1]
