"""The task outbox, the messages to people, and what leaves the platform by mail and webhook."""

import uuid
from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from ops_platform.identity.models import User
from ops_platform.orm.models import READ_APPEND_CHANGE


class OutboxTask(models.Model):
    """A background task that a transaction needs. Born in that transaction, sent after its commit, at least once.

    While the broker is away the row waits; the sweeper on beat sends it later. Tasks are idempotent.
    """

    task = models.CharField(max_length=120)
    arguments = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["id"], name="outbox_unsent", condition=models.Q(sent_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.task} {self.pk}"


class Message(models.Model):
    """One matter that one person is told on the page. Born when an app tells it, read when the person opens it.

    `key` names the matter: when its words change the same row is told anew, unread; when the matter is done an unread
    row goes. It is no record of what happened (that is the audit chain), so it may change and go.
    """

    recipient = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=120)
    kind = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    body = models.TextField(blank=True, default="")
    url = models.CharField(max_length=300, blank=True, default="")
    told_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-told_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["recipient", "key"], name="message_one_a_matter")]
        indexes = [
            models.Index(fields=["recipient", "-told_at"], name="message_of_person"),
            models.Index(fields=["recipient"], name="message_unread", condition=models.Q(read_at__isnull=True)),
            models.Index(fields=["key"], name="message_matter"),
        ]

    def __str__(self) -> str:
        return self.title


class WebhookEndpoint(models.Model):
    """An address of another system that is told of events. Born when an administrator enters it, ended by deactivation.

    The secret by which deliveries are signed is not kept: it is derived from `secret_salt` and SECRET_KEY
    (docs/decisions/0011-deliveries.md). `secret_mark` lets people and the platform recognise it.
    """

    app_privileges = READ_APPEND_CHANGE

    name = models.CharField(max_length=80)
    url = models.CharField(max_length=500)
    events = models.JSONField(default=list)
    secret_salt = models.CharField(max_length=64)
    secret_mark = models.CharField(max_length=12)
    is_active = models.BooleanField(default=True)
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(auto_now_add=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    last_failure_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-is_active", "name", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def place(self) -> str:
        """The address as pages show it: a query often holds a token."""
        return self.url.partition("?")[0]


class Delivery(models.Model):
    """One message that leaves the platform: a matter by mail to one person, or an event to one webhook.

    Born `waiting` in the transaction that tells it; `sent`, or `failed` and tried again at `next_try_at`, or `given_up`
    after the last try. `key` is the matter or what makes the event unique, `at` when it was told: together with the
    target they stand here once. `uid` goes out with it and stays the same at every try. A mail about a matter that is
    settled before it left goes, and what is done with goes after 90 days.
    """

    class Channel(models.TextChoices):
        MAIL = "mail", _("邮件")
        WEBHOOK = "webhook", _("Webhook")

    class State(models.TextChoices):
        WAITING = "waiting", _("待发送")
        SENT = "sent", _("已送达")
        FAILED = "failed", _("待重试")
        GIVEN_UP = "given_up", _("已放弃")

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    channel = models.CharField(max_length=7, choices=Channel)
    event = models.CharField(max_length=60)
    key = models.CharField(max_length=120)
    at = models.DateTimeField()
    recipient = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.PROTECT, null=True, blank=True, related_name="deliveries"
    )
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    response_status = models.PositiveSmallIntegerField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(channel="mail", recipient__isnull=False, endpoint__isnull=True)
                | models.Q(channel="webhook", recipient__isnull=True, endpoint__isnull=False),
                name="delivery_has_one_target",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["waiting", "failed"], next_try_at__isnull=False)
                | models.Q(state__in=["sent", "given_up"], next_try_at__isnull=True),
                name="delivery_is_tried_again_or_done",
            ),
            models.CheckConstraint(
                condition=models.Q(state="sent", sent_at__isnull=False)
                | models.Q(sent_at__isnull=True) & ~models.Q(state="sent"),
                name="delivery_sent_has_a_time",
            ),
            models.UniqueConstraint(
                fields=["recipient", "key", "at"], condition=models.Q(channel="mail"), name="delivery_mail_once"
            ),
            models.UniqueConstraint(
                fields=["endpoint", "event", "key"],
                condition=models.Q(channel="webhook"),
                name="delivery_webhook_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at", "id"], condition=models.Q(next_try_at__isnull=False), name="delivery_due"
            ),
            models.Index(fields=["key"], name="delivery_matter"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.event} {self.uid}"

    @property
    def target(self) -> str:
        """To whom it goes, by name."""
        return str(self.endpoint or self.recipient)

    @property
    def about(self) -> str:
        """What it is about: the line of the mail, or what makes the event unique."""
        return str(self.payload["title"]) if self.channel == self.Channel.MAIL else self.key

    @property
    def moment(self) -> datetime | None:
        """When it arrived, or is tried next."""
        return self.sent_at or self.next_try_at

    @property
    def may_be_retried(self) -> bool:
        """It failed or was given up, and its target still takes something."""
        ended = self.state in (self.State.FAILED, self.State.GIVEN_UP)
        return ended and (self.endpoint is None or self.endpoint.is_active)
