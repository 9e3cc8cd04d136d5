"""What the operation centre does each month, done over HTTP like in the browser: consolidate, explain, ask for it to become
final, which a second person signs."""

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from html import unescape

from tools.county_year.expected import TITLES, Name, Said
from tools.demo.browserless import Session
from tools.demo.consolidating import DONE, EXPLAIN, consolidate_month, make_final

FACT = re.compile(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", re.DOTALL)


class Unexpected(Exception):
    """The platform shows a difference that nobody planted, or does not show one that was."""


@dataclass(frozen=True, slots=True)
class Month:
    """A month that was consolidated."""

    period: str
    seconds: float
    explained: int


def consolidate(
    session: Session, signer: Session, period: str, expected: Mapping[Name, Said], names: Mapping[str, str]
) -> Month:
    """Consolidate a month, explain each difference by what was planted, have the report signed. A repeat changes nothing.

    `names` are the institutions' codes by name. Raises Unexpected unless exactly the planted differences are found.
    """
    begun = time.monotonic()
    pairs = consolidate_month(session, period)
    seconds = time.monotonic() - begun
    planted = {name: said for name, said in expected.items() if said.difference}
    if DONE in session.page:
        return Month(period, seconds, len(planted))
    session.get(pairs)
    found = set()
    for address in sorted(set(EXPLAIN.findall(session.page))):
        name, difference = _asked(session, address, names)
        if name not in planted or planted[name].difference != difference:
            raise Unexpected(f"{period} {name}: a difference of {difference} that was not planted")
        session.post(address, explanation="；".join(planted[name].reasons)[:300])
        found.add(name)
    if missing := set(planted) - found:
        raise Unexpected(f"{period}: planted differences were not found: {sorted(missing)}")
    make_final(session, signer, period)
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
