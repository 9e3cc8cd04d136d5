"""Sign-in and sign-out leave a trace in the audit chain."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from ops_platform.audit.public import record
from ops_platform.identity.middleware import client_address
from ops_platform.identity.models import User
from ops_platform.kernel import Actor


def _record(action: str, request: HttpRequest, user: User) -> None:
    actor = Actor(name=user.username, user=user.pk, address=client_address(request))
    with transaction.atomic():
        record(actor, action, subject_type="user", subject=user.username)


@receiver(user_logged_in, dispatch_uid="identity.signed_in")
def _signed_in(request: HttpRequest, user: User, **_: Any) -> None:
    _record("identity.signed_in", request, user)


@receiver(user_logged_out, dispatch_uid="identity.signed_out")
def _signed_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is not None:
        _record("identity.signed_out", request, user)
