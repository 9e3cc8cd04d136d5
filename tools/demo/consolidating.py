"""What the operation centre does with a closed month, done over HTTP like in the browser: consolidate, explain what members
say differently, ask for the report to become final; a second person signs."""

import re
from collections.abc import Iterator, Mapping
from html import unescape

from tools.demo.browserless import PageRefused, Session, sign_in
from tools.demo.signing import MATTER, sign

MONTH = "/ledger/consolidation/"
PAIRS = re.compile(r'href="(/ledger/consolidation/\d+/pairs/)"')
FINALISE = re.compile(r'href="(/ledger/consolidation/\d+/finalise/)"')
EXPLAIN = re.compile(r'href="(/ledger/consolidation/pairs/\d+/explain/)"')
DONE = "已定稿"
MAKER, SIGNER = "centre1", "centre2"
REASON = "双方入账时间不同，已约定次月核对"
REPORT = "合并月报"


def consolidate_month(session: Session, period: str) -> str:
    """One click; returns the page of pairs of the run."""
    session.get(f"{MONTH}?period={period}")
    session.post(f"{MONTH}run/", period=period, next=f"{MONTH}?period={period}")
    pairs = PAIRS.search(session.page)
    if pairs is None:
        raise PageRefused(f"{period} was not consolidated")
    return pairs[1]


def make_final(maker: Session, signer: Session, period: str) -> None:
    """Ask that the month's report become final, and sign it as somebody who made nothing of it."""
    maker.get(f"{MONTH}?period={period}")
    finalise = FINALISE.search(maker.page)
    if finalise is None:
        raise PageRefused(f"{period} cannot be made final")
    matter = maker.post(finalise[1], explanation=REPORT)
    if not matter.startswith(MATTER):
        raise PageRefused(f"{period}: {finalise[1]} asked nobody")
    sign(signer, matter, "数字已核对，同意定稿")
    maker.get(f"{MONTH}?period={period}")
    if DONE not in maker.page:
        raise PageRefused(f"{period} was not made final")


def consolidating(url: str, accounts: list[dict[str, str]], periods: list[str]) -> Iterator[str]:
    """Make the consolidated report of each closed month final, the oldest first; yields what has been done in words."""
    known: Mapping[str, dict[str, str]] = {account["username"]: account for account in accounts}
    maker, signer = (sign_in(url, name, known[name]["password"]) for name in (MAKER, SIGNER))
    for period in sorted(periods):
        pairs = consolidate_month(maker, period)
        if DONE in maker.page:
            continue  # a demo that was interrupted here
        maker.get(pairs)
        different = sorted({unescape(address) for address in EXPLAIN.findall(maker.page)})
        for address in different:
            maker.post(address, explanation=REASON)
        make_final(maker, signer, period)
        yield f"{period} consolidated, {len(different)} differences explained by {MAKER}, made final by {SIGNER}"
