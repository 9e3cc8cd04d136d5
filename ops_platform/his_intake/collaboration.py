"""Reads of what members did for each other, for the apps above; as of each provider's sequence."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from ops_platform.his_intake.drilldown import Origin
from ops_platform.his_intake.models import AllianceService, DatasetMonth
from ops_platform.his_intake.reading import as_of_sql
from ops_platform.kernel import Period


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """A line in words; `receiver` None is the provider itself."""

    institution: int
    document: str
    line: int
    agreement: str
    date: date
    department: int
    department_name: str
    receiver: int | None
    receiver_department: str
    kind: str
    volume: Decimal
    unit_cost: Decimal | None
    amount: Decimal | None
    origin: Origin


# Plain values: a model with its batches for each of ten thousand lines took most of a settlement.
_COLUMNS = (
    "institution",
    "document",
    "line",
    "agreement",
    "date",
    "department",
    "department__name",
    "receiver",
    "receiver_department",
    "service_kind",
    "volume",
    "unit_cost",
    "amount",
    "batch",
    "batch__batch_no",
    "row_no",
    "superseded_batch__batch_no",
)


def alliance_services(
    *, period: Period, sequences: Mapping[int, int], agreement: str | None = None
) -> tuple[ServiceLine, ...]:
    """Lines of a month of these institutions, each as of its sequence, in the order of date, document, line. One query."""
    held = Q(pk__in=())
    for institution, sequence in sorted(sequences.items()):
        later = Q(superseded_sequence__isnull=True) | Q(superseded_sequence__gt=sequence)
        held |= Q(institution=institution, sequence__lte=sequence) & later
    rows: QuerySet[AllianceService] = AllianceService.objects.filter(
        held, date__range=(period.first_day, period.last_day)
    )
    if agreement is not None:
        rows = rows.filter(agreement=agreement)
    found = []
    for row in rows.order_by("date", "document", "line", "id").values_list(*_COLUMNS):
        *told, where, kind, volume, unit_cost, amount, batch, batch_no, row_no, later = row
        origin = Origin(batch, batch_no, row_no, later or "")
        values: list[Any] = [*told, where or "", kind, volume, unit_cost, amount, origin]
        found.append(ServiceLine(*values))
    return tuple(found)


def alliance_service_sequences(period: Period) -> dict[int, int]:
    """Who has sent lines of the month, with the last sequence that touched them: as of it they are what holds now."""
    rows = DatasetMonth.objects.filter(dataset="alliance-services", month=str(period))
    return dict(rows.order_by("institution").values_list("institution", "sequence"))


@dataclass(frozen=True, slots=True)
class ItemIncome:
    """What an institution charged for some items in a month."""

    lines: int
    amount: Decimal


def income_of_items(*, institution: int, period: Period, sequence: int, codes: Collection[str]) -> ItemIncome:
    """Charges of these items as of the sequence. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(sum(l.amount), 0) FROM his_intake_chargeline l"
            " JOIN masterdata_chargeitem i ON i.id = l.item_id"
            f" WHERE l.institution_id = %s AND l.month = %s AND {as_of_sql('l', sequence)} AND i.code = ANY(%s)",
            [institution, period.first_day, list(codes)],
        )
        return ItemIncome(*cursor.fetchone())
