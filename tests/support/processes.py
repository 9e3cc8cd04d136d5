"""Real processes for tests: web server, worker, beat, on a committed database and a Redis database of their own."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import redis
from django.conf import settings

from tests.support.database import url_of

ROOT = Path(__file__).resolve().parents[2]
REDIS_DATABASE = 7


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def redis_url() -> str:
    """The embedded Valkey's database that only tests with processes use."""
    return urlunsplit(urlsplit(settings.REDIS_URL)._replace(path=f"/{REDIS_DATABASE}"))


def wait_until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Poll until the condition holds; fails the test with `what` after that many seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {what}")


@dataclass
class Platform:
    """A running platform on one database."""

    database: str
    folder: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    port: int = 0

    def environment(self) -> dict[str, str]:
        """What every process of this platform gets."""
        return {
            **os.environ,
            "DATABASE_URL": url_of(self.database, "app"),
            "DATABASE_OWNER_URL": url_of(self.database, "owner"),
            "REDIS_URL": redis_url(),
            "DJANGO_SETTINGS_MODULE": "ops_platform.settings.local",
            "SECRET_KEY": settings.SECRET_KEY,
            "STATE_DIR": str(self.folder),
            "NIGHTLY_LEASE_SECONDS": "4",
        }

    def _spawn(self, name: str, *command: str) -> None:
        log = (self.folder / f"{name}.log").open("ab")
        self.processes[name] = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env=self.environment(),
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @property
    def url(self) -> str:
        """Where the web server answers."""
        return f"http://127.0.0.1:{self.port}"

    def start_web(self) -> None:
        """Start the web server and wait until it answers."""
        self.port = free_port()
        self._spawn(
            "web",
            "gunicorn",
            "ops_platform.wsgi",
            "--workers=1",
            "--worker-class=gthread",
            "--threads=8",
            "--no-control-socket",
            f"--bind=127.0.0.1:{self.port}",
        )
        wait_until(lambda: self._answers("/healthz"), 30, f"web server, see {self.folder}/web.log")

    def _answers(self, path: str) -> bool:
        try:
            with urllib.request.urlopen(self.url + path, timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def start_worker(self, name: str = "worker") -> None:
        """Start a Celery worker with two processes."""
        self._spawn(
            name,
            "celery",
            "-A",
            "ops_platform",
            "worker",
            "--concurrency=2",
            "--loglevel=INFO",
            f"--hostname={name}@test",
        )

    def start_beat(self) -> None:
        """Start beat, which sends the sweepers."""
        self._spawn("beat", "celery", "-A", "ops_platform", "beat", "--schedule", str(self.folder / "beat"))

    def kill(self, name: str) -> None:
        """SIGKILL the process and all its children, as a power cut would."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def manage(self, *arguments: str, within: int = 90) -> subprocess.CompletedProcess[str]:
        """Run a management command to its end, `within` so many seconds."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=within,
        )

    def stop(self) -> None:
        """Stop everything."""
        for process in self.processes.values():
            try:
                os.killpg(process.pid, signal.SIGTERM)
            except ProcessLookupError:
                continue
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def empty_redis() -> None:
    """Forget all messages of earlier tests."""
    client = redis.Redis.from_url(redis_url())
    client.flushdb()
    client.close()
