"""The download page of an attachment."""

from django.http import HttpRequest, HttpResponse
from django.views import View

from ops_platform.documents import selectors
from ops_platform.documents.downloads import download
from ops_platform.web.pages import Page


class Download(Page, View):
    """One attachment, always as a download: nothing of what people upload is shown within the platform's own pages."""

    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return download(selectors.access_document(actor=self.actor, pk=pk))
