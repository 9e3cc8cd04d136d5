"""The log of who looked at a single patient's data."""

from collections.abc import Mapping

from django.http import HttpRequest

from ops_platform.identity.middleware import client_address
from ops_platform.identity.models import AccessLog, User
from ops_platform.masterdata.models import Institution


def _signed_in(request: HttpRequest) -> User:
    """The person behind the request; patient-level pages are for persons only."""
    if not isinstance(request.user, User):
        raise TypeError("patient-level data without a signed-in person")
    return request.user


def log_patient_access(request: HttpRequest, institution: Institution, subject_type: str, subject: str) -> None:
    """Note that the signed-in user opened this subject; call it before the page is rendered."""
    AccessLog.objects.create(
        user=_signed_in(request),
        institution=institution,
        subject_type=subject_type,
        subject=subject,
        path=request.path[:300],
        address=client_address(request),
    )


def log_patient_list(request: HttpRequest, subject_type: str, shown: Mapping[Institution, str]) -> None:
    """Note that the signed-in user opened a list with single patients of these institutions; one query for all."""
    address, user = client_address(request), _signed_in(request)
    AccessLog.objects.bulk_create(
        AccessLog(
            user=user,
            institution=institution,
            subject_type=subject_type,
            subject=subject[:80],
            path=request.path[:300],
            address=address,
        )
        for institution, subject in shown.items()
    )
