"""Mail: who wants it learns what there is to do and where; nothing of the matter itself leaves."""

import os
import subprocess
import sys
from typing import Any

import pytest
from django.test import Client

from ops_platform.audit.models import AuditEvent
from ops_platform.identity.models import MailChoice, User
from ops_platform.kernel import Role
from ops_platform.notifications import delivering, kinds
from ops_platform.notifications.models import Delivery, OutboxTask
from ops_platform.notifications.public import Note, notify, register_kind, settle
from tests.architecture.source import ROOT
from tests.notifications.receivers import MailServer
from tests.support import trade

pytestmark = pytest.mark.django_db
TOLD = "test.told"


@pytest.fixture
def clerk() -> User:
    person = trade.person("clerk", Role.FINANCE_OFFICER, trade.alliance()["T1"])
    person.email = "clerk@hospital.cn"
    person.save(update_fields=["email"])
    return person


def about_data(person: User, title: str = "隔离区 3 行", *, kind: str = "his_intake.findings") -> Note:
    return Note(person.pk, f"{kind}:T1", kind, title, body="张三的费用", url="/intake/quarantine/")


def test_a_message_also_goes_by_mail_with_its_title_and_the_way_to_the_page(clerk: User, mail_host: MailServer) -> None:
    notify([about_data(clerk)])
    assert delivering.deliver_due() == 1
    (mail,) = mail_host.received
    body = mail.get_content()
    assert (mail["To"], mail["From"]) == ("clerk@hospital.cn", "ops@hospital.cn")
    assert mail["Subject"] == "【业财融合】隔离区 3 行"
    assert mail.get_content_type() == "text/plain"
    assert "https://ops.hospital.cn/intake/quarantine/" in body
    assert "https://ops.hospital.cn/accounts/mail/" in body
    assert "张三" not in body
    assert mail["Message-ID"] == f"<{Delivery.objects.get().uid}@hospital.cn>"
    assert delivering.deliver_due() == 0


def test_where_the_title_is_not_to_leave_another_line_goes_out(
    clerk: User, mail_host: MailServer, client: Client
) -> None:
    notify([Note(clerk.pk, "matter:7", "his_intake.findings", "购置心电图机(30,000.00 元)", mail="事项 7 待审批")])
    delivering.deliver_due()
    (mail,) = mail_host.received
    assert mail["Subject"].strip() == "【业财融合】事项 7 待审批"
    assert "心电图机" not in mail.get_content()
    client.force_login(clerk)
    assert "购置心电图机" in client.get("/messages/").content.decode()
    client.force_login(trade.person("root", Role.SYSTEM_ADMIN))
    row = client.get("/notifications/deliveries/").content.decode()
    assert "事项 7 待审批" in row, "what an administrator sees of a delivery is what left"
    assert "心电图机" not in row
    assert "table-stack" in row, "on a telephone state and retry stand under their labels"


def test_nothing_in_a_title_becomes_a_header(clerk: User, mail_host: MailServer) -> None:
    User.objects.update(display_name="李\r\nBcc: x@evil.cn")
    notify([about_data(clerk, "好\r\nBcc: victim@evil.cn\r\n\r\n正文")])
    delivering.deliver_due()
    (mail,) = mail_host.received
    assert mail["Bcc"] is None
    assert mail["Subject"].strip() == "【业财融合】好 Bcc: victim@evil.cn 正文"
    assert set(mail.keys()) == {
        "Content-Type",
        "MIME-Version",
        "Content-Transfer-Encoding",
        "Subject",
        "From",
        "To",
        "Date",
        "Message-ID",
        "Auto-Submitted",
    }


def test_without_a_mail_server_no_mail_is_written(clerk: User) -> None:
    assert notify([about_data(clerk)]) == 1
    assert not Delivery.objects.exists()
    assert not OutboxTask.objects.filter(task="notifications.deliver").exists()


@pytest.mark.parametrize(
    ("choice", "mailed"),
    [
        (MailChoice.ALL, {"his_intake.findings", TOLD}),
        (MailChoice.TO_DO, {"his_intake.findings"}),
        (MailChoice.NONE, set()),
    ],
)
def test_everybody_gets_the_mails_they_want(
    clerk: User, mail_host: MailServer, choice: MailChoice, mailed: set[str]
) -> None:
    register_kind(TOLD, "已办结", to_do=False)
    try:
        User.objects.update(mail_choice=choice)
        notify([about_data(clerk), about_data(clerk, "办结了", kind=TOLD)])
    finally:
        kinds._titles.pop(TOLD)
        kinds._only_told.discard(TOLD)
    assert set(Delivery.objects.values_list("event", flat=True)) == mailed


def test_who_has_no_address_or_has_left_gets_no_mail(clerk: User, mail_host: MailServer) -> None:
    notify([about_data(trade.person("nomail", Role.AUDITOR))])
    assert not Delivery.objects.exists()
    notify([about_data(clerk)])
    User.objects.filter(pk=clerk.pk).update(is_active=False)
    delivering.deliver_due()
    assert mail_host.received == []
    assert Delivery.objects.get().state == "failed"


def test_the_same_words_are_mailed_once_and_other_words_again(clerk: User, mail_host: MailServer) -> None:
    notify([about_data(clerk)])
    notify([about_data(clerk)])
    notify([about_data(clerk, "隔离区 5 行")])
    assert delivering.deliver_due() == 2


def test_a_matter_that_is_settled_is_not_mailed_any_more(clerk: User, mail_host: MailServer) -> None:
    notify([about_data(clerk)])
    settle(["his_intake.findings:T1"])
    assert delivering.deliver_due() == 0
    assert mail_host.received == []


def test_one_address_that_the_server_refuses_does_not_stop_the_others(clerk: User, mail_host: MailServer) -> None:
    mail_host.refuses = "clerk@"
    other = trade.person("other", Role.AUDITOR)
    User.objects.filter(pk=other.pk).update(email="other@hospital.cn")
    notify([about_data(clerk), about_data(other)])
    assert delivering.deliver_due() == 1
    assert [mail["To"] for mail in mail_host.received] == ["other@hospital.cn"]
    failed = Delivery.objects.get(recipient=clerk)
    assert (failed.state, failed.last_error) == ("failed", "邮件服务器没有接收(SMTPRecipientsRefused)")


def test_a_mail_waits_while_the_server_is_away(clerk: User, mail_host: MailServer, settings: Any) -> None:
    settings.EMAIL_PORT = 1
    notify([about_data(clerk), about_data(clerk, kind="nightly.reminder")])
    assert delivering.deliver_due() == 0
    assert sorted(Delivery.objects.values_list("state", flat=True)) == ["failed", "waiting"]


def change(client: Client, **given: str) -> Any:
    return client.post(
        "/accounts/mail/",
        {"email": "li@hospital.cn", "choice": "all", "password": "correct horse battery", **given},
    )


def test_a_person_enters_the_own_address_with_the_password(clerk: User, client: Client) -> None:
    client.force_login(clerk)
    assert change(client, password="wrong").status_code == 422
    assert change(client, email="no address").status_code == 422
    assert change(client, email="a@b.cn\r\nBcc: x@evil.cn").status_code == 422
    assert change(client, choice="sometimes").status_code == 422
    clerk.refresh_from_db()
    assert clerk.email == "clerk@hospital.cn"
    assert change(client)["Location"] == "/accounts/me/"
    clerk.refresh_from_db()
    assert (clerk.email, clerk.mail_choice) == ("li@hospital.cn", "all")
    event = AuditEvent.objects.get(action="identity.mail_changed")
    assert event.detail == {"address": "changed", "messages": "all"}
    change(client)
    assert AuditEvent.objects.filter(action="identity.mail_changed").count() == 1
    assert "li@hospital.cn" in client.get("/accounts/me/").content.decode()
    change(client, email="")
    assert "未填写" in client.get("/accounts/me/").content.decode()


@pytest.mark.parametrize("missing", ["MAIL_FROM", "PUBLIC_URL"])
def test_the_platform_does_not_start_with_half_of_the_mail_settings(missing: str) -> None:
    given = {"EMAIL_HOST": "mail", "MAIL_FROM": "ops@hospital.cn", "PUBLIC_URL": "https://ops.hospital.cn"}
    environment = {**os.environ, **given, missing: ""}
    load = [sys.executable, "-c", "import ops_platform.settings.test"]
    answer = subprocess.run(load, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert "with EMAIL_HOST, MAIL_FROM and PUBLIC_URL are needed too" in answer.stderr
