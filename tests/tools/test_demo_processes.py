"""The demo's children: ended without leftovers, restarted when that makes sense, their logs shown."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis

from ops_platform import embedded
from tools.demo import services as demo_services
from tools.demo.places import read_json
from tools.demo.processes import Processes, StepFailed

SLEEPER = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
PARENT = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {STUBBORN!r}]); {SLEEPER}"


def python(script):
    return [sys.executable, "-c", script]


def wait_until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def in_group(pid):
    listed = subprocess.run(["ps", "-e", "-o", "pgid=,stat="], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if line.split()[0] == str(pid) and not line.split()[1].startswith("Z")]


@pytest.fixture
def processes(tmp_path):
    made = Processes(tmp_path, tmp_path / "logs", os.environ)
    yield made
    made.end_all()


def test_the_last_line_is_the_result_and_earlier_ones_are_shown(processes):
    shown = []
    last = processes.run("step", python("print('half'); print('all'); print('{}')"), shown.append)
    assert (last, shown) == ("{}", ["half", "all"])
    assert processes.log("step").read_text() == "half\nall\n{}\n"


def test_a_failed_step_shows_the_end_of_its_log(processes):
    with pytest.raises(StepFailed, match=r"step failed \(exit code 3\)(.|\n)*step\.log ends:\n    what went wrong"):
        processes.run("step", python("import sys; print('what went wrong', file=sys.stderr); sys.exit(3)"))


def test_ending_takes_grandchildren_along_even_if_they_ignore_sigterm(processes):
    child = processes.start("parent", python(PARENT))
    wait_until(lambda: processes.log("parent").read_text().count("up") == 2)
    processes.end_all()
    assert in_group(child.pid) == []
    with pytest.raises(StepFailed, match="is ending"):
        processes.start("late", python(SLEEPER))


def test_what_a_killed_supervisor_left_is_ended_by_the_next(processes, tmp_path):
    child = processes.start("left", python(SLEEPER))
    mine = read_json(tmp_path / "processes.json", {})
    assert list(mine) == ["left"]
    assert Processes(tmp_path, tmp_path / "logs", {}).end_leftovers() == 1
    assert child.wait(5) == -signal.SIGKILL
    assert Processes(tmp_path, tmp_path / "logs", {}).end_leftovers() == 0


def test_a_killed_worker_is_started_again_and_a_dead_web_server_ends_the_demo(processes, tmp_path, monkeypatch):
    monkeypatch.setattr(
        demo_services, "commands", lambda _port, _folder: dict.fromkeys(("web", "worker"), python(SLEEPER))
    )
    said = []
    services = demo_services.Services(processes, 1, tmp_path, said.append)
    services.start()
    pids = {name: pid for name, (pid, _mark) in read_json(tmp_path / "processes.json", {}).items()}
    wait_until(lambda: "up" in processes.log("worker").read_text())
    os.kill(pids["worker"], signal.SIGKILL)
    wait_until(lambda: said)
    assert said[0].startswith(
        f"worker ended (signal 9); it is started again. Its log {processes.log('worker')} ends:\n    up"
    )
    wait_until(lambda: read_json(tmp_path / "processes.json", {}).get("worker", pids["worker"]) != pids["worker"])
    assert not services.web_ended.is_set()
    os.kill(pids["web"], signal.SIGKILL)
    assert services.web_ended.wait(5)
    assert said[-1].startswith("web ended (signal 9). Its log")


def test_a_killed_valkey_is_started_again_on_the_same_port_with_what_it_held(processes, tmp_path, monkeypatch):
    monkeypatch.setattr(demo_services, "commands", lambda _port, _folder: {"web": python(SLEEPER)})
    base = tmp_path / "embedded"
    said = []
    with embedded.borrow(base, postgres=False) as urls:
        redis.from_url(urls.redis).set("waiting", "a lane")
        services = demo_services.Services(processes, 1, tmp_path, said.append, lambda: embedded.revive(base))
        time.sleep(1.1)  # it writes its file every second
        services.start()
        os.kill(int((base / "valkey/server.pid").read_text()), signal.SIGKILL)
        wait_until(lambda: said)
        assert said == ["Valkey ended; it is started again with its data, on the same port."]
        assert redis.from_url(urls.redis).get("waiting") == b"a lane"
        assert not services.web_ended.is_set()


def test_a_server_that_cannot_be_started_again_is_told_once(processes, tmp_path, monkeypatch):
    monkeypatch.setattr(demo_services, "commands", lambda _port, _folder: {"web": python(SLEEPER)})

    def refuse():
        raise embedded.EmbeddedError("Valkey died, and somebody else has taken the port since.")

    said = []
    demo_services.Services(processes, 1, tmp_path, said.append, refuse).start()
    wait_until(lambda: said)
    time.sleep(0.7)
    assert said == ["Valkey died, and somebody else has taken the port since. `make demo` again starts everything."]


@pytest.mark.parametrize("sent", [[signal.SIGINT], [signal.SIGTERM], [signal.SIGINT, signal.SIGINT, signal.SIGTERM]])
def test_a_signal_interrupts_once_and_no_child_stays(tmp_path, sent):
    script = f"""
import os, sys, time
from pathlib import Path
from tools.demo.interrupts import Interrupted, Interrupts
from tools.demo.processes import Processes
interrupts = Interrupts()
processes = Processes(Path({str(tmp_path)!r}), Path({str(tmp_path / "logs")!r}), os.environ, interrupts.hold)
try:
    try:
        processes.run("step", [sys.executable, "-c", {SLEEPER!r}])
    finally:
        interrupts.mute()
        processes.end_all()
except Interrupted as interrupted:
    sys.exit(interrupted.number)
"""
    supervisor = subprocess.Popen(python(script), cwd=Path(__file__).parents[2])
    log = tmp_path / "logs/step.log"
    wait_until(lambda: log.exists() and "up" in log.read_text())
    (pid, _mark) = read_json(tmp_path / "processes.json", {})["step"]
    for number in sent:
        supervisor.send_signal(number)
    assert supervisor.wait(10) == sent[0]
    assert in_group(pid) == []
