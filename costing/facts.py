"""What the allocation of a month reads from the intake, as of a sequence: sums in fen and exact weights."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from typing import Any

import numpy as np
from django.db import connection
from django.utils import timezone

from ops_platform.his_intake.public import (
    DepartmentAt,
    as_of_sql,
    departments_as_of,
    items_as_of,
    read_charge_columns,
)
from ops_platform.kernel import Conflict, Period
from ops_platform.masterdata.models import ChargeItem, Institution

DATASETS = (
    "departments",
    "charge-items",
    "staff-headcounts",
    "floor-areas",
    "workloads",
    "cost-entries",
    "income-entries",
    "encounters",
    "charge-lines",
)


@dataclass(frozen=True, slots=True)
class Income:
    """Charge income of one (ordering, executing, item class, fee class): fen, insured fen, number of lines."""

    ordering: int
    executing: int
    item_class: str
    fee_class: str
    amount: int
    insured: int
    lines: int


@dataclass(frozen=True, slots=True)
class MonthFacts:
    """Everything by department number. `costs` by (department, cost item, funding source)."""

    departments: dict[int, DepartmentAt]
    costs: dict[tuple[int, str, str], int]
    incomes: list[Income]
    other_income: dict[int, int]
    headcounts: dict[int, Decimal]
    areas: dict[int, Decimal]
    workloads: dict[tuple[str, int], Decimal]
    visits: dict[int, int]
    discharges: dict[int, int]


def read_month(institution: Institution, period: Period, sequence: int) -> MonthFacts:
    """Read the month. Departments are taken as they are on its last day."""
    departments = departments_as_of(institution, period.last_day, sequence)
    where = {"institution": institution.pk, "first": period.first_day, "last": period.last_day, "period": str(period)}
    fact = f"f.institution_id = %(institution)s AND {as_of_sql('f', sequence)}"
    return MonthFacts(
        departments=departments,
        costs={
            (department, item, source): fen
            for department, item, source, fen in _query(
                "SELECT f.department_id, f.cost_item, f.funding_source, (sum(f.amount) * 100)::bigint"
                f" FROM his_intake_costentry f WHERE {fact} AND f.date BETWEEN %(first)s AND %(last)s"
                " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
                where,
            )
        },
        incomes=_incomes(institution, period, sequence),
        other_income=dict(
            _query(
                "SELECT f.department_id, (sum(f.amount) * 100)::bigint FROM his_intake_incomeentry f"
                f" WHERE {fact} AND f.date BETWEEN %(first)s AND %(last)s GROUP BY 1 ORDER BY 1",
                where,
            )
        ),
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
        workloads={
            (metric, department): quantity
            for metric, department, quantity in _query(
                "SELECT f.metric, f.department_id, sum(f.quantity) FROM his_intake_workload f"
                f" WHERE {fact} AND f.date BETWEEN %(first)s AND %(last)s GROUP BY 1, 2",
                where,
            )
        },
        visits=_encounters(institution, period, sequence, "f.kind <> 'inpatient' AND f.admitted"),
        discharges=_encounters(institution, period, sequence, "f.kind = 'inpatient' AND f.discharged"),
    )


def _query(sql: str, values: dict[str, Any]) -> Iterable[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def _encounters(institution: Institution, period: Period, sequence: int, which: str) -> dict[int, int]:
    zone = timezone.get_default_timezone()
    return dict(
        _query(
            "SELECT f.department_id, count(*) FROM his_intake_encounter f"
            f" WHERE f.institution_id = %(institution)s AND {as_of_sql('f', sequence)}"
            f" AND {which} >= %(start)s AND {which.rsplit(' ', 1)[-1]} < %(end)s GROUP BY 1",
            {
                "institution": institution.pk,
                "start": datetime.combine(period.first_day, time.min, tzinfo=zone),
                "end": datetime.combine(period.shift(1).first_day, time.min, tzinfo=zone),
            },
        )
    )


def _incomes(institution: Institution, period: Period, sequence: int) -> list[Income]:
    """Sum the charge lines by departments and classes: exact int64 sums over columns, no loop per line."""
    lines = read_charge_columns(institution, period, sequence)
    if not len(lines["amount"]):
        return []
    items = items_as_of(institution, period.last_day, sequence)
    classes = sorted({(item.item_class, item.fee_class) for item in items.values()})
    number_of = {name: number for number, name in enumerate(classes)}
    class_of = np.full(int(lines["item"].max()) + 1, -1, dtype=np.int64)
    for item in items.values():
        if item.id < len(class_of):
            class_of[item.id] = number_of[(item.item_class, item.fee_class)]
    _refuse_unclassed(institution, np.unique(lines["item"][class_of[lines["item"]] < 0]).tolist())
    departments, place = np.unique(np.concatenate([lines["ordering"], lines["executing"]]), return_inverse=True)
    count, size = len(lines["amount"]), len(departments)
    cell = (place[:count] * size + place[count:]) * len(classes) + class_of[lines["item"]]
    cells, where = np.unique(cell, return_inverse=True)
    amount, insured, number = (np.zeros(len(cells), dtype=np.int64) for _ in range(3))
    np.add.at(amount, where, lines["amount"])
    np.add.at(insured, where, lines["insured"])
    np.add.at(number, where, 1)
    return [
        Income(
            ordering=int(departments[key // len(classes) // size]),
            executing=int(departments[key // len(classes) % size]),
            item_class=classes[key % len(classes)][0],
            fee_class=classes[key % len(classes)][1],
            amount=int(amount[index]),
            insured=int(insured[index]),
            lines=int(number[index]),
        )
        for index, key in enumerate(cells.tolist())
    ]


def _refuse_unclassed(institution: Institution, items: list[int]) -> None:
    """A charge whose item is in no class would be counted nowhere: refuse, and name the items."""
    if items:
        codes = ChargeItem.objects.filter(pk__in=items).order_by("code").values_list("code", flat=True)[:10]
        raise Conflict(
            "costing.item_without_term",
            f"{institution.name} 有收费使用了已撤回的收费项目 {'、'.join(codes)}。请重新报送这些项目的目录。",
        )


def totals_by(incomes: Iterable[Income], side: str) -> dict[int, int]:
    """Income by `ordering` or `executing` department."""
    sums: dict[int, int] = defaultdict(int)
    for income in incomes:
        sums[getattr(income, side)] += income.amount
    return dict(sums)
