"""Clinical pathways and standard costs of the lead hospital, done over HTTP like in the browser: the finance director
takes the workbooks that the pages export, crosses out what the clinicians do not want, and another person signs."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

from tools.demo.browserless import PageRefused, sign_in
from tools.demo.signing import sign
from tools.demo.workbooks import rows_of, workbook

LIST, NEW, ITEMS = "/costing/pathways/", "/costing/pathways/new/", "/costing/pathways/items/"
GROUPS = "/costing/group-costs/"
NEW_STANDARDS, STANDARD_ITEMS = "/costing/item-standards/new/", "/costing/item-standards/items/"
SIGNED = "已与临床核对，同意"
ASKER, SIGNER = "finance-director", "centre2"
INSTITUTION = re.compile(r'<select name="institution".*?<option value="(\d+)"', re.DOTALL)
GROUP = re.compile(
    r'href="/costing/group-costs/([A-Z0-9]+)/\?[^"]*">[^<]*</a>.*?<td[^>]*>(.*?)</td>.*?<td[^>]*>\s*([\d,]+)\s*</td>'
    r".*?<td[^>]*>\s*([\d.,]+)\s*</td>",
    re.DOTALL,
)
PATHWAYS = 3
STANDARDS = 12
LEFT_OUT = 2  # dearest to leave out of the first pathway, so that its cases have something outside again and again
Table = list[list[str]]


def pathways(url: str, accounts: list[dict[str, str]], periods: list[str]) -> Iterator[str]:
    """Pathways of the groups with most cases of the first month, and standards of items; yields what has been done."""
    known: Mapping[str, dict[str, str]] = {account["username"]: account for account in accounts}
    if not periods or ASKER not in known or SIGNER not in known:
        return
    asker, signer = (sign_in(url, name, known[name]["password"]) for name in (ASKER, SIGNER))
    first = f"{min(periods)}-01"[:10]
    period = first[:7]
    asker.get(NEW)
    found = INSTITUTION.search(asker.page)
    if found is None:
        raise PageRefused(f"{NEW} offers no institution")
    place = {"institution": found[1], "period": period}
    asker.get(f"{LIST}?{urlencode(place)}")
    begun = asker.page
    asker.get(f"{GROUPS}?{urlencode(place)}")
    groups = [
        (int(cases.replace(",", "")), drg, re.sub(r"<[^>]+>", "", name).strip(), days)
        for drg, name, cases, days in GROUP.findall(asker.page)
    ]
    for number, (_cases, drg, name, days) in enumerate(sorted(groups, reverse=True)[:PATHWAYS]):
        if f">{drg}<" in begun:
            continue
        table = _table(asker.download(f"{ITEMS}?{urlencode({**place, 'drg': drg})}"))
        if number == 0:
            _leave_out(table)
        asker.get(NEW)
        matter = asker.upload(
            NEW, "file", workbook(table), institution=found[1], drg=drg, name=name[:120], diagnosis="", procedure="",
            standard_days=days.replace(",", ""), effective_from=first, source_text="演示：医务科与临床科室核定的标准",
        )  # fmt: skip
        sign(signer, matter, SIGNED)
    yield f"{PATHWAYS} clinical pathways from {first}: asked by {ASKER}, signed by {SIGNER}"
    asker.get("/costing/item-standards/")
    if "演示：" in asker.page:
        return
    table = _table(asker.download(f"{STANDARD_ITEMS}?{urlencode(place)}"))
    asker.get(NEW_STANDARDS)
    standards = _standards(table)
    text = "演示：以首月实际为基础，数量下浮一成"
    matter = asker.upload(
        NEW_STANDARDS, "file", workbook(standards), institution=found[1], effective_from=first, source_text=text
    )
    sign(signer, matter, SIGNED)
    yield f"standard costs of {len(standards) - 1} items from {first}"


def _table(body: bytes) -> Table:
    return [[_text(cell) for cell in row] for row in rows_of(body)]


def _text(cell: object) -> str:
    return format(cell, ".15g") if isinstance(cell, float) else str(cell)


def _leave_out(table: Table) -> None:
    """Cross out the last of the usual items; halve the standard quantity of the item with the largest."""
    quantity = table[0].index("标准数量")
    usual = [row for row in table[1:] if row[quantity]]
    if len(usual) > LEFT_OUT + 1:
        for row in usual[-LEFT_OUT:]:
            row[quantity] = ""
        most = max(usual[:-LEFT_OUT], key=lambda row: float(row[quantity]))
        most[quantity] = str(max(int(float(most[quantity]) // 2), 1))


def _standards(table: Table) -> Table:
    """The items that were done most, at nine tenths of what they were and at their unit cost."""
    head = table[0]
    quantity, cost = head.index("实际数量(参考)"), head.index("实际单位成本(参考，元)")
    wanted, unit = head.index("月标准数量"), head.index("标准单位成本(元)")
    rows = sorted(table[1:], key=lambda row: -float(row[quantity]))[:STANDARDS]
    for row in rows:
        row[wanted], row[unit] = str(round(float(row[quantity]) * 0.9)), row[cost]
    return [head, *rows]
