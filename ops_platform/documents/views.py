"""The download of an attachment."""

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views import View

from ops_platform.documents import selectors
from ops_platform.web.pages import Page


class Download(Page, View):
    """One attachment, always as a download: nothing of what people upload is shown within the platform's own pages."""

    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        document = selectors.access_document(actor=self.actor, pk=pk)
        answer = HttpResponse(selectors.content_of(document), content_type=document.media_type)
        answer["Content-Disposition"] = content_disposition_header(True, document.name) or "attachment"
        answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
        answer["X-Content-Type-Options"] = "nosniff"
        answer["Cache-Control"] = "private, no-store"
        return answer
