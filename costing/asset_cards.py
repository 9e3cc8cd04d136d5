"""Asset cards of an institution as of a sequence, and what each charges in a month."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import IntEnum
from itertools import groupby
from typing import Any

from django.db import connection

from costing.engine.depreciation import CardVersion, Charge, charge
from ops_platform.his_intake.public import Origin, as_of_sql
from ops_platform.kernel import Period, from_fen, to_fen
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.selectors import parameter_value

PARAMETER = "costing.depreciation_from_cards"
INTANGIBLE = "intangible"
FEN = Decimal("0.01")
DEPRECIATED = frozenset({"depreciation", "amortisation"})


class Source(IntEnum):
    """The values of the parameter: where an institution's depreciation comes from."""

    VOUCHERS = 0
    CARDS = 1
    CARDS_UNLESS_SENT = 2


@dataclass(frozen=True, slots=True)
class CardCharge:
    """A card in a month: what it is, what it charges, and the row that told its latest state. Amounts in fen."""

    card: str
    name: str
    category: str
    version: CardVersion
    charge: Charge
    origin: Origin

    @property
    def cost_item(self) -> str:
        """Fixed assets depreciate, intangible ones are amortised."""
        return "amortisation" if self.category == INTANGIBLE else "depreciation"

    @property
    def original_value(self) -> Decimal:
        """Yuan."""
        return from_fen(self.version.original_value)

    @property
    def residual_value(self) -> Decimal:
        """Yuan."""
        return from_fen(self.version.residual_value)

    @property
    def accumulated(self) -> Decimal:
        """Depreciated by the month's end, yuan."""
        return from_fen(self.charge.accumulated)

    @property
    def net_value(self) -> Decimal:
        """What is left at the month's end, yuan."""
        return from_fen(self.charge.net_value)

    @property
    def amount(self) -> Decimal:
        """The month's charge, yuan."""
        return from_fen(self.charge.amount)


def source_of(institution: Institution, period: Period) -> Source:
    """In force on the month's last day; a value that is none of them takes what was sent."""
    value = parameter_value(key=PARAMETER, day=period.last_day, institution=institution)
    return Source(int(value)) if value in tuple(Source) else Source.VOUCHERS


def from_cards(source: Source, sent: Collection[str]) -> frozenset[str]:
    """The cost items to compute where vouchers of some were sent."""
    if source is Source.VOUCHERS:
        return frozenset()
    return DEPRECIATED if source is Source.CARDS else DEPRECIATED.difference(sent)


def sent_items(institution: Institution, period: Period, sequence: int) -> frozenset[str]:
    """Of depreciation and amortisation those of which vouchers came for the month."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT f.cost_item FROM his_intake_costentry f WHERE f.institution_id = %s"
            f" AND {as_of_sql('f', sequence)} AND f.date BETWEEN %s AND %s AND f.cost_item = ANY(%s)",
            [institution.pk, period.first_day, period.last_day, sorted(DEPRECIATED)],
        )
        return frozenset(item for (item,) in cursor.fetchall())


def card_charges(
    institution: Institution, period: Period, sequence: int, *, department: int | None = None
) -> Iterator[CardCharge]:
    """Every card in use in the month, in the order of their numbers; of all departments or of one."""
    rows = _versions(
        f"f.institution_id = %s AND {as_of_sql('f', sequence)} AND f.effective_from <= %s",
        [institution.pk, period.last_day],
    )
    for (_, card), versions in rows:
        name, category = versions[-1][2:4]
        history = [_version(row) for row in versions]
        found = charge(history, period)
        if found is not None and department in (None, found.department):
            yield CardCharge(card, name, category, history[-1], found, Origin(*versions[-1][13:]))


def costs_of_cards(cards: Mapping[int, Collection[str]], days: tuple[date, date]) -> dict[tuple[int, str], Decimal]:
    """What cards (by institution) charge in some days, by (institution, card), in yuan: of a month that is covered in part,
    its share by days. As of now; of cards that nobody sent there is nothing. One query, however many there are."""
    wanted = {(institution, card) for institution, named in cards.items() for card in named}
    rows = _versions(
        "f.institution_id = ANY(%s) AND f.card = ANY(%s) AND f.superseded_sequence IS NULL AND f.effective_from <= %s",
        [list(cards), sorted({card for _, card in wanted}), days[1]],
    )
    months = list(_covered(days))
    found = {}
    for key, versions in rows:
        history = [_version(row) for row in versions] if key in wanted else []
        charges = [(charge(history, period), share) for period, share in months] if history else []
        if any(one for one, _ in charges):
            whole = sum((from_fen(one.amount) * share for one, share in charges if one), Decimal(0))
            found[key] = whole.quantize(FEN, rounding=ROUND_HALF_UP)
    return found


def _covered(days: tuple[date, date]) -> Iterator[tuple[Period, Decimal]]:
    """The months of some days, and how much of each they cover."""
    period = Period.of(days[0])
    while period.first_day <= days[1]:
        whole = (period.last_day - period.first_day).days + 1
        covered = (min(period.last_day, days[1]) - max(period.first_day, days[0])).days + 1
        yield period, Decimal(covered) / whole
        period = period.shift(1)


def _versions(condition: str, values: list[Any]) -> Iterator[tuple[tuple[int, str], list[tuple[Any, ...]]]]:
    """Cards with their versions by date, by (institution, card)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT f.institution_id, f.card, f.name, f.category, f.effective_from, f.in_use_from, f.department_id,"
            " f.funding_source, f.original_value, f.residual_value, f.useful_months, f.accumulated, f.disposed_on,"
            " b.id, b.batch_no, f.row_no, coalesce(later.batch_no, '')"
            " FROM his_intake_asset f JOIN his_intake_batch b ON b.id = f.batch_id"
            " LEFT JOIN his_intake_batch later ON later.id = f.superseded_batch_id"
            f' WHERE {condition} ORDER BY f.institution_id, f.card COLLATE "C", f.effective_from',
            values,
        )
        for key, rows in groupby(cursor.fetchall(), key=lambda row: (row[0], row[1])):
            yield key, list(rows)


def _version(row: tuple[Any, ...]) -> CardVersion:
    effective, in_use, department, funding, original, residual, months, accumulated, disposed = row[4:13]
    return CardVersion(
        effective_from=effective,
        in_use_from=in_use,
        department=department,
        funding_source=funding,
        original_value=to_fen(original),
        residual_value=to_fen(residual or 0),
        useful_months=months,
        accumulated=None if accumulated is None else to_fen(accumulated),
        disposed_on=disposed,
    )
