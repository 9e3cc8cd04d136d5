"""The door takes anything: a mutilated row ends in quarantine, a mutilated body in 4xx, nothing in 500."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ops_platform.his_intake import formats
from ops_platform.his_intake.datasets.catalogue import DATASETS
from ops_platform.his_intake.models import Batch
from ops_platform.his_intake.schema import example_of
from ops_platform.identity import services
from ops_platform.kernel.actor import PLATFORM
from tests.support import trade

pytestmark = pytest.mark.django_db
FUZZ = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

Post = Callable[..., Any]

leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(
        ["", "NK", "2026-01-15", "2026-13-01", "1e9", "-0.00", "９９", "\x00", "1" * 400, "NaN", "2026-01-15T10:00:00"]
    )
)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner), max_leaves=5
)


@pytest.fixture
def post() -> Post:
    """Posts a body as a HIS with a key does; gives the answer."""
    hospital = trade.alliance()["H1"]
    trade.landed(hospital, "departments", [trade.department("NK01")])
    trade.landed(hospital, "charge-items", [trade.item("110200001")])
    trade.landed(hospital, "encounters", [trade.visit("MZ202603050001", "NK01", when="2026-01-05T08:00:00")])
    _, key = services.create_api_key(PLATFORM, name="HIS", institution_ids=[], all_institutions=True, datasets=[])
    client = Client(raise_request_exception=False)

    def send(dataset: str, body: bytes, content_type: str = "application/json", query: str = "", **headers: str) -> Any:
        return client.post(
            f"/api/v1/intake/{dataset}/{query}",
            body,
            content_type=content_type,
            headers={"Authorization": f"Api-Key {key}", **headers},
        )

    return send


def _envelope(rows: Any, batch_no: Any) -> bytes:
    return json.dumps({"institution": "H1", "batch_no": batch_no, "rows": rows}).encode()


def _xml(rows: list[dict[str, Any]]) -> bytes:
    fields = ("".join(f"<{name}>{value}</{name}>" for name, value in row.items()) for row in rows)
    return f"<batch>{''.join(f'<row>{one}</row>' for one in fields)}</batch>".encode()


def _is_clean_refusal_or_receipt(answer: Any) -> None:
    assert answer.status_code < 500, answer.content[:300]
    if answer.status_code >= 400:
        assert answer.headers["Content-Type"].startswith("application/problem+json")
        assert answer.json()["code"]
    else:
        receipt = answer.json()
        parts = ("landed", "superseded", "unchanged", "retracted", "quarantined")
        assert receipt["rows"] == sum(receipt[part] for part in parts)


@given(dataset=st.sampled_from(sorted(DATASETS)), data=st.data())
@FUZZ
def test_a_mutilated_row_ends_in_quarantine(post: Post, dataset: str, data: st.DataObject) -> None:
    row: dict[str, Any] = dict(example_of(DATASETS[dataset])["rows"][0])
    for name in data.draw(st.sets(st.sampled_from(sorted(row)), min_size=1, max_size=3)):
        if data.draw(st.booleans()):
            row[name] = data.draw(values)
        else:
            row.pop(name)
    row.update(data.draw(st.dictionaries(st.sampled_from(["op", "extra", ""]), values, max_size=1)))
    number = f"fuzz-{Batch.objects.count()}-{data.draw(st.integers(0, 10**9))}"
    answer = post(dataset, _envelope([row, example_of(DATASETS[dataset])["rows"][0]], number))
    _is_clean_refusal_or_receipt(answer)


@given(body=st.binary(max_size=200) | st.builds(lambda value: json.dumps(value).encode(), values))
@FUZZ
def test_a_mutilated_body_is_refused(post: Post, body: bytes) -> None:
    for kind, query in (
        ("application/json", ""),
        ("application/x-ndjson", "?institution=H1&batch_no=n"),
        ("text/csv", "?institution=H1&batch_no=c"),
        ("application/xml", "?institution=H1&batch_no=x"),
        ("text/plain", ""),
    ):
        _is_clean_refusal_or_receipt(post("cost-entries", body, kind, query))


tags = ["<batch>", "</batch>", "<row>", "</row>", "<row/>", "<voucher>", "</voucher>", "<code>", "</code>", "<a b='c'>"]
others = [
    "V1",
    "&lt;",
    "&x;",
    "&#0;",
    "\x00",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<!DOCTYPE a>",
    "<?xml encoding='gbk'?>",
]
markup = st.sampled_from([*tags, *others])


@given(pieces=st.lists(markup | st.text(max_size=8), max_size=12), dataset=st.sampled_from(sorted(DATASETS)))
@FUZZ
def test_mutilated_xml_is_refused(post: Post, pieces: list[str], dataset: str) -> None:
    number = f"fuzz-{Batch.objects.count()}"
    body = "".join(pieces).encode("utf-8", "surrogatepass")
    for sent in (body, b"<batch><row>" + body + b"</row></batch>"):
        _is_clean_refusal_or_receipt(post(dataset, sent, "application/xml", f"?institution=H1&batch_no={number}"))
        number += "-2"


@given(institution=values, batch_no=values, rows=values)
@FUZZ
def test_a_mutilated_envelope_is_refused(post: Post, institution: Any, batch_no: Any, rows: Any) -> None:
    body = json.dumps({"institution": institution, "batch_no": batch_no, "rows": rows}).encode()
    _is_clean_refusal_or_receipt(post("cost-entries", body))


@given(body=st.binary(max_size=300))
@FUZZ
def test_a_mutilated_workbook_is_refused(body: bytes) -> None:
    from ops_platform.kernel import Invalid

    with pytest.raises(Invalid):
        formats.from_xlsx(DATASETS["cost-entries"], body)


def test_gzip_is_taken_and_a_bomb_is_not(post: Post, settings: Any) -> None:
    row = trade.cost("V1", "NK01", "1.00", day="2026-01-31")
    packed = gzip.compress(_envelope([row], "z1"))
    assert post("cost-entries", packed, **{"Content-Encoding": "gzip"}).status_code == 201
    two = gzip.compress(b'{"voucher": "g1"}\n') + gzip.compress(b'{"voucher": "g2"}\n')
    appended = post(
        "cost-entries", two, "application/x-ndjson", "?institution=H1&batch_no=g", **{"Content-Encoding": "gzip"}
    )
    assert appended.json()["rows"] == 2
    assert post("cost-entries", packed + b"rest", **{"Content-Encoding": "gzip"}).status_code == 400
    assert post("cost-entries", packed[:-9], **{"Content-Encoding": "gzip"}).status_code == 400
    assert post("cost-entries", packed, **{"Content-Encoding": "br"}).status_code == 415
    settings.INTAKE_MAX_UNPACKED_BYTES = 1_000_000
    bomb = gzip.compress(b" " * 5_000_000)
    assert post("cost-entries", bomb, **{"Content-Encoding": "gzip"}).status_code == 413
    settings.INTAKE_MAX_BODY_BYTES = 1_000
    assert post("cost-entries", b"[" + b" " * 2_000 + b"]").status_code == 413


def test_json_ndjson_and_csv_carry_the_same_rows(post: Post) -> None:
    rows = [trade.cost(f"V{number}", "NK01", "1.00", day="2026-01-31") for number in range(3)]
    ndjson = "\n".join(json.dumps(row) for row in rows).encode()
    header = list(rows[0])
    csv = "\n".join([",".join(header), *(",".join(str(row[name]) for name in header) for row in rows)]).encode()
    assert post("cost-entries", _envelope(rows, "a")).json()["landed"] == 3
    query = "?institution=H1&batch_no="
    assert post("cost-entries", ndjson, "application/x-ndjson", query + "b").json()["unchanged"] == 3
    assert post("cost-entries", b"\xef\xbb\xbf" + csv, "text/csv; charset=utf-8", query + "c").json()["unchanged"] == 3
    broken = post("cost-entries", ndjson + b"\n{oops", "application/x-ndjson", query + "d").json()
    assert (broken["unchanged"], broken["quarantined"]) == (3, 1)


def test_xml_carries_the_same_rows_as_json(post: Post) -> None:
    rows = [trade.cost(f"V{number}", "NK01", "1.00", day="2026-01-31") for number in range(3)]
    assert post("cost-entries", _envelope(rows, "a")).json()["landed"] == 3
    for number, kind in enumerate(("application/xml", "text/xml; charset=utf-8", "TEXT/XML")):
        sent = post("cost-entries", _xml(rows), kind, f"?institution=H1&batch_no=x{number}")
        assert (sent.status_code, sent.json()["unchanged"]) == (201, 3)
    packed = gzip.compress(_xml(rows))
    query = "?institution=H1&batch_no=z"
    assert (
        post("cost-entries", packed, "application/xml", query, **{"Content-Encoding": "gzip"}).json()["unchanged"] == 3
    )
    again = post("cost-entries", packed, "application/xml", query, **{"Content-Encoding": "gzip"})
    assert again.status_code == 200, "the same batch again"


def test_refused_xml_leaves_its_batch_number_free(post: Post) -> None:
    query = "?institution=H1&batch_no=x"
    refused = post("cost-entries", b"<!DOCTYPE batch><batch/>", "application/xml", query)
    assert (refused.status_code, refused.json()["code"]) == (400, "his_intake.xml_doctype")
    assert post("cost-entries", b"<batch/>", "application/xml", query).status_code == 422
    assert post("cost-entries", b"<batch><row/></batch>", "application/xml", query).json()["quarantined"] == 1


def test_a_row_cut_over_two_lines_is_two_faulty_rows(post: Post) -> None:
    row = json.dumps(trade.cost("V1", "NK01", "1.00", day="2026-01-31")).encode()
    query = "?institution=H1&batch_no="
    cut = post("cost-entries", row[:20] + b"\n" + row[20:], "application/x-ndjson", query + "a").json()
    assert (cut["rows"], cut["quarantined"]) == (2, 2)
    glued = post("cost-entries", row + b"," + row, "application/x-ndjson", query + "b").json()
    assert (glued["rows"], glued["quarantined"]) == (1, 1)
    even = post(
        "cost-entries", row + b"," + row + b"\n" + row[:20] + b"\n" + row[20:], "application/x-ndjson", query + "c"
    )
    assert even.json()["quarantined"] == 3


def test_an_address_without_its_slash_says_so_instead_of_asking_for_a_token() -> None:
    answer = Client(enforce_csrf_checks=True).post(
        "/api/v1/intake/cost-entries", b"{}", content_type="application/json"
    )
    assert answer.status_code == 404
    assert "斜杠" in answer.json()["detail"]
