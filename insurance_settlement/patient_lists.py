"""Lists of the API that show single patients: who asked for whose is logged, page by page."""

from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from ops_platform.identity.access import log_patient_list
from ops_platform.masterdata.models import Institution
from ops_platform.web.api_lists import VisibleList


class PatientList(VisibleList):
    """`log_as` names the list in the access log."""

    log_as: ClassVar[str]

    def institution_of(self, row: Any) -> Institution:
        """Whose patient a row is."""
        found: Institution = row.institution
        return found

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        asked = request.GET.urlencode()[:80] or "all"
        log_patient_list(request._request, self.log_as, {self.institution_of(row): asked for row in page})
        return self.get_paginated_response(self.get_serializer(page, many=True).data)
