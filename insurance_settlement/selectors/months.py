"""A month of discharges by group, its totals, and the stays without an abstract."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection
from django.db.models import Avg, Count, Q, Sum

from insurance_settlement import schemes
from insurance_settlement.engine.case import SUCCESS
from insurance_settlement.engine.rule_book import Kind
from insurance_settlement.models import CaseResult, GroupingRun
from ops_platform.his_intake.public import as_of_sql
from ops_platform.kernel import Period


@dataclass(frozen=True, slots=True)
class DrgLine:
    """One group of a month. Sums of payment and balance are over priced cases, of the fund over those of which its part can
    be told; of `self_paying` ones the patients pay the charges. `weight` is that of the group, which the `weighed` cases
    have; `points` are the mean, `total_points` the sum of its cases by the points method."""

    drg: str
    name: str
    cases: int
    grouped: int
    priced: int
    weighed: int
    stay_days: Decimal
    weight: Decimal | None
    points: Decimal | None
    total_points: Decimal | None
    charges: Decimal
    mean_charges: Decimal
    payment: Decimal | None
    balance: Decimal | None
    fund: Decimal | None
    self_paying: int

    @property
    def worth(self) -> Decimal | None:
        """Weight, or points."""
        return self.weight if self.points is None else self.points


def drg_lines(*, run: GroupingRun, department: int | None = None) -> list[DrgLine]:
    """The groups of a run (of one department of it), the greatest loss first."""
    rows = CaseResult.objects.filter(run=run)
    if department is not None:
        rows = rows.filter(department=department)
    sums = (
        rows.order_by()
        .values("drg")
        .annotate(
            cases=Count("id"),
            grouped=Count("id", filter=Q(status=SUCCESS)),
            priced=Count("payment"),
            weighed=Count("weight"),
            stay_days=Avg("stay_days"),
            weight=Avg("weight"),
            total_points=Sum("points"),
            points=Avg("points"),
            mean_charges=Avg("charges"),
            charges=Sum("charges"),
            payment=Sum("payment"),
            balance=Sum("balance"),
            fund=Sum("fund"),
            self_paying=Count("id", filter=Q(kind=Kind.SELF_PAY)),
        )
        .order_by("balance", "drg")
    )
    names = schemes.names_of_answers(run.scheme)
    return [DrgLine(name=names.get(row["drg"], ""), **row) for row in sums]


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the discharges of a month. CMI = weight ÷ weighed cases (points are no weights); `balance` is over priced
    cases."""

    institution: int
    period: str
    cases: int
    weighed: int
    weight: Decimal
    charges: Decimal
    payment: Decimal
    balance: Decimal


def totals(*, institutions: Collection[int], periods: Collection[str]) -> list[Totals]:
    """By institution and month, from the current runs."""
    rows = (
        CaseResult.objects.filter(run__is_current=True, run__institution__in=institutions, run__period__in=periods)
        .order_by()
        .values_list("run__institution", "run__period")
        .annotate(
            number=Count("id"),
            weighed=Count("weight"),
            weights=Sum("weight", default=Decimal(0)),
            charged=Sum("charges"),
            paid=Sum("payment", default=Decimal(0)),
            result=Sum("balance", default=Decimal(0)),
        )
        .order_by("run__institution", "run__period")
    )
    return [Totals(*row) for row in rows]


def discharges_without_abstract(*, run: GroupingRun) -> list[tuple[int, str, int, Decimal, int]]:
    """Stays discharged in the month of which no abstract had come when the run read the facts: encounter, its number,
    department, charges of all months in yuan, days from admission to discharge (at least one). None is grouped. One query,
    and none where the run counted none."""
    if not run.without_abstract:
        return []
    period = Period.parse(run.period)
    day = "AT TIME ZONE 'Asia/Shanghai')::date"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.entity, e.encounter_no, e.department_id, coalesce((SELECT sum(l.amount)"
            " FROM his_intake_chargeline l WHERE l.institution_id = e.institution_id AND l.encounter = e.entity"
            f" AND l.month >= date_trunc('month', e.admitted AT TIME ZONE 'Asia/Shanghai')::date"
            f" AND {as_of_sql('l', run.input_sequence)}), 0.00),"
            f" greatest((e.discharged {day} - (e.admitted {day}, 1) FROM his_intake_encounter e"
            " WHERE e.institution_id = %(institution)s AND e.kind = 'inpatient'"
            f" AND {as_of_sql('e', run.input_sequence)} AND (e.discharged {day} BETWEEN %(first)s AND %(last)s"
            " AND NOT EXISTS (SELECT FROM his_intake_dischargeabstract a WHERE a.institution_id = e.institution_id"
            f" AND a.encounter = e.entity AND {as_of_sql('a', run.input_sequence)}) ORDER BY e.entity",
            {"institution": run.institution_id, "first": period.first_day, "last": period.last_day},
        )
        return cursor.fetchall()
