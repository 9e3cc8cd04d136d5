"""Vouchers are handed to the finance system once, in its layout; again only when asked for, and that is noted."""

import csv
import hashlib
import io
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook

from ops_platform.audit.models import AuditEvent
from ops_platform.identity.models import User
from ops_platform.kernel import Actor, Conflict, DomainError, Forbidden, Invalid, NotFound, Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import services
from ops_platform.ledger.engine.chart import Dimensions
from ops_platform.ledger.engine.entry import EntryInput, credit, debit
from ops_platform.ledger.models import ExportedContent, ExportedEntry, ExportTemplate, VoucherExport, VoucherRules
from ops_platform.ledger.selectors.exports import file_of
from ops_platform.ledger.voucher_files import FIELDS, read_columns
from ops_platform.masterdata.models import Department, Institution
from tests.ledger.books import booked, entry, received
from tests.ledger.errands import exported, finish
from tests.support import trade

pytestmark = pytest.mark.django_db
MARCH = Period(2026, 3)


@pytest.fixture
def hospital() -> Institution:
    """Two vouchers in March: one with dimensions, red and a summary that looks like a formula; one in April."""
    members = trade.alliance()
    hospital = members["H1"]
    trade.landed(hospital, "departments", [trade.department("NK", name="内科")])
    ward = Department.objects.get(code="NK")
    dimensions = Dimensions(department=ward.pk, counterparty=members["T1"].pk)
    booked(
        hospital,
        EntryInput(
            day=date(2026, 3, 5),
            summary='=HYPERLINK("http://x")',
            source="test",
            key="@k",
            legs=(debit("1002", -12_345), credit("4609", -12_345, dimensions)),
        ),
    )
    booked(hospital, received("100.00", "b", "2026-03-06"))
    booked(hospital, received("7.00", "c", "2026-04-01"))
    return hospital


@dataclass(frozen=True, slots=True)
class Taken:
    """A file, and the record of its being handed over."""

    export: VoucherExport
    content: bytes


def export(institution: Institution, who: Actor | User = PLATFORM, **more: Any) -> Taken:
    given: dict[str, Any] = {"period": MARCH, "template": "kingdee", "file_format": "csv"} | more
    return Taken(*exported(institution, who, **given))


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_a_file_holds_every_leg_of_the_month_in_the_layout(hospital: Institution) -> None:
    made = export(hospital)
    rows = rows_of(made.content)
    assert [(row["凭证号"], row["分录序号"], row["科目代码"]) for row in rows] == [
        ("1", "1", "1002"),
        ("1", "2", "4609"),
        ("2", "1", "1002"),
        ("2", "2", "4609"),
    ]
    red = rows[1]
    assert (red["贷方"], red["借方"], red["核算项目"]) == ("-123.45", "0.00", "科室:NK/往来机构:T1")
    assert (red["凭证日期"], red["会计期间"], red["凭证字"], red["币别代码"]) == ("2026-03-05", "3", "记", "RMB")
    assert sum(Decimal(row["借方"]) for row in rows) == sum(Decimal(row["贷方"]) for row in rows)


def test_text_that_looks_like_a_formula_is_escaped_and_amounts_are_not(hospital: Institution) -> None:
    first = rows_of(export(hospital).content)[0]
    assert first["摘要"] == '\'=HYPERLINK("http://x")'
    assert first["业务编号"] == "'@k"
    assert first["借方"] == "-123.45"
    made = export(hospital, file_format="xlsx", again=True)
    head, *lines = CalamineWorkbook.from_filelike(io.BytesIO(made.content)).get_sheet_by_index(0).to_python()
    second = dict(zip(head, lines[0], strict=True))
    assert second["摘要"] == '\'=HYPERLINK("http://x")'
    assert second["借方"] == -123.45
    assert len(lines) == 4


def test_what_was_exported_is_kept_with_who_when_and_the_digest_of_the_file(hospital: Institution) -> None:
    made = export(hospital)
    row = VoucherExport.objects.get()
    assert (row.entries, row.lines, row.repeated, row.made_by) == (2, 4, 0, "platform")
    assert row.digest == hashlib.sha256(made.content).hexdigest()
    assert ExportedEntry.objects.count() == 2
    event = AuditEvent.objects.get(action="ledger.vouchers_exported")
    assert event.detail["digest"] == row.digest


def test_exporting_again_is_refused_unless_asked_for_and_then_said(hospital: Institution) -> None:
    export(hospital)
    with pytest.raises(Conflict) as refusal:
        export(hospital, template="yonyou")
    assert refusal.value.code == "ledger.exported_already"
    assert "2 张凭证都已导出" in refusal.value.message
    assert "平台自动" in refusal.value.message
    made = export(hospital, template="yonyou", again=True)
    assert (made.export.entries, made.export.repeated) == (2, 2)


def test_only_what_is_new_goes_out_the_next_time(hospital: Institution) -> None:
    export(hospital)
    booked(hospital, received("5.00", "d", "2026-03-20"))
    made = export(hospital)
    assert (made.export.entries, made.export.repeated, len(rows_of(made.content))) == (1, 0, 2)


def test_a_month_without_vouchers_and_unknown_layouts_are_refused(hospital: Institution) -> None:
    for given, code in (
        ({"period": Period(2026, 2)}, "ledger.nothing_to_export"),
        ({"template": "sap"}, "ledger.no_export_template"),
        ({"file_format": "pdf"}, "ledger.unknown_format"),
    ):
        with pytest.raises(DomainError) as refusal:
            export(hospital, **given)
        assert refusal.value.code == code


def test_only_finance_people_of_the_institution_export(hospital: Institution) -> None:
    assert export(hospital, trade.person("clerk", Role.FINANCE_OFFICER, hospital)).export.entries == 2
    with pytest.raises(Forbidden):
        export(hospital, trade.actor(Role.AUDITOR), again=True)
    with pytest.raises(NotFound):
        export(hospital, trade.actor(Role.FINANCE_OFFICER, Institution.objects.get(code="T1")), again=True)


def test_shipped_layouts_are_sound_and_every_field_can_be_shown(hospital: Institution) -> None:
    for template in ExportTemplate.objects.all():
        assert template.source_mark == "default"
        assert read_columns(template.columns)[1] == ()
    centre = trade.actor(Role.OPERATION_CENTRE)
    columns = [{"title": title, "field": name} for name, (title, _) in FIELDS.items()]
    services.add_export_template(centre, code="all", name="全部", columns=columns)
    row = rows_of(export(hospital, template="all").content)[1]
    assert (row["科室名称"], row["往来机构编码"], row["方向"], row["会计体系"]) == ("内科", "T1", "贷", "财务会计")
    assert (row["账套(机构)编码"], row["账套(机构)名称"]) == ("H1", hospital.name)


@pytest.mark.parametrize(
    "columns",
    [
        None,
        [],
        {},
        [1],
        [{"title": "a"}],
        [{"title": "", "field": "day"}],
        [{"title": "a", "field": "password"}],
        [{"title": "a", "field": ["day"]}],
        [{"title": "a", "field": "day", "constant": "b"}],
        [{"title": "a\x00", "constant": "b"}],
        [{"title": "a", "constant": "b" * 41}],
        [{"title": "a", "field": "day"}] * 61,
    ],
)
def test_a_wrong_layout_is_refused_in_words(columns: Any) -> None:
    with pytest.raises(Invalid) as refusal:
        services.add_export_template(trade.actor(Role.OPERATION_CENTRE), code="x", name="y", columns=columns)
    assert refusal.value.code == "ledger.export_template"


def test_layouts_are_added_by_the_operation_centre_under_codes_of_their_own() -> None:
    columns = [{"title": "日期", "field": "day"}]
    with pytest.raises(Forbidden):
        services.add_export_template(trade.actor(Role.FINANCE_OFFICER), code="x", name="y", columns=columns)
    centre = trade.actor(Role.OPERATION_CENTRE)
    with pytest.raises(Conflict):
        services.add_export_template(centre, code="yonyou", name="y", columns=columns)
    for code, name in (("", "y"), ("a b", "y"), ("x", " "), ("x", "y\x00"), ("x" * 41, "y")):
        with pytest.raises(Invalid):
            services.add_export_template(centre, code=code, name=name, columns=columns)


def post(client: Client, **given: str) -> Any:
    hospital = Institution.objects.get(code="H1")
    wanted = {"institution": str(hospital.pk), "period": "2026-03", "template": "yonyou"} | given
    return client.post(reverse("ledger:ask-export"), wanted)


def said(answer: Any) -> str:
    """What the page says after a refusal."""
    assert answer.status_code == 302
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def test_who_may_asks_for_the_file_and_takes_it_as_often_as_needed(hospital: Institution, client: Client) -> None:
    client.force_login(trade.person("clerk", Role.FINANCE_OFFICER, hospital))
    assert "后台" in said(post(client, file_format="csv"))
    assert not VoucherExport.objects.exists(), "the request itself builds nothing"
    (done,) = finish()
    page = client.get(reverse("ledger:exports"))
    address = reverse("ledger:export-file", args=[done.result["export"]])
    assert page.context["card"]["file_url"] == address
    assert page.content.decode().count(address) == 2, "in the card, and in the history"
    answers = [client.get(address) for _ in range(2)]
    for answer in answers:
        assert answer.status_code == 200
        assert "attachment" in answer["Content-Disposition"]
        assert len(rows_of(answer.content)) == 4
    assert answers[0].content == answers[1].content
    assert VoucherExport.objects.count() == 1, "taking it again is no other export"
    assert "重新导出" in said(post(client, file_format="csv")), "each voucher once"
    post(client, file_format="csv", again="1")
    assert finish()[0].result["repeated"] == 2
    assert client.get(reverse("ledger:ask-export")).status_code == 405, "a GET never writes"
    township = Institution.objects.get(code="T1")
    assert post(client, institution=str(township.pk)).status_code == 404
    client.force_login(trade.person("elsewhere", Role.FINANCE_OFFICER, township))
    assert client.get(address).status_code == 404
    client.force_login(trade.person("auditor", Role.AUDITOR))
    assert post(client).status_code == 403
    assert client.get(address).status_code == 403
    assert address not in client.get(reverse("ledger:exports")).content.decode()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"period": ""}, "期间"),
        ({"period": "2026-13"}, "期间"),
        ({"template": "a\0"}, "字符"),
        ({"file_format": "exe"}, "文件格式"),
    ],
)
def test_bad_input_of_the_download_is_refused_in_words(
    hospital: Institution, client: Client, given: dict[str, str], told: str
) -> None:
    client.force_login(trade.person("clerk", Role.FINANCE_OFFICER, hospital))
    assert told in said(post(client, **given))


@pytest.mark.parametrize("institution", ["", "x", "²", "999999999999999999999"])
def test_an_unknown_institution_is_not_found(hospital: Institution, client: Client, institution: str) -> None:
    client.force_login(trade.person("clerk", Role.FINANCE_OFFICER, hospital))
    assert post(client, institution=institution).status_code == 404


@pytest.mark.parametrize(
    "table", ["ledger_voucherexport", "ledger_exportedentry", "ledger_exporttemplate", "ledger_exportedcontent"]
)
def test_what_was_exported_stays(hospital: Institution, table: str) -> None:
    export(hospital)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")


def test_entries_of_another_institution_are_never_in_the_file(hospital: Institution) -> None:
    township = Institution.objects.get(code="T1")
    booked(township, entry(("借", "1002", "9.00"), ("贷", "4609", "9.00"), key="t"))
    assert {row["凭证号"] for row in rows_of(export(township).content)} == {"1"}
    assert len(rows_of(export(hospital).content)) == 4


def test_a_file_says_people_and_codes_in_words(month_of_facts: Institution) -> None:
    """Automatic vouchers: made by the platform, checked by who approved the rules."""
    services.book_events(PLATFORM, institution=month_of_facts, period=MARCH)
    rules = VoucherRules.objects.get()
    row = rows_of(export(month_of_facts, template="yonyou").content)[0]
    assert (row["制单人"], row["审核人"]) == ("平台自动", "平台自动"), "the shipped rules are nobody's"
    assert rules.approved_by == ""
    told = rows_of(export(month_of_facts, template="yonyou", again=True).content)
    assert "人员经费" in {line["成本项目"] for line in told}
    assert not {line["资金来源"] for line in told} & {"basic", "fiscal"}
    centre = trade.actor(Role.OPERATION_CENTRE)
    columns = [{"title": title, "field": name} for name, (title, _) in FIELDS.items()]
    services.add_export_template(centre, code="all", name="全部", columns=columns)
    told = rows_of(export(month_of_facts, template="all", again=True).content)
    assert ("人员经费", "personnel") in {(line["成本项目"], line["成本项目代码"]) for line in told}
    assert any("成本项目:人员经费" in line["辅助核算"] for line in told)


def test_who_approved_the_rules_checked_what_they_made(month_of_facts: Institution) -> None:
    shipped = VoucherRules.objects.get()
    VoucherRules.objects.create(
        version=2,
        effective_from=shipped.effective_from,
        body=shipped.body,
        source_mark=shipped.source_mark,
        made_by="writer",
        approved_by=trade.person("approver", Role.FINANCE_DIRECTOR).username,
    )
    services.book_events(PLATFORM, institution=month_of_facts, period=MARCH)
    assert {row["审核人"] for row in rows_of(export(month_of_facts, template="yonyou").content)} == {"approver"}


def test_opening_balances_are_no_vouchers_of_a_month(hospital: Institution, client: Client) -> None:
    keeper = trade.actor(Role.FINANCE_DIRECTOR, hospital)
    row = services.book_opening(
        keeper, institution=hospital, key="1", legs=(debit("1002", 5_000), credit("3001", 5_000))
    )
    services.reverse(PLATFORM, entry_id=row.pk, day=row.day, reason="错")
    with pytest.raises(Conflict) as refusal:
        export(hospital, period=Period(2025, 12))
    assert refusal.value.code == "ledger.nothing_to_export"
    client.force_login(trade.person("clerk", Role.FINANCE_OFFICER, hospital))
    page = client.get("/ledger/exports/")
    assert page.context["form"].initial == {"period": "2026-03"}
    assert "2025" not in str(page.context["form"]["period"])


def test_old_files_are_let_go_and_what_was_handed_over_stays_on_record(hospital: Institution) -> None:
    young, _content = exported(hospital, period=MARCH, template="kingdee")
    old = VoucherExport.objects.get(pk=young.pk)
    old.pk, old._state.adding = None, True
    old.made_at -= timedelta(days=400)
    old.save()
    ExportedContent.objects.create(export=old, deflated=b"x")
    assert services.let_old_files_go(PLATFORM) == 1
    assert services.let_old_files_go(PLATFORM) == 0
    assert list(ExportedContent.objects.values_list("export", flat=True)) == [young.pk]
    assert VoucherExport.objects.count() == 2
    with pytest.raises(NotFound, match="已过保留期"):
        file_of(PLATFORM, old.pk)
    with pytest.raises(IntegrityError, match="younger than 30 days"), transaction.atomic():
        ExportedContent.objects.all().delete()
