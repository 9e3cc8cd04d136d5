"""What the workers do, in this process."""

from typing import Any

from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import User
from ops_platform.kernel import Actor
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import services
from ops_platform.ledger.models import Errand, VoucherExport
from ops_platform.ledger.selectors.exports import file_of
from ops_platform.masterdata.models import Institution


def finish() -> list[Errand]:
    """Do all that waits; the errands as they ended."""
    waiting = list(Errand.objects.filter(state="waiting").order_by("id").values_list("pk", flat=True))
    for number in waiting:
        services.do_errand(number)
    return list(Errand.objects.filter(pk__in=waiting).order_by("id"))


def exported(institution: Institution, who: Actor | User = PLATFORM, **wanted: Any) -> tuple[VoucherExport, bytes]:
    """Ask for a file, have it made, and take it."""
    actor = actor_of_user(who) if isinstance(who, User) else who
    errand = services.ask_export(actor, institution=institution, **wanted)
    services.do_errand(errand.pk)
    errand.refresh_from_db()
    assert errand.state == "succeeded", errand.error
    return file_of(actor, errand.result["export"])
