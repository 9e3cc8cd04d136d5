"""The log of who looked at a single patient's data."""

from django.http import HttpRequest

from ops_platform.identity.middleware import client_address
from ops_platform.identity.models import AccessLog
from ops_platform.masterdata.models import Institution


def log_patient_access(request: HttpRequest, institution: Institution, subject_type: str, subject: str) -> None:
    """Note that the signed-in user opened this subject; call it before the page is rendered."""
    AccessLog.objects.create(
        user_id=request.user.pk,
        institution=institution,
        subject_type=subject_type,
        subject=subject,
        path=request.path[:300],
        address=client_address(request),
    )
