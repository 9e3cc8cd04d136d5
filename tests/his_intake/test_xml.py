"""XML bodies: the same rows as JSON; anything but a batch of rows is refused with its line; no entity is ever read."""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from ops_platform.his_intake import formats
from ops_platform.his_intake.datasets.catalogue import DATASETS
from ops_platform.his_intake.schema import example_of, xml_example_of
from ops_platform.his_intake.xml_rows import UnreadableXml, from_xml
from ops_platform.kernel import Invalid

COSTS, ABSTRACTS = DATASETS["cost-entries"], DATASETS["discharge-abstracts"]
CONTRACT = Path(__file__).resolve().parents[2] / "docs" / "intake-contract.md"
LAUGHS = """<?xml version="1.0"?>
<!DOCTYPE batch [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;">]>
<batch><row><voucher>&b;</voucher></row></batch>"""
OUTSIDE = '<!DOCTYPE batch SYSTEM "http://127.0.0.1:9/x.dtd"><batch><row/></batch>'


def refusal(body: str | bytes) -> UnreadableXml:
    with pytest.raises(UnreadableXml) as refused:
        from_xml(COSTS, body.encode() if isinstance(body, str) else body)
    return refused.value


@pytest.mark.parametrize("code", sorted(DATASETS))
def test_the_example_of_each_dataset_is_the_row_of_its_json(code: str) -> None:
    dataset = DATASETS[code]
    assert from_xml(dataset, xml_example_of(dataset).encode()) == formats.from_rows(
        dataset, example_of(dataset)["rows"]
    )


@pytest.mark.parametrize("code", sorted(DATASETS))
def test_the_contract_shows_the_same_example(code: str) -> None:
    shown = dict(re.findall(r"<!-- (\S+) -->\n(<batch>.*?</batch>)", CONTRACT.read_text(encoding="utf-8"), re.DOTALL))
    assert set(shown) == set(DATASETS)
    assert list(from_xml(DATASETS[code], shown[code].encode()).rows) == example_of(DATASETS[code])["rows"]


def test_codes_of_a_list_stand_in_elements_or_behind_bars() -> None:
    listed = "<batch><row><diagnoses> <code>I21.900</code>\n<code>I10.x00</code> </diagnoses></row></batch>"
    barred = "<batch><row><diagnoses>I21.900|I10.x00</diagnoses></row></batch>"
    parsed = [
        ABSTRACTS.by_name["diagnoses"].parse(from_xml(ABSTRACTS, body.encode()).columns["diagnoses"])
        for body in (listed, barred)
    ]
    assert parsed[0] == parsed[1]
    assert parsed[0].faults == {}


def test_a_row_may_withdraw_and_leave_fields_empty_or_out() -> None:
    delivery = from_xml(
        COSTS, b"<batch><row><op>retract</op><voucher>V1</voucher><line>1</line><summary/></row></batch>"
    )
    assert delivery.ops == ["retract"]
    assert (delivery.columns["summary"], delivery.columns["amount"]) == ([""], [None])


def test_cdata_entities_of_xml_itself_and_comments_are_plain_xml() -> None:
    delivery = from_xml(COSTS, b"<batch><!-- 1 --><row><summary>a&amp;b<![CDATA[<c>]]>&#x5DE5;</summary></row></batch>")
    assert delivery.columns["summary"] == ["a&b<c>工"]


@pytest.mark.parametrize("encoding", ["GB18030", "gbk", "GB2312", "UTF-8", "utf-16"])
def test_the_declared_encoding_counts(encoding: str) -> None:
    body = f'<?xml version="1.0" encoding="{encoding}"?>\n<batch><row><summary>三月工资</summary></row></batch>'
    assert from_xml(COSTS, body.encode(encoding)).columns["summary"] == ["三月工资"]


def test_the_byte_order_mark_of_windows_is_allowed() -> None:
    assert from_xml(COSTS, b"\xef\xbb\xbf<batch><row/></batch>").count == 1


@pytest.mark.parametrize("encoding", ["rot13", "base64", "big5", "windows-1252", "utf-7", "idna"])
def test_other_encodings_are_refused_by_name(encoding: str) -> None:
    refused = refusal(f'<?xml version="1.0" encoding="{encoding}"?><batch><row/></batch>')
    assert (refused.code, refused.status) == ("his_intake.xml_encoding", 400)
    assert encoding in refused.message


def test_bytes_of_another_encoding_than_declared_are_refused() -> None:
    assert (
        refusal(b'<?xml version="1.0" encoding="gbk"?><batch><row>\xff\xff</row></batch>').code
        == "his_intake.xml_encoding"
    )
    assert refusal("<batch><row><summary>工资</summary></row></batch>".encode("gbk")).code == "his_intake.not_xml"


@pytest.mark.parametrize(
    "body", [LAUGHS, OUTSIDE, "<!DOCTYPE batch><batch/>", "<batch><row><voucher>&x;</voucher></row></batch>"]
)
def test_dtds_and_entities_are_refused(body: str) -> None:
    refused = refusal(body)
    assert (refused.code, refused.status) == ("his_intake.xml_doctype", 400)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<rows/>", "<batch>"),
        ("<batch><line/></batch>", "<row>"),
        ("<batch>\n<row>\n<diagnoses><item>I10</item></diagnoses></row></batch>", "第 3 行"),
        ("<batch><row><voucher><code><a/></code></voucher></row></batch>", "嵌套过深"),
        ('<batch institution="H1"><row/></batch>', "属性 institution"),
        ('<batch><row op="retract"/></batch>', "属性 op"),
        ("<batch>V1<row/></batch>", "V1"),
        ("<batch><row>V1<voucher/></row></batch>", "V1"),
        ("<batch><row><diagnoses><code>I10</code>I11</diagnoses></row></batch>", "I11"),
        ("<batch><row><diagnoses>I11<code>I10</code></diagnoses></row></batch>", "I11"),
    ],
)
def test_another_shape_is_refused_with_what_is_wrong(body: str, said: str) -> None:
    refused = refusal(body)
    assert (refused.code, refused.status) == ("his_intake.xml_shape", 400)
    assert said in refused.message


@pytest.mark.parametrize(
    "body", ["", "<batch>", "<batch></row>", "{}", "<batch/><batch/>", "<batch>\x00</batch>", "<batch>&#0;</batch>"]
)
def test_what_is_no_xml_is_refused(body: str) -> None:
    assert refusal(body).code == "his_intake.not_xml"


@pytest.mark.parametrize("body", ["<!--{}-->", "<{}>", "<row><summary>{}</summary></row>", "<row {}='1'/>"])
def test_a_huge_piece_is_refused_before_it_costs_time(body: str) -> None:
    began = time.monotonic()
    refused = refusal("<batch>" + body.replace("{}", "a" * 20_000_000) + "</batch>")
    assert refused.code == "his_intake.xml_shape"
    assert time.monotonic() - began < 2


def test_deep_nesting_is_refused_at_the_fifth_level() -> None:
    assert refusal("<batch>" + "<row>" * 1_000_000).code == "his_intake.xml_shape"


def test_a_field_that_stands_twice_makes_its_row_faulty() -> None:
    body = "<batch><row><voucher>V1</voucher><voucher>V2</voucher></row><row><voucher>V3</voucher></row></batch>"
    delivery = from_xml(COSTS, body.encode())
    assert {index: fault.code for index, fault in delivery.faults.items()} == {0: "his_intake.repeated_field"}
    assert delivery.raw(0) == {"voucher": "V1|V2"}


def test_too_many_rows_are_counted_and_not_kept(settings: Any) -> None:
    settings.INTAKE_MAX_ROWS = 2
    with pytest.raises(Invalid, match="有 5 行"):
        from_xml(COSTS, b"<batch>" + b"<row/>" * 5 + b"</batch>")


def test_fields_that_the_dataset_does_not_have_are_named() -> None:
    delivery = from_xml(COSTS, b"<batch><row><colour>red</colour></row></batch>")
    assert json.dumps(delivery.raw(0)) == '{"colour": "red"}'
    assert "colour" in delivery.faults[0].message
