"""The processes of a measurement, started as `make demo` starts them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.processes import Platform, empty_redis, free_port, wait_until

START_SECONDS = 30


@dataclass
class MeasuredPlatform(Platform):
    """A platform whose web server has two processes and whose worker has as many as asked for."""

    def start_web(self) -> None:
        self.port = free_port()
        size = ("--workers=2", "--worker-class=gthread", "--threads=4", "--timeout=120")
        self._spawn(
            "web", "gunicorn", "ops_platform.wsgi", *size, "--no-control-socket", f"--bind=127.0.0.1:{self.port}"
        )
        wait_until(lambda: self._answers("/healthz"), START_SECONDS, f"web server, see {self.folder}/web.log")

    def start_workers(self, processes: int) -> None:
        """Start a Celery worker with that many processes and wait until it takes messages."""
        name = f"worker{processes}"
        size = (f"--concurrency={processes}", "--without-gossip", "--without-mingle", f"--hostname={name}@bench")
        self._spawn(name, "celery", "-A", "ops_platform", "worker", *size, "--loglevel=INFO")
        log = self.folder / f"{name}.log"
        wait_until(lambda: " ready." in log.read_text(encoding="utf-8"), START_SECONDS, f"worker, see {log}")

    def end(self, name: str) -> None:
        """Stop one process in good order."""
        process = self.processes.pop(name)
        process.terminate()
        process.wait(START_SECONDS)


@contextmanager
def platform(database: str, folder: Path) -> Iterator[MeasuredPlatform]:
    """A platform on the database; everything it starts is stopped at the end."""
    empty_redis()
    running = MeasuredPlatform(database=database, folder=folder)
    try:
        yield running
    finally:
        running.stop()
        empty_redis()
