"""The embedded servers, started for real below a folder of the test."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest
import redis

from ops_platform import embedded
from ops_platform.embedded.servers import running

PROJECT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "ops_platform.embedded"]
ALIVE = {"PostgreSQL": True, "Valkey": True}
STOPPED = {"PostgreSQL": False, "Valkey": False}


def clean_environment(**more):
    names = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")
    return {**{name: value for name, value in os.environ.items() if name not in names}, **more}


def command(*arguments, **more):
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=PROJECT,
        env=clean_environment(**more),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def ask(url, query):
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall() if cursor.description else None
    finally:
        connection.close()


def server_pids(base):
    home = Path(json.loads((base / "state.json").read_text())["home"])
    files = (home / "postgres/postmaster.pid", base / "valkey/server.pid")
    return [int(file.read_text().split()[0]) for file in files]


def wait_until_stopped(base):
    deadline = time.monotonic() + 10
    while running(base) != STOPPED:
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def base(tmp_path):
    base = tmp_path / "with space" / "embedded"
    yield base
    embedded.remove(base)


def test_roles_have_no_more_rights_than_they_need(base):
    urls = embedded.ensure_started(base, fast=True)
    rights = (
        "SELECT current_user::text, rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
    )
    assert ask(urls.database, rights) == [("ops_app", False, False, False)]
    assert ask(urls.database_owner, rights) == [("ops_owner", False, True, False)]
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ask(urls.database, "CREATE TABLE intruder (id int)")
    port = urlsplit(urls.database).port
    with pytest.raises(psycopg2.OperationalError, match=r"pg_hba\.conf rejects"):
        psycopg2.connect(host="127.0.0.1", port=port, user="postgres", password="x", dbname="postgres")
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(host="127.0.0.1", port=port, user="ops_owner", password="x", dbname="ops_platform")
    with socket.create_connection(("127.0.0.1", urlsplit(urls.redis).port), timeout=5) as stranger:
        stranger.sendall(b"PING\r\n")
        assert stranger.recv(100).startswith(b"-NOAUTH")
    modes = {stat.S_IMODE((base / name).stat().st_mode) for name in ("urls.json", "state.json", "valkey/valkey.conf")}
    assert modes == {0o600}


def test_data_and_addresses_survive_kill_9_and_a_stale_pid_file(base):
    urls = embedded.ensure_started(base)
    ask(urls.database_owner, "CREATE TABLE kept AS SELECT 1 AS id")
    redis.from_url(urls.redis).set("kept", "1")
    time.sleep(1.1)  # appendfsync everysec
    postgres, valkey = server_pids(base)
    os.kill(postgres, signal.SIGKILL)
    os.kill(valkey, signal.SIGKILL)
    home = Path(json.loads((base / "state.json").read_text())["home"])
    for file, pid in ((home / "postgres/postmaster.pid", postgres), (base / "valkey/server.pid", valkey)):
        text = file.read_text().replace(str(pid), str(os.getpid()), 1)  # the number now belongs to somebody else
        file.write_text(text)
    assert embedded.ensure_started(base) == urls
    assert ask(urls.database_owner, "SELECT id FROM kept") == [(1,)]
    assert redis.from_url(urls.redis).get("kept") == b"1"


def test_a_taken_port_and_forgotten_passwords_do_not_matter(base):
    before = embedded.ensure_started(base, fast=True)
    ask(before.database_owner, "CREATE TABLE kept AS SELECT 1 AS id")
    embedded.stop(base)
    assert running(base) == STOPPED
    assert embedded.read_urls(base) == embedded.Urls()
    with socket.create_server(("127.0.0.1", urlsplit(before.database).port)):
        elsewhere = embedded.ensure_started(base, fast=True)
        assert urlsplit(elsewhere.database).port != urlsplit(before.database).port
        assert urlsplit(elsewhere.redis).port == urlsplit(before.redis).port
    (base / "state.json").unlink()
    renewed = embedded.ensure_started(base, fast=True)
    assert renewed != elsewhere
    assert ask(renewed.database_owner, "SELECT id FROM kept") == [(1,)]
    assert redis.from_url(renewed.redis).ping()


def test_two_starters_at_once_share_one_pair_of_servers(base):
    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(lambda _number: command("start", "--base", base, "--fast"), range(2)))
    assert [run.returncode for run in runs] == [0, 0], runs
    assert running(base) == ALIVE
    assert command("status", "--base", base).returncode == 0
    assert command("stop", "--base", base).returncode == 0
    assert command("status", "--base", base).returncode == 3


def test_exec_gives_addresses_passes_the_code_on_and_the_last_user_stops_the_servers(base):
    show = f"import os; from pathlib import Path; Path({str(base / 'seen')!r}).write_text(os.environ['DATABASE_URL'])"
    wait = (
        f"import time; from pathlib import Path\n{show}\nwhile not Path({str(base / 'go')!r}).exists(): time.sleep(.05)"
    )
    first = subprocess.Popen(
        [*COMMAND, "exec", "--base", str(base), "--fast", "--", sys.executable, "-c", wait],
        cwd=PROJECT,
        env=clean_environment(),
    )
    while not (base / "seen").exists():
        assert first.poll() is None
        time.sleep(0.05)
    second = command("exec", "--base", base, "--", sys.executable, "-c", "raise SystemExit(7)")
    assert second.returncode == 7
    assert running(base) == ALIVE, "the first command still needs them"
    (base / "go").touch()
    assert first.wait(30) == 0
    assert (base / "seen").read_text().startswith("postgresql://ops_app:")
    assert running(base) == STOPPED


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_exec_passes_a_signal_on_and_leaves_no_server(base, number):
    ready = base / "ready"
    script = f"import time; from pathlib import Path; Path({str(ready)!r}).touch(); time.sleep(60)"
    process = subprocess.Popen(
        [*COMMAND, "exec", "--base", str(base), "--fast", "--", sys.executable, "-c", script],
        cwd=PROJECT,
        env=clean_environment(),
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while not ready.exists():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(number)
    assert process.wait(30) == 128 + number
    assert running(base) == STOPPED


def test_servers_named_by_the_environment_are_used(base):
    show = "import os; print(os.environ['DATABASE_URL'], os.environ['REDIS_URL'].split(':')[0])"
    given = {"DATABASE_URL": "postgresql://elsewhere/x"}
    both = command("exec", "--base", base, "--", sys.executable, "-c", show, **given, REDIS_URL="redis://elsewhere/0")
    assert both.stdout == "postgresql://elsewhere/x redis\n"
    assert not base.exists(), "nothing was started"
    one = command("exec", "--base", base, "--fast", "--", sys.executable, "-c", show, **given)
    assert one.stdout == "postgresql://elsewhere/x redis\n"
    assert not (base / "postgres").exists()
    lopsided = command("exec", "--base", base, "--", "true", DATABASE_OWNER_URL="postgresql://elsewhere/x")
    assert lopsided.returncode == 1
    assert lopsided.stderr.startswith("DATABASE_OWNER_URL is set but DATABASE_URL is not")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another account")
def test_as_root_an_unreadable_wheel_is_copied_and_no_parent_folder_is_opened(base, tmp_path, monkeypatch):
    from ops_platform.embedded import postgres

    monkeypatch.setattr(postgres.Postgres, "_usable", staticmethod(lambda _binaries: False))
    before = stat.S_IMODE(tmp_path.stat().st_mode)
    urls = embedded.ensure_started(base, valkey=False, fast=True)
    home = Path(json.loads((base / "state.json").read_text())["home"])
    assert home.is_relative_to("/var/tmp")  # noqa: S108
    assert next(home.glob("binaries-*")).is_dir()
    assert ask(urls.database, "SELECT 1") == [(1,)]
    assert stat.S_IMODE(tmp_path.stat().st_mode) == before == 0o700
    embedded.remove(base)
    assert not home.exists()


def test_both_servers_that_were_killed_come_back_on_their_ports_with_their_data(base):
    with embedded.borrow(base) as urls:
        assert embedded.revive(base) == []
        ask(urls.database_owner, "CREATE TABLE kept (id int)")
        for pid in server_pids(base):
            os.kill(pid, signal.SIGKILL)
        wait_until_stopped(base)
        assert embedded.revive(base) == ["PostgreSQL", "Valkey"]
        assert embedded.read_urls(base) == urls
        assert ask(urls.database_owner, "SELECT count(*) FROM kept") == [(0,)]
        assert redis.from_url(urls.redis).ping()
    assert running(base) == STOPPED
    assert embedded.revive(base) == []


def test_only_servers_that_are_in_use_are_started_again(base):
    with embedded.borrow(base, postgres=False):
        os.kill(int((base / "valkey/server.pid").read_text()), signal.SIGKILL)
        wait_until_stopped(base)
        assert embedded.revive(base) == ["Valkey"]
        assert running(base) == {"PostgreSQL": False, "Valkey": True}
