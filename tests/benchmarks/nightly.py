"""The nightly run by a real worker: growth with the data, and two worker processes against one.

Every run computes everything anew: before it, each month is marked as touched, as a new batch would. Months are so large
(100,000 charge lines and more) that reading them is what takes the time, not what a run costs in any case.
"""

import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from django.db.models import F
from django.utils import timezone

from ops_platform.his_intake.models import DatasetMonth
from ops_platform.kernel import Period
from ops_platform.masterdata.models import Institution
from ops_platform.nightly.models import NightlyRun, RunState
from tests.benchmarks import hospital
from tests.benchmarks.figures import Figure, Goal, middle
from tests.benchmarks.ground import ROOT, owner_link
from tests.benchmarks.processes import MeasuredPlatform, platform

GROWTH = Goal(must=4.4, aim=4.0)
WORKERS = Goal(must=0.65, aim=0.55)
ROUNDS = 3
LONGEST_SECONDS = 300
EQUAL = hospital.Size(encounters=4_000)
LARGER = {"N92": hospital.Size(encounters=8_000), "N94": hospital.Size(encounters=16_000)}
CODES = tuple(f"N{number:02d}" for number in range(12))


def measure(database: str) -> list[Figure]:
    """Nights of 3, 6 and 12 equal institutions as they come in, of 12 by two processes, and of one that is larger."""
    period = Period.of(timezone.localdate()).shift(-1)
    institutions = {one.code: one for one in hospital.build([*CODES, *LARGER], period)}
    spent: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder, platform(database, Path(folder)) as running:
        running.start_workers(1)
        present = 0
        for count in (3, 6, 12):
            _load(database, period, {institutions[code]: EQUAL for code in CODES[present:count]})
            present = count
            spent[str(count)] = _runs(running, period, CODES[:count])
        running.end("worker1")
        running.start_workers(2)
        spent["12 by two"] = _runs(running, period, CODES)
        _load(database, period, {institutions[code]: size for code, size in LARGER.items()})
        for name, code in (("one", CODES[0]), ("twice", "N92"), ("four times", "N94")):
            spent[name] = _runs(running, period, [code])
    return _figures(spent)


def _load(database: str, period: Period, sizes: Mapping[Institution, hospital.Size]) -> None:
    """Months of these institutions, with the statistics as autovacuum leaves them before the night."""
    for institution, size in sizes.items():
        hospital.load_month(institution, period, size)
    with owner_link(database) as link:
        link.autocommit = True
        with link.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")


def _runs(running: MeasuredPlatform, period: Period, codes: Sequence[str]) -> list[float]:
    """Some nights for these institutions; the first, which reads schemes and makes first versions, does not count."""
    return [_run(running, period, codes) for _ in range(ROUNDS + 1)][1:]


def _run(running: MeasuredPlatform, period: Period, codes: Sequence[str]) -> float:
    """Run the night for these institutions; returns the seconds from its start to its end as it wrote them down."""
    DatasetMonth.objects.update(sequence=F("sequence") + 1)
    chosen = [f"--institution={code}" for code in codes]
    done = subprocess.run(
        [
            sys.executable,
            "manage.py",
            "run_nightly",
            f"--date={period.last_day}",
            f"--period={period}",
            "--wait",
            *chosen,
        ],
        cwd=ROOT,
        env=running.environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST_SECONDS,
    )
    run = NightlyRun.objects.latest("id")
    if done.returncode or run.state != RunState.SUCCEEDED or run.finished_at is None:
        raise RuntimeError(f"nightly run: {done.stdout[-500:]} {done.stderr[-1500:]}")
    return (run.finished_at - run.started_at).total_seconds()


def _figures(spent: dict[str, list[float]]) -> list[Figure]:
    def ratio(what: str, over: str, under: str, goal: Goal | None) -> Figure:
        return Figure(
            "nightly",
            what,
            middle([a / b for a, b in zip(spent[over], spent[under], strict=True)]),
            f"{middle(spent[over]):.2f} s against {middle(spent[under]):.2f} s",
            goal,
        )

    lines = EQUAL.encounters * hospital.LINES_PER_ENCOUNTER
    return [
        ratio("nightly run, 12 institution-months against 3 (4 × the data), 1 worker process", "12", "3", GROWTH),
        ratio("the same, 6 against 3 (2 × the data)", "6", "3", None),
        ratio(
            f"nightly run, one institution with {4 * lines:,} charge lines against {lines:,}",
            "four times",
            "one",
            GROWTH,
        ),
        ratio(f"the same, {2 * lines:,} against {lines:,}", "twice", "one", None),
        ratio("nightly run of 12 institutions, 2 worker processes against 1", "12 by two", "12", WORKERS),
    ]
