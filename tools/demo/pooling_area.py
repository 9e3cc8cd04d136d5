"""The township hospitals are paid by points (DIP), the others by DRG: what the operation centre sets up before the first
night, over HTTP like in the browser. Catalogue and points are the project's own, never official."""

import re
from collections.abc import Iterator, Mapping
from datetime import date

from tools.demo.browserless import PageRefused, Session, sign_in
from tools.demo_scheme import REFERENCE

RULES, SCHEME, AREA, BOOK = (
    f"/settlement/rules/{page}" for page in ("", "schemes/import/", "areas/place/", "price-books/import/")
)
CENTRE = "centre1"
NAME = "示例乙区(DIP)"
BEGIN = date(2020, 1, 1).isoformat()
TO_BE_CHECKED, SOURCE = "recall", "系统自带示例，仅供演示"
MEMBER = re.compile(r'name="institutions" value="(\d+)"[^>]*>\s*<span[^>]*>[^<]*卫生院<')
OPTION = r'<option value="(\d+)"[^>]*>\s*{name}'


def pooling_area(url: str, accounts: list[dict[str, str]]) -> Iterator[str]:
    """Catalogue, area with its members, points; yields what has been done in words."""
    known: Mapping[str, dict[str, str]] = {account["username"]: account for account in accounts}
    centre = sign_in(url, CENTRE, known[CENTRE]["password"])
    centre.get(RULES)
    if NAME in centre.page:
        return
    centre.get(SCHEME)
    files = {"content": "demo_catalogue.json", "dx_codes": "dx_codes.csv", "proc_codes": "proc_codes.csv"}
    _send(centre, SCHEME, files, effective_from=BEGIN, source_mark=TO_BE_CHECKED, source_text=SOURCE)
    centre.get(AREA)
    members = MEMBER.findall(centre.page)
    if centre.post(AREA, name=NAME, institutions=members, effective_from=BEGIN) != RULES:
        raise PageRefused(f"{AREA} did not take {len(members)} members")
    centre.get(BOOK)
    chosen = {"scheme": _option("示例DIP病种目录", centre), "area": _option(re.escape(NAME), centre)}
    _send(
        centre,
        BOOK,
        {"content": "demo_points.json"},
        name="示例分值与点值",
        effective_from=BEGIN,
        source_mark=TO_BE_CHECKED,
        source_text=SOURCE,
        **chosen,
    )
    yield f"{len(members)} township hospitals are paid by points (DIP): set up by {CENTRE}"


def _send(session: Session, path: str, files: Mapping[str, str], **fields: str) -> None:
    sent = {field: (name, (REFERENCE / name).read_bytes()) for field, name in files.items()}
    if session.send(path, sent, **fields) != RULES:
        raise PageRefused(f"{path} did not take {', '.join(files.values())}")


def _option(pattern: str, session: Session) -> str:
    found = re.search(OPTION.format(name=pattern), session.page)
    if found is None:
        raise PageRefused(f"the page offers nothing like {pattern}")
    return found[1]
