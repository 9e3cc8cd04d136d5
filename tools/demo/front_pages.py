"""The coder of the lead hospital works on front pages: one finding compared with the record and marked as right, three
abstracts corrected in the HIS, which the next run of the night finds closed."""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from tools.demo.browserless import PageRefused, sign_in
from tools.his_simulator.client import Batch, Sender

LIST = "/settlement/front-pages/"
OFFICER, LEAD = "insurance", "H001"
STAY = re.compile(rf'href="({LIST}\d+/\d+/)"')
MARK = re.compile(rf'href="({LIST}findings/\d+/mark/)"')
CORRECTED = 3
REASON = "演示(虚构)：已与病程记录核对，首页填写无误。"


def front_pages(
    url: str, accounts: list[dict[str, str]], periods: list[str], *, planted: Mapping[str, Any], api_key: str
) -> Iterator[str]:
    """The mark and the corrections of the last full month; yields what has been done in words."""
    known = {account["username"]: account for account in accounts}
    if not periods:
        return
    officer = sign_in(url, OFFICER, known[OFFICER]["password"])
    officer.get(f"{LIST}?{urlencode({'period': periods[-1], 'severity': 'warning'})}")
    for stay in dict.fromkeys(STAY.findall(officer.page)):
        officer.get(stay)
        if found := MARK.search(officer.page):
            if officer.post(found[1], reason=REASON) != stay:
                raise PageRefused(f"{found[1]} did not take the mark")
            yield f"one finding compared with the record by {OFFICER}"
            break
    wrong = [one for one in planted.get("front_pages", ()) if one["period"] == periods[-1]][-CORRECTED:]
    if wrong:
        landed = _corrected(url, periods[-1], [one["right"] for one in wrong], api_key)
        yield f"{landed} front pages of {periods[-1]} corrected in the HIS of {LEAD}"


def _corrected(url: str, period: str, rows: list[dict[str, Any]], api_key: str) -> int:
    """The right abstracts over the API; a repeat is answered as the first time."""
    batch_no = f"discharge-abstracts-{period.replace('-', '')}-corrected"
    body = json.dumps({"institution": LEAD, "batch_no": batch_no, "rows": rows}, ensure_ascii=False).encode()
    batch = Batch(
        institution=LEAD,
        dataset="discharge-abstracts",
        batch_no=batch_no,
        file="",
        format="json",
        rows=len(rows),
        purpose="correction",
    )
    sender = Sender(url.rstrip("/"), api_key, threading.Event())
    try:
        answer = sender.send(batch, body)
    finally:
        sender.close()
    taken = int(answer.get("landed", 0)) + int(answer.get("superseded", 0))
    if taken != len(rows):
        raise PageRefused(
            f"the corrected front pages were answered with {answer['status']}: {answer.get('detail', '')}"
        )
    return taken
