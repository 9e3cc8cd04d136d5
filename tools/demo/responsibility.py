"""What the lead hospital's people do about cost responsibility, over HTTP like in the browser: before the first night
finance asks for targets and the head of the hospital signs; after it the head of orthopaedics explains a deviation, finance
approves, the measure is proved and confirmed. The other deviations stand open for whoever looks."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tools.demo.approvals import People
from tools.demo.browserless import PageRefused, Session
from tools.demo.signing import MATTER, TASK, sign

NEW = "/costing/targets/new/"
DEVIATIONS = "/costing/deviations/"
ASKER, SIGNER, HEAD, CONFIRMER = "finance-director", "director", "head", "finance"
SPECIALIST = "finance"
SOURCE = "演示：2026 年成本控制责任书"
INSTITUTION = re.compile(r'<select name="institution".*?<option value="(\d+)"', re.DOTALL)
DEPARTMENT = re.compile(r'<select name="department".*?<option value="(\d+)"[^>]*>\s*[^<]*骨科', re.DOTALL)
DEVIATION = re.compile(r'href="(/costing/deviations/\d+/)"')
# metric, limit, of the department, more fields; the limits are invented and say so
ASKED: tuple[tuple[str, str, bool, dict[str, str]], ...] = (
    ("drug_ratio", "12", True, {"specialist": SPECIALIST}),
    ("material_ratio", "40", True, {"specialist": SPECIALIST}),
    ("service_ratio", "30", True, {}),
    ("bed_day_cost", "1500", True, {}),
    ("drug_ratio", "40", False, {}),
    ("visit_cost_growth", "8", False, {}),
)

# amounts as shares of what the hospital costs in the first month, whatever the scale of the data
AMOUNTS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("full_cost", "0.12", {"specialist": SPECIALIST}),
    ("item_cost", "0.035", {"cost_item": "personnel"}),
)


def targets(url: str, accounts: list[dict[str, str]], planted: Mapping[str, Any]) -> Iterator[str]:
    """Targets of orthopaedics and of the hospital from the first month of the data on; yields what was done in words."""
    people = People(url, accounts)
    asker, signer = people[ASKER], people[SIGNER]
    costs = planted["direct_cost_total"]
    if not costs:
        return
    first = min(entry["period"] for entry in costs)
    largest = max(Decimal(entry["amount"]) for entry in costs if entry["period"] == first)
    amounts = [
        (metric, str(round(largest * Decimal(share) / 1000) * 1000), True, more) for metric, share, more in AMOUNTS
    ]
    asked = [*ASKED, *amounts]
    for metric, limit, of_department, more in asked:
        asker.get(NEW)
        fields = {
            "institution": _found(INSTITUTION, asker),
            "department": _found(DEPARTMENT, asker) if of_department else "",
            "metric": metric,
            "limit": limit,
            "effective_from": first,
            "source_mark": "default",
            "source_text": SOURCE,
            **more,
        }
        matter = asker.post(NEW, **fields)
        if matter.startswith(MATTER):
            sign(signer, matter, "与科室已签责任书")
        elif "正在审批" not in asker.page and "已有版本" not in asker.page:
            raise PageRefused(f"{NEW} did not take the target {metric}")
    yield f"{len(asked)} cost targets from {first}: asked by {ASKER}, signed by {SIGNER}"


def deviations(url: str, accounts: list[dict[str, str]]) -> Iterator[str]:
    """One deviation goes its whole way; yields what has been done in words."""
    people = People(url, accounts)
    head = people[HEAD]
    head.get(f"{DEVIATIONS}?state=closed")
    if DEVIATION.search(head.page):
        return
    head.get(f"{DEVIATIONS}?state=open")
    found = DEVIATION.search(head.page)
    if found is None:
        yield "no target was missed"
        return
    page = found[1]
    due = (datetime.now(ZoneInfo("Asia/Shanghai")).date() + timedelta(days=30)).isoformat()
    head.get(f"{page}explain/")
    matter = head.post(
        f"{page}explain/",
        reason="(演示)当月高值耗材和镇痛药物使用较多，未按路径控制。",
        what_1="每周点评用药和耗材，超路径的先审批",
        due_1=due,
    )
    if not matter.startswith(MATTER):
        raise PageRefused(f"{page}explain/ did not take the explanation")
    sign(people[ASKER], matter, "同意，按期整改")
    people[SIGNER].get(matter)
    if TASK.search(people[SIGNER].page):
        sign(people[SIGNER], matter, "同意")
    head.get(f"{page}actions/1/")
    head.post(f"{page}actions/1/", proof="(演示)四周点评记录已交财务科，超路径审批单十二份。")
    confirmer = people[CONFIRMER] if "成本专员" not in head.page else people[SIGNER]
    confirmer.get(page)
    confirmer.post(f"{page}confirm/", act="confirm", remark="已核对点评记录，属实")
    yield f"{page} explained by {HEAD}, approved, proved and confirmed; the others stand open"


def _found(pattern: re.Pattern[str], session: Session) -> str:
    found = pattern.search(session.page)
    if found is None:
        raise PageRefused(f"{NEW} offers no {pattern.pattern[:40]}")
    return found[1]
