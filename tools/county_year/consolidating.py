"""What the operation centre does each month, done over HTTP like in the browser: consolidate, explain, make it final."""

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from html import unescape

from tools.county_year.expected import TITLES, Name, Said
from tools.demo.browserless import PageRefused, Session

MONTH = "/ledger/consolidation/"
PAIRS = re.compile(r'href="(/ledger/consolidation/\d+/pairs/)"')
FINALISE = re.compile(r'action="(/ledger/consolidation/\d+/finalise/)"')
EXPLAIN = re.compile(r'href="(/ledger/consolidation/pairs/\d+/explain/)"')
FACT = re.compile(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", re.DOTALL)
DONE = "已定稿"


class Unexpected(Exception):
    """The platform shows a difference that nobody planted, or does not show one that was."""


@dataclass(frozen=True, slots=True)
class Month:
    """A month that was consolidated."""

    period: str
    seconds: float
    explained: int


def consolidate(session: Session, period: str, expected: Mapping[Name, Said], names: Mapping[str, str]) -> Month:
    """Consolidate a month, explain each difference by what was planted, make the report final. A repeat changes nothing.

    `names` are the institutions' codes by name. Raises Unexpected unless exactly the planted differences are found.
    """
    begun = time.monotonic()
    session.get(f"{MONTH}?period={period}")
    session.post(f"{MONTH}run/", period=period, next=f"{MONTH}?period={period}")
    seconds = time.monotonic() - begun
    final, finalise = DONE in session.page, FINALISE.search(session.page)
    pairs = PAIRS.search(session.page)
    if pairs is None:
        raise PageRefused(f"{period} was not consolidated")
    planted = {name: said for name, said in expected.items() if said.difference}
    if not final:
        session.get(pairs[1])
        found = set()
        for address in sorted(set(EXPLAIN.findall(session.page))):
            name, difference = _asked(session, address, names)
            if name not in planted or planted[name].difference != difference:
                raise Unexpected(f"{period} {name}: a difference of {difference} that was not planted")
            session.post(address, explanation="；".join(planted[name].reasons)[:300])
            found.add(name)
        if missing := set(planted) - found:
            raise Unexpected(f"{period}: planted differences were not found: {sorted(missing)}")
        if finalise is None:
            raise PageRefused(f"{period} cannot be made final")
        session.post(finalise[1])
        session.get(f"{MONTH}?period={period}")
        if DONE not in session.page:
            raise PageRefused(f"{period} was not made final")
    return Month(period, seconds, len(planted))


def _asked(session: Session, address: str, names: Mapping[str, str]) -> tuple[Name, Decimal]:
    """Which pair a form asks to explain, and what it says of the difference."""
    session.get(address)
    facts = dict(_facts(session.page))
    title = facts["种类"].split(" · ")[0]
    creditor, debtor = (names[name] for name in facts if name in names)
    kind = next(code for code, words in TITLES.items() if words == title)
    return (kind, creditor, debtor), Decimal(facts["差异"].replace(",", ""))


def _facts(page: str) -> Iterator[tuple[str, str]]:
    for name, value in FACT.findall(page):
        yield unescape(name).strip(), unescape(" ".join(re.sub(r"<[^>]+>", "", value).split()))
