"""What the servers need of the machine: a port, a user that PostgreSQL accepts, proof that a process is really ours."""

import contextlib
import os
import pwd
import random
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

SERVER_USER = "nobody"
_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


class EmbeddedError(Exception):
    """An embedded server cannot do what was asked; the text is one sentence for the person at the terminal."""


def run(command: list[str | Path], *, drop_root: bool = True, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a server's tool: no inherited variables (PGPORT…), no Ctrl-C of the terminal, not as root if `drop_root`."""
    return subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        cwd="/",
        env=_ENVIRONMENT,
        start_new_session=True,
        umask=0o077,
        **(_server_identity() if drop_root else {}),
        **options,
    )


def _server_identity() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    user = server_user()
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def server_user() -> pwd.struct_passwd:
    """The account PostgreSQL runs under when we are root."""
    try:
        return pwd.getpwnam(SERVER_USER)
    except KeyError:
        message = (
            f"PostgreSQL refuses to run as root and this machine has no user '{SERVER_USER}': run make as another user."
        )
        raise EmbeddedError(message) from None


def give_to_server(path: Path) -> None:
    """Make the server's account the owner of one file or folder of ours."""
    if os.geteuid() == 0:
        user = server_user()
        os.chown(path, user.pw_uid, user.pw_gid)


def can_server_enter(folder: Path) -> bool:
    """Whether the server's account may walk down to `folder`; asked of the system, so that ACLs count."""
    return run(["/bin/sh", "-c", 'cd -- "$1"', "sh", folder]).returncode == 0


SERVER_PORTS = range(20_000, 32_768)


def free_port(remembered: int | None = None) -> int:
    """The remembered port if nothing listens there, otherwise any free one. A server that was killed this very moment may
    still hold its port: it is waited for a little.

    Taken from below the range in which the system gives outgoing connections their ports: one of those could otherwise sit
    on a server's port while that server is away for a moment.
    """
    patience = 40 if remembered is not None else 0
    for port in (*[remembered] * (1 + patience), *random.sample(SERVER_PORTS, 20), 0):
        if port is None:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
        if port == remembered:
            time.sleep(0.05)
    raise EmbeddedError("No free TCP port on 127.0.0.1.")


def process_in(folder: Path, pid_file: Path) -> int | None:
    """The living process named in a pid file, if its working folder is `folder`.

    After a reboot the number may belong to somebody else; where the system has no /proc the number is believed.
    """
    try:
        pid = int(pid_file.read_text(encoding="ascii").split()[0])
        os.kill(pid, 0)
    except (OSError, ValueError, IndexError):
        return None
    if not Path("/proc/self").exists():
        return pid
    try:
        return pid if Path(f"/proc/{pid}/cwd").resolve(strict=True) == folder.resolve() else None
    except OSError:
        return None


def last_lines(log: Path, count: int = 3) -> str:
    """The end of a log, for an error message."""
    try:
        return " | ".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])
    except OSError:
        return ""
