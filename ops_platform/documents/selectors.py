"""Reads of attachments."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from ops_platform.documents import owners
from ops_platform.documents.kinds import icon_of
from ops_platform.documents.models import Document
from ops_platform.kernel import Actor, NotFound


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """What is known of an attachment without its bytes. `uploaded_by` is a person's name, empty for the platform."""

    pk: int
    name: str
    media_type: str
    size: int
    digest: str
    uploaded_by: str
    uploaded_at: datetime

    @property
    def url(self) -> str:
        """Where it is downloaded."""
        return reverse("document", args=[self.pk])

    @property
    def icon(self) -> str:
        """The icon of its kind."""
        return icon_of(self.media_type)


def facts_of(document: Document) -> DocumentFacts:
    """The facts of a row whose `uploaded_by` is loaded."""
    return DocumentFacts(
        pk=document.pk,
        name=document.name,
        media_type=document.media_type,
        size=document.size,
        digest=document.content_id,
        uploaded_by=document.uploaded_by.display_name if document.uploaded_by else "",
        uploaded_at=document.uploaded_at,
    )


def documents_of(owner_type: str, owner_ids: Collection[str]) -> Mapping[str, tuple[DocumentFacts, ...]]:
    """The attachments of each of these matters, in the order in which they were added; one query for all.

    Who may see the matter may see this list: the caller has asked already.
    """
    found: dict[str, list[DocumentFacts]] = {str(owner_id): [] for owner_id in owner_ids}
    rows = Document.objects.filter(owner_type=owner_type, owner_id__in=found).select_related("uploaded_by")
    for document in rows.order_by("id"):
        found[document.owner_id].append(facts_of(document))
    return {owner_id: tuple(documents) for owner_id, documents in found.items()}


def access_document(*, actor: Actor, pk: int) -> Document:
    """The attachment, when the app that owns the matter lets the actor see it. Raises NotFound for all others."""
    document = Document.objects.filter(pk=pk).first()
    if document is None or not owners.may_see(actor, document.owner_type, document.owner_id):
        raise NotFound("documents.no_document", "没有这个附件，或您无权查看。")
    return document


def content_of(document: Document) -> bytes:
    """The bytes of an attachment."""
    return bytes(document.content.content)
