"""Webhooks: events reach other systems signed, at least once, and only where they may go."""

import json
import logging
import re
import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from ops_platform.audit.models import AuditEvent
from ops_platform.identity.models import User
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, Role
from ops_platform.notifications import delivering, posting, services, signing
from ops_platform.notifications.models import Delivery, OutboxTask, WebhookEndpoint
from ops_platform.notifications.public import emit
from tests.architecture.source import ROOT
from tests.notifications.conftest import DECIDED
from tests.notifications.receivers import TLS, Receiver, receiver
from tests.support import trade
from tests.support.processes import Platform, free_port, wait_until

PAYLOAD = {"request": 17, "state": "approved", "amount": Decimal("120000.00"), "title": "预算调整"}


def subscribed(admin: Actor, office: Receiver, name: str = "OA") -> str:
    """A webhook for decisions; gives its secret."""
    return services.create_webhook(admin, name=name, url=office.url, events=[DECIDED])[1]


def due_again() -> None:
    """Time passes until everything that failed is due."""
    Delivery.objects.filter(next_try_at__isnull=False).update(next_try_at=timezone.now())


def example_of_the_manual() -> Any:
    """The function by which docs/operations.md tells receivers to check a delivery."""
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/operations.md").read_text(encoding="utf-8"), re.DOTALL)
    known: dict[str, Any] = {}
    exec(code, known)  # noqa: S102
    return known["is_genuine"]


def test_a_receiver_can_tell_that_a_delivery_is_genuine(admin: Actor, office: Receiver) -> None:
    secret = subscribed(admin, office)
    assert emit(DECIDED, PAYLOAD, key="request:17") == 1
    assert delivering.deliver_due() == 1
    (post,) = office.posted
    delivery = Delivery.objects.get()
    said = json.loads(post.body)
    assert post.path == "/hooks/ops?token=abc"
    assert (said["id"], said["event"]) == (str(delivery.uid), DECIDED)
    assert said["data"] == {"request": 17, "state": "approved", "amount": "120000.00", "title": "预算调整"}
    assert post.headers["X-Ops-Delivery"] == str(delivery.uid)
    assert post.headers["X-Ops-Event"] == DECIDED
    is_genuine = example_of_the_manual()
    assert is_genuine(secret, post.headers, post.body)
    assert not is_genuine(secret, post.headers, post.body.replace(b"17", b"18"))
    assert not is_genuine("whsec_another", post.headers, post.body)
    assert not is_genuine(secret, {**post.headers, "X-Ops-Timestamp": "1700000000"}, post.body)


def test_the_page_and_the_manual_tell_receivers_the_same(admin: Actor, client: Client) -> None:
    client.force_login(User.objects.get(username="root"))
    page = client.get("/notifications/webhooks/").content.decode().replace("&gt;", ">")
    assert "hmac.compare_digest" in page
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/operations.md").read_text(encoding="utf-8"), re.DOTALL)
    assert code.strip() in page


def test_only_those_who_want_an_event_are_told(admin: Actor, office: Receiver) -> None:
    services.create_webhook(admin, name="其他", url=office.url, events=["notifications.test"])
    assert emit(DECIDED, PAYLOAD, key="request:17") == 0
    assert not Delivery.objects.exists()
    assert not OutboxTask.objects.filter(task="notifications.deliver").exists()


def test_an_event_that_nobody_announced_is_a_fault_of_the_program(admin: Actor) -> None:
    with pytest.raises(LookupError):
        emit("test.unheard_of", {}, key="1")


def test_the_same_event_is_told_once(admin: Actor, office: Receiver) -> None:
    subscribed(admin, office)
    emit(DECIDED, PAYLOAD, key="request:17")
    emit(DECIDED, PAYLOAD, key="request:17")
    delivering.deliver_due()
    emit(DECIDED, PAYLOAD, key="request:17")
    delivering.deliver_due()
    assert len(office.posted) == 1
    emit(DECIDED, PAYLOAD, key="request:18")
    delivering.deliver_due()
    assert len(office.posted) == 2


def test_what_is_rolled_back_is_told_to_nobody(admin: Actor, office: Receiver) -> None:
    subscribed(admin, office)
    with transaction.atomic():
        emit(DECIDED, PAYLOAD, key="request:17")
        transaction.set_rollback(True)
    assert delivering.deliver_due() == 0
    assert office.posted == []


def test_a_delivery_is_tried_again_until_it_arrives(admin: Actor, office: Receiver) -> None:
    subscribed(admin, office)
    office.answers = [500, 503]
    emit(DECIDED, PAYLOAD, key="request:17")
    for minutes, status in ((1, 500), (5, 503)):
        assert delivering.deliver_due() == 0
        delivery = Delivery.objects.get()
        assert (delivery.state, delivery.response_status) == ("failed", status)
        pause = delivery.next_try_at - timezone.now()  # type: ignore[operator]
        assert timedelta(minutes=minutes) - timedelta(seconds=10) < pause <= timedelta(minutes=minutes)
        assert delivering.deliver_due() == 0, "not before its time"
        due_again()
    assert delivering.deliver_due() == 1
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.response_status) == ("sent", 3, 204)
    assert delivery.last_error == ""
    assert delivery.sent_at is not None
    assert len({post.headers["X-Ops-Delivery"] for post in office.posted}) == 1
    assert len({post.body for post in office.posted}) == 1


def test_after_eight_tries_a_delivery_is_given_up_until_somebody_presses_again(admin: Actor, office: Receiver) -> None:
    subscribed(admin, office)
    office.answers = [500] * 9
    emit(DECIDED, PAYLOAD, key="request:17")
    for _ in range(8):
        due_again()
        delivering.deliver_due()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.next_try_at) == ("given_up", 8, None)
    services.retry(admin, delivery_id=delivery.pk)
    delivering.deliver_due()
    assert Delivery.objects.get().state == "given_up"
    services.retry(admin, delivery_id=delivery.pk)
    assert delivering.deliver_due() == 1
    with pytest.raises(Conflict) as refusal:
        services.retry(admin, delivery_id=delivery.pk)
    assert refusal.value.code == "notifications.delivery_not_failed"


def test_a_receiver_that_is_away_does_not_keep_the_others_waiting(admin: Actor, office: Receiver) -> None:
    away = f"http://127.0.0.1:{free_port()}/"
    services.create_webhook(admin, name="away", url=away, events=[DECIDED])
    for number in range(3):
        emit(DECIDED, PAYLOAD, key=f"request:{number}")
    subscribed(admin, office)
    emit(DECIDED, PAYLOAD, key="request:3")
    assert delivering.deliver_due() == 1
    states = Delivery.objects.order_by("endpoint__name", "id").values_list("endpoint__name", "state")
    assert list(states) == [("OA", "sent"), ("away", "failed"), *[("away", "waiting")] * 3]
    assert WebhookEndpoint.objects.get(name="away").last_failure_at is not None
    assert WebhookEndpoint.objects.get(name="OA").last_success_at is not None


def test_a_receiver_that_is_too_slow_is_cut_off(
    admin: Actor, office: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "TOTAL_SECONDS", 0.3)
    office.go_on = threading.Event()
    subscribed(admin, office)
    emit(DECIDED, PAYLOAD, key="request:17")
    assert delivering.deliver_due() == 0
    office.go_on.set()
    assert Delivery.objects.get().last_error.startswith("对方没有应答")


def test_a_redirection_is_not_followed(admin: Actor, office: Receiver) -> None:
    with receiver() as elsewhere:
        office.answers, office.headers = [307], {"Location": elsewhere.url}
        subscribed(admin, office)
        emit(DECIDED, PAYLOAD, key="request:17")
        delivering.deliver_due()
        assert elsewhere.posted == []
    assert Delivery.objects.get().response_status == 307


def test_https_goes_to_the_checked_address_under_the_name_and_checks_the_certificate(
    admin: Actor, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WEBHOOK_ALLOWED_HOSTS = ["127.0.0.1", "::1"]
    with receiver(tls=True) as secured:
        for host in ("localhost", "127.0.0.1"):
            url = f"https://{host}:{secured.port}/"
            services.create_webhook(admin, name=host, url=url, events=[DECIDED])
        emit(DECIDED, PAYLOAD, key="request:17")
        assert delivering.deliver_due() == 0
        assert all("证书无效" in delivery.last_error for delivery in Delivery.objects.all())
        monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "authority.pem"))
        due_again()
        assert delivering.deliver_due() == 1, "the certificate is for localhost, not for 127.0.0.1"
    assert Delivery.objects.get(state="sent").target == "localhost"
    assert secured.posted[0].headers["Host"] == f"localhost:{secured.port}"


def test_an_address_that_may_no_longer_be_reached_gets_nothing(admin: Actor, office: Receiver, settings: Any) -> None:
    subscribed(admin, office)
    settings.WEBHOOK_ALLOWED_HOSTS = []
    emit(DECIDED, PAYLOAD, key="request:17")
    delivering.deliver_due()
    assert office.posted == []
    assert "WEBHOOK_ALLOWED_HOSTS" in Delivery.objects.get().last_error


def test_what_waits_for_a_deactivated_webhook_is_given_up(admin: Actor, office: Receiver) -> None:
    subscribed(admin, office)
    emit(DECIDED, PAYLOAD, key="request:17")
    webhook = WebhookEndpoint.objects.get()
    services.deactivate_webhook(admin, webhook_id=webhook.pk)
    services.deactivate_webhook(admin, webhook_id=webhook.pk)
    delivering.deliver_due()
    delivery = Delivery.objects.get()
    assert (delivery.state, office.posted) == ("given_up", [])
    assert emit(DECIDED, PAYLOAD, key="request:18") == 0
    for act in (
        lambda: services.retry(admin, delivery_id=delivery.pk),
        lambda: services.send_test(admin, webhook_id=webhook.pk),
        lambda: services.rotate_secret(admin, webhook_id=webhook.pk),
    ):
        with pytest.raises(Conflict) as refusal:
            act()
        assert refusal.value.code == "notifications.webhook_inactive"


def test_a_delivery_that_cannot_be_sent_at_all_does_not_stop_the_others(admin: Actor, office: Receiver) -> None:
    subscribed(admin, office)
    emit(DECIDED, PAYLOAD, key="request:17")
    Delivery.objects.update(payload={"amount": 1.5})  # a float has no canonical form
    emit(DECIDED, PAYLOAD, key="request:18")
    assert delivering.deliver_due() == 1
    assert Delivery.objects.get(key="request:17").last_error == "本平台出错(TypeError)"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": " "}, "webhook_name_missing"),
        ({"events": []}, "webhook_without_event"),
        ({"events": ["test.unheard_of"]}, "unknown_event"),
        ({"url": "oa.hospital.cn"}, "webhook_address"),
        ({"url": "http://127.0.0.2/"}, "webhook_refused"),
    ],
)
def test_an_entry_that_cannot_work_is_refused(
    admin: Actor, office: Receiver, change: dict[str, Any], code: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        services.create_webhook(admin, **{"name": "OA", "url": office.url, "events": [DECIDED], **change})
    assert refusal.value.code == f"notifications.{code}"


def test_only_system_administrators_decide_what_leaves_the_platform(office: Receiver, db: None) -> None:
    for role in (Role.AUDITOR, Role.OPERATION_CENTRE):
        with pytest.raises(Forbidden):
            services.create_webhook(trade.actor(role), name="OA", url=office.url, events=[DECIDED])


def test_the_secret_is_shown_once_and_stands_nowhere(
    admin: Actor, office: Receiver, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client.force_login(User.objects.get(username="root"))
    answer = client.post("/notifications/webhooks/new/", {"name": "OA", "url": office.url, "events": [DECIDED]})
    secret = re.findall(r"whsec_[\w-]{43}", answer.content.decode())[0]
    assert answer["Cache-Control"] == "no-store"
    emit(DECIDED, PAYLOAD, key="request:17")
    delivering.deliver_due()
    assert example_of_the_manual()(secret, office.posted[0].headers, office.posted[0].body)
    pages = "".join(client.get(f"/notifications/{page}/").content.decode() for page in ("webhooks", "deliveries"))
    assert secret not in pages
    assert "token=abc" not in pages
    assert "预算调整" not in pages
    with connection.cursor() as cursor:
        cursor.execute("SELECT w::text FROM notifications_webhookendpoint w")
        kept = cursor.fetchone()[0] + str(list(AuditEvent.objects.values()))
    assert secret not in kept
    assert signing.mark_of(secret) in kept
    assert secret not in caplog.text
    assert "token=abc" not in caplog.text


@pytest.mark.parametrize(("allowed", "words"), [(False, "须为 https"), (True, "https 或 http 均可")])
def test_the_form_of_a_webhook_says_what_the_settings_allow(
    admin: Actor, client: Client, settings: Any, allowed: bool, words: str
) -> None:
    settings.WEBHOOK_ALLOW_HTTP = allowed
    client.force_login(User.objects.get(username="root"))
    assert words in client.get("/notifications/webhooks/new/").content.decode()


def test_a_delivery_of_an_event_names_what_it_is_about(admin: Actor, office: Receiver, client: Client) -> None:
    subscribed(admin, office)
    emit(DECIDED, PAYLOAD, key="request:17")
    client.force_login(User.objects.get(username="root"))
    assert "request:17" in client.get("/notifications/deliveries/").content.decode()


def test_a_rotated_secret_signs_from_the_next_try_on(admin: Actor, office: Receiver, client: Client) -> None:
    old = subscribed(admin, office)
    client.force_login(User.objects.get(username="root"))
    page = client.post(f"/notifications/webhooks/{WebhookEndpoint.objects.get().pk}/rotate-secret/").content.decode()
    new = re.findall(r"whsec_[\w-]{43}", page)[0]
    assert new != old
    emit(DECIDED, PAYLOAD, key="request:17")
    delivering.deliver_due()
    is_genuine, post = example_of_the_manual(), office.posted[0]
    assert is_genuine(new, post.headers, post.body)
    assert not is_genuine(old, post.headers, post.body)
    assert AuditEvent.objects.filter(action="notifications.webhook_secret_rotated").exists()


def test_under_another_secret_key_nothing_is_sent_with_a_wrong_signature(
    admin: Actor, office: Receiver, settings: Any
) -> None:
    subscribed(admin, office)
    emit(DECIDED, PAYLOAD, key="request:17")
    settings.SECRET_KEY = "another"
    delivering.deliver_due()
    assert office.posted == []
    assert "轮换密钥" in Delivery.objects.get().last_error


def test_an_administrator_sends_a_test_and_sees_how_it_went(admin: Actor, office: Receiver, client: Client) -> None:
    office.answers = [500]
    subscribed(admin, office)
    client.force_login(User.objects.get(username="root"))
    webhook = WebhookEndpoint.objects.get()
    answer = client.post(f"/notifications/webhooks/{webhook.pk}/test/")
    assert answer["Location"] == f"/notifications/deliveries/?endpoint={webhook.pk}"
    delivering.deliver_due()
    page = client.get(answer["Location"]).content.decode()
    assert "测试推送" in page
    assert "对方应答 HTTP 500" in page
    client.post(f"/notifications/deliveries/{Delivery.objects.get().pk}/retry/")
    delivering.deliver_due()
    assert "已送达" in client.get("/notifications/deliveries/?state=sent").content.decode()
    assert client.get("/notifications/deliveries/?export=xlsx").status_code == 200
    assert client.get("/notifications/webhooks/?export=xlsx").status_code == 200


def test_an_auditor_reads_and_has_no_buttons(admin: Actor, office: Receiver, client: Client) -> None:
    subscribed(admin, office)
    client.force_login(trade.person("auditor", Role.AUDITOR))
    page = client.get("/notifications/webhooks/").content.decode()
    assert "OA" in page
    assert "轮换密钥" not in page
    assert "新建接收地址" not in page


def test_what_is_done_with_goes_after_ninety_days(admin: Actor, office: Receiver) -> None:
    subscribed(admin, office)
    emit(DECIDED, PAYLOAD, key="request:17")
    delivering.deliver_due()
    emit(DECIDED, PAYLOAD, key="request:18")
    assert delivering.forget_old() == 0
    Delivery.objects.update(created_at=timezone.now() - timedelta(days=91))
    assert delivering.forget_old() == 1
    assert Delivery.objects.get().key == "request:18"


def test_two_workers_do_not_send_the_same_delivery(committed_db: str, office: Receiver) -> None:
    subscribed(Actor(name="root", system=True), office)
    emit(DECIDED, PAYLOAD, key="request:17")
    office.go_on = threading.Event()
    arrived: list[int] = []

    def work() -> None:
        arrived.append(delivering.deliver_due())
        connection.close()

    first = threading.Thread(target=work)
    first.start()
    assert office.busy.wait(10)
    assert delivering.deliver_due() == 0, "the first worker is at it"
    office.go_on.set()
    first.join()
    assert (arrived, len(office.posted)) == ([1], 1)
    assert delivering.deliver_due() == 0


@pytest.mark.services
def test_a_worker_killed_while_it_sends_loses_nothing_and_repeats_one_try(
    platform: Platform, office: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBHOOK_ALLOW_HTTP", "true")
    monkeypatch.setenv("WEBHOOK_ALLOWED_HOSTS", "127.0.0.1")
    subscribed(Actor(name="root", system=True), office)
    office.go_on = threading.Event()
    platform.start_worker("first")
    test = "from ops_platform.notifications import services as s; from ops_platform.kernel.actor import PLATFORM;"
    sent = platform.manage(
        "shell", "-c", f"{test} s.send_test(PLATFORM, webhook_id={WebhookEndpoint.objects.get().pk})"
    )
    assert sent.returncode == 0, sent.stderr
    assert office.busy.wait(60), f"the worker posts, see {platform.folder}"
    platform.kill("first")
    office.go_on.set()
    assert Delivery.objects.get().state == "waiting"
    platform.start_worker("second")
    platform.start_beat()
    wait_until(lambda: Delivery.objects.get().state == "sent", 60, f"the other worker sends, see {platform.folder}")
    assert [post.headers["X-Ops-Delivery"] for post in office.posted] == [str(Delivery.objects.get().uid)] * 2
