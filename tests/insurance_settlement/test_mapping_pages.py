"""归集口径 by its pages, its workbook and its API: the journey of the hospital's finance clerk."""

from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from insurance_settlement.engine.mapping import Dimension
from insurance_settlement.mapping_classes import classes_on
from insurance_settlement.mapping_files import COLUMNS, read
from insurance_settlement.models import MappingRemark, MappingSimulation, MappingVersion
from ops_platform.identity.models import AccessLog, User
from ops_platform.kernel import Invalid
from ops_platform.masterdata.models import Institution
from ops_platform.web.imports import first_sheet
from tests.insurance_settlement.mapping_world import (
    IN,
    OUT,
    in_force,
    keepers,
    province,
    signed,
    surgical_hospital,
)
from tests.support.workbooks import workbook
from workflows.models import Matter

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 1)
X = ("N1", "甲手术", "X", "项目X", "手术费", "surgery", f"{OUT}06 手术收入", f"{IN}06", "10.2 手术费", "")


@pytest.fixture
def hospital() -> Institution:
    return surgical_hospital()


@pytest.fixture
def people(hospital: Institution) -> dict[str, User]:
    return keepers(hospital)


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def address(name: str, *arguments: Any) -> str:
    return reverse(f"insurance_settlement:{name}", args=arguments)


def page(client: Client, name: str, *arguments: Any, **query: Any) -> str:
    answer = client.get(address(name, *arguments), query)
    assert answer.status_code == 200
    return answer.content.decode()


def sheet(client: Client, name: str, *arguments: Any, **query: Any) -> list[list[Any]]:
    answer = client.get(address(name, *arguments), query)
    body = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    return first_sheet(body, most_bytes=2**24)


def test_the_clerk_derives_simulates_explains_and_submits_and_the_director_approves(
    hospital: Institution, people: dict[str, User]
) -> None:
    base = province(people)
    clerk, director = signed_in(people["clerk"]), signed_in(people["director"])
    assert "派生本院版本" in page(clerk, "mapping", base.pk)
    given = {"institution": hospital.pk, "name": "本院 2026 年口径", "month": "2026-03", "suggest": "on"}
    clerk.post(address("derive-mapping", base.pk), given)
    version = MappingVersion.objects.get(institution=hospital)
    shown = page(clerk, "mapping", version.pk)
    assert "没有未归集、重复归集或不存在的类别" in shown
    assert "10,000.00" in shown
    refused = clerk.post(address("submit-mapping", version.pk), {"judgement": "口径更准确。"})
    assert refused.status_code == 422
    assert "现在的内容还没有模拟" in refused.content.decode()
    months = {"institution": hospital.pk, "first_month": "2026-03", "last_month": "2026-03"}
    clerk.post(address("simulate-mapping", version.pk), months)
    simulation = MappingSimulation.objects.get()
    shown = page(clerk, "mapping-simulation", simulation.pk)
    for words in ("移动 <span", "医疗服务收入占比", "请说明原因", "10.0%", "合计不变"):
        assert words in shown, words
    assert "不能" not in shown
    changes = simulation.classes.filter(needs_words=True)
    moved = sheet(clerk, "mapping-moves", simulation.pk, export="xlsx")
    assert moved[1] == ["住院票据类别", "X", "项目X", "治疗费", "手术费", "1000"]
    texts = {f"words-{one.pk}": "X 为手术，按省版归入。" for one in changes}
    clerk.post(address("explain-mapping", simulation.pk), texts)
    assert "按省版归入" in page(clerk, "mapping-simulation", simulation.pk)
    clerk.post(address("submit-mapping", version.pk), {"judgement": "手术收入更准确，各项指标不变。"})
    matter = Matter.objects.latest("pk")
    approval = director.get(reverse("workflows:matter", args=[matter.pk])).content.decode()
    for words in ("手术收入更准确", "移动 1,000.00 元，占 10.0%", "4,000.00 → 3,000.00 元：X 为手术"):
        assert words in approval, words
    signed(matter.pk, people["director"])
    version.refresh_from_db()
    assert version.state == "approved"
    assert "生效中" in page(clerk, "mappings")
    assert "据此派生的机构版本" in page(clerk, "mapping", base.pk)


def test_income_by_class_opens_down_to_charge_lines(hospital: Institution, people: dict[str, User]) -> None:
    in_force(people, hospital)
    clerk = signed_in(people["clerk"])
    month = {"institution": hospital.pk, "period": "2026-03", "by": "receipt_inpatient"}
    shown = page(clerk, "mapped-income", **month)
    assert "10,050.00" in shown
    assert "手术费" in shown
    rows = sheet(clerk, "mapped-income", **month, export="xlsx")
    assert [row[0] for row in rows[1:]] == ["检查费", "治疗费", "手术费"]
    items = page(clerk, "mapped-items", **month, **{"class": "surgery"})
    assert "项目X" in items
    lines = page(clerk, "mapped-lines", **month, item="X")
    assert "1,000.00" in lines
    assert "S1" in lines
    assert AccessLog.objects.filter(subject_type="mapped_lines", institution=hospital).count() == 1
    assert len(sheet(clerk, "mapped-lines", **month, item="X", export="xlsx")) == 2
    before = page(clerk, "mapped-income", **{**month, "by": "front_page"})
    assert "治疗类" in before
    stranger = signed_in(people["centre"])
    assert "手术费" in page(stranger, "mapped-income", **month)
    for wrong in ({"item": "Q"}, {"item": "X", "by": "zodiac"}, {"item": "X", "period": "2026-13"}):
        assert clerk.get(address("mapped-lines"), {**month, **wrong}).status_code == 404


def test_without_a_mapping_the_month_is_shown_by_what_the_his_reports(
    hospital: Institution, people: dict[str, User]
) -> None:
    shown = page(signed_in(people["clerk"]), "mapped-income", institution=hospital.pk, period="2026-03")
    assert "当月没有生效的归集口径" in shown
    assert "4,000.00" in shown


def test_the_blank_workbook_comes_back_as_a_draft(hospital: Institution, people: dict[str, User]) -> None:
    clerk = signed_in(people["clerk"])
    answer = clerk.get(address("blank-mapping"), {"institution": hospital.pk})
    body = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    given = {"owner": hospital.pk, "name": "自编口径", "month": "2026-02", "source_text": ""}
    made = clerk.post(address("new-mapping"), {**given, "file": SimpleUploadedFile("口径.xlsx", body)})
    version = MappingVersion.objects.get()
    assert made.status_code == 302
    assert made.url == address("mapping", version.pk)
    assert version.rows.count() == 4
    rows = page(clerk, "mapping-rows", version.pk, q="X")
    assert "09 非手术治疗项目费" in rows
    table = sheet(clerk, "mapping-file", version.pk)
    assert tuple(table[0]) == COLUMNS
    assert len(table) == 5
    clerk.post(address("fill-mapping", version.pk), {"file": SimpleUploadedFile("口径.xlsx", workbook(COLUMNS, X))})
    version.refresh_from_db()
    assert version.edition == 2
    shown = page(clerk, "mapping", version.pk)
    assert "项目Y" in shown, "what the new workbook no longer names is open again"
    assert len(sheet(clerk, "mapping-file", version.pk)) == 5, "and comes with the workbook to be filled in"


def test_one_item_is_mapped_on_its_page_without_a_workbook(hospital: Institution, people: dict[str, User]) -> None:
    clerk = signed_in(people["clerk"])
    given = {"owner": hospital.pk, "name": "自编口径", "month": "2026-02", "source_text": ""}
    twice = (X, ("N8", *X[1:4], "治疗费", *X[5:]))
    body = workbook(COLUMNS, *twice)
    clerk.post(address("new-mapping"), {**given, "file": SimpleUploadedFile("口径.xlsx", body)})
    version = MappingVersion.objects.get()
    form = f"{address('map-item', version.pk)}?item=X"
    assert "归入多个类别" in page(clerk, "mapping", version.pk)
    assert "项目X" in clerk.get(form).content.decode()
    classes = {
        "receipt_outpatient": "surgery",
        "receipt_inpatient": "surgery",
        "account_outpatient": f"{OUT}06",
        "account_inpatient": f"{IN}06",
        "front_page": "10.2",
    }
    clerk.post(form, {**classes, "note": ""})
    other = f"{address('map-item', version.pk)}?item=P"
    assert '<option value="western_drugs" selected>' in clerk.get(other).content.decode()
    clerk.post(other, {**classes, "note": "试"})
    version.refresh_from_db()
    now = version.rows.filter(edition=version.edition)
    assert [(one.item_code, one.national_code, one.receipt_outpatient) for one in now] == [
        ("X", "N1", "surgery"),
        ("X", "N8", "surgery"),
        ("P", "", "surgery"),
    ]
    assert "归入多个类别" not in page(clerk, "mapping", version.pk)
    assert clerk.get(f"{address('map-item', version.pk)}?item=Q").status_code == 404
    assert clerk.post(form, {**classes, "front_page": "G03"}).status_code == 422


def test_a_class_may_be_told_by_name_code_or_both(hospital: Institution) -> None:
    (one,) = read(workbook(COLUMNS, X), classes_on(DAY, hospital.pk))
    assert dict(one.classes) == {
        Dimension.RECEIPT_OUTPATIENT: "surgery",
        Dimension.RECEIPT_INPATIENT: "surgery",
        Dimension.ACCOUNT_OUTPATIENT: f"{OUT}06",
        Dimension.ACCOUNT_INPATIENT: f"{IN}06",
        Dimension.FRONT_PAGE: "10.2",
    }


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ((*X[:4], "牙科费", *X[5:]), "第 2 行「门急诊票据类别」：没有「牙科费」这一类"),
        ((*X[:7], f"{IN}06 检查收入", *X[8:]), f"编码 {IN}06 是「手术收入」，与名称「检查收入」不符"),
        ((*X[:8], "G03", *X[9:]), "「病案首页费用分类」：没有「G03」这一类"),
        ((*X[:2], "", *X[3:]), "「本地价格项目编码」：请填写"),
        ((*X[:9], "长" * 201), "「说明」：请不超过 200 字"),
    ],
)
def test_what_is_wrong_in_a_cell_is_said_with_row_and_column(
    row: tuple[str, ...], words: str, hospital: Institution
) -> None:
    with pytest.raises(Invalid) as refusal:
        read(workbook(COLUMNS, row), classes_on(DAY, hospital.pk))
    assert refusal.value.code == "insurance_settlement.mapping_rows"
    assert words in str(refusal.value)
    assert "整个文件没有导入" in str(refusal.value)


def test_a_doubled_row_another_file_and_a_missing_header_are_refused(hospital: Institution) -> None:
    known = classes_on(DAY, hospital.pk)
    with pytest.raises(Invalid) as refusal:
        read(workbook(COLUMNS, X, X), known)
    assert "与第 2 行重复" in str(refusal.value)
    for body in (b"PK no workbook", workbook(COLUMNS[:6], X[:6]), workbook(COLUMNS)):
        with pytest.raises(Invalid) as refusal:
            read(body, known)
        assert refusal.value.code == "insurance_settlement.mapping_file"


def test_remarks_are_handed_up_on_a_row_and_answered(hospital: Institution, people: dict[str, User]) -> None:
    base = province(people)
    clerk, centre = signed_in(people["clerk"]), signed_in(people["centre"])
    at = base.rows.get(item_code="X")
    assert f"?row={at.pk}" in page(clerk, "mapping-rows", base.pk)
    remark = f"{address('new-mapping-remark', base.pk)}?row={at.pk}"
    assert "项目X" in clerk.get(remark).content.decode()
    clerk.post(remark, {"institution": hospital.pk, "kind": "problem", "text": "本院 X 在门诊治疗室完成。"})
    made = MappingRemark.objects.get()
    assert made.row == at
    assert "门诊治疗室" in page(centre, "mapping-remarks")
    centre.post(address("answer-mapping-remark", made.pk), {"outcome": "accepted", "answer": "下一版改为治疗费。"})
    assert "下一版改为治疗费" in page(clerk, "mapping-remarks")
    clerk.post(
        address("new-mapping-remark", base.pk), {"institution": hospital.pk, "kind": "fits", "text": "其余适用。"}
    )
    assert "撤回" in page(clerk, "mapping-remarks")
    clerk.post(address("withdraw-mapping-remark", MappingRemark.objects.latest("pk").pk))
    assert MappingRemark.objects.latest("pk").state == "withdrawn"
    assert "采纳" in page(clerk, "mapping", base.pk)


def test_programs_read_versions_rows_simulations_and_income(hospital: Institution, people: dict[str, User]) -> None:
    version = in_force(people, hospital)
    client = signed_in(people["clerk"])
    listed = client.get(reverse("settlement-mappings")).json()["results"]
    assert [(one["institution"], one["state"], one["rows"]) for one in listed] == [
        ("", "approved", 3),
        ("H1", "approved", 4),
    ]
    rows = client.get(reverse("settlement-mapping-rows", args=[version.pk]), {"item": "X"}).json()["results"]
    assert [(one["national_code"], one["front_page"]) for one in rows] == [("N1", "10.2")]
    (simulation,) = client.get(reverse("settlement-mapping-simulations")).json()["results"]
    changed = {one["code"]: one["explanation"] for one in simulation["classes"] if one["needs_words"]}
    assert set(changed.values()) == {"X 为手术，按省版归入手术费。"}
    month = client.get(reverse("settlement-mapped-income"), {"institution": "H1", "period": "2026-03"}).json()
    assert (month["version"], month["total"]) == (version.pk, "10050.00")
    surgery = next(one for one in month["classes"] if one["code"] == "surgery")
    assert surgery["amount"] == "1000.00"
    other = client.get(reverse("settlement-mapped-income"), {"institution": "T1", "period": "2026-03"})
    assert other.status_code == 404
