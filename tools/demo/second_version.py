"""Why the last full month of the lead hospital has two cost runs: after the first night the finance director asks for
another driver of the sterile supply, the operation centre signs, and the HIS sends a repair bill that had been left lying.
The next run of the night reads both; the two versions side by side say what each moved."""

import json
import re
import threading
from collections.abc import Iterator, Mapping

from tools.demo.browserless import PageRefused, Session, sign_in
from tools.demo.signing import MATTER, sign
from tools.his_simulator.client import Batch, Sender

NEW_RULE, RULES = "/costing/driver-rules/new/", "/costing/driver-rules/"
ASKER, SIGNER = "finance-director", "centre1"
LEAD, SUPPLY, DIVIDED, METRIC = "H001", "消毒供应中心", "medical_support", "sterile_packs"
SOURCE = "演示：消毒供应中心按各科消毒包数量分摊，院务会纪要"
IMAGING, LATE_BILL = "T02", "23600.00"
INSTITUTION = re.compile(r'<select name="institution".*?<option value="(\d+)"', re.DOTALL)
DEPARTMENT = re.compile(rf'<select name="department".*?<option value="(\d+)"[^>]*>\s*[^<]*· {SUPPLY}\s*<', re.DOTALL)


def second_version(url: str, accounts: list[dict[str, str]], period: str, api_key: str) -> Iterator[str]:
    """The driver from the month on, and the bill in it; yields what has been done in words."""
    known: Mapping[str, dict[str, str]] = {account["username"]: account for account in accounts}
    asker, signer = (sign_in(url, name, known[name]["password"]) for name in (ASKER, SIGNER))
    asker.get(RULES)
    if SOURCE not in asker.page:
        asker.get(NEW_RULE)
        matter = asker.post(
            NEW_RULE,
            institution=_found(INSTITUTION, asker),
            department=_found(DEPARTMENT, asker),
            divides=DIVIDED,
            driver="workload",
            metric=METRIC,
            effective_from=f"{period}-01",
            source_text=SOURCE,
        )
        if matter.startswith(MATTER):
            sign(signer, matter, "消毒包数量有追溯系统记录，同意")
        elif "正在审批" not in asker.page:
            raise PageRefused(f"{NEW_RULE} did not take the driver of {SUPPLY}")
        yield f"{SUPPLY} by {METRIC} from {period}: asked by {ASKER}, signed by {SIGNER}"
    yield f"a repair bill of {LATE_BILL} yuan of {period} sent late: {_send_late_bill(url, period, api_key)} row landed"


def _send_late_bill(url: str, period: str, api_key: str) -> int:
    """One cost entry over the API; a repeat is answered as the first time."""
    row = {
        "voucher": f"BL-{period.replace('-', '')}-0001", "line": "1", "department": IMAGING, "date": f"{period}-28",
        "cost_item": "other", "funding_source": "basic", "amount": LATE_BILL, "summary": "CT 维修费(迟到的发票，演示)",
    }  # fmt: skip
    batch_no = f"cost-entries-{period.replace('-', '')}-late"
    body = json.dumps({"institution": LEAD, "batch_no": batch_no, "rows": [row]}).encode()
    batch = Batch(
        institution=LEAD,
        dataset="cost-entries",
        batch_no=batch_no,
        file="",
        format="json",
        rows=1,
        purpose="correction",
    )
    sender = Sender(url.rstrip("/"), api_key, threading.Event())
    try:
        answer = sender.send(batch, body)
    finally:
        sender.close()
    landed = answer.get("landed", 0)
    if landed != 1:
        raise PageRefused(f"the late bill was answered with {answer['status']}: {answer.get('detail', '')}")
    return landed


def _found(pattern: re.Pattern[str], session: Session) -> str:
    found = pattern.search(session.page)
    if found is None:
        raise PageRefused(f"the page offers nothing like {pattern.pattern[:60]}")
    return found[1]
