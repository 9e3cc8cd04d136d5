"""The task outbox."""

from django.db import models


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
