"""Charge lines through the REST API over a real socket, against raw COPY of the same rows into the same table."""

import csv
import http.client
import io
import itertools
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import orjson
from django.utils import timezone

from ops_platform.identity.services import create_api_key
from ops_platform.kernel import Period
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Institution
from tests.benchmarks import hospital
from tests.benchmarks.figures import Figure, Goal, middle, seconds, thousands
from tests.benchmarks.ground import owner_link
from tests.benchmarks.processes import MeasuredPlatform, platform

GOAL = Goal(must=0.30, aim=0.55, higher=True, unit="%")
ROUNDS = 3
FORMS = ("json", "csv")
SIZE = hospital.Size()
COLUMNS = (
    "institution_id, batch_id, sequence, row_no, encounter, line_no, item_id, ordering_department_id,"
    " executing_department_id, quantity, price, amount, charged_at, insured_amount, refund_of, month"
)
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Load:
    """What one sender posts: the rows of its batches, already written in the form."""

    institution: Institution
    form: str
    batches: tuple[bytes, ...]

    def requests(self) -> list[tuple[str, bytes, str]]:
        """Path, body and content type of each batch, under batch numbers never used before."""
        return [self._request(f"bench-{next(_numbers)}", rows) for rows in self.batches]

    def _request(self, batch_no: str, rows: bytes) -> tuple[str, bytes, str]:
        path = "/api/v1/intake/charge-lines/"
        names = {"institution": self.institution.code, "batch_no": batch_no}
        if self.form == "csv":
            return f"{path}?{urlencode(names)}", rows, "text/csv"
        return path, orjson.dumps(names)[:-1] + b',"rows":' + rows + b"}", "application/json"


def measure(database: str) -> list[Figure]:
    """JSON and CSV by two senders for two institutions, and by one."""
    period = Period.of(timezone.localdate()).shift(-1)
    institutions = hospital.build(["B01", "B02"], period)
    rows = {}
    for institution in institutions:
        hospital.send_ground(institution, period, SIZE)
        rows[institution.code] = hospital.charge_rows(institution, period, SIZE)
    _, key = create_api_key(PLATFORM, name="bench", institution_ids=[], all_institutions=True, datasets=[])
    loads = {
        form: [Load(institution, form, _bodies(rows[institution.code], form)) for institution in institutions]
        for form in FORMS
    }
    with tempfile.TemporaryDirectory() as folder, platform(database, Path(folder)) as running:
        running.start_web()
        return _rounds(running, database, key, loads, SIZE.encounters * hospital.LINES_PER_ENCOUNTER)


def _bodies(rows: Sequence[dict[str, str | int]], form: str) -> tuple[bytes, ...]:
    parts = [rows[start : start + hospital.BATCH_ROWS] for start in range(0, len(rows), hospital.BATCH_ROWS)]
    return tuple(orjson.dumps(part) if form == "json" else _csv(part) for part in parts)


def _csv(rows: Sequence[dict[str, str | int]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, [*rows[0], "refund_of"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _rounds(
    running: MeasuredPlatform, database: str, key: str, loads: dict[str, list[Load]], lines: int
) -> list[Figure]:
    ways = [(form, senders) for senders in (2, 1) for form in FORMS]
    rates: dict[tuple[str, int], list[float]] = {way: [] for way in ways}
    bare: list[float] = []
    for load in loads["json"]:  # warms up, and makes the month's partition
        _post(running.port, key, [Load(load.institution, load.form, load.batches[:1])])
    for _ in range(ROUNDS):
        for form, senders in ways:
            _empty(database)
            chosen = loads[form][:senders]
            spent = _post(running.port, key, chosen)
            rates[form, senders].append(lines * senders / spent)
            if (form, senders) == ways[0]:
                bare.append(lines * senders / _copy_again(database))
    return [
        Figure(
            "intake",
            f"charge lines over HTTP, {form.upper()}, {senders} {'senders' if senders > 1 else 'sender'}, against COPY",
            middle([rate / copied for rate, copied in zip(rates[form, senders], bare, strict=True)]),
            f"{thousands(middle(rates[form, senders]))} against {thousands(middle(bare))}",
            GOAL if senders > 1 else None,
        )
        for form, senders in ways
    ]


def _post(port: int, key: str, loads: Sequence[Load]) -> float:
    """Every sender posts its batches one after the other, all senders at once; returns the seconds until all is in."""
    prepared = [load.requests() for load in loads]
    failures: list[str] = []

    def send(requests: list[tuple[str, bytes, str]]) -> None:
        for path, body, kind in requests:
            # a connection per batch, as through the reverse proxy: the idle process of the two takes it
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
            connection.request("POST", path, body, {"Authorization": f"Api-Key {key}", "Content-Type": kind})
            response = connection.getresponse()
            answer = orjson.loads(response.read())
            connection.close()
            if response.status != 201 or answer["landed"] != answer["rows"]:
                failures.append(f"{response.status} {str(answer)[:500]}")
                break

    def all_at_once() -> None:
        threads = [threading.Thread(target=send, args=(requests,)) for requests in prepared]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    spent = seconds(all_at_once)
    if failures:
        raise RuntimeError(failures[0])
    return spent


def _empty(database: str) -> None:
    """Truncate the partitions themselves: the parent refuses it, even to its owner."""
    with owner_link(database) as link, link, link.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'his_intake_chargeline'::regclass"
        )
        for (partition,) in cursor.fetchall():
            cursor.execute(f"TRUNCATE {partition}")


def _copy_again(database: str) -> float:
    """Take the rows that the gate has just written out, empty the table, and copy the same rows in again, bare."""
    rows = io.StringIO()
    with owner_link(database) as link, link, link.cursor() as cursor:
        cursor.copy_expert(f"COPY (SELECT {COLUMNS} FROM his_intake_chargeline ORDER BY id) TO STDOUT", rows)
    _empty(database)
    rows.seek(0)
    with owner_link(database) as link, link.cursor() as cursor:

        def copy() -> None:
            cursor.copy_expert(f"COPY his_intake_chargeline ({COLUMNS}) FROM STDIN", rows)
            link.commit()

        return seconds(copy)
