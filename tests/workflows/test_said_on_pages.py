"""What the pages say back: what was typed stays, every act is confirmed, and refusals stand where they are mended."""

import pytest
from django.urls import reverse

from tests.support import trade
from tests.workflows.test_acts import Hospital, approve, me, turn
from tests.workflows.test_pages import sign_in
from workflows import services
from workflows.models import Flow, FlowVersion, Matter, Request

pytestmark = pytest.mark.django_db


@pytest.fixture
def hospital() -> Hospital:
    return Hospital()


def address(matter: Matter) -> str:
    return f"/workflows/matters/{matter.pk}/"


def test_a_transfer_to_lower_rank_is_refused_at_the_field_and_keeps_the_reason(hospital: Hospital) -> None:
    matter = hospital.ask("60000.00")
    given = {"how": "transfer", "person": hospital.head.pk, "comment": "请代为办理这一件"}
    answer = sign_in(hospital.centre).post(f"{address(matter)}pass-on/", given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "只能转办给同样担任" in page
    assert "请代为办理这一件" in page


def test_who_sits_at_the_step_already_is_not_offered(hospital: Hospital) -> None:
    page = sign_in(hospital.head).get(f"{address(hospital.ask())}pass-on/").content.decode()
    assert "centre(" in page
    assert "second-head(" not in page


def test_adding_a_signer_and_transferring_are_confirmed(hospital: Hospital) -> None:
    matter = hospital.ask()
    given = {"how": "before", "person": hospital.centre.pk, "comment": "请先看"}
    page = sign_in(hospital.head).post(f"{address(matter)}pass-on/", given, follow=True).content.decode()
    assert "已请 centre 先签，签后再到您。" in page
    given = {"how": "transfer", "person": hospital.leader.pk, "comment": "请代办"}
    page = (
        sign_in(hospital.second_head)
        .post(f"{address(hospital.ask(title='打印纸'))}pass-on/", given, follow=True)
        .content.decode()
    )
    assert "已转办给 leader。" in page


def test_what_was_typed_stands_there_again_after_a_refusal(hospital: Hospital) -> None:
    matter = hospital.ask()
    head = sign_in(hospital.head)
    given = {"where": "sign", "task": turn(matter, hospital.head), "act": "reject", "comment": "否"}
    page = head.post(f"{address(matter)}sign/", given, follow=True).content.decode()
    assert "请写明理由" in page
    assert ">否</textarea>" in page
    assert ">否</textarea>" not in head.get(address(matter)).content.decode(), "once"
    stale = {**given, "act": "approve", "comment": "按第三份报价办理"}
    approve(matter, hospital.second_head)
    page = head.post(f"{address(matter)}sign/", stale, follow=True).content.decode()
    assert ">按第三份报价办理</textarea>" in page, "as a comment, since nothing is left to sign"


def test_what_was_changed_but_not_submitted_again_is_shown_and_confirmed(hospital: Hospital) -> None:
    matter = hospital.ask()
    given = {"task": turn(matter, hospital.head), "comment": "金额请核对"}
    services.return_to(me(hospital.head), matter_id=matter.pk, **given)
    row = Request.objects.get()
    clerk = sign_in(hospital.clerk)
    body = {"kind": "equipment", "title": row.title, "amount": "28000", "reason": row.reason}
    page = clerk.post(reverse("workflows:change-request", args=[row.pk]), body, follow=True).content.decode()
    assert "已保存。请核对后重新提交。" in page
    assert "<del>30,000.00</del> → <ins>28,000.00</ins>" in page


def test_a_refusal_that_returns_is_called_so_before_and_after(hospital: Hospital) -> None:
    matter = hospital.ask()
    current = Flow.objects.get(subject_type="workflows.request").current
    assert current
    later = FlowVersion.objects.get(pk=current.pk)
    later.pk, later._state.adding = None, True
    steps = [{**step, "on_rejection": "returns"} for step in later.body["steps"]]
    later.number, later.body = later.number + 1, {**later.body, "steps": steps}
    later.save(force_insert=True)
    Matter.objects.filter(pk=matter.pk).update(version=later)
    head = sign_in(hospital.head)
    assert "否决(退回申请人)" in head.get(address(matter)).content.decode()
    given = {"task": turn(matter, hospital.head), "act": "reject", "comment": "没有预算"}
    page = head.post(f"{address(matter)}sign/", given, follow=True).content.decode()
    assert "已否决，事项退回申请人。" in page


def test_departments_of_several_institutions_are_told_apart(hospital: Hospital) -> None:
    for code in ("H1", "T1"):
        trade.landed(hospital.institutions[code], "departments", [trade.department("D1", "clinical", "内科")])
    page = sign_in(hospital.centre).get("/workflows/requests/new/").content.decode()
    assert "东镇卫生院 内科" in page
    assert "测试县人民医院 内科" in page
    assert "金额决定由哪一级审批" not in page


def test_the_batch_asks_with_how_many(hospital: Hospital) -> None:
    hospital.ask()
    page = sign_in(hospital.head).get("/workflows/").content.decode()
    assert "data-ticked" in page
    assert "同意勾选的 {ticked} 件事项" in page
