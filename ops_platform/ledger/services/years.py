"""Beginnings and ends of the books: opening balances, carrying a year forward."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import F, Q, Sum

from ops_platform.audit.public import record
from ops_platform.kernel import Actor, Conflict, DomainError, Invalid, Period, from_fen, to_fen
from ops_platform.ledger.engine.carrying import (
    BUDGET_OPERATING_BALANCE,
    PUBLIC_HEALTH,
    RESEARCH,
    STRAIGHT_ON,
    WHOLE,
    Standing,
    carry_forward,
)
from ops_platform.ledger.engine.chart import YEARLY
from ops_platform.ledger.engine.entry import EntryInput, Leg
from ops_platform.ledger.models import Dimension, Entry, EntryKind, PeriodBalance
from ops_platform.ledger.selectors.access import KEEPERS
from ops_platform.ledger.selectors.chart import accounts_of, chart_at
from ops_platform.ledger.services.booking import Booking, book, lock_books
from ops_platform.ledger.services.dimensions import dimensions_of
from ops_platform.masterdata.models import AccountingPeriod, Institution, PeriodState
from ops_platform.masterdata.selectors import parameter_value
from ops_platform.masterdata.services.periods import access_institution

WELFARE_RATE = "ledger.welfare_fund_rate"
PUBLIC_HEALTH_RESTRICTED = "ledger.public_health_restricted"


@transaction.atomic
def book_opening(actor: Actor, *, institution: Institution, key: str, legs: Sequence[Leg]) -> Entry:
    """Book what stood on the accounts before the first month (期初余额), dated the last day before it.

    Raises Conflict once the first month is closed: what it began with is official then. A wrong opening is reversed.
    """
    access_institution(actor, institution.pk, *KEEPERS)
    first = Period.parse(institution.first_period)
    if AccountingPeriod.objects.filter(institution=institution, period=str(first), state=PeriodState.CLOSED).exists():
        raise Conflict("ledger.opening_closed", f"{first} 已结账，期初余额不能再改。请先反结账。", period=str(first))
    entry = EntryInput(
        day=first.shift(-1).last_day, summary="期初余额", source="ledger.opening", key=key, legs=tuple(legs)
    )
    row = book(actor, institution=institution, entry=entry, booking=Booking(entry, kind=EntryKind.OPENING))
    record(actor, "ledger.opening_booked", institution=institution.code, subject_type="entry", subject=row.pk)
    return row


@transaction.atomic
def carry_year_forward(actor: Actor, *, institution: Institution, year: int) -> Entry:
    """Carry a year forward (年末结转) on its last day. A repeat gives the entry that is there.

    Raises Conflict while an earlier month of the year is open, or when December is closed; Invalid when nothing stands on
    the year's accounts. To do it again after a correction, the entry is reversed first.
    """
    access_institution(actor, institution.pk, *KEEPERS)
    lock_books([institution])
    done = Entry.objects.filter(institution=institution, kind=EntryKind.CARRY_FORWARD, period=f"{year}-12")
    standing = done.filter(reversed_by__isnull=True).first()
    if standing:
        return standing
    open_months = AccountingPeriod.objects.filter(
        institution=institution, period__gte=f"{year}-01", period__lt=f"{year}-12"
    ).exclude(state=PeriodState.CLOSED)
    first_open = open_months.order_by("period").values_list("period", flat=True).first()
    if first_open:
        raise Conflict("ledger.year_not_over", f"{first_open} 尚未结账，不能年末结转。", period=first_open)
    last_day = date(year, 12, 31)
    legs = _carrying_legs(institution, year)
    if not legs:
        raise Invalid("ledger.nothing_to_carry", f"{year} 年收入、费用科目没有余额，无须结转。")
    entry = EntryInput(
        day=last_day,
        summary=f"{year} 年末结转",
        source="ledger.carry-forward",
        key=f"{year}" if not done.exists() else f"{year}/{done.count() + 1}",
        legs=legs,
    )
    row = book(actor, institution=institution, entry=entry, booking=Booking(entry, kind=EntryKind.CARRY_FORWARD))
    record(actor, "ledger.year_carried", institution=institution.code, subject_type="entry", subject=row.pk)
    return row


@dataclass(frozen=True, slots=True)
class CarriedForward:
    """What carrying a year of several institutions forward did: how many are carried, and why others are not."""

    done: int
    refused: tuple[str, ...]


def carry_everybody(actor: Actor, *, year: int) -> CarriedForward:
    """Carry a year forward for all institutions whose books the actor keeps and that had begun by then, each in a
    transaction of its own; one that has nothing to carry is done. A repeat changes nothing."""
    done, refused = 0, []
    kept = Institution.objects.visible_to(actor, *KEEPERS).filter(first_period__lte=f"{year}-12")
    for institution in kept.order_by("code"):
        try:
            carry_year_forward(actor, institution=institution, year=year)
        except DomainError as refusal:
            if refusal.code != "ledger.nothing_to_carry":
                refused.append(f"{institution.name}：{refusal.message}")
                continue
        done += 1
    return CarriedForward(done, tuple(refused))


def left_to_carry(institution: Institution, year: int) -> bool:
    """Whether income, expense or another account of the year still has a balance that has to be carried forward."""
    return bool(_carrying_legs(institution, year))


def _carrying_legs(institution: Institution, year: int) -> tuple[Leg, ...]:
    last_day = date(year, 12, 31)
    earlier = PeriodBalance.objects.filter(
        institution=institution, account__code__startswith=BUDGET_OPERATING_BALANCE, period__lte=f"{year}-12"
    ).aggregate(net=Sum(F("debit") - F("credit")))
    rate = parameter_value(key=WELFARE_RATE, day=last_day, institution=institution)
    earmarked = parameter_value(key=PUBLIC_HEALTH_RESTRICTED, day=last_day, institution=institution)
    return carry_forward(
        _standings(institution, year),
        chart_at(accounts_of(institution), last_day),
        operating_loss=to_fen(earlier["net"] or from_fen(0)),
        welfare_rate=int(rate * WHOLE),
        restricted=frozenset({RESEARCH, PUBLIC_HEALTH} if earmarked else {RESEARCH}),
    )


def _standings(institution: Institution, year: int) -> list[Standing]:
    """What stands on accounts of the year, by account and dimension, in a fixed order."""
    carried = Q(account__kind__in=[str(kind) for kind in YEARLY])
    for code in STRAIGHT_ON:
        carried |= Q(account__code__startswith=code)
    moved = PeriodBalance.objects.filter(
        carried, institution=institution, period__gte=f"{year}-01", period__lte=f"{year}-12"
    )
    sums = list(
        moved.values("account__code", "dimension")
        .annotate(net=Sum(F("debit") - F("credit")))
        .exclude(net=0)
        .order_by("account__code", "dimension")
    )
    dimensions = Dimension.objects.in_bulk({row["dimension"] for row in sums})
    return [
        Standing(row["account__code"], dimensions_of(dimensions[row["dimension"]]), to_fen(row["net"])) for row in sums
    ]
