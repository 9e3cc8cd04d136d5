"""Mapping charts kept elsewhere to the unified one, and saying where official figures come from.

What is said holds from the first day of a month on. A month that is closed, or any before it, takes no change: its figures
stay what they were.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from django.db import transaction
from django.utils import timezone

from ops_platform.audit.public import record
from ops_platform.his_intake.public import COST_ITEMS, FUNDING_SOURCES
from ops_platform.kernel import Actor, Conflict, Finding, Invalid, Period, Role, Severity
from ops_platform.ledger.engine.local_accounts import LocalMapping, faults_of
from ops_platform.ledger.models import BooksMode, LocalAccount
from ops_platform.ledger.selectors.chart import accounts_of, chart_at
from ops_platform.ledger.selectors.imported import months_with_trial_balances
from ops_platform.ledger.selectors.local_accounts import (
    KEEPERS,
    local_accounts,
    mapping_of,
    mappings_at,
)
from ops_platform.ledger.selectors.modes import modes_at
from ops_platform.masterdata.models import AccountingPeriod, Institution, PeriodState
from ops_platform.masterdata.services import hold_periods
from ops_platform.masterdata.services.periods import access_institution

MODE_KEEPERS = (Role.FINANCE_DIRECTOR, Role.OPERATION_CENTRE)
CODES = {
    "cost_item": frozenset(code for code, _ in COST_ITEMS),
    "funding_source": frozenset(code for code, _ in FUNDING_SOURCES),
}
MOST_TOLD = 5


@transaction.atomic
def map_accounts(
    actor: Actor, *, institution: Institution, mappings: Sequence[LocalMapping], rows: Sequence[int] = ()
) -> int:
    """Say what stands behind local accounts; all of them or none. Returns how many say something new: a repeat changes
    nothing. `rows` are the numbers under which the mappings stand in a file.

    Raises Invalid with the faults of each row (`faults`: row, field, message), Conflict where one reaches into a closed
    month.
    """
    access_institution(actor, institution.pk, *KEEPERS)
    hold_periods(institution, timezone.localdate())
    _refuse_faulty(institution, mappings, rows)
    _refuse_closed(institution, {mapping.effective_from for mapping in mappings})
    accounts = accounts_of(institution)
    held = {day: mappings_at(institution, day) for day in {mapping.effective_from for mapping in mappings}}
    fresh = [mapping for mapping in mappings if not _is_said(mapping, held[mapping.effective_from])]
    LocalAccount.objects.bulk_create(
        LocalAccount(
            institution=institution,
            code=mapping.code,
            name=mapping.name,
            account=accounts[mapping.account],
            counterparty_id=mapping.counterparty or None,
            cost_item=mapping.cost_item,
            funding_source=mapping.funding_source,
            effective_from=mapping.effective_from,
            recorded_by=actor.name,
        )
        for mapping in fresh
    )
    if fresh:
        record(
            actor,
            "ledger.local_accounts_mapped",
            institution=institution.code,
            subject_type="local_account",
            subject=fresh[0].code if len(fresh) == 1 else str(len(fresh)),
            detail={
                "mappings": [
                    f"{mapping.code} → {mapping.account} ({mapping.effective_from:%Y-%m})" for mapping in fresh[:200]
                ],
                "count": len(fresh),
            },
        )
    return len(fresh)


def _is_said(mapping: LocalMapping, held: dict[str, LocalAccount]) -> bool:
    """Whether the same holds already, from that month or from one before."""
    row = held.get(mapping.code)
    return row is not None and replace(mapping_of(row), effective_from=mapping.effective_from) == mapping


def _refuse_faulty(institution: Institution, mappings: Sequence[LocalMapping], rows: Sequence[int]) -> None:
    accounts = accounts_of(institution)
    charts = {day: chart_at(accounts, day) for day in {mapping.effective_from for mapping in mappings}}
    others = set(Institution.objects.values_list("pk", flat=True)) if any(m.counterparty for m in mappings) else set()
    faults: list[tuple[int, Finding]] = []
    seen: set[tuple[str, date]] = set()
    for number, mapping in zip(rows or range(1, len(mappings) + 1), mappings, strict=True):
        found = list(faults_of(mapping, charts[mapping.effective_from], institution=institution.pk, codes=CODES))
        if mapping.counterparty and mapping.counterparty not in others:
            found.append(Finding("ledger.mapping_dimension", Severity.BLOCKING, "没有这个往来机构。", "counterparty"))
        if (mapping.code, mapping.effective_from) in seen:
            words = f"本地科目 {mapping.code} 在同一生效日期出现两次，请合并为一行。"
            found.append(Finding("ledger.mapping_code", Severity.BLOCKING, words, "code"))
        seen.add((mapping.code, mapping.effective_from))
        faults += [(number, fault) for fault in found]
    refuse_rows(faults, several=bool(rows) or len(mappings) > 1)


def refuse_rows(faults: Sequence[tuple[int, Finding]], *, several: bool) -> None:
    """Raises Invalid when anything is faulty: the first faults in words, all of them as context."""
    if not faults:
        return
    told = [f"第 {row} 行：{fault.message}" if several else fault.message for row, fault in faults]
    more = f" 等共 {len(told)} 处" if len(told) > MOST_TOLD else ""
    raise Invalid(
        "ledger.mapping_rows",
        " ".join(told[:MOST_TOLD]) + more,
        faults=[{"row": row, "field": fault.subject, "message": fault.message} for row, fault in faults],
        **({} if several else {"field": faults[0][1].subject}),
    )


def _refuse_closed(institution: Institution, days: set[date]) -> None:
    """A change from a day on would change every month from then: none of them may be closed."""
    if not days:
        return
    first = str(Period.of(min(days)))
    closed = AccountingPeriod.objects.filter(
        institution=institution, period__gte=first, state=PeriodState.CLOSED
    ).order_by("-period")
    last = closed.values_list("period", flat=True).first()
    if last:
        raise Conflict(
            "ledger.mapping_of_closed_month",
            f"{last} 已结账，科目对应和记账方式只能自 {Period.parse(last).shift(1)} 起修改。如须更早，请先反结账。",
            period=last,
            field="effective_from",
        )


def adopt_proposals(actor: Actor, *, institution: Institution, period: Period) -> int:
    """Map every unmapped account of the month's trial balance to its proposal, from that month on; returns how many. Those
    whose proposal lacks a dimension wait for somebody who knows it. Raises Invalid without a trial balance of the month."""
    if str(period) not in months_with_trial_balances(institution.pk):
        raise Invalid("ledger.no_trial_balance", "没有这个月份的科目余额表，请先报送。", field="period")
    wanted = [
        LocalMapping(row.code, row.name, row.proposal.account, period.first_day)
        for row in local_accounts(institution, period)
        if row.unmapped and row.proposal and not row.proposal.missing
    ]
    return map_accounts(actor, institution=institution, mappings=wanted)


@transaction.atomic
def set_books_mode(
    actor: Actor, *, institution: Institution, mode: BooksMode.Mode, effective_from: date
) -> BooksMode | None:
    """Say from where the institution's official figures come from a month on; None when that holds already.

    Raises Conflict where the change would reach into a closed month.
    """
    access_institution(actor, institution.pk, *MODE_KEEPERS)
    hold_periods(institution, timezone.localdate())
    if effective_from.day != 1:
        raise Invalid("ledger.mapping_date", "生效日期应为某月 1 日。", field="effective_from")
    if modes_at([institution.pk], Period.of(effective_from))[institution.pk] == mode:
        return None
    _refuse_closed(institution, {effective_from})
    row = BooksMode.objects.create(
        institution=institution, mode=mode, effective_from=effective_from, recorded_by=actor.name
    )
    record(
        actor,
        "ledger.books_mode_set",
        institution=institution.code,
        subject_type="books_mode",
        subject=row.pk,
        detail={"mode": str(mode), "effective_from": effective_from.isoformat()},
    )
    return row
