"""A HIS client: posts the batches of a directory over HTTP, in order within each institution, and can be resumed."""

from __future__ import annotations

import gzip
import http.client
import json
import queue
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NotRequired, TypedDict, cast
from urllib.parse import quote, urlencode, urlsplit

CONTENT_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json", "ndjson": "application/x-ndjson"}
GZIP_FROM_BYTES = 16_384
TRIES = 8
LONGEST_PAUSE = 30.0
ANSWER_TIMEOUT = 300
PROGRESS_EVERY = 1.0
BATCH_NAMES: tuple[Literal["institution", "dataset", "batch_no", "rows"], ...] = (
    "institution",
    "dataset",
    "batch_no",
    "rows",
)


class Batch(TypedDict):
    """A batch as the manifest lists it."""

    institution: str
    dataset: str
    batch_no: str
    file: str
    format: str
    rows: int
    purpose: str


class Answer(TypedDict):
    """A line of posted.jsonl: the batch, the status, and those fields of the platform's answer that are read here."""

    institution: str
    dataset: str
    batch_no: str
    rows: int
    status: int
    landed: NotRequired[int]
    superseded: NotRequired[int]
    unchanged: NotRequired[int]
    retracted: NotRequired[int]
    quarantined: NotRequired[int]
    code: NotRequired[str]
    detail: NotRequired[str]


class Refused(Exception):
    """The platform will take nothing with this key: there is no use in going on."""


class Unreachable(Exception):
    """A batch could not be delivered after all tries."""


@dataclass
class Progress:
    """What was answered so far, shared by the senders."""

    log: Path
    rows_to_send: int
    rows_posted: int = 0
    rows_landed: int = 0
    rows_quarantined: int = 0
    batches: int = 0
    refused: int = 0
    begun: float = field(default_factory=time.monotonic)
    _printed: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, record: Answer) -> None:
        """Add a batch's answer to the sums. Superseding and unchanged rows count as landed."""
        self.batches += 1
        self.rows_posted += record["rows"]
        if not _was_taken(record):
            self.refused += 1
            return
        self.rows_quarantined += record.get("quarantined", 0)
        self.rows_landed += record.get("landed", 0) + record.get("superseded", 0)
        self.rows_landed += record.get("unchanged", 0) + record.get("retracted", 0)

    def answered(self, record: Answer) -> None:
        """Write the answer down at once, so that a restart knows of it, and show how far the posting has come."""
        with self._lock:
            with self.log.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
            self.count(record)
            if not _was_taken(record):
                print(
                    f"refused {record['institution']} {record['batch_no']}: {record['status']} "
                    f"{record.get('code', '')} {record.get('detail', '')}",
                    flush=True,
                )
            now = time.monotonic()
            if now - self._printed >= PROGRESS_EVERY or self.rows_posted == self.rows_to_send:
                self._printed = now
                share = 100 * self.rows_posted / max(self.rows_to_send, 1)
                speed = self.rows_posted / max(now - self.begun, 0.001)
                print(f"{self.rows_posted:,} rows, {speed:,.0f} rows/s, {share:.1f} %", flush=True)

    def summary(self) -> dict[str, object]:
        return {
            "rows_posted": self.rows_posted,
            "rows_landed": self.rows_landed,
            "rows_quarantined": self.rows_quarantined,
            "batches": self.batches,
            "seconds": round(time.monotonic() - self.begun, 1),
        }


class Sender:
    """One keep-alive connection."""

    def __init__(self, url: str, api_key: str, stop: threading.Event) -> None:
        self.parts = urlsplit(url)
        self.api_key = api_key
        self.stop = stop
        self.connection: http.client.HTTPConnection | None = None

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def _connection(self) -> http.client.HTTPConnection:
        if self.connection is None:
            secure = self.parts.scheme == "https"
            kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
            self.connection = kind(self.parts.hostname or "", self.parts.port, timeout=ANSWER_TIMEOUT)
        return self.connection

    def _once(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, str | None, bytes]:
        connection = self._connection()
        connection.request("POST", path, body=body, headers=headers)
        response = connection.getresponse()
        content = response.read()
        if response.will_close:
            self.close()
        return response.status, response.getheader("Retry-After"), content

    def send(self, batch: Batch, content: bytes) -> Answer:
        """Deliver a batch; return the record of its answer. A repeat is harmless: the platform knows batch numbers."""
        form = batch["format"]
        path = f"{self.parts.path.rstrip('/')}/api/v1/intake/{quote(batch['dataset'])}/"
        if form != "json":
            path += "?" + urlencode({"institution": batch["institution"], "batch_no": batch["batch_no"]})
        headers = {
            "Authorization": f"Api-Key {self.api_key}",
            "Content-Type": CONTENT_TYPES[form],
            "Accept": "application/json",
        }
        if len(content) >= GZIP_FROM_BYTES:
            content = gzip.compress(content, compresslevel=3, mtime=0)
            headers["Content-Encoding"] = "gzip"
        problem, failed = "", 0
        while failed < TRIES:
            pause = min(0.5 * 2**failed, LONGEST_PAUSE)
            try:
                status, retry_after, answer = self._once(path, content, headers)
            except (OSError, http.client.HTTPException) as error:
                self.close()
                failed += 1
                problem = f"{type(error).__name__}: {error}"
            else:
                if status in (401, 403):
                    raise Refused(
                        f"{batch['institution']}: the platform refuses this API key with {status} for "
                        f"{batch['dataset']}: {_problem_text(answer)}. Nothing more was sent; "
                        "give a key that may post for this institution and start again."
                    )
                if status != 429 and status < 500:
                    return _record(batch, status, answer)
                problem = f"{status} {_problem_text(answer)}"
                if status == 429:  # asked to wait: no failure, however often
                    pause = float(retry_after) if retry_after and retry_after.strip().isdigit() else 1.0
                else:
                    failed += 1
            if self.stop.wait(pause):
                break
        raise Unreachable(
            f"{batch['institution']} {batch['batch_no']} not delivered after {failed} failed tries: {problem}"
        )


def _parsed(answer: bytes) -> dict[str, object]:
    try:
        parsed = json.loads(answer)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _problem_text(answer: bytes) -> str:
    problem = _parsed(answer)
    return str(
        problem.get("detail") or problem.get("title") or problem.get("code") or answer[:200].decode("utf-8", "replace")
    )


def _record(batch: Batch, status: int, answer: bytes) -> Answer:
    """What the platform answered, with the batch's own names and the status put over it."""
    own = {name: batch[name] for name in BATCH_NAMES}
    return cast(Answer, {**_parsed(answer), **own, "status": status})


def _was_taken(record: Answer) -> bool:
    return 200 <= record["status"] < 300


def _answered_before(log: Path) -> dict[tuple[str, str, str], Answer]:
    """Batches that were taken in an earlier run. A line cut off by a kill, and a refusal, are tried again."""
    found: dict[tuple[str, str, str], Answer] = {}
    if log.exists():
        for line in log.read_text(encoding="utf-8").splitlines():
            parsed = _parsed(line.encode())
            if "status" in parsed:
                record = cast(Answer, parsed)
                if _was_taken(record):
                    found[(record["institution"], record["dataset"], record["batch_no"])] = record
    return found


def post(directory: Path, url: str, api_key: str, senders: int = 2) -> int:
    """Post every batch not answered yet. 0 when all were taken, 1 when the platform refused one or was not reached."""
    manifest: list[Batch] = json.loads((directory / "manifest.json").read_text(encoding="utf-8"))
    log = directory / "posted.jsonl"
    before = _answered_before(log)
    if log.exists() and not log.read_bytes().endswith(b"\n"):
        with log.open("a", encoding="utf-8") as file:
            file.write("\n")
    progress = Progress(log, sum(batch["rows"] for batch in manifest))
    waiting: dict[str, list[Batch]] = defaultdict(list)
    for batch in manifest:
        record = before.get((batch["institution"], batch["dataset"], batch["batch_no"]))
        if record is not None:
            progress.count(record)
        else:
            waiting[batch["institution"]].append(batch)
    if before:
        print(f"{len(before):,} batches were answered before and are not sent again", flush=True)
    institutions: queue.SimpleQueue[list[Batch]] = queue.SimpleQueue()
    # the longest queue first, so that no sender is left alone with it at the end
    for batches in sorted(waiting.values(), key=lambda batches: -sum(batch["rows"] for batch in batches)):
        institutions.put(batches)
    stop = threading.Event()
    failures: list[Exception] = []

    def work() -> None:
        sender = Sender(url, api_key, stop)
        try:
            while not stop.is_set():
                for batch in institutions.get_nowait():
                    if stop.is_set():
                        return
                    progress.answered(sender.send(batch, (directory / batch["file"]).read_bytes()))
        except queue.Empty:
            return
        except Exception as error:  # carried to the caller's thread
            failures.append(error)
            stop.set()
        finally:
            sender.close()

    threads = [threading.Thread(target=work, name=f"sender-{i + 1}") for i in range(max(1, senders))]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    except KeyboardInterrupt:
        stop.set()
        raise
    if failures:
        for failure in failures:
            print(failure, flush=True)
        print(json.dumps(progress.summary()), flush=True)
        if any(isinstance(failure, (Refused, Unreachable)) for failure in failures):
            return 1
        raise failures[0]
    print(json.dumps(progress.summary()), flush=True)
    return 1 if progress.refused else 0
