"""The approval pages and API, as their users meet them."""

import json
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from ops_platform.documents.public import attach
from ops_platform.identity.models import User
from ops_platform.kernel import Conflict, Forbidden, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.notifications import services as notifications
from ops_platform.notifications.models import Delivery
from tests.support import trade
from tests.workflows.test_acts import Hospital, approve, me, turn
from workflows import integrity, services
from workflows.models import Act, FlowVersion, Matter, Request

pytestmark = pytest.mark.django_db


@pytest.fixture
def hospital() -> Hospital:
    return Hospital()


def sign_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_request_goes_from_the_form_to_the_inbox_to_the_record(hospital: Hospital) -> None:
    clerk, head = sign_in(hospital.clerk), sign_in(hospital.head)
    answer = clerk.post(
        "/workflows/requests/new/",
        {
            "institution": hospital.township.pk,
            "kind": "office",
            "title": "购买打印纸",
            "amount": "1200.50",
            "reason": "库存已用完",
            "attachments": [SimpleUploadedFile("报价.txt", "报价 1200.50 元".encode())],
        },
    )
    assert answer.status_code == 302, answer.content.decode()
    page = head.get("/workflows/").content.decode()
    assert "购买打印纸" in page
    matter = Matter.objects.get()
    detail = head.get(f"/workflows/matters/{matter.pk}/").content.decode()
    assert "附件(随内容一并签署)" in detail
    assert "报价.txt" in detail
    assert "1,200.50" in detail
    given = {"task": turn(matter, hospital.head), "act": "approve", "comment": "同意"}
    assert head.post(f"/workflows/matters/{matter.pk}/sign/", given).status_code == 302
    assert Request.objects.get().state == Request.State.GRANTED
    assert "已同意" in clerk.get("/workflows/started/").content.decode()
    record = clerk.get(f"/workflows/matters/{matter.pk}/").content.decode()
    assert "同意" in record


def test_the_inbox_shows_and_filters_amounts(hospital: Hospital) -> None:
    small, large = hospital.ask("1200.50"), hospital.ask("30000")
    assert (small.amount, large.amount) == (Decimal("1200.50"), Decimal("30000"))
    head = sign_in(hospital.head)
    page = head.get("/workflows/").content.decode()
    for words in (
        "1,200.50",
        "30,000.00",
        "金额(元)",
        "事项申请 · 机构负责人审批",
        "小时后提醒",
        hospital.township.name,
    ):
        assert words in page
    found = head.get("/workflows/?amount_from=2000&amount_to=40000").content.decode()
    assert f"/workflows/matters/{large.pk}/" in found
    assert f"/workflows/matters/{small.pk}/" not in found
    assert head.get("/workflows/?sort=-amount").status_code == 200
    [request] = Request.objects.filter(amount=30000)
    services.return_to(me(hospital.head), matter_id=large.pk, task=turn(large, hospital.head), comment="请核减")
    Request.objects.filter(pk=request.pk).update(amount="28000")
    assert services.resubmit(me(hospital.clerk), matter_id=large.pk).amount == Decimal("28000")


@pytest.mark.parametrize("amount", ["NaN", "1e400", "9" * 40, "x", "-1", "\0", "٣"])
@pytest.mark.parametrize("path", ["/workflows/", "/workflows/done/", "/workflows/started/", "/workflows/copied/"])
def test_no_amount_breaks_a_list(hospital: Hospital, amount: str, path: str) -> None:
    hospital.ask()
    answer = sign_in(hospital.clerk).get(path, {"amount_from": amount, "amount_to": amount})
    assert answer.status_code == 200


def test_a_limit_that_has_passed_is_marked(hospital: Hospital) -> None:
    matter = hospital.ask()
    Matter.objects.filter(pk=matter.pk).update(entered_at=timezone.now() - timedelta(hours=100))
    matter.tasks.update(created_at=timezone.now() - timedelta(hours=100))
    page = sign_in(hospital.head).get("/workflows/").content.decode()
    assert "已超 28 小时" in page
    assert "4.2 天" in page


def test_a_refusal_without_reason_is_explained_and_changes_nothing(hospital: Hospital) -> None:
    matter = hospital.ask()
    head = sign_in(hospital.head)
    given = {"task": turn(matter, hospital.head), "act": "reject", "comment": ""}
    answer = head.post(f"/workflows/matters/{matter.pk}/sign/", given, follow=True)
    assert "请写明理由" in answer.content.decode()
    matter.refresh_from_db()
    assert matter.state == Matter.State.RUNNING


def test_the_auditor_reads_the_whole_case_and_can_do_nothing(hospital: Hospital) -> None:
    matter = hospital.ask()
    auditor = sign_in(hospital.auditor)
    page = auditor.get(f"/workflows/matters/{matter.pk}/").content.decode()
    assert 'name="comment"' not in page, "who only reads is offered nothing to write"
    assert "办理记录" in page
    assert "机构负责人审批" in page
    assert 'value="approve"' not in page


def test_what_changed_after_it_was_submitted_shows_as_broken(hospital: Hospital) -> None:
    matter = hospital.ask()
    Request.objects.update(amount="1.00")
    page = sign_in(hospital.head).get(f"/workflows/matters/{matter.pk}/").content.decode()
    assert "内容有变动" in page
    assert "disabled" in page


def test_the_way_is_drawn_with_who_comes_next(hospital: Hospital) -> None:
    matter = hospital.ask("600000.00")
    page = sign_in(hospital.clerk).get(f"/workflows/matters/{matter.pk}/").content.decode()
    assert "path-present" in page
    assert "path-skipped" in page
    assert "不适用" in page


def test_adding_a_signer_by_the_page(hospital: Hospital) -> None:
    matter = hospital.ask()
    head = sign_in(hospital.head)
    address = f"/workflows/matters/{matter.pk}/pass-on/"
    assert "前加签" in head.get(address).content.decode()
    given = {"how": "before", "person": hospital.centre.pk, "comment": "请中心先看"}
    assert head.post(address, given).status_code == 302
    assert sign_in(hospital.centre).get(f"/workflows/matters/{matter.pk}/").status_code == 200
    given = {"how": "transfer", "person": hospital.clerk.pk, "comment": "请代办"}
    assert head.post(address, given).status_code in (404, 422)


class Many:
    """Forty more people of the township hospital, and one pharmacist among them."""

    def __init__(self, hospital: Hospital) -> None:
        for number in range(40):
            trade.person(f"cashier-{number}", Role.CASHIER, hospital.township)
        self.wanted = trade.person("zhou-min", Role.INSURANCE_OFFICER, hospital.township)
        User.objects.filter(pk=self.wanted.pk).update(display_name="周敏")


@pytest.mark.parametrize("words", ["周敏", "zhou-m", "医保专员", "医保专员 周", "T1 周敏"])
def test_the_person_to_pass_on_to_is_searched_for(hospital: Hospital, words: str) -> None:
    matter, many = hospital.ask(), Many(hospital)
    head = sign_in(hospital.head)
    address = f"/workflows/matters/{matter.pk}/pass-on/"
    radio = f'type="radio" name="person" value="{many.wanted.pk}"'
    first = " ".join(head.get(address).content.decode().split())
    assert radio not in first
    assert "<select" not in first
    assert "列出前 20 人" in first
    found = " ".join(head.get(address, {"person_search": words}).content.decode().split())
    assert radio in found
    assert "共 1 人" in re.sub(r"<[^>]+>", "", found)


def test_a_search_without_scripts_keeps_what_was_entered(hospital: Hospital) -> None:
    matter, many = hospital.ask(), Many(hospital)
    head = sign_in(hospital.head)
    address = f"/workflows/matters/{matter.pk}/pass-on/"
    given = {"how": "after", "comment": "请核对报销比例", "person_search": "周敏", "find": "1"}
    answer = head.post(address, given)
    page = " ".join(answer.content.decode().split())
    assert answer.status_code == 200
    assert "请核对报销比例" in page
    assert re.search(r'value="after"[^>]* checked', page)
    assert f'name="person" value="{many.wanted.pk}"' in page
    assert not Act.objects.filter(kind="add_after").exists()
    chosen = head.post(address, {**given, "person": many.wanted.pk, "person_search": "没有这样的人"})
    assert re.search(rf'value="{many.wanted.pk}"[^>]* checked', chosen.content.decode())
    assert "没有找到" in chosen.content.decode()
    del given["find"]
    assert head.post(address, {**given, "person": many.wanted.pk}).status_code == 302
    assert Act.objects.filter(kind="add_after", other=many.wanted).exists()


@pytest.mark.parametrize("words", ["\0", "%", "\\", "'", "x" * 5000, "²", " 　 ", "a b c d e f g h"])
def test_no_words_break_the_search(hospital: Hospital, words: str) -> None:
    matter = hospital.ask()
    head = sign_in(hospital.head)
    for path in (f"/workflows/matters/{matter.pk}/pass-on/", "/workflows/delegations/new/"):
        name = "person" if "pass-on" in path else "to"
        for chosen in ("", "²", "9" * 30, "\0"):
            assert head.get(path, {f"{name}_search": words, name: chosen}).status_code == 200
        assert head.post(path, {f"{name}_search": words, "find": "1", name: words}).status_code == 200
        assert head.post(path, {f"{name}_search": words, name: words}).status_code == 422


def test_who_may_not_sign_is_not_found(hospital: Hospital) -> None:
    matter = hospital.ask()
    head = sign_in(hospital.head)
    for nobody in ("clerk", "auditor", "stranger", "head"):
        page = head.get(f"/workflows/matters/{matter.pk}/pass-on/", {"person_search": nobody}).content.decode()
        names = [User.objects.get(username=nobody).pk]
        assert f'name="person" value="{names[0]}"' not in " ".join(page.split())


def test_the_deputy_is_searched_for(hospital: Hospital) -> None:
    head = sign_in(hospital.head)
    page = head.get("/workflows/delegations/new/", {"to_search": "second-head"}).content.decode()
    assert f'name="to" value="{hospital.second_head.pk}"' in " ".join(page.split())


def test_a_comment_with_an_attachment_of_the_wrong_kind_is_refused(hospital: Hospital) -> None:
    matter = hospital.ask()
    head = sign_in(hospital.head)
    given = {"comment": "见附件", "files": [SimpleUploadedFile("x.exe", b"MZ")]}
    head.post(f"/workflows/matters/{matter.pk}/say/", given)
    assert not Act.objects.filter(kind="comment").exists()
    head.post(f"/workflows/matters/{matter.pk}/say/", {"comment": "请补报价单"})
    assert Act.objects.filter(kind="comment").count() == 1


def test_what_comes_with_a_comment_stands_apart_from_what_is_signed(hospital: Hospital) -> None:
    matter = hospital.ask()
    head, before = sign_in(hospital.head), matter.digest
    given = {"comment": "见附件", "files": [SimpleUploadedFile("比价.txt", "三家比价".encode())]}
    head.post(f"/workflows/matters/{matter.pk}/say/", given)
    shown = head.get(f"/workflows/matters/{matter.pk}/").content.decode()
    assert "讨论中的附件(不在签署内容之内)" in shown
    assert "附件(随内容一并签署)" not in shown
    assert "与提交时的摘要一致" in shown
    matter.refresh_from_db()
    assert matter.digest == before


def test_attachments_are_signed_and_can_be_added_while_returned(hospital: Hospital) -> None:
    matter = hospital.ask()
    clerk, before = sign_in(hospital.clerk), matter.digest
    services.return_to(me(hospital.head), matter_id=matter.pk, task=turn(matter, hospital.head), comment="请补报价单")
    change = f"/workflows/requests/{matter.subject}/"
    given = {"kind": "equipment", "title": "购置心电图机", "amount": "30000", "reason": "旧机已到报废年限"}
    quote = SimpleUploadedFile("报价单.txt", "报价 30000 元".encode())
    assert clerk.post(change, {**given, "attachments": [quote]}).status_code == 302
    assert "报价单.txt" in clerk.get(change).content.decode()
    services.resubmit(me(hospital.clerk), matter_id=matter.pk)
    matter.refresh_from_db()
    assert matter.digest != before, "only an attachment is new, and it is signed"
    (attached,) = sign_in(hospital.head).get(f"/api/v1/workflows/matters/{matter.pk}/").json()["attachments"]
    assert (attached["name"], attached["signed"]) == ("报价单.txt", True)
    assert sign_in(hospital.head).get(attached["url"]).status_code == 200
    assert sign_in(hospital.stranger).get(attached["url"]).status_code == 404
    attach(
        PLATFORM, owner_type="workflows.request", owner_id=matter.subject, institution=None, files=[quote_of("换过")]
    )
    with pytest.raises(Conflict) as refusal:
        approve(matter, hospital.head)
    assert refusal.value.code == "workflows.subject_changed"


def quote_of(words: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("报价单.txt", words.encode())


def test_the_batch_button_signs_what_is_ticked(hospital: Hospital) -> None:
    matters = [hospital.ask("20000.00"), hospital.ask("20000.00")]
    head = sign_in(hospital.head)
    ticked = [f"{matter.pk}-{turn(matter, hospital.head)}" for matter in matters]
    answer = head.post("/workflows/batch/", {"task": ticked}, follow=True)
    assert "已同意 2 件" in answer.content.decode()
    assert "请先勾选" in head.post("/workflows/batch/", {}, follow=True).content.decode()


def test_the_batch_button_shows_only_where_something_can_be_ticked(hospital: Hospital) -> None:
    matter = hospital.ask()
    head = sign_in(hospital.head)
    assert "同意勾选的事项" in head.get("/workflows/").content.decode()
    later = FlowVersion.objects.get(pk=matter.version_id)
    later.pk, later._state.adding = None, True
    later.number, later.body = later.number + 1, {**later.body, "batch": False}
    later.save(force_insert=True)
    Matter.objects.filter(pk=matter.pk).update(version=later)
    assert "同意勾选的事项" not in head.get("/workflows/").content.decode()


def test_the_lists_cost_the_same_queries_however_long(
    hospital: Hospital, django_assert_max_num_queries: object
) -> None:
    head = sign_in(hospital.head)
    for _ in range(12):
        hospital.ask()
    head.get("/workflows/")
    with django_assert_max_num_queries(13):  # type: ignore[operator]
        head.get("/workflows/")


def test_a_program_acts_as_the_signed_in_person(hospital: Hospital) -> None:
    matter = hospital.ask()
    head = sign_in(hospital.head)
    [task] = head.get("/api/v1/workflows/tasks/").json()["results"]
    assert task["title"] == matter.title
    address = f"/api/v1/workflows/matters/{matter.pk}/acts/"
    body = {"act": "approve", "task": task["number"], "comment": "接口办理"}
    answer = head.post(address, json.dumps(body), content_type="application/json")
    assert answer.status_code == 200, answer.content
    assert answer.json()["state"] == "approved"
    assert [entry["kind"] for entry in answer.json()["record"]] == ["submit", "approve"]
    again = head.post(address, json.dumps(body), content_type="application/json")
    assert (again.status_code, again.json()["code"]) == (409, "workflows.ended")


def test_a_program_submits_a_request_of_the_signed_in_person(hospital: Hospital) -> None:
    body = {"institution": "T1", "kind": "office", "title": "打印纸", "amount": "100.00", "reason": "用完了"}
    clerk = sign_in(hospital.clerk)
    answer = clerk.post("/api/v1/workflows/requests/", json.dumps(body), content_type="application/json")
    assert answer.status_code == 201, answer.content
    assert (answer.json()["state"], answer.json()["applicant"]) == ("running", "clerk")
    foreign = json.dumps({**body, "institution": "H1"})
    refused = clerk.post("/api/v1/workflows/requests/", foreign, content_type="application/json")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["message"] == "没有机构 H1，或您无权办理。", "as if it did not exist"


def test_a_stranger_learns_no_title_from_the_batch_button(hospital: Hospital) -> None:
    matter = hospital.ask()
    answer = sign_in(hospital.stranger).post("/workflows/batch/", {"task": [f"{matter.pk}-1", "²-1"]}, follow=True)
    assert answer.status_code == 200
    answer = sign_in(hospital.stranger).post("/workflows/batch/", {"task": f"{matter.pk}-1"}, follow=True)
    assert matter.title not in answer.content.decode()


def test_a_form_that_is_sent_twice_is_one_request(hospital: Hospital) -> None:
    clerk = sign_in(hospital.clerk)
    body = {"institution": hospital.township.pk, "kind": "office", "title": "打印纸", "amount": "9", "reason": "用完了"}
    body["once"] = "0e37df36-f698-11e6-8dd4-cb9ced3df976"
    first, second = (clerk.post("/workflows/requests/new/", body) for _ in range(2))
    assert (first.status_code, first.url) == (302, second.url)  # type: ignore[attr-defined]
    assert Request.objects.count() == 1


def test_the_auditor_writes_nothing(hospital: Hospital) -> None:
    matter = hospital.ask()
    assert sign_in(hospital.auditor).post(f"/workflows/matters/{matter.pk}/say/", {"comment": "好"}).status_code == 403
    assert sign_in(hospital.auditor).get("/workflows/delegations/new/").status_code == 403


def test_other_systems_are_told_of_every_change_of_state_once(hospital: Hospital) -> None:
    root = me(trade.person("root", Role.SYSTEM_ADMIN))
    events = ["workflows.submitted", "workflows.decided", "workflows.sent_back"]
    notifications.create_webhook(root, name="OA", url="https://93.184.216.34/hooks", events=events)
    matter = hospital.ask()
    number = turn(matter, hospital.head)
    services.return_to(me(hospital.head), matter_id=matter.pk, task=number, comment="请补报价")
    services.resubmit(me(hospital.clerk), matter_id=matter.pk)
    services.approve(me(hospital.head), matter_id=matter.pk, task=turn(matter, hospital.head))
    told = Delivery.objects.filter(channel="webhook").order_by("id")
    assert list(told.values_list("event", flat=True)) == [
        "workflows.submitted",
        "workflows.sent_back",
        "workflows.decided",
    ]
    assert told.last().payload["state"] == "approved"  # type: ignore[union-attr]


def test_a_text_with_nul_is_refused_in_words_at_every_button(hospital: Hospital) -> None:
    matter = hospital.ask()
    head = sign_in(hospital.head)
    for act in ("sign", "say", "withdraw", "resubmit"):
        given = {"task": turn(matter, hospital.head), "act": "return", "comment": "a\x00b", "next": "/workflows/"}
        answer = head.post(f"/workflows/matters/{matter.pk}/{act}/", given, follow=True)
        assert answer.status_code == 200, act
        assert "不可识别的字符" in answer.content.decode(), act
    assert Matter.objects.get().state == Matter.State.RUNNING


def test_a_request_on_its_way_is_looked_at_and_not_edited(hospital: Hospital) -> None:
    matter = hospital.ask()
    answer = sign_in(hospital.clerk).get(f"/workflows/requests/{matter.subject}/", follow=True)
    assert answer.redirect_chain[-1][0] == f"/workflows/matters/{matter.pk}/"
    assert "只有被退回的申请可以修改" in answer.content.decode()


@pytest.mark.parametrize("query", ["kind=no-such", "amount_from=ten"])
def test_a_filter_that_is_not_understood_lists_nothing_and_says_so(hospital: Hospital, query: str) -> None:
    hospital.ask()
    clerk = sign_in(hospital.clerk)
    shown = clerk.get(f"/workflows/started/?{query}").content.decode()
    assert "筛选条件有误" in shown
    assert "购置心电图机" not in shown
    assert clerk.get(f"/workflows/started/?{query}&export=xlsx").status_code == 422


def test_what_an_earlier_round_showed_stays_in_the_record(hospital: Hospital) -> None:
    matter = hospital.ask("49000")
    services.return_to(me(hospital.head), matter_id=matter.pk, task=turn(matter, hospital.head), comment="请核对金额")
    given = {"kind": "equipment", "title": "购置心电图机", "amount": "900000", "reason": "旧机已到报废年限"}
    sign_in(hospital.clerk).post(f"/workflows/requests/{matter.subject}/", given)
    services.resubmit(me(hospital.clerk), matter_id=matter.pk)
    auditor = sign_in(hospital.auditor)
    shown = " ".join(auditor.get(f"/workflows/matters/{matter.pk}/").content.decode().split())
    assert "<del>49,000.00</del> → <ins>900,000.00</ins>" in shown
    record = auditor.get(f"/api/v1/workflows/matters/{matter.pk}/").json()["record"]
    told = [event["detail"]["lines"] for act in record for event in act["events"] if event["kind"] == "content"]
    assert [dict(lines)["金额(元)"] for lines in told] == ["49,000.00", "900,000.00"]
    assert all(act["digest"] for act in record if act["kind"] in ("submit", "return", "resubmit"))


def test_auditors_say_nothing_through_the_api_either(hospital: Hospital) -> None:
    matter = hospital.ask()
    with pytest.raises(Forbidden) as refusal:
        services.comment(me(hospital.auditor), matter_id=matter.pk, words="看过了")
    assert refusal.value.code == "workflows.reads_only"


def test_a_wrongly_added_signer_is_taken_back_on_the_page(hospital: Hospital) -> None:
    matter = hospital.ask()
    task = turn(matter, hospital.head)
    common = {"matter_id": matter.pk, "task": task, "comment": "请中心先核"}
    services.add_signer(me(hospital.head), added=hospital.centre.pk, before=True, **common)
    head, address = sign_in(hospital.head), f"/workflows/matters/{matter.pk}/"
    assert "已请 centre 加签，尚未办理" in head.get(address).content.decode()
    assert "取消加签" not in sign_in(hospital.centre).get(address).content.decode()
    given = {"task": task, "person": hospital.centre.pk, "comment": "选错了人"}
    assert "已取消加签" in head.post(f"{address}take-back/", given, follow=True).content.decode()
    assert "请您审批" in head.get(address).content.decode()
    approve(matter, hospital.head)
    assert Act.objects.filter(kind="take_back", other=hospital.centre).count() == 1
    assert list(integrity.signatures()) == list(integrity.turns()) == []
    for odd in ("", "\0", "9" * 30, "x"):
        assert head.post(f"{address}take-back/", {**given, "person": odd}).status_code < 500


@pytest.mark.parametrize(
    ("pasted", "amount"),
    [("1,234.50", "1234.50"), ("１，２３４．５０", "1234.50"), (" ￥12,345 元 ", "12345.00"), ("7", "7.00")],
)
def test_an_amount_is_read_as_it_is_pasted(hospital: Hospital, pasted: str, amount: str) -> None:
    asked = {
        "institution": hospital.township.pk,
        "kind": "office",
        "title": "打印纸",
        "amount": pasted,
        "reason": "用完了",
    }
    assert sign_in(hospital.clerk).post("/workflows/requests/new/", asked).status_code == 302
    assert Request.objects.get().amount == Decimal(amount)


@pytest.mark.parametrize("mistaken", ["1,23", "12,34.50", "1.234,50", "-1", "1e9", "1_000", "1.2.3"])
def test_an_amount_that_may_be_mistyped_is_refused(hospital: Hospital, mistaken: str) -> None:
    asked = {
        "institution": hospital.township.pk,
        "kind": "office",
        "title": "打印纸",
        "amount": mistaken,
        "reason": "用完",
    }
    assert sign_in(hospital.clerk).post("/workflows/requests/new/", asked).status_code == 422


def test_lists_are_filtered_by_an_amount_as_it_is_pasted(hospital: Hospital) -> None:
    hospital.ask("30000.00")
    assert "购置心电图机" in listed(hospital.head, "29,999.99")
    assert "购置心电图机" not in listed(hospital.head, "30,000.01")


def listed(user: User, amount_from: str) -> str:
    return sign_in(user).get("/workflows/", {"amount_from": amount_from}).content.decode()
