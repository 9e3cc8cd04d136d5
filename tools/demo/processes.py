"""Child processes: each in its own process group with its own log, remembered in a file, ended without leftovers."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO

from tools.demo.places import PROJECT, read_json, write_json

GRACE_SECONDS = 15
Output = int | IO[str]


class StepFailed(Exception):
    """A command ended with an error; the text names its log and shows the log's end."""


def last_lines(log: Path, count: int = 12) -> str:
    """The end of a log, indented."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:] if log.exists() else []
    return "".join(f"    {line}\n" for line in lines)


def start_mark(pid: int) -> str | None:
    """When a process started, in the kernel's ticks: tells it from a later process with the same number."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return None


class Processes:
    """Starts and ends the demo's children."""

    def __init__(
        self,
        folder: Path,
        logs: Path,
        environment: Mapping[str, str],
        uninterrupted: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext,
    ) -> None:
        self._register = folder / "processes.json"
        self._logs = logs
        self._environment = dict(environment)
        self._uninterrupted = uninterrupted
        self._alive: dict[str, subprocess.Popen[str]] = {}
        self._lock = threading.RLock()
        self._closed = False
        logs.mkdir(parents=True, exist_ok=True)

    def log(self, name: str) -> Path:
        """The log of a child."""
        return self._logs / f"{name}.log"

    def start(self, name: str, command: Sequence[str | Path]) -> subprocess.Popen[str]:
        """Start a child whose output goes to its log."""
        with self.log(name).open("a", encoding="utf-8") as log:
            return self._spawn(name, command, stdout=log, stderr=subprocess.STDOUT)

    def run(self, name: str, command: Sequence[str | Path], show: Callable[[str], None] | None = None) -> str:
        """Run a child to its end; lines of its output are logged and shown; returns the last one."""
        last = ""
        with self.log(name).open("a", encoding="utf-8") as log:
            child = self._spawn(name, command, stdout=subprocess.PIPE, stderr=log)
            assert child.stdout is not None  # noqa: S101
            for line in child.stdout:
                log.write(line)
                log.flush()
                if last and show:
                    show(last)
                last = line.strip() or last
        self.finish(name, child)
        return last

    def finish(self, name: str, child: subprocess.Popen[str]) -> None:
        """Wait for a child that ends by itself."""
        code = child.wait()
        with self._lock:
            self._alive.pop(name, None)
            self._remember()
        if code:
            raise StepFailed(
                f"{name} failed (exit code {code}); its log {self.log(name)} ends:\n{last_lines(self.log(name))}"
            )

    def end_all(self) -> None:
        """End every child: SIGTERM, after a grace time SIGKILL to its whole group."""
        with self._lock:
            self._closed = True
            children = list(self._alive.values())
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                child.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        for child in children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(max(0.0, deadline - time.monotonic()))
            _kill_group(child.pid)
            child.wait()
        self._register.unlink(missing_ok=True)

    def end_leftovers(self) -> int:
        """End what a killed supervisor left behind; returns how many processes that were."""
        count = 0
        for pid, mark in read_json(self._register, {}).values():
            if mark is not None and start_mark(pid) == mark:
                _kill_group(pid)
                count += 1
        self._register.unlink(missing_ok=True)
        return count

    def clear(self, name: str) -> None:
        """Forget a child that has ended, and end what it left of its group."""
        with self._lock:
            _kill_group(self._alive.pop(name).pid)
            self._remember()

    def _spawn(self, name: str, command: Sequence[str | Path], stdout: Output, stderr: Output) -> subprocess.Popen[str]:
        with self._uninterrupted(), self._lock:
            if self._closed:
                raise StepFailed("The demo is ending.")
            child = subprocess.Popen(
                [str(part) for part in command],
                cwd=PROJECT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                text=True,
                start_new_session=True,
            )
            self._alive[name] = child
            self._remember()
            return child

    def _remember(self) -> None:
        write_json(self._register, {name: [child.pid, start_mark(child.pid)] for name, child in self._alive.items()})


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
