"""Entries and pending entries as engines see them: what was booked, read back from its legs."""

from collections.abc import Iterable
from itertools import groupby

from ops_platform.kernel import to_fen
from ops_platform.ledger.engine.entry import EntryInput, Leg
from ops_platform.ledger.models import Dimension, Entry, PendingEntry, PendingLeg
from ops_platform.ledger.models import Leg as LegRow
from ops_platform.ledger.services.dimensions import dimensions_of

CHUNK = 20_000


def content_of(row: Entry | PendingEntry) -> EntryInput:
    """One entry with its legs."""
    legs = row.legs.select_related("account", "dimension").order_by("position")
    return input_of(row, tuple(_leg(leg) for leg in legs))


def input_of(row: Entry | PendingEntry, legs: tuple[Leg, ...]) -> EntryInput:
    """The entry with these legs."""
    return EntryInput(
        day=row.day, summary=row.summary, source=row.source, key=row.key, document=row.document, legs=legs
    )


def legs_of(rows: Iterable[Entry]) -> dict[int, tuple[Leg, ...]]:
    """The legs of many entries by the entry's number, in two queries; of each combination of dimensions one object."""
    legs = LegRow.objects.filter(entry__in=[row.pk for row in rows])
    used = legs.order_by().values("dimension").distinct()
    dimensions = {row.pk: dimensions_of(row) for row in Dimension.objects.filter(pk__in=used)}
    found = (
        legs.order_by("entry", "position")
        .values_list("entry", "account__code", "debit", "credit", "dimension", "summary")
        .iterator(chunk_size=CHUNK)
    )
    return {
        entry: tuple(
            Leg(account, to_fen(debit), to_fen(credit), dimensions[dimension], summary)
            for _, account, debit, credit, dimension, summary in its
        )
        for entry, its in groupby(found, key=lambda leg: leg[0])
    }


def _leg(row: LegRow | PendingLeg) -> Leg:
    return Leg(
        account=row.account.code,
        debit=to_fen(row.debit),
        credit=to_fen(row.credit),
        dimensions=dimensions_of(row.dimension),
        summary=row.summary,
    )
