"""Attachments and their contents."""

from django.db import models
from django.db.models.functions import Length

from ops_platform.identity.models import User
from ops_platform.masterdata.models import Institution
from ops_platform.orm.models import AppendOnly


class ContentDigest(models.Func):
    """encode(sha256(content), 'hex') as PostgreSQL computes it."""

    template = "encode(sha256(%(expressions)s), 'hex')"
    output_field = models.CharField()


class OctetLength(Length):
    """octet_length(content)."""

    function = "octet_length"


class DocumentContent(AppendOnly):
    """The bytes of one or several attachments, known by their SHA-256. Born with the first attachment that has them.

    A table of its own, so that lists of attachments never touch the bytes and the same file is kept once. PostgreSQL
    itself refuses bytes that are not those of the key (docs/decisions/0010-documents-in-the-database.md).
    """

    sha256 = models.CharField(max_length=64, primary_key=True)
    content = models.BinaryField()
    size = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(sha256=ContentDigest("content")), name="content_fits_its_key"),
            models.CheckConstraint(
                condition=models.Q(size=OctetLength("content")) & models.Q(size__gt=0), name="content_fits_its_size"
            ),
        ]

    def __str__(self) -> str:
        return self.sha256


class Document(AppendOnly):
    """One attachment of one matter. Born when somebody adds it, and never changed or taken away: a corrected file is
    another attachment.

    `owner_type` and `owner_id` name the matter in the words of the app that owns it; that app decides who may see it.
    `uploaded_by` is empty where the platform itself made the file.
    """

    name = models.CharField(max_length=150)
    media_type = models.CharField(max_length=100)
    content = models.ForeignKey(DocumentContent, on_delete=models.PROTECT, related_name="documents")
    size = models.PositiveIntegerField()
    owner_type = models.CharField(max_length=60)
    owner_id = models.CharField(max_length=80)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    uploaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner_type", "owner_id", "name", "content"], name="document_attached_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name
