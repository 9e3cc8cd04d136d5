"""Asset cards of an institution as of a sequence, and what each charges in a month."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db import connection

from costing.engine.depreciation import CardVersion, Charge, charge
from ops_platform.his_intake.public import as_of_sql
from ops_platform.kernel import Period, from_fen, to_fen
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.selectors import parameter_value

FROM_CARDS = "costing.depreciation_from_cards"
INTANGIBLE = "intangible"


@dataclass(frozen=True, slots=True)
class CardCharge:
    """A card in a month: what it is, and what it charges. Amounts in fen."""

    card: str
    name: str
    category: str
    version: CardVersion
    charge: Charge

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


def from_cards(institution: Institution, period: Period) -> bool:
    """Whether depreciation of the institution is computed from its cards; else it is taken as sent (成本凭证)."""
    return parameter_value(key=FROM_CARDS, day=period.last_day, institution=institution) > 0


def card_charges(
    institution: Institution, period: Period, sequence: int, *, department: int | None = None
) -> Iterator[CardCharge]:
    """Every card in use in the month, in the order of their numbers; of all departments or of one."""
    for card, rows in groupby(_versions(institution, period, sequence), key=lambda row: row[0]):
        versions = list(rows)
        name, category = versions[-1][1:3]
        history = [_version(row) for row in versions]
        found = charge(history, period)
        if found is not None and department in (None, found.department):
            yield CardCharge(card, name, category, history[-1], found)


def _versions(institution: Institution, period: Period, sequence: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT f.card, f.name, f.category, f.effective_from, f.in_use_from, f.department_id, f.funding_source,"
            " f.original_value, f.residual_value, f.useful_months, f.accumulated, f.disposed_on FROM his_intake_asset f"
            f" WHERE f.institution_id = %s AND {as_of_sql('f', sequence)} AND f.effective_from <= %s"
            ' ORDER BY f.card COLLATE "C", f.effective_from',
            [institution.pk, period.last_day],
        )
        return cursor.fetchall()


def _version(row: tuple[Any, ...]) -> CardVersion:
    effective, in_use, department, funding, original, residual, months, accumulated, disposed = row[3:]
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
