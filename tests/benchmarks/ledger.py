"""The ledger: entries through the service against plain INSERTs of the same rows, by 1, 4 and 8 writers at once."""

import threading
import time
from collections.abc import Callable
from decimal import Decimal

from django.conf import settings
from django.db import connection, transaction

from ops_platform.kernel import Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import services
from ops_platform.ledger.engine.entry import EntryInput
from ops_platform.masterdata.models import Institution
from tests.benchmarks import ground
from tests.benchmarks.figures import Figure, middle
from tests.ledger.books import received
from tests.support import trade

WRITERS = (1, 4, 8)
ROUNDS, ENTRIES = 3, 160
BATCH = 400
_turn = iter(range(1, 1_000_000))


def measure(database: str) -> list[Figure]:
    """One entry a transaction, then many in one; all writers in the books of one institution, then each in its own."""
    everybody = list(trade.alliance().values())
    trade.person("clerk", Role.FINANCE_OFFICER, everybody[0])
    _bare_tables(database)
    figures = [_at_once(writers, [everybody[0]]) for writers in WRITERS]
    figures += [_at_once(writers, everybody) for writers in WRITERS[1:]]
    return [*figures, _in_a_batch(everybody[0])]


def _bare_tables(database: str) -> None:
    """Tables for the same rows with the same keys, but without guards, balances and chain."""
    with ground.owner_link(database) as link, link.cursor() as cursor:
        cursor.execute(BARE.format(app=settings.APP_DATABASE["USER"]))
        link.commit()


def _entries(count: int) -> list[EntryInput]:
    return [received("1.00", f"bench-{next(_turn)}") for _ in range(count)]


def _at_once(writers: int, books: list[Institution]) -> Figure:
    rounds = []
    for _ in range(ROUNDS):
        ours = _run(writers, lambda number: _book(books[number % len(books)]))
        bare = _run(writers, lambda number: _insert(books[number % len(books)]))
        rounds.append((ours, bare))
    total = ENTRIES // writers * writers
    ours, bare = (middle([each[side] for each in rounds]) for side in (0, 1))
    where = "one institution" if len(books) == 1 else f"{len(books)} institutions"
    return Figure(
        "ledger",
        f"entries of two legs, one a transaction, {writers} writers in the books of {where}, against plain INSERTs",
        middle([ours_ / bare_ for ours_, bare_ in rounds]),
        f"{total / ours:.0f} entries a second against {total / bare:.0f}",
    )


def _run(writers: int, work: Callable[[int], Callable[[], None]]) -> float:
    """Seconds until all writers have done their share."""
    barrier = threading.Barrier(writers + 1)
    shares = [work(number) for number in range(writers)]

    def go(once: Callable[[], None]) -> None:
        with connection.cursor():
            barrier.wait()
        for _ in range(ENTRIES // writers):
            once()
        connection.close()

    threads = [threading.Thread(target=go, args=(share,)) for share in shares]
    for thread in threads:
        thread.start()
    barrier.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began


def _book(institution: Institution) -> Callable[[], None]:
    def once() -> None:
        services.book(PLATFORM, institution=institution, entry=_entries(1)[0])

    return once


BARE = """
CREATE TABLE bench_entry (id bigint PRIMARY KEY, institution bigint, number bigint, period text, day date, voucher_no int,
    kind text, summary text, source text, key text, digest text, leg_count int, made_by text, posted_at timestamptz,
    previous_hash text, hash text, UNIQUE (institution, number), UNIQUE (institution, source, key));
CREATE TABLE bench_leg (entry bigint REFERENCES bench_entry, position int, institution bigint, period text, account bigint,
    dimension bigint, debit numeric(18, 2), credit numeric(18, 2), summary text, PRIMARY KEY (entry, position));
CREATE INDEX ON bench_leg (institution, account, period);
GRANT SELECT, INSERT ON bench_entry, bench_leg TO "{app}";
"""
ROWS = """
INSERT INTO bench_entry VALUES
    (%(n)s, %(i)s, %(n)s, '2026-03', '2026-03-05', 1, 'ordinary', 'x', 'test', %(n)s, %(d)s, 2, 'x', now(), %(d)s, %(d)s);
INSERT INTO bench_leg VALUES
    (%(n)s, 1, %(i)s, '2026-03', 1, 1, 1.00, 0, ''), (%(n)s, 2, %(i)s, '2026-03', 2, 1, 0, 1.00, '')
"""


def _insert(institution: Institution) -> Callable[[], None]:
    digest = "0" * 64

    def once() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(ROWS, {"n": next(_turn), "i": institution.pk, "d": digest})

    return once


def _in_a_batch(institution: Institution) -> Figure:
    rounds = []
    for _ in range(ROUNDS):
        bookings = [services.Booking(entry) for entry in _entries(BATCH)]
        began = time.perf_counter()
        services.book_all(PLATFORM, institution=institution, bookings=bookings)
        ours = time.perf_counter() - began
        once = _insert(institution)
        began = time.perf_counter()
        with transaction.atomic():
            for _entry in range(BATCH):
                once()
        rounds.append((ours, time.perf_counter() - began))
    ours, bare = (middle([each[side] for each in rounds]) for side in (0, 1))
    return Figure(
        "ledger",
        f"{BATCH} entries in one transaction against plain INSERTs of the same rows, one statement an entry",
        middle([ours_ / bare_ for ours_, bare_ in rounds]),
        f"{BATCH / ours:.0f} entries a second against {BATCH / bare:.0f}; {Decimal(ours / BATCH * 1000):.2f} ms an entry",
    )
