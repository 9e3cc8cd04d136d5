"""What the operation centre does to begin the books, done over HTTP like in the browser: accounts of the old books mapped to
the unified chart, opening balances booked, everybody consolidated."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tools.demo.browserless import PageRefused, Session, sign_in

MAPPING = "/ledger/local-accounts/"
TRIAL_BALANCE = "/ledger/trial-balance/"
EVERYBODY = "/ledger/consolidation/members/everybody/"
SELECT = re.compile(r'<select[^>]*name="institution".*?</select>', re.DOTALL)
OPTION = re.compile(r'<option value="(\d+)"')
BOOKED = "期初余额已录入"
ALL_CARRIED = "{year} 年：{done} 家都已结转"


def begin_books(url: str, account: Mapping[str, str], planted: Mapping[str, Any]) -> Iterator[str]:
    """Map, book the openings, consolidate; yields what has been done in words. A repeat changes nothing."""
    openings = planted["opening_balances"]
    first = min(entry["period"] for entry in openings)
    strange = next((entry for entry in openings if "unknown_account" in entry), None)
    centre = sign_in(url, account["username"], account["password"])
    numbers = _institutions(centre, MAPPING)
    for number in numbers:
        place = f"{MAPPING}{number}/"
        centre.post(f"{place}adopt/", period=first)
        if strange and strange["unknown_account"] in centre.page:
            centre.get(f"{place}new/")
            centre.post(
                f"{place}new/",
                code=strange["unknown_account"],
                name="",
                account=strange["unified_account"],
                cost_item="",
                funding_source="",
                counterparty="",
                effective_from=first,
            )
        centre.post(f"{place}opening/")
        if BOOKED not in centre.page:
            raise PageRefused(f"{place}opening/ did not book the opening balances")
    yield f"opening balances of {len(numbers)} institutions booked"
    centre.get("/ledger/consolidation/members/")
    centre.post(EVERYBODY)
    yield "all institutions consolidated"


def carry_forward(url: str, account: Mapping[str, str], year: int) -> str:
    """Carry a year of everybody's books forward, as is done before December is closed; says what has been done."""
    centre = sign_in(url, account["username"], account["password"])
    numbers = _institutions(centre, TRIAL_BALANCE)
    centre.post(f"/ledger/years/{year}/carry/")
    if ALL_CARRIED.format(year=year, done=len(numbers)) not in centre.page:
        raise PageRefused(f"{year} was not carried forward for all {len(numbers)} institutions")
    return f"{year} of {len(numbers)} institutions carried forward"


def _institutions(session: Session, path: str) -> list[str]:
    """The numbers of the institutions that a page offers."""
    session.get(path)
    found = SELECT.search(session.page)
    numbers = OPTION.findall(found[0]) if found else []
    if not numbers:
        raise PageRefused(f"{path} offers no institution")
    return numbers
