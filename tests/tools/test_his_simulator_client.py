"""The posting side of the HIS simulator, against a small server that answers as the intake contract says."""

from __future__ import annotations

import gzip
import json
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from tools.his_simulator import client
from tools.his_simulator.__main__ import main

KEY = "good-key"


class Platform(ThreadingHTTPServer):
    """Answers intake posts and remembers them; `script` holds answers to give first, as (status, headers, body)."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.received: list[dict] = []
        self.script: list[tuple[int, dict[str, str], dict]] = []
        self.refuse: dict[str, int] = {}
        self.connections = 0
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def process_request(self, request, client_address):
        self.connections += 1
        super().process_request(request, client_address)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Platform

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        zipped = self.headers.get("Content-Encoding") == "gzip"
        body = gzip.decompress(body) if zipped else body
        address = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        kind = self.headers["Content-Type"].split(";")[0]
        if kind == "application/json":
            parsed = json.loads(body)
            query, rows = parsed, len(parsed["rows"])
        elif kind == "text/csv":
            rows = body.count(b"\n") - 1
        else:
            rows = body.count(b"\n")
        seen = {
            "dataset": address.path.split("/")[4], "institution": query["institution"], "batch_no": query["batch_no"],
            "rows": rows, "kind": kind, "zipped": zipped,
        }  # fmt: skip
        with self.server.lock:
            if self.headers["Authorization"] != f"Api-Key {KEY}":
                status, headers, answer = 401, {}, {"code": "identity.key_unknown", "detail": "密钥无效。"}
            elif self.server.script:
                status, headers, answer = self.server.script.pop(0)
            elif seen["batch_no"] in self.server.refuse:
                status, headers = self.server.refuse[seen["batch_no"]], {}
                answer = {"code": "his_intake.other_content", "detail": "批次号已用于其他内容。"}
            else:
                self.server.received.append(seen)
                status, headers = 201, {}
                answer = {**seen, "sequence": 1, "landed": rows - 1, "quarantined": 1, "superseded": 0, "unchanged": 0}
                answer |= {"retracted": 0, "errors": []}
        content = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/problem+json" if status >= 400 else "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments) -> None:
        pass


@pytest.fixture
def platform():
    server = Platform()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def files(tmp_path):
    """Two institutions with three batches each, in all three formats."""
    manifest = []
    for number, form in enumerate(("csv", "json", "ndjson"), 1):
        for institution in ("H001", "T001"):
            batch_no = f"{institution}-{number}"
            rows = [{"encounter_no": f"I{i:07d}", "note": "x" * 20} for i in range(900 if form == "csv" else 4)]
            if form == "csv":
                text = "encounter_no,note\n" + "".join(f"{row['encounter_no']},{row['note']}\n" for row in rows)
            elif form == "json":
                text = json.dumps({"institution": institution, "batch_no": batch_no, "rows": rows})
            else:
                text = "".join(json.dumps(row) + "\n" for row in rows)
            (tmp_path / f"{batch_no}.{form}").write_text(text, encoding="utf-8")
            batch = {"institution": institution, "dataset": "encounters", "batch_no": batch_no, "format": form}
            manifest.append({**batch, "file": f"{batch_no}.{form}", "rows": len(rows)})
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return tmp_path


@pytest.fixture(autouse=True)
def quick_backoff(monkeypatch):
    monkeypatch.setattr(client, "LONGEST_PAUSE", 0.01)


def last_line(capsys) -> dict:
    return json.loads(capsys.readouterr().out.strip().splitlines()[-1])


def test_posts_everything_in_order_within_each_institution(platform, files, capsys):
    assert main(["post", str(files), "--url", platform.url, "--api-key", KEY]) == 0
    order = defaultdict(list)
    for seen in platform.received:
        order[seen["institution"]].append(seen["batch_no"])
    assert order == {code: [f"{code}-{n}" for n in (1, 2, 3)] for code in ("H001", "T001")}
    assert [seen["zipped"] for seen in platform.received if seen["kind"] == "text/csv"] == [True, True]
    assert platform.connections <= 2
    summary = last_line(capsys)
    expected = {"rows_posted": 1816, "rows_landed": 1810, "rows_quarantined": 6, "batches": 6}
    assert {name: summary[name] for name in expected} == expected


def test_resumes_after_what_was_answered(platform, files, capsys):
    assert client.post(files, platform.url, KEY) == 0
    log = files / "posted.jsonl"
    kept = log.read_text(encoding="utf-8").splitlines()[:4]
    log.write_text("\n".join(kept) + '\n{"institution": "H0', encoding="utf-8")  # killed while writing
    platform.received.clear()
    assert client.post(files, platform.url, KEY) == 0
    assert len(platform.received) == 2
    assert last_line(capsys)["rows_posted"] == 1816
    assert client.post(files, platform.url, KEY) == 0
    assert len(platform.received) == 2


def test_waits_when_asked_and_repeats_after_server_errors(platform, files):
    platform.script = [(429, {"Retry-After": "0"}, {}), (503, {}, {}), (500, {}, {})]
    assert client.post(files, platform.url, KEY, senders=1) == 0
    assert len(platform.received) == 6


def test_stops_with_a_clear_message_on_a_wrong_key(platform, files, capsys):
    assert client.post(files, platform.url, "wrong") == 1
    assert "密钥无效" in capsys.readouterr().out
    assert platform.received == []
    assert not (files / "posted.jsonl").exists()


def test_a_refused_batch_is_recorded_and_the_rest_goes_on(platform, files, capsys):
    platform.refuse["H001-2"] = 409
    assert client.post(files, platform.url, KEY) == 1
    assert len(platform.received) == 5
    assert "his_intake.other_content" in (files / "posted.jsonl").read_text(encoding="utf-8")
    assert last_line(capsys)["batches"] == 6
    platform.refuse.clear()
    assert client.post(files, platform.url, KEY) == 0
    assert len(platform.received) == 6


def test_gives_up_on_a_platform_that_is_not_there(files, capsys):
    assert client.post(files, "http://127.0.0.1:9", KEY, senders=1) == 1
    assert "not delivered" in capsys.readouterr().out
