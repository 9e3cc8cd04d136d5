"""What people are told: each new turn and each return once, in words that say what it is; mails name no matter."""

import pytest
from django.utils import timezone

from ops_platform.identity.models import User
from ops_platform.kernel.actor import PLATFORM
from ops_platform.notifications import delivering
from ops_platform.notifications import selectors as inbox
from ops_platform.notifications import services as notifications
from ops_platform.notifications.models import Message
from tests.notifications.receivers import MailServer
from tests.workflows.test_acts import Hospital, approve, me, turn, waiting
from tests.workflows.test_pages import sign_in
from tests.workflows.test_time import hours_pass, with_hours
from workflows import services
from workflows.engine.definition import from_json, to_json
from workflows.models import Flow, Matter
from workflows.selectors import matters as selectors
from workflows.services import sweeping
from workflows.services.flows import publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def hospital() -> Hospital:
    hospital = Hospital()
    for name in ("clerk", "head", "second-head", "centre", "leader"):
        User.objects.filter(username=name).update(email=f"{name}@hospital.cn")
    return hospital


def unread(person: User) -> Message:
    """The one message that the person has not read."""
    return Message.objects.get(recipient=person, read_at=None)


def read(person: User) -> None:
    notifications.read_all(me(person))
    assert inbox.unread(me(person)) == 0


def send_back(matter: Matter, by: User, comment: str = "请补报价", step: str = "") -> None:
    services.return_to(me(by), matter_id=matter.pk, task=turn(matter, by), comment=comment, step=step)


def add(matter: Matter, by: User, guest: User, *, before: bool, comment: str = "请先核") -> None:
    services.add_signer(
        me(by), matter_id=matter.pk, task=turn(matter, by), added=guest.pk, before=before, comment=comment
    )


def mails_to(mail_host: MailServer, person: User) -> list[str]:
    delivering.deliver_due()
    return [mail["Subject"].strip() for mail in mail_host.received if mail["To"] == f"{person.username}@hospital.cn"]


def in_two_steps() -> None:
    """The head of the institution, then the centre, sign every request."""
    flow = Flow.objects.get(subject_type="workflows.request")
    assert flow.current
    body = to_json(from_json(flow.current.body))
    first, second = body["steps"][0], body["steps"][1]
    flow.draft = {**body, "steps": [{**first, "condition": ""}, {**second, "condition": ""}]}
    flow.save()
    publish(PLATFORM, flow_id=flow.pk, made_by="somebody")


def test_who_returned_a_matter_and_has_read_its_message_is_told_when_it_comes_again(
    hospital: Hospital,
    mail_host: MailServer,
) -> None:
    matter = hospital.ask()
    assert len(mails_to(mail_host, hospital.head)) == 1
    read(hospital.head)
    send_back(matter, hospital.head)
    services.resubmit(me(hospital.clerk), matter_id=matter.pk, comment="已补报价单")
    message = unread(hospital.head)
    assert message.title.startswith("重新提交，待审批：购置心电图机")
    assert "申请人重新提交：已补报价单" in message.body
    assert len(mails_to(mail_host, hospital.head)) == 2


def test_who_signed_and_gets_the_matter_back_from_a_later_step_is_told_why(hospital: Hospital) -> None:
    in_two_steps()
    matter = hospital.ask()
    read(hospital.head)
    approve(matter, hospital.head)
    send_back(matter, hospital.centre, "请核对型号", step=matter.step)
    message = unread(hospital.head)
    assert message.title.startswith("退回，待审批：")
    assert "centre退回到本环节：请核对型号" in message.body


def test_who_let_somebody_sign_first_is_told_when_the_turn_is_theirs_again(hospital: Hospital) -> None:
    matter = hospital.ask("600000.00")
    for guest in (hospital.centre, hospital.head):
        read(hospital.leader)
        add(matter, hospital.leader, guest, before=True)
        assert inbox.unread(me(hospital.leader)) == 0
        approve(matter, guest)
        assert f"前面的加签已了结({guest}：同意)，轮到您审批" in unread(hospital.leader).body


def test_who_takes_the_added_signer_back_needs_no_message_of_the_own_turn(hospital: Hospital) -> None:
    matter = hospital.ask("600000.00")
    read(hospital.leader)
    add(matter, hospital.leader, hospital.centre, before=True)
    services.take_back_signer(
        me(hospital.leader),
        matter_id=matter.pk,
        task=matter.tasks.get(person=hospital.leader).number,
        guest=hospital.centre.pk,
        comment="不必了",
    )
    assert waiting(matter) == {"leader"}
    assert inbox.unread(me(hospital.leader)) == 0
    assert not Message.objects.filter(recipient=hospital.centre).exists(), "nor does the guest's ask for anything"


def test_a_turn_is_told_once_however_much_happens_beside_it(hospital: Hospital) -> None:
    matter = hospital.ask()
    read(hospital.second_head)
    add(matter, hospital.head, hospital.centre, before=False)
    assert inbox.unread(me(hospital.second_head)) == 0
    services.transfer(
        me(hospital.head), matter_id=matter.pk, task=turn(matter, hospital.head), to=hospital.leader.pk, comment="外出"
    )
    assert inbox.unread(me(hospital.second_head)) == 0


def test_each_return_is_told_though_the_reason_is_the_same(hospital: Hospital, mail_host: MailServer) -> None:
    matter = hospital.ask()
    for _ in range(2):
        send_back(matter, hospital.head, "请补报价")
        delivering.deliver_due()
        message = unread(hospital.clerk)
        assert (message.kind, message.body) == ("workflows.returned", "请补报价")
        read(hospital.clerk)
        services.resubmit(me(hospital.clerk), matter_id=matter.pk)
    assert (
        mails_to(mail_host, hospital.clerk)
        == [f"【业财融合】已退回，请修改后重新提交或撤回：事项申请(事项 {matter.pk})"] * 2
    )


def test_a_return_that_is_answered_asks_for_nothing_any_more(hospital: Hospital) -> None:
    matter = hospital.ask()
    send_back(matter, hospital.head)
    assert unread(hospital.clerk)
    services.resubmit(me(hospital.clerk), matter_id=matter.pk)
    assert inbox.unread(me(hospital.clerk)) == 0


def test_one_is_not_told_of_the_own_withdrawal(hospital: Hospital) -> None:
    matter = hospital.ask()
    services.withdraw(me(hospital.clerk), matter_id=matter.pk)
    assert not Message.objects.filter(recipient=hospital.clerk).exists()


def test_title_amount_and_words_of_a_matter_stay_on_the_page(
    hospital: Hospital,
    mail_host: MailServer,
) -> None:
    with_hours(remind=24, escalate=48)
    matter = hospital.ask(title="购置心电图机")
    services.urge(me(hospital.clerk), matter_id=matter.pk)
    services.comment(me(hospital.clerk), matter_id=matter.pk, words="报价另附")
    for hours in (25, 24):
        hours_pass(matter, hours)
        sweeping.sweep()
    delivering.deliver_due()
    add(matter, hospital.head, hospital.leader, before=True, comment="请先核价")
    delivering.deliver_due()
    approve(matter, hospital.leader, comment="同意")
    send_back(matter, hospital.head, "请补报价")
    delivering.deliver_due()
    assert len(mail_host.received) > 10
    for mail in mail_host.received:
        said = mail["Subject"] + mail.get_content()
        for secret in ("心电图", "30,000", "报价", "核价", "clerk审批", "科室"):
            assert secret not in said
    assert all(f"事项 {matter.pk})" in mail["Subject"] for mail in mail_host.received)
    assert f"https://ops.hospital.cn/workflows/matters/{matter.pk}/" in mail_host.received[0].get_content()
    assert "心电图" in Message.objects.filter(recipient=hospital.clerk).first().title  # type: ignore[union-attr]


def test_urging_reminding_and_escalating_say_what_they_are(hospital: Hospital, mail_host: MailServer) -> None:
    with_hours(remind=24, escalate=48)
    matter = hospital.ask()
    services.urge(me(hospital.clerk), matter_id=matter.pk)
    message = unread(hospital.head)
    assert message.title.startswith("申请人催办，待审批：")
    assert "clerk催办(" in message.body
    hours_pass(matter, 25)
    sweeping.sweep()
    message = unread(hospital.head)
    assert message.title.startswith("提醒(已等待 25 小时)，待审批：")
    hours_pass(matter, 23)
    sweeping.sweep()
    message = unread(hospital.centre)
    assert message.title.startswith("升级，待审批：")
    assert "升级：原由head、second-head审批，未在 48 小时内处理" in message.body
    assert "已等待 48 小时，已升级到上一级，您仍可审批" in unread(hospital.head).body
    number = f"事项申请(事项 {matter.pk})"
    assert mails_to(mail_host, hospital.head) == [
        f"【业财融合】{head}待审批：{number}" for head in ("", "申请人催办，", "提醒(已等待 25 小时)，", "已升级，")
    ]
    assert mails_to(mail_host, hospital.centre) == [f"【业财融合】升级，待审批：{number}"]


def test_an_escalation_and_a_reminder_that_fall_due_together_are_told_once(
    hospital: Hospital,
    mail_host: MailServer,
) -> None:
    with_hours(remind=24, escalate=24)
    matter = hospital.ask()
    mails_to(mail_host, hospital.head)
    hours_pass(matter, 24)
    assert sweeping.sweep() == 1
    assert sweeping.sweep() == 0
    assert len(mails_to(mail_host, hospital.head)) == 2
    assert len(mails_to(mail_host, hospital.centre)) == 1
    hours_pass(matter, 24)
    assert sweeping.sweep() == 1
    assert unread(hospital.centre).title.startswith("提醒(已等待 48 小时)")


def test_many_tasks_that_come_back_at_the_end_of_a_delegation_are_one_message(
    hospital: Hospital,
    mail_host: MailServer,
) -> None:
    today = timezone.localdate()
    given = services.delegate(
        me(hospital.centre), to=hospital.leader.pk, first_day=today, last_day=today, reason="外出开会"
    )
    matters = [hospital.ask("60000.00") for _ in range(5)]
    assert "代centre审批" in Message.objects.filter(recipient=hospital.leader, kind="workflows.task")[0].body
    services.revoke_delegation(me(hospital.centre), delegation_id=given.pk)
    assert sweeping.sweep() == 5
    assert all(waiting(matter) == {"centre"} for matter in matters)
    message = unread(hospital.centre)
    assert (message.title, message.url) == ("委派结束，待办已退还给您", "/workflows/")
    assert mails_to(mail_host, hospital.centre) == ["【业财融合】委派结束，待办已退还给您"]
    assert not Message.objects.filter(recipient=hospital.leader, kind="workflows.task").exists()
    services.delegate(me(hospital.centre), to=hospital.leader.pk, first_day=today, last_day=today, reason="又外出")
    sweeping.sweep()
    handed = Message.objects.filter(recipient=hospital.leader, title="centre的待办已转给您代为审批")
    assert handed.count() == 1


def test_who_is_asked_by_name_learns_by_whom_and_why(hospital: Hospital) -> None:
    matter = hospital.ask()
    services.transfer(
        me(hospital.head),
        matter_id=matter.pk,
        task=turn(matter, hospital.head),
        to=hospital.centre.pk,
        comment="设备由中心统管",
    )
    message = unread(hospital.centre)
    assert message.title.startswith("转办给您：")
    assert "head转办给您：设备由中心统管" in message.body
    add(matter, hospital.centre, hospital.leader, before=False, comment="金额较大")
    assert not Message.objects.filter(recipient=hospital.leader).exists(), "it is not their turn yet"
    approve(matter, hospital.centre)
    message = unread(hospital.leader)
    assert message.title.startswith("请您加签：")
    assert "centre请您加签：金额较大" in message.body


def test_a_comment_is_told_to_the_applicant_and_to_whose_turn_it_is(hospital: Hospital) -> None:
    matter = hospital.ask()
    for person in (hospital.head, hospital.second_head):
        read(person)
    services.comment(me(hospital.head), matter_id=matter.pk, words="有几家报价？")
    message = unread(hospital.clerk)
    assert message.title.startswith("新评论：购置心电图机")
    assert message.body == "head：有几家报价？"
    assert unread(hospital.second_head).body == message.body
    assert inbox.unread(me(hospital.head)) == 0, "who says it knows it"
    services.comment(me(hospital.clerk), matter_id=matter.pk, words="三家")
    assert unread(hospital.head).body == "clerk：三家"


def test_what_a_delegate_signs_the_principal_is_told_and_finds_among_what_is_done(hospital: Hospital) -> None:
    today = timezone.localdate()
    services.delegate(me(hospital.head), to=hospital.leader.pk, first_day=today, last_day=today, reason="外出")
    matter = hospital.ask()
    page = sign_in(hospital.head)
    approve(matter, hospital.leader, comment="同意购置")
    message = unread(hospital.head)
    assert message.title.startswith("已代您同意：购置心电图机")
    assert message.body == "leader代您同意：同意购置"
    assert "leader 代 head" in page.get("/workflows/done/").content.decode()
    assert page.get(message.url).status_code == 200
    assert [task.matter for task in selectors.done(me(hospital.leader))] == [matter]


def test_what_was_returned_stands_in_the_applicants_inbox_until_it_is_answered(hospital: Hospital) -> None:
    matters = [hospital.ask(), hospital.ask(title="购置打印机")]
    clerk = sign_in(hospital.clerk)
    assert "没有待办" in clerk.get("/workflows/").content.decode()
    for matter in matters:
        send_back(matter, hospital.head, "请补报价")
    assert selectors.to_do_count(me(hospital.clerk)) == 2
    counts = clerk.get("/api/v1/workflows/counts/").json()
    assert (counts["to_do"], counts["returned"]) == (2, 2)
    page = clerk.get("/workflows/").content.decode()
    assert "没有待办" not in page
    assert "退回给我的" in page
    assert "购置打印机" in page
    assert "请补报价" in page
    assert f"/workflows/matters/{matters[0].pk}/withdraw/" in page
    assert 'id="resubmit"' in clerk.get(f"/workflows/matters/{matters[0].pk}/").content.decode()
    services.withdraw(me(hospital.clerk), matter_id=matters[0].pk)
    services.resubmit(me(hospital.clerk), matter_id=matters[1].pk)
    assert selectors.to_do_count(me(hospital.clerk)) == 0
    assert "退回给我的" not in clerk.get("/workflows/").content.decode()


def test_what_was_returned_since_nobody_could_sign_says_so_in_the_inbox(hospital: Hospital) -> None:
    matter = hospital.ask()
    send_back(matter, hospital.head, "请补报价")
    services.resubmit(me(hospital.clerk), matter_id=matter.pk)
    User.objects.exclude(pk=hospital.clerk.pk).update(is_active=False)
    sweeping.sweep()
    (row,) = selectors.returned(me(hospital.clerk))
    assert row.reason is None  # type: ignore[attr-defined]
    assert "没有可以审批的人" in sign_in(hospital.clerk).get("/workflows/").content.decode()
