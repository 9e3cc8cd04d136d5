"""`python -m tests.lanes [pytest arguments]`: the whole suite in two lanes beside each other, one for each core.

Tests with real processes (a web server, workers, a browser) mostly wait, the others mostly compute. Each lane has a test
database of its own on the same servers; only the first starts processes, so that they meet on no Redis database. With
arguments it is plain pytest.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

PROCESSES = "services or browser"
LANES = {"lane_processes": PROCESSES, "lane_rest": f"not ({PROCESSES})"}


def main() -> int:
    """0 only if every lane is green."""
    if sys.argv[1:]:
        return subprocess.call([sys.executable, "-m", "pytest", *sys.argv[1:]])
    with tempfile.TemporaryDirectory() as folder:
        running = {}
        for name, marks in LANES.items():
            log = Path(folder, name).open("w+", encoding="utf-8")  # noqa: SIM115 - closed with the folder
            command = [sys.executable, "-m", "pytest", "-m", marks, "-o", f"cache_dir=.pytest_cache/{name}"]
            given = {**os.environ, "TEST_DATABASE_NAME": f"test_{name}"}
            running[name] = (subprocess.Popen(command, env=given, stdout=log, stderr=subprocess.STDOUT), log)
        codes = []
        for name, (process, log) in running.items():
            codes.append(process.wait())
            log.seek(0)
            print(f"== {name}: pytest -m '{LANES[name]}' ended with {codes[-1]}", flush=True)  # noqa: T201
            print(log.read(), flush=True)  # noqa: T201
            log.close()
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
