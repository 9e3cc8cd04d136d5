"""Runs the demo from start to Ctrl-C, and makes sure that there is one at a time and that nothing is left."""

import fcntl
import os
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ops_platform import embedded
from tools.demo.browserless import PageRefused
from tools.demo.interrupts import Interrupted, Interrupts
from tools.demo.places import Places, write_json
from tools.demo.processes import Processes, StepFailed
from tools.demo.progress import OtherDemo, Progress, Size
from tools.demo.report import Printer, table
from tools.demo.services import Services
from tools.demo.steps import SEED, Steps

RESET_SECONDS = 60


class Refused(Exception):
    """The demo cannot start; the text says what to do."""


def run(*, port: int, size: Size, serve: bool, began: float) -> int:
    """Set up, serve until a signal; returns the exit code."""
    printer = Printer(began)
    places = Places()
    places.folder.mkdir(parents=True, exist_ok=True)
    interrupts = Interrupts()
    try:
        with _alone(places.folder):
            processes = Processes(places.folder, places.logs, _environment(places), interrupts.hold)
            try:
                return _run(places, processes, printer, port=port, size=size, serve=serve)
            finally:
                interrupts.mute()
                processes.end_all()
    except Interrupted as interrupted:
        printer.say(f"stopped ({interrupted})")
        return 128 + interrupted.number
    except (Refused, OtherDemo, StepFailed, PageRefused) as problem:
        printer.complain(str(problem))
        return 1


def _run(places: Places, processes: Processes, printer: Printer, *, port: int, size: Size, serve: bool) -> int:
    if processes.end_leftovers():
        printer.say("ended what an earlier demo had left running")
    _check_port(port)
    progress = Progress(places.folder / "progress.json", size=size, seed=SEED)
    steps = Steps(processes, places, progress, printer.say)
    services = Services(processes, port, places.folder, printer.complain, lambda: embedded.revive(places.embedded))
    url = f"http://127.0.0.1:{port}/"
    steps.prepare(size)
    services.start()
    steps.wait_ready(url)
    steps.fill(url)
    write_json(places.result, steps.result(url, printer.seconds))
    print(f"\n{table(steps.accounts(), ('role', 'username', 'password', 'institution'))}\n", flush=True)
    if not serve:
        printer.say("done (SERVE=0)")
        return 0
    printer.say("Ctrl-C ends the demo")
    print(f"ready: {url}", flush=True)
    services.web_ended.wait()
    raise StepFailed("The web server ended, and the demo with it.")


def reset() -> None:
    """End a running demo and delete its state."""
    places = Places()
    if places.folder.exists():
        _end_other(places.folder)
        Processes(places.folder, places.logs, {}).end_leftovers()
        embedded.remove(places.embedded)
        shutil.rmtree(places.folder, ignore_errors=True)
    places.result.unlink(missing_ok=True)


def _environment(places: Places) -> dict[str, str]:
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "ops_platform.settings.local",
        "SECRET_KEY": os.environ.get("SECRET_KEY") or places.secret_key(),
        "PYTHONUNBUFFERED": "1",
    }


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Refused(f"Port {port} cannot be used ({error.strerror}): try `make demo PORT={port + 1}`.") from None


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One demo at a time; the lock file names its process."""
    with (folder / "lock").open("a+", encoding="ascii") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused("A demo is already running here; `make demo-reset` ends it and starts over.") from None
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield


def _end_other(folder: Path) -> None:
    """Ask the demo that holds the lock to end, and wait for it."""
    with (folder / "lock").open("a+", encoding="ascii") as handle:
        deadline = time.monotonic() + RESET_SECONDS
        asked = False
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Refused(f"The running demo does not end within {RESET_SECONDS} s.") from None
                handle.seek(0)
                if not asked and (number := handle.read()):
                    os.kill(int(number), signal.SIGTERM)
                    asked = True
                time.sleep(0.1)
            else:
                return
