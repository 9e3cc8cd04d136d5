"""API of the attachments of a matter: those signed with it and those of its comments."""

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from ops_platform.documents.public import download_of
from ops_platform.kernel import NotFound
from ops_platform.web.api import actor_of
from workflows import course_page
from workflows.api.scope import PERSONS, TAGS
from workflows.selectors import matters as selectors


class AttachmentView(APIView):
    """One attachment of a matter that the person may read."""

    roles = PERSONS

    @extend_schema(
        tags=TAGS,
        summary="下载事项的附件",
        responses={(200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY, description="文件内容")},
    )
    def get(self, request: Request, pk: int, document: int) -> HttpResponse:
        actor = actor_of(request)
        matter = selectors.access_matter(actor, pk)
        subject = course_page.subject_of(matter)
        belonging = (*(subject.documents if subject else ()), *course_page.discussed(matter))
        if document not in {one.pk for one in belonging}:
            raise NotFound("documents.no_document", "没有这个附件，或您无权查看。")
        return download_of(actor, document)
