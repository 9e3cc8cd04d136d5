"""The three long-running parts of the platform: web server, worker, beat. Watched by a thread."""

import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from ops_platform.embedded import EmbeddedError
from tools.demo.processes import Processes, StepFailed, last_lines

RESTARTS, WITHIN_SECONDS, PAUSE_SECONDS = 5, 60.0, 0.5


def commands(port: int, folder: Path) -> dict[str, list[str]]:
    """How each part is started; the same as in production but for size (docs/operations.md)."""
    celery = [sys.executable, "-m", "celery", "--app", "ops_platform"]
    schedule = [f"--schedule={folder / 'beat-schedule'}", "--pidfile="]
    web = ["--bind", f"127.0.0.1:{port}", "--workers", "2", "--worker-class", "gthread", "--threads", "4"]
    return {
        "web": [
            *(sys.executable, "-m", "gunicorn", "ops_platform.wsgi", *web),
            *("--timeout", "120", "--graceful-timeout", "5", "--no-control-socket", "--access-logfile", "-"),
        ],
        "worker": [
            *celery,
            "worker",
            "--concurrency",
            "2",
            "--without-gossip",
            "--without-mingle",
            "--loglevel",
            "INFO",
        ],
        "beat": [*celery, "beat", *schedule, "--loglevel", "INFO"],
    }


class Services:
    """Keeps worker, beat and the embedded servers alive; a web server that dies ends the demo."""

    def __init__(
        self,
        processes: Processes,
        port: int,
        folder: Path,
        say: Callable[[str], None],
        revive: Callable[[], list[str]] = list,
    ) -> None:
        self.web_ended = threading.Event()
        self._processes = processes
        self._commands = commands(port, folder)
        self._say = say
        self._revive: Callable[[], list[str]] | None = revive
        self._running: dict[str, subprocess.Popen[str]] = {}
        self._ends: dict[str, deque[float]] = {}

    def start(self) -> None:
        """Start all three and the thread that watches them."""
        for name in self._commands:
            self._start(name)
        threading.Thread(target=self._watch, name="watch services", daemon=True).start()

    def _start(self, name: str) -> None:
        self._running[name] = self._processes.start(name, self._commands[name])

    def _watch(self) -> None:
        while self._running:
            time.sleep(0.3)
            self._watch_servers()
            for name, child in list(self._running.items()):
                if child.poll() is None:
                    continue
                del self._running[name]
                try:
                    self._ended(name, child.returncode)
                except StepFailed:  # the demo is ending: nothing is started any more
                    return

    def _watch_servers(self) -> None:
        """PostgreSQL and Valkey belong to no child of ours: they are looked at, not waited for."""
        try:
            revived = self._revive() if self._revive else []
        except EmbeddedError as problem:
            self._revive = None
            self._say(f"{problem} `make demo` again starts everything.")
            return
        for name in revived:
            self._say(f"{name} ended; it is started again with its data, on the same port.")
            if self._too_often(name):
                self._revive = None

    def _too_often(self, name: str) -> bool:
        ends = self._ends.setdefault(name, deque(maxlen=RESTARTS))
        often = len(ends) == RESTARTS and time.monotonic() - ends[0] < WITHIN_SECONDS
        ends.append(time.monotonic())
        return often

    def _ended(self, name: str, code: int) -> None:
        log = self._processes.log(name)
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        again = not self._too_often(name) and name != "web"
        self._processes.clear(name)
        self._say(
            f"{name} ended ({how}){'; it is started again' if again else ''}. Its log {log} ends:\n{last_lines(log, 5)}"
        )
        if again:
            time.sleep(PAUSE_SECONDS)
            self._start(name)
        if name == "web":
            self.web_ended.set()
