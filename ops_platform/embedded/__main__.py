"""Command line of the embedded servers: start, stop, status, remove, exec."""

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

from ops_platform.embedded import EmbeddedError, borrow, default_base, ensure_started, read_urls, remove, stop
from ops_platform.embedded.servers import running

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    """Run one command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m ops_platform.embedded", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb in ("start", "stop", "status", "remove", "exec"):
        sub = verbs.add_parser(verb)
        sub.add_argument("--base", type=Path, default=default_base(), help="folder of the servers' state")
        if verb in ("start", "exec"):
            sub.add_argument("--fast", action="store_true", help="for tests: data need not survive a power cut")
        if verb == "exec":
            sub.add_argument("command", nargs="+", help="after --; gets DATABASE_URL, DATABASE_OWNER_URL, REDIS_URL")
    given = parser.parse_args()
    try:
        return _run(given)
    except EmbeddedError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1


def _run(given: argparse.Namespace) -> int:
    if given.verb == "exec":
        return _exec(given.base, given.command, fast=given.fast)
    if given.verb == "start":
        ensure_started(given.base, fast=given.fast)
    elif given.verb == "stop":
        stop(given.base)
    elif given.verb == "remove":
        remove(given.base)
        return 0
    state = running(given.base)
    for server, lives in state.items():
        print(f"{server}: {'running' if lives else 'stopped'}")  # noqa: T201
    if read_urls(given.base).as_environment():
        print(f"addresses: {given.base / 'urls.json'}")  # noqa: T201
    return 0 if given.verb != "status" or all(state.values()) else 3


def _exec(base: Path, command: list[str], *, fast: bool) -> int:
    """Run a command beside the servers it needs; servers named by the environment are used instead of own ones."""
    if os.environ.get("DATABASE_OWNER_URL") and not os.environ.get("DATABASE_URL"):
        raise EmbeddedError("DATABASE_OWNER_URL is set but DATABASE_URL is not: set both, or neither.")
    asked: list[int] = []
    child: subprocess.Popen[bytes] | None = None

    def pass_on(number: int, _frame: FrameType | None) -> None:
        asked.append(number)
        if child is not None and not (number == signal.SIGINT and _typed_at_our_terminal()):
            child.send_signal(number)

    for number in SIGNALS:
        signal.signal(number, pass_on)
    wanted = {"postgres": not os.environ.get("DATABASE_URL"), "valkey": not os.environ.get("REDIS_URL")}
    with borrow(base, **wanted, fast=fast) as urls:
        if asked:
            return 128 + asked[0]
        own = {name: url for name, url in urls.as_environment().items() if _is_ours(name, wanted)}
        try:
            child = subprocess.Popen(command, env={**os.environ, **own})
        except OSError as error:
            raise EmbeddedError(f"Cannot run {command[0]}: {error.strerror}.") from None
        code = child.wait()
    return code if code >= 0 else 128 - code


def _is_ours(name: str, wanted: dict[str, bool]) -> bool:
    return wanted["valkey"] if name == "REDIS_URL" else wanted["postgres"]


def _typed_at_our_terminal() -> bool:
    """Ctrl-C reaches the whole foreground group by itself; passing it on would make the command see it twice."""
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return False


if __name__ == "__main__":
    sys.exit(main())
