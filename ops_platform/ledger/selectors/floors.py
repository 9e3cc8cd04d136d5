"""Accounts that may not be overdrawn: what stands on them now, what of it is held, who forbade it and when."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Case, F, OuterRef, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from ops_platform.audit.public import last_deeds
from ops_platform.kernel import Actor, from_fen
from ops_platform.ledger.models import Floor, RunningBalance, Side
from ops_platform.ledger.selectors.access import READERS

FORBIDDEN = "ledger.overdraft_forbidden"


def floors(actor: Actor) -> QuerySet[Floor]:
    """The floors of institutions whose books the actor may see, by institution and account. `standing` is what stands on the
    account's usual side, `held` what pending entries hold of it; both are summed over all dimensions, each of which keeps
    its own floor."""
    balances = RunningBalance.objects.filter(institution=OuterRef("institution"), account=OuterRef("account"))
    zero = Value(from_fen(0))

    def of(name: str) -> Coalesce:
        sums = balances.order_by().values("account").annotate(sum=Sum(name)).values("sum")
        return Coalesce(Subquery(sums), zero)

    net = of("debit") - of("credit")
    on_debit_side = When(account__side=Side.DEBIT, then=net)
    rows = Floor.objects.visible_to(actor, *READERS).select_related("institution", "account")
    return rows.annotate(
        standing=Case(on_debit_side, default=of("credit") - of("debit")),
        held=Case(When(account__side=Side.DEBIT, then=of("held_credit")), default=of("held_debit")),
        available=F("standing") - F("held"),
    ).order_by("institution__code", "account__code", "pk")


def forbidden_by(rows: Iterable[Floor]) -> dict[int, tuple[datetime, str]]:
    """When and by whom each of these floors was set, as the audit chain knows; one query."""
    listed = list(rows)
    deeds = last_deeds(FORBIDDEN, institutions={row.institution.code for row in listed}) if listed else {}
    keys = {row.pk: (row.institution.code, row.account.code) for row in listed}
    return {pk: deeds[key] for pk, key in keys.items() if key in deeds}
