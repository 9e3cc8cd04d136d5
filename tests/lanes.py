"""`python -m tests.lanes [pytest arguments]`: the whole suite in two lanes beside each other, one for each core.

Tests with real processes (a web server, workers, a browser) mostly wait, the others mostly compute; the matrix of roles
and addresses stands with those that wait, so that both lanes take about as long. Each lane has a test
database of its own on the same servers; only the first starts processes, so that they meet on no Redis database. Their
lines come as they are written, each under the name of its lane. With arguments it is plain pytest.
"""

import os
import subprocess
import sys
from threading import Thread

PROCESSES = "services or browser or matrix"
LANES = {"processes": PROCESSES, "rest": f"not ({PROCESSES})"}


def main() -> int:
    """0 only if every lane is green."""
    if sys.argv[1:]:
        return subprocess.call([sys.executable, "-m", "pytest", *sys.argv[1:]])
    lanes = {name: _begin(name, marks) for name, marks in LANES.items()}
    readers = [Thread(target=_repeat, args=lane) for lane in lanes.items()]
    for reader in readers:
        reader.start()
    codes = {name: process.wait() for name, process in lanes.items()}
    for reader in readers:
        reader.join()
    for name, code in codes.items():
        print(f"{name}: pytest -m '{LANES[name]}' ended with {code}", flush=True)  # noqa: T201
    return max(codes.values(), key=abs)


def _begin(name: str, marks: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "pytest", "-m", marks, "-o", f"cache_dir=.pytest_cache/{name}"]
    given = {**os.environ, "TEST_DATABASE_NAME": f"test_lane_{name}", "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(command, env=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def _repeat(name: str, process: "subprocess.Popen[str]") -> None:
    for line in process.stdout or ():
        print(f"{name}: {line}", end="", flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
