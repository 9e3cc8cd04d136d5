"""Grouping and pricing a month in the database against COPY out of the rows that it reads and COPY in of those that it
writes."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from io import BytesIO

from django.db import connection

from insurance_settlement.discharges import discharges_sql
from insurance_settlement.models import CaseResult, GroupingRun, PriceBook
from insurance_settlement.services import run_grouping
from ops_platform.kernel import Period
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Institution
from tests.benchmarks import ground, hospital
from tests.benchmarks.figures import Figure, Goal, middle, seconds, thousands

PERIOD = Period.parse("2026-03")
SIZE = hospital.Size(encounters=40_000)  # one in ten of them a stay
AGAINST_COPY = Goal(must=4.0, aim=1.5)
ROUNDS = 5


def measure(database: str) -> list[Figure]:
    """One goal."""
    institution = hospital.build(["G1"], PERIOD)[0]
    hospital.load_month(institution, PERIOD, SIZE)
    with ground.owner_link(database) as link:
        link.autocommit = True
        with link.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")
    run_grouping(PLATFORM, institution=institution, period=PERIOD)
    days = (PERIOD.first_day + timedelta(days=number) for number in range(1, 28))
    ways: dict[str, Callable[[], object]] = {
        "whole": lambda: _again(institution, days),
        "bare": lambda: _bare(institution),
    }
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            spent[name].append(seconds(way))
    run = GroupingRun.objects.get(institution=institution, is_current=True)
    ratio = middle([a / b for a, b in zip(spent["whole"], spent["bare"], strict=True)])
    how = (
        f"{middle(spent['whole']):.2f} s against {middle(spent['bare']):.2f} s,"
        f" {thousands(run.cases / middle(spent['whole']))} cases"
    )
    what = f"grouping and pricing a month of {run.cases:,} discharges against COPY out + COPY in of the same rows"
    return [Figure("grouping", what, ratio, how, AGAINST_COPY)]


def _again(institution: Institution, days: Iterator[date]) -> None:
    """The whole run once more: another price book of the same content makes its input new."""
    book = PriceBook.objects.select_related("scheme").order_by("-effective_from").first()
    if book is None:
        raise RuntimeError("no price book was loaded")
    book.pk, book.effective_from = None, next(days)
    book.digest = f"{book.effective_from:%Y%m%d}{book.digest}"[:64]
    book._state.adding = True
    book.save()
    if not run_grouping(PLATFORM, institution=institution, period=PERIOD).created:
        raise RuntimeError("nothing was computed")


def _bare(institution: Institution) -> None:
    """What the run reads, out; what it wrote, out to memory and in again."""
    run = GroupingRun.objects.get(institution=institution, is_current=True)
    with connection.cursor() as cursor:
        sql, values = discharges_sql(institution, PERIOD, run.input_sequence)
        asked = cursor.mogrify(sql, values).decode()
        cursor.copy_expert(f"COPY ({asked}) TO STDOUT", BytesIO())
        table = CaseResult._meta.db_table
        names = ", ".join(field.column for field in CaseResult._meta.local_fields if not field.primary_key)
        written = BytesIO()
        cursor.copy_expert(f"COPY (SELECT {names} FROM {table} WHERE run_id = {run.pk}) TO STDOUT", written)
        written.seek(0)
        cursor.execute(f"CREATE TEMP TABLE bare (LIKE {table} INCLUDING DEFAULTS)")
        cursor.execute("ALTER TABLE bare ALTER COLUMN id DROP NOT NULL")
        cursor.copy_expert(f"COPY bare ({names}) FROM STDIN", written)
        cursor.execute("DROP TABLE bare")
