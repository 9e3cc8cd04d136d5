"""The task outbox and the messages to people."""

from django.db import models

from ops_platform.identity.models import User


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
