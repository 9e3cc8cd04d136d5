"""Two plans to adjust prices (调价方案) of the lead hospital, made over HTTP like in the browser out of the workbook of the
page: one that the authority had decided on before the last closed month and that the simulated HIS never carried out, so
that following shows it, and one that waits for approval."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from tools.demo.approvals import INSTITUTION
from tools.demo.browserless import PageRefused, Session, sign_in
from tools.demo.signing import MATTER, sign
from tools.demo.workbooks import rows_of, workbook

LIST, NEW, FILE = "/costing/price-adjustments/", "/costing/price-adjustments/new/", "/costing/price-adjustments/file/"
PLANNER, SIGNERS = "finance", ("finance-director", "director")
RAISED, LOWERED = ("护理费", "诊察费", "手术费", "床位费"), ("检查费", "化验费")
FIRST, SECOND = "第1步价格(元)", "第2步价格(元)"
RISES, CUTS = (1.15, 1.30), (0.95, 0.90)
COURSE = re.compile(rf'href="({MATTER}\d+/)"')
SOURCE = "演示：价格管理委员会会议纪要(虚构)"


def price_adjustments(url: str, accounts: list[dict[str, str]], periods: list[str]) -> Iterator[str]:
    """Both plans; yields what has been done in words."""
    known: Mapping[str, dict[str, str]] = {account["username"]: account for account in accounts}
    if len(periods) < 2:
        return
    planner, *signers = (sign_in(url, name, known[name]["password"]) for name in (PLANNER, *SIGNERS))
    planner.get(LIST)
    if "演示：" in planner.page:
        return
    before, last = sorted(periods)[-2:]
    decided = {"decision_on": f"{before}-28", "decision_no": "演示〔虚构〕1号"}
    plan = _plan(planner, before, "演示：提高护理、手术价格，降低检查化验价格(第一批)", [f"{last}-01"], **decided)
    matter = _submitted(planner, plan)
    for signer in signers:
        sign(signer, matter, "同意，报价格主管部门")
    year = date.fromisoformat(f"{last}-01").year + 1
    steps = [f"{year}-01-01", f"{year}-07-01"]
    amounts = {"loss": "300000", "subsidy": "30000", "fund_limit": "100000", "loss_text": "取消耗材加成(虚构)"}
    later = _plan(planner, last, "演示：下一年度分两步调整医疗服务价格", steps, **amounts)
    _submitted(planner, later)
    yield f"two price adjustments by {PLANNER}: one approved from {last}, one waiting"


def _plan(planner: Session, base: str, title: str, steps: list[str], **more: str) -> str:
    planner.get(NEW)
    found = INSTITUTION.search(planner.page)
    if found is None:
        raise PageRefused(f"{NEW} offers no institution")
    months = {"institution": found[1], "first_month": base, "last_month": base}
    table = rows_of(planner.download(f"{FILE}?{urlencode(months)}"))
    planner.get(NEW)
    days = {f"step_{number}": day for number, day in enumerate(steps, 1)}
    given = {
        "title": title,
        "source_text": SOURCE,
        "decision_on": "",
        "decision_no": "",
        "loss": "",
        "loss_text": "",
        "subsidy": "",
        "fund_limit": "",
        **more,
    }
    blank = {f"step_{number}": "" for number in range(1, 5)}
    page = planner.upload(NEW, "file", workbook(_priced(table, len(steps))), **{**blank, **months, **days, **given})
    if page == NEW:
        raise PageRefused(f"{NEW} did not take the plan {title}")
    return page


def _priced(table: list[list[Any]], steps: int) -> list[list[Any]]:
    """Services of doctors and nurses dearer, examinations cheaper; the prices in steps of five fen."""
    head = table[0]
    fee_class, price = head.index("费用类别"), head.index("现行均价(元)")
    columns = [head.index(name) for name in (FIRST, SECOND)[:steps]]
    for row in table[1:]:
        times = RISES if row[fee_class] in RAISED else CUTS if row[fee_class] in LOWERED else None
        if times is not None:
            for column, factor in zip(columns, times, strict=False):
                row[column] = round(float(row[price]) * factor * 20) / 20
    return table


def _submitted(planner: Session, plan: str) -> str:
    """Submit the plan; the matter that its page then leads to."""
    planner.post(f"{plan}submit/")
    planner.get(plan)
    found = COURSE.search(planner.page)
    if "审批中" not in planner.page or found is None:
        raise PageRefused(f"{plan} was not submitted")
    return found[1]
