"""Patient costing: the arithmetic in memory against DuckDB doing the same joins and sums, the whole run out of PostgreSQL
and back against a bare COPY out of the same columns, and how its time and memory grow to the five million lines of a
hospital's month."""

import ctypes
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from django.db import connection

from costing.engine.patient_costs import Lines, patient_costs
from costing.models import ItemBasis, ItemMethod
from costing.patient_engine import cost_patients
from costing.patient_facts import bases_of, held_of, read_patients
from costing.services import cost_patients_of, run_allocation
from ops_platform.kernel import Period
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Institution
from tests.benchmarks import ground, hospital
from tests.benchmarks.figures import Figure, Goal, middle, seconds, thousands

IN_MEMORY, END_TO_END = Goal(must=1.0, aim=0.5), Goal(must=2.0, aim=1.2)
GROWN = (2, 5)  # times the month of END_TO_END
ROUNDS = 3
LINES, ENCOUNTERS, CELLS, ITEMS = 5_000_000, 200_000, 20_000, 7
PERIOD = Period.parse("2026-03")
LARGE = hospital.Size(encounters=40_000)
_UNITS = ", ".join(f"k{item} * 1.0 / whole AS u{item}" for item in range(ITEMS))
_SUMS = ", ".join(f"sum(measure * u{item})" for item in range(ITEMS))
_DUCK = f"""CREATE OR REPLACE TEMP TABLE found AS
WITH wholes AS (SELECT cell, sum(measure) AS whole FROM lines GROUP BY cell),
units AS (SELECT cell, {_UNITS} FROM costs JOIN wholes USING (cell))
SELECT encounter, {_SUMS} FROM lines JOIN units USING (cell) GROUP BY encounter"""


def measure(database: str) -> list[Figure]:
    """Both goals."""
    return [_in_memory(), *_end_to_end(database)]


def _in_memory() -> Figure:
    what = (
        f"patient costing of {LINES // 10**6} M charge lines, {ITEMS} items, exact, in memory against DuckDB, 2 threads"
    )
    try:
        import duckdb
    except ImportError:
        return Figure("patients", what, None, "DuckDB has no wheel for this machine", IN_MEMORY)
    chance = np.random.default_rng(2026)
    columns = {
        "encounter": np.sort(chance.integers(0, ENCOUNTERS, LINES)),
        "cell": chance.integers(0, CELLS, LINES),
        "measure": chance.integers(1, 5, LINES) * 10_000,
    }
    costs = chance.integers(1_000, 10**7, (CELLS, ITEMS))
    link = duckdb.connect()
    link.execute("SET threads = 2")
    link.register("given_lines", columns)
    link.register("given_costs", {"cell": np.arange(CELLS), **{f"k{item}": costs[:, item] for item in range(ITEMS)}})
    for name in ("lines", "costs"):
        link.execute(f"CREATE TABLE {name} AS SELECT * FROM given_{name}")
    lines = Lines(columns["encounter"], columns["cell"], columns["measure"])
    ways: dict[str, Callable[[], object]] = {
        "ours": lambda: patient_costs(lines, costs, ENCOUNTERS),
        "duckdb": lambda: link.execute(_DUCK),
    }
    spent = _by_turns(ways)
    return Figure("patients", what, _ratio(spent, "ours", "duckdb"), _times(spent, "ours", "duckdb"), IN_MEMORY)


def _end_to_end(database: str) -> list[Figure]:
    institution = hospital.build(["P1"], PERIOD)[0]
    hospital.load_month(institution, PERIOD, LARGE)
    _settle(database)
    run = run_allocation(PLATFORM, institution=institution, period=PERIOD).run
    rows = LARGE.encounters * hospital.LINES_PER_ENCOUNTER
    days = (date(2020, 1, 1) + timedelta(days=number) for number in count(1))
    ways: dict[str, Callable[[], object]] = {
        "whole": lambda: _again(institution, days),
        "reading": lambda: read_patients(run, held_of(run)),
        "bare": lambda: _bare(institution),
    }
    spent = _by_turns(ways)
    held = held_of(run)
    stays, charged = read_patients(run, held)
    bases = bases_of(institution.pk, PERIOD.last_day)
    arithmetic = middle([seconds(lambda: cost_patients(held, stays, charged, bases)) for _ in range(ROUNDS)])
    return [
        *_growth(database, institution, days, rows),
        _against_copy(rows * GROWN[-1], _by_turns({name: ways[name] for name in ("whole", "bare")})),
        _against_copy(rows, spent),
        Figure(
            "patients", "the same, reading only", _ratio(spent, "reading", "bare"), _times(spent, "reading", "bare")
        ),
        Figure(
            "patients",
            "the same, arithmetic only",
            arithmetic / middle(spent["bare"]),
            f"{arithmetic:.2f} s, {thousands(rows / arithmetic)} lines",
        ),
    ]


def _against_copy(rows: int, spent: dict[str, list[float]]) -> Figure:
    what = f"patient costing end to end, {rows / 10**6:.1f} M charge lines, against COPY out of the same columns"
    return Figure("patients", what, _ratio(spent, "whole", "bare"), _times(spent, "whole", "bare"), END_TO_END)


def _growth(database: str, institution: Institution, days: Iterator[date], rows: int) -> Iterator[Figure]:
    """The same month again and with as many times the encounters: growth no faster than the data, with a tenth for noise."""
    first_time, first_memory = _measured(institution, days)
    present = 1
    for times in GROWN:
        hospital.repeat_month(institution, PERIOD, range(present, times))
        present = times
        _settle(database)
        spent, memory = _measured(institution, days)
        what = (
            f"patient costing end to end, growth from {rows / 10**6:.1f} M to {times * rows / 10**6:.1f} M charge lines"
        )
        goal = Goal(must=1.1 * times, aim=float(times))
        yield Figure("patients", f"{what}: time", spent / first_time, f"{spent:.1f} s against {first_time:.1f} s", goal)
        how = f"{memory:,} MiB beside what the process holds, against {first_memory:,} MiB"
        yield Figure("patients", f"{what}: memory", memory / first_memory, how, goal)


def _measured(institution: Institution, days: Iterator[date]) -> tuple[float, int]:
    """Middle of the seconds of some runs, and the most memory in MiB that one takes beside what was there before."""
    spent, memory = [], 0
    give_back = getattr(ctypes.CDLL(None), "malloc_trim", lambda _: None)
    for _ in range(ROUNDS):
        give_back(0)  # what the process kept of the run before, so that it counts again
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        before = _resident("VmRSS")
        spent.append(seconds(lambda: _again(institution, days)))
        memory = max(memory, _resident("VmHWM") - before)
    return middle(spent), memory


def _resident(which: str) -> int:
    """MiB of this process, as the kernel counts them."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{which}:")) // 1024


def _settle(database: str) -> None:
    """The statistics as autovacuum leaves them before the night."""
    with ground.owner_link(database) as link:
        link.autocommit = True
        with link.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")


def _again(institution: Institution, days: Iterator[date]) -> None:
    """The whole run once more: another basis of the same method makes its input new."""
    ItemBasis.objects.create(
        institution=institution, method=ItemMethod.INCOME, effective_from=next(days), source_text="-", changed_by="-"
    )
    cost_patients_of(PLATFORM, institution=institution, period=PERIOD)


def _bare(institution: Institution) -> Any:
    out = BytesIO()
    with connection.cursor() as cursor:
        cursor.copy_expert(
            "COPY (SELECT encounter, item_id::int, executing_department_id::int, (quantity * 10000)::bigint,"
            " (amount * 100)::bigint FROM his_intake_chargeline"
            f" WHERE month = '{PERIOD.first_day}' AND institution_id = {int(institution.pk)})"
            " TO STDOUT (FORMAT binary)",
            out,
        )
    return out


def _by_turns(ways: dict[str, Callable[[], object]]) -> dict[str, list[float]]:
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            spent[name].append(seconds(way))
    return spent


def _ratio(spent: dict[str, list[float]], one: str, other: str) -> float:
    return middle([a / b for a, b in zip(spent[one], spent[other], strict=True)])


def _times(spent: dict[str, list[float]], one: str, other: str) -> str:
    return f"{middle(spent[one]):.2f} s against {middle(spent[other]):.2f} s"
