"""What the allocation of a month reads from the intake, as of a sequence: sums in fen and exact weights."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone

from costing.charges import Income, IncomeDays, read_charges
from costing.models import CostRun, IncomeCell
from ops_platform.his_intake.public import DepartmentAt, as_of_sql, departments_as_of
from ops_platform.kernel import Period, to_fen
from ops_platform.masterdata.models import Institution

DATASETS = (
    "departments",
    "charge-items",
    "staff-headcounts",
    "floor-areas",
    "workloads",
    "cost-entries",
    "assets",
    "income-entries",
    "encounters",
    "charge-lines",
)


@dataclass(frozen=True, slots=True)
class DayFacts:
    """What came on a day, by (department number, day). Costs are not here: they are booked by the month."""

    incomes: IncomeDays
    other_income: dict[tuple[int, date], int]
    visits: dict[tuple[int, date], int]
    discharges: dict[tuple[int, date], int]
    bed_days: dict[tuple[int, date], Decimal]


# of every card its state at the month's end; what was taken out of use before the month counts no more
ASSET_VALUES = """SELECT c.department_id, sum(c.original_value) FROM (
    SELECT DISTINCT ON (f.card) f.department_id, f.original_value, f.in_use_from, f.disposed_on FROM his_intake_asset f
    WHERE {fact} AND f.effective_from <= %(last)s ORDER BY f.card, f.effective_from DESC) c
WHERE c.in_use_from <= %(last)s AND (c.disposed_on IS NULL OR c.disposed_on >= %(first)s) GROUP BY 1"""


@dataclass(frozen=True, slots=True)
class MonthFacts:
    """Everything by department number. `costs` are those booked straight, by (department, cost item, funding source);
    `shared` are the bills taken in for all, by (kind, cost item, funding source); `asset_values` are the original values
    (原值) of the cards in use, in yuan."""

    departments: dict[int, DepartmentAt]
    costs: dict[tuple[int, str, str], int]
    shared: dict[tuple[str, str, str], int]
    incomes: list[Income]
    other_income: dict[int, int]
    headcounts: dict[int, Decimal]
    areas: dict[int, Decimal]
    asset_values: dict[int, Decimal]
    workloads: dict[tuple[str, int], Decimal]
    visits: dict[int, int]
    discharges: dict[int, int]
    days: DayFacts


def read_month(institution: Institution, period: Period, sequence: int) -> MonthFacts:
    """Read the month. Departments are taken as they are on its last day."""
    incomes, income_days = read_charges(institution, period, sequence)
    return _read(institution, period, sequence, incomes, income_days)


def month_of_run(run: CostRun) -> MonthFacts:
    """The month as the run read it. Charges come from the cells that the run keeps, not from lines; they have no days."""
    cells = IncomeCell.objects.filter(run=run).order_by("ordering", "executing", "fee_class", "item_class")
    incomes = [
        Income(ordering, executing, item_class, fee_class, to_fen(amount), to_fen(insured), lines)
        for ordering, executing, item_class, fee_class, amount, insured, lines in cells.values_list(
            "ordering", "executing", "item_class", "fee_class", "amount", "insured_amount", "lines"
        )
    ]
    return _read(run.institution, Period.parse(run.period), run.input_sequence, incomes, IncomeDays({}, {}, {}, {}, {}))


def _read(
    institution: Institution, period: Period, sequence: int, incomes: list[Income], income_days: IncomeDays
) -> MonthFacts:
    departments = departments_as_of(institution, period.last_day, sequence)
    where = {"institution": institution.pk, "first": period.first_day, "last": period.last_day, "period": str(period)}
    fact = f"f.institution_id = %(institution)s AND {as_of_sql('f', sequence)}"
    days = DayFacts(
        incomes=income_days,
        other_income=_by_day(
            "SELECT f.department_id, f.date, (sum(f.amount) * 100)::bigint FROM his_intake_incomeentry f"
            f" WHERE {fact} AND f.date BETWEEN %(first)s AND %(last)s GROUP BY 1, 2",
            where,
        ),
        visits=_encounters(institution, period, sequence, "f.kind <> 'inpatient'", "f.admitted"),
        discharges=_encounters(institution, period, sequence, "f.kind = 'inpatient'", "f.discharged"),
        bed_days=_by_day(
            "SELECT f.department_id, f.date, sum(f.quantity) FROM his_intake_workload f"
            f" WHERE {fact} AND f.metric = 'occupied_bed_days' AND f.date BETWEEN %(first)s AND %(last)s GROUP BY 1, 2",
            where,
        ),
    )
    return MonthFacts(
        departments=departments,
        costs={
            (department, item, source): fen
            for department, item, source, fen in _query(
                "SELECT f.department_id, f.cost_item, f.funding_source, (sum(f.amount) * 100)::bigint"
                f" FROM his_intake_costentry f WHERE {fact} AND f.date BETWEEN %(first)s AND %(last)s"
                " AND f.shared_as IS NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
                where,
            )
        },
        shared={
            (kind, item, source): fen
            for kind, item, source, fen in _query(
                "SELECT f.shared_as, f.cost_item, f.funding_source, (sum(f.amount) * 100)::bigint"
                f" FROM his_intake_costentry f WHERE {fact} AND f.date BETWEEN %(first)s AND %(last)s"
                " AND f.shared_as IS NOT NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
                where,
            )
        },
        incomes=incomes,
        other_income=_of_month(days.other_income),
        headcounts=dict(
            _query(
                "SELECT f.department_id, f.headcount FROM his_intake_staffheadcount f"
                f" WHERE {fact} AND f.period = %(period)s",
                where,
            )
        ),
        areas=dict(
            _query(
                f"SELECT f.department_id, f.area FROM his_intake_floorarea f WHERE {fact} AND f.period = %(period)s",
                where,
            )
        ),
        asset_values=dict(_query(ASSET_VALUES.format(fact=fact), where)),
        workloads={
            (metric, department): quantity
            for metric, department, quantity in _query(
                "SELECT f.metric, f.department_id, sum(f.quantity) FROM his_intake_workload f"
                f" WHERE {fact} AND f.date BETWEEN %(first)s AND %(last)s GROUP BY 1, 2",
                where,
            )
        },
        visits=_of_month(days.visits),
        discharges=_of_month(days.discharges),
        days=days,
    )


def _query(sql: str, values: dict[str, Any]) -> Iterable[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def _by_day(sql: str, values: dict[str, Any]) -> dict[tuple[int, date], Any]:
    return {(department, day): amount for department, day, amount in _query(sql, values)}


def _encounters(
    institution: Institution, period: Period, sequence: int, kind: str, moment: str
) -> dict[tuple[int, date], int]:
    zone = timezone.get_default_timezone()
    return _by_day(
        f"SELECT f.department_id, ({moment} AT TIME ZONE %(zone)s)::date, count(*) FROM his_intake_encounter f"
        f" WHERE f.institution_id = %(institution)s AND {as_of_sql('f', sequence)} AND {kind}"
        f" AND {moment} >= %(start)s AND {moment} < %(end)s GROUP BY 1, 2",
        {
            "institution": institution.pk,
            "zone": str(zone),
            "start": datetime.combine(period.first_day, time.min, tzinfo=zone),
            "end": datetime.combine(period.shift(1).first_day, time.min, tzinfo=zone),
        },
    )


def _of_month(days: dict[tuple[int, date], int]) -> dict[int, int]:
    sums: dict[int, int] = defaultdict(int)
    for (department, _day), amount in days.items():
        sums[department] += amount
    return dict(sums)


def totals_by(incomes: Iterable[Income], side: str) -> dict[int, int]:
    """Income by `ordering` or `executing` department."""
    sums: dict[int, int] = defaultdict(int)
    for income in incomes:
        sums[getattr(income, side)] += income.amount
    return dict(sums)
