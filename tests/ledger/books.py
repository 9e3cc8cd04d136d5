"""Entries in the trade's words."""

from datetime import date
from decimal import Decimal

from django.db.models import F, Sum

from ops_platform.kernel import Actor, Role, from_fen, to_fen
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import services
from ops_platform.ledger.engine.chart import NO_DIMENSIONS, Dimensions
from ops_platform.ledger.engine.entry import EntryInput, Leg, credit, debit
from ops_platform.ledger.models import Account, Entry, Floor, RunningBalance
from ops_platform.masterdata.models import Institution

BANK = "1002"
WARD = "121201"
INCOME = "4101010202"
PAYABLE = "2302"
OTHER_INCOME = "4609"
COST = "5001"
PERSONNEL = Dimensions(cost_item="personnel", funding_source="basic")


def legs(*pairs: tuple[str, str, str]) -> tuple[Leg, ...]:
    """("借", account, yuan) and ("贷", account, yuan)."""
    made = []
    for side, account, yuan in pairs:
        dimensions = PERSONNEL if account.startswith(("5001", "5101")) else NO_DIMENSIONS
        made.append((debit if side == "借" else credit)(account, to_fen(yuan), dimensions))
    return tuple(made)


def entry(
    *pairs: tuple[str, str, str],
    key: str = "1",
    day: str = "2026-03-05",
    source: str = "test",
    summary: str = "测试凭证",
) -> EntryInput:
    """An entry of a day."""
    return EntryInput(day=date.fromisoformat(day), summary=summary, source=source, key=key, legs=legs(*pairs))


def received(yuan: str, key: str = "1", day: str = "2026-03-05") -> EntryInput:
    """Money comes into the bank: other income."""
    return entry(("借", BANK, yuan), ("贷", OTHER_INCOME, yuan), key=key, day=day)


def paid(yuan: str, key: str = "2", day: str = "2026-03-06") -> EntryInput:
    """Money leaves the bank: personnel cost."""
    return entry(("借", COST, yuan), ("贷", BANK, yuan), key=key, day=day)


def booked(institution: Institution, wanted: EntryInput, who: Actor = PLATFORM) -> Entry:
    """Posted at once."""
    return services.book(who, institution=institution, entry=wanted)


def floor(institution: Institution, account: str = BANK) -> None:
    """The account may not be overdrawn from now on."""
    Floor.objects.create(institution=institution, account=Account.objects.get(code=account))


def standing(institution: Institution, account: str) -> Decimal:
    """What stands on an account now, debits less credits."""
    rows = RunningBalance.objects.filter(institution=institution, account__code=account)
    return rows.aggregate(net=Sum(F("debit") - F("credit")))["net"] or from_fen(0)


def officer(institution: Institution, user: int, role: Role = Role.FINANCE_OFFICER) -> Actor:
    """Somebody of the finance department."""
    from tests.support import trade

    made = trade.actor(role, institution, name=f"{role}-{user}")
    return Actor(name=made.name, user=user, grants=made.grants)
