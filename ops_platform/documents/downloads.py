"""How the bytes of an attachment leave the platform: as a download that no browser shows or keeps."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from ops_platform.documents import selectors
from ops_platform.documents.models import Document
from ops_platform.kernel import Actor


def download(document: Document) -> HttpResponse:
    """The answer that carries the attachment."""
    answer = HttpResponse(selectors.content_of(document), content_type=document.media_type)
    answer["Content-Disposition"] = content_disposition_header(True, document.name) or "attachment"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    return answer


def download_of(actor: Actor, pk: int) -> HttpResponse:
    """The attachment, when the app that owns the matter lets the actor see it. Raises NotFound for all others."""
    return download(selectors.access_document(actor=actor, pk=pk))
