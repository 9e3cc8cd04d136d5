"""What is remembered about the servers below a base folder.

`state.json`: ports, passwords and place of the data, for the next start. `urls.json`: the addresses, there only while
the servers run; settings read it when the environment names no server. Both are for their owner's eyes only (0600).
"""

import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ops_platform.embedded.host import EmbeddedError

LOCK_SECONDS = 300


@dataclass(frozen=True)
class Urls:
    """Addresses of the running servers; None for one that was not asked for."""

    database: str | None = None
    database_owner: str | None = None
    redis: str | None = None

    def as_environment(self) -> dict[str, str]:
        """The addresses under the names that the settings read."""
        named = {"DATABASE_URL": self.database, "DATABASE_OWNER_URL": self.database_owner, "REDIS_URL": self.redis}
        return {name: url for name, url in named.items() if url}


def _password() -> str:
    return secrets.token_hex(24)


@dataclass
class State:
    """Kept across stops and starts."""

    home: str = ""
    postgres_port: int | None = None
    valkey_port: int | None = None
    owner_password: str = field(default_factory=_password)
    app_password: str = field(default_factory=_password)
    valkey_password: str = field(default_factory=_password)
    keep_running: bool = False


def load_state(base: Path) -> State:
    """The remembered state, or a new one."""
    try:
        return State(**json.loads((base / "state.json").read_text(encoding="utf-8")))
    except FileNotFoundError:
        return State()
    except (ValueError, TypeError):
        raise EmbeddedError(f"{base / 'state.json'} cannot be read: delete it; new passwords are made then.") from None


def save_state(base: Path, state: State) -> None:
    """Remember the state."""
    _write_private(base / "state.json", asdict(state))


def read_urls(base: Path) -> Urls:
    """Addresses of the servers that run below `base`; all None when none runs."""
    try:
        known = json.loads((base / "urls.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Urls()
    return Urls(known.get("DATABASE_URL"), known.get("DATABASE_OWNER_URL"), known.get("REDIS_URL"))


def write_urls(base: Path, urls: Urls) -> None:
    """Publish the addresses; without any the file goes."""
    if urls == Urls():
        (base / "urls.json").unlink(missing_ok=True)
    else:
        _write_private(base / "urls.json", urls.as_environment())


def _write_private(file: Path, content: object) -> None:
    new = file.with_name(f".{file.name}.{os.getpid()}")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        json.dump(content, stream, indent=2)
    new.replace(file)


@contextmanager
def only_one(base: Path) -> Iterator[None]:
    """Hold the base folder alone; another process that starts or stops waits."""
    with (base / "lock").open("w") as handle:
        deadline = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    message = (
                        f"Another process has been starting or stopping the servers in {base} for {LOCK_SECONDS} s."
                    )
                    raise EmbeddedError(message) from None
                time.sleep(0.05)
        yield


class Users:
    """Counts who uses the servers of a base folder, by shared locks: a process that was killed drops out by itself."""

    def __init__(self, base: Path) -> None:
        self._handle = (base / "users").open("w")
        fcntl.flock(self._handle, fcntl.LOCK_SH)

    def leave(self) -> bool:
        """Stop using; True if nobody else does. Call it while holding `only_one`."""
        with self._handle:
            try:
                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True
