"""Command line of the demo: `run` (by `make demo`) and `reset` (by `make demo-reset`)."""

import argparse
import sys
import time

from tools.demo import supervisor
from tools.demo.progress import Size


def main() -> int:
    """Run one command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.demo", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    run = verbs.add_parser("run")
    run.add_argument("--port", type=int, default=8000)
    run.add_argument("--scale", choices=("small", "county"), default="small")
    run.add_argument("--serve", choices=("0", "1"), default="1", help="0 ends after the nightly run")
    run.add_argument("--until", default="", help="last day with data, as 2026-01-05 (default: today)")
    run.add_argument("--began", type=float, default=time.time(), help="when `make demo` began, in seconds since 1970")
    verbs.add_parser("reset")
    given = parser.parse_args()
    if given.verb == "run":
        size = Size(given.scale, given.until)
        return supervisor.run(port=given.port, size=size, serve=given.serve == "1", began=given.began)
    try:
        supervisor.reset()
    except supervisor.Refused as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
