"""Reads of what each item was charged, for the apps above; as of a sequence."""

from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from ops_platform.his_intake.models import DatasetMonth
from ops_platform.his_intake.reading import as_of_sql
from ops_platform.kernel import Period


@dataclass(frozen=True, slots=True)
class ItemMonths:
    """What an item was charged in some months, in yuan: to stays, and to everybody else."""

    item: int
    code: str
    name: str
    outpatient: Decimal
    inpatient: Decimal


def charges_of_items(*, institution: int, first: Period, last: Period, sequence: int) -> list[ItemMonths]:
    """Every item charged from the month `first` to `last`, by code. One query; a line whose encounter was withdrawn since
    counts with the outpatients, so that the sum is that of all lines."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.id, i.code, i.name, coalesce(sums.outpatient, 0), coalesce(sums.inpatient, 0) FROM"
            " (SELECT l.item_id, sum(l.amount) FILTER (WHERE e.kind IS DISTINCT FROM 'inpatient') AS outpatient,"
            " sum(l.amount) FILTER (WHERE e.kind = 'inpatient') AS inpatient"
            " FROM his_intake_chargeline l LEFT JOIN his_intake_encounter e"
            f" ON e.institution_id = l.institution_id AND e.entity = l.encounter AND {as_of_sql('e', sequence)}"
            " WHERE l.institution_id = %(institution)s AND l.month BETWEEN %(first)s AND %(last)s"
            f" AND {as_of_sql('l', sequence)} GROUP BY 1) sums"
            " JOIN masterdata_chargeitem i ON i.id = sums.item_id ORDER BY i.code, i.id",
            {"institution": institution, "first": first.first_day, "last": last.first_day},
        )
        return [ItemMonths(*row) for row in cursor.fetchall()]


def charged_months(institution: int) -> list[str]:
    """Months of which the institution has sent charge lines, newest first."""
    rows = DatasetMonth.objects.filter(institution=institution, dataset="charge-lines").exclude(month="")
    return list(rows.order_by("-month").values_list("month", flat=True))
