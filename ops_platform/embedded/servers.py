"""Both servers of one base folder: start, stop, borrow for the time of a command, remove."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ops_platform.embedded.host import EmbeddedError
from ops_platform.embedded.postgres import APP, OWNER, Postgres, check_home
from ops_platform.embedded.state import State, Urls, Users, load_state, only_one, read_urls, save_state, write_urls
from ops_platform.embedded.valkey import Valkey

PROJECT = Path(__file__).resolve().parent.parent.parent


def default_base() -> Path:
    """`.run/embedded` of the project, or of the folder that STATE_DIR names."""
    return Path(os.environ.get("STATE_DIR") or PROJECT / ".run") / "embedded"


def ensure_started(base: Path, *, postgres: bool = True, valkey: bool = True, fast: bool = False) -> Urls:
    """Start what does not run yet and leave it running until `stop`."""
    base = base.resolve()
    base.mkdir(parents=True, exist_ok=True)
    with only_one(base):
        return _start(base, postgres=postgres, valkey=valkey, fast=fast, keep_running=True)


def stop(base: Path) -> None:
    """Stop both servers, whoever uses them."""
    base = base.resolve()
    if base.exists():
        with only_one(base):
            _stop(base)


def remove(base: Path) -> None:
    """Stop both servers and delete their data."""
    base = base.resolve()
    if not base.exists():
        return
    with only_one(base):
        _stop(base)
        home = load_state(base).home
        if home:
            shutil.rmtree(home, ignore_errors=True)
    shutil.rmtree(base, ignore_errors=True)


def running(base: Path) -> dict[str, bool]:
    """Which server lives, for `status`."""
    base = base.resolve()
    postgres, valkey = _servers(base, load_state(base))
    return {"PostgreSQL": postgres.is_running(), "Valkey": valkey.is_running()}


def revive(base: Path) -> list[str]:
    """Start again whichever of the servers in use has died, with its data, port and password; gives their names."""
    base = base.resolve()
    if not _dead(base):
        return []
    with only_one(base):
        dead, urls = _dead(base), read_urls(base)
        if dead and _start(base, postgres=bool(urls.database), valkey=bool(urls.redis), fast=False) != urls:
            raise EmbeddedError(f"{' and '.join(dead)} died, and somebody else has taken the port since.")
    return dead


def _dead(base: Path) -> list[str]:
    """Servers whose addresses are published though they do not live."""
    urls = read_urls(base)
    wanted = {"PostgreSQL": urls.database, "Valkey": urls.redis}
    return [server for server, lives in running(base).items() if wanted[server] and not lives]


@contextmanager
def borrow(base: Path, *, postgres: bool = True, valkey: bool = True, fast: bool = False) -> Iterator[Urls]:
    """Have the servers for a while: the last borrower to leave stops them, unless `ensure_started` was called."""
    base = base.resolve()
    if not (postgres or valkey):
        yield Urls()
        return
    base.mkdir(parents=True, exist_ok=True)
    with only_one(base):
        users = Users(base)
        try:
            urls = _start(base, postgres=postgres, valkey=valkey, fast=fast)
        except BaseException:
            if users.leave():
                _stop(base)
            raise
    try:
        yield urls
    finally:
        with suppress(FileNotFoundError), only_one(base):  # not found: removed by another process
            if users.leave() and not load_state(base).keep_running:
                _stop(base)


def _servers(base: Path, state: State) -> tuple[Postgres, Valkey]:
    home = Path(state.home) if state.home else base
    return (
        Postgres(home, owner_password=state.owner_password, app_password=state.app_password),
        Valkey(base, password=state.valkey_password),
    )


def _start(base: Path, *, postgres: bool, valkey: bool, fast: bool, keep_running: bool = False) -> Urls:
    state = load_state(base)
    state.keep_running = state.keep_running or keep_running
    state.home = state.home or str(check_home(base))
    save_state(base, state)
    cluster, broker = _servers(base, state)
    before = read_urls(base)
    database, database_owner, redis = before.database, before.database_owner, before.redis
    try:
        if valkey:
            state.valkey_port = broker.start(state.valkey_port, fast=fast)
            redis = broker.url(state.valkey_port)
        if postgres:
            state.postgres_port = cluster.start(state.postgres_port, fast=fast)
            database, database_owner = (cluster.url(role, state.postgres_port) for role in (APP, OWNER))
    finally:
        save_state(base, state)
    urls = Urls(database, database_owner, redis)
    write_urls(base, urls)
    return urls


def _stop(base: Path) -> None:
    if not base.exists():
        return
    state = load_state(base)
    write_urls(base, Urls())
    postgres, valkey = _servers(base, state)
    try:
        valkey.stop()
    finally:
        postgres.stop()
    state.keep_running = False
    save_state(base, state)
