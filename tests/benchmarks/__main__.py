"""`python -m tests.benchmarks [subject …]`: measures and prints; all subjects together also write docs/performance.md.

Needs DATABASE_URL, DATABASE_OWNER_URL and REDIS_URL, as `make bench` gives them.
"""

import argparse
import importlib
import signal
import sys
import time

from ops_platform.worker_memory import set_apart
from tests.benchmarks import ground
from tests.benchmarks.figures import Figure

SUBJECTS = (
    "intake",
    "nightly",
    "pages",
    "workflows",
    "ledger",
    "consolidation",
    "grouper",
    "grouping",
    "allocation",
    "patients",
)


def main() -> int:
    """Measure the subjects named, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("subjects", nargs="*", help=f"of {', '.join(SUBJECTS)}; all by default")
    chosen = parser.parse_args().subjects or SUBJECTS
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    figures: list[Figure] = []
    with ground.template() as template:
        import django

        django.setup()
        from tests.benchmarks import report

        set_apart()  # as the worker does

        for subject in chosen:
            began = time.monotonic()
            with ground.copy_of(template) as database:
                measured = importlib.import_module(f"tests.benchmarks.{subject}").measure(database)
            figures += measured
            print(f"{subject}: {time.monotonic() - began:.0f} s", flush=True)  # noqa: T201
            for figure in measured:
                print(f"  {report.line(figure)}", flush=True)  # noqa: T201
        if set(chosen) == set(SUBJECTS):
            report.write(figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
