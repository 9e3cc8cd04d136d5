"""The nightly run by a real worker: growth with the data, and two worker processes against one.

Every run computes everything anew: before it, each month is marked as touched, as a new batch would.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from django.db.models import F
from django.utils import timezone

from ops_platform.his_intake.models import DatasetMonth
from ops_platform.kernel import Period
from ops_platform.nightly.models import NightlyRun, RunState
from tests.benchmarks import hospital
from tests.benchmarks.figures import Figure, Goal, middle
from tests.benchmarks.ground import ROOT
from tests.benchmarks.processes import MeasuredPlatform, platform

GROWTH = Goal(must=4.4, aim=4.0)
WORKERS = Goal(must=0.65, aim=0.55)
ROUNDS = 3
LONGEST_SECONDS = 300
SMALL = hospital.Size(items=500, encounters=600)
LARGE = hospital.Size(items=500, encounters=2_400)
CODES = tuple(f"N{number:02d}" for number in range(16))
LARGE_CODE = "N99"


def measure(database: str) -> list[Figure]:
    """Nights of 4, 8 and 16 equal institutions as they come in, then of a fourfold one, then of 16 by two processes."""
    period = Period.of(timezone.localdate()).shift(-1)
    *equal, large = hospital.build([*CODES, LARGE_CODE], period)
    spent: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder, platform(database, Path(folder)) as running:
        running.start_workers(1)
        present = 0
        for count in (4, 8, 16):
            for institution in equal[present:count]:
                hospital.send_month(institution, period, SMALL)
            present = count
            spent[str(count)] = _runs(running, period, CODES[:count])
        hospital.send_month(large, period, LARGE)
        spent["one"] = _runs(running, period, CODES[:1])
        spent["four times"] = _runs(running, period, [LARGE_CODE])
        running.end("worker1")
        running.start_workers(2)
        spent["16 by two"] = _runs(running, period, CODES)
    return _figures(spent)


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

    return [
        ratio("nightly run, 16 institution-months against 4 (4 × the data), 1 worker process", "16", "4", GROWTH),
        ratio("the same, 8 against 4 (2 × the data)", "8", "4", None),
        ratio("nightly run, one institution with 60,000 charge lines against 15,000", "four times", "one", GROWTH),
        ratio("nightly run of 16 institutions, 2 worker processes against 1", "16 by two", "16", WORKERS),
    ]
