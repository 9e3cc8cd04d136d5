"""Reads of the alliance's agreements and of what members bear under them. A member sees what concerns it, the centre all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q, QuerySet, Sum

from costing.agreement_facts import month_has_ended, month_of, read
from costing.engine.agreements import settle
from costing.models import (
    Agreement,
    IncomeCell,
    PartyRole,
    SettlementBasis,
    SettlementPart,
    SettlementRun,
)
from costing.selectors.access import READERS
from costing.services.settlements import without_agreement
from ops_platform.his_intake.public import ALLIANCE_SERVICE_KINDS, FEE_CLASSES, ServiceLine, alliance_services
from ops_platform.kernel import Actor, Finding, NotFound, Period
from ops_platform.masterdata.models import Institution

MOST_MONTHS = 36
ZERO = Decimal("0.00")


def words_of(parties: Iterable[tuple[str, str, Decimal]]) -> str:
    """Parties with their shares in words, a line for each role and share: (role, name, share)."""
    named: dict[tuple[str, Decimal], list[str]] = {}
    for role, name, share in parties:
        named.setdefault((role, share), []).append(name)
    return "\n".join(
        f"{PartyRole(role).label}{f' {percent_of(share)}' if share else ''}{_listed(names)}"
        for (role, share), names in named.items()
    )


def percent_of(share: Decimal) -> str:
    """As many digits as it has: 60%, 33.3333%."""
    return f"{(share * 100).normalize():f}%"


def _listed(names: list[str]) -> str:
    known = [name for name in names if name]
    return f"：{'、'.join(known)}" if known else ""


@dataclass(frozen=True, slots=True)
class Version:
    """An agreement's version, its parties in words, and whether it holds now, will, or did."""

    row: Agreement
    parties: str
    rates: str
    state: str


def _seen(actor: Actor) -> set[int] | None:
    found = actor.institutions(*READERS)
    return None if found is None else set(found)


def versions(*, actor: Actor, day: date) -> list[Version]:
    """Versions of the agreements that concern the reader, by code, the newest first; two queries more than rows."""
    rows = Agreement.objects.select_related("department__institution").prefetch_related("shares__institution", "rates")
    seen = _seen(actor)
    holding: dict[str, int] = {}
    found = []
    for row in rows.order_by("code", "-effective_from"):
        shares = list(row.shares.all())
        if seen is not None and not any(one.institution_id is None or one.institution_id in seen for one in shares):
            continue
        if row.effective_from > day:
            state = "next"
        elif row.code not in holding:
            holding[row.code] = row.pk
            state = "ended" if row.ended else "in_force"
        else:
            state = "former"
        named = [(one.role, one.institution.name if one.institution else "", one.share) for one in shares]
        found.append(Version(row, words_of(named), _rates(row), state))
    return found


def _rates(row: Agreement) -> str:
    kinds, fees = dict(ALLIANCE_SERVICE_KINDS), dict(FEE_CLASSES)
    words = [f"{kinds[rate.service_kind]} {rate.unit_cost.normalize():f} 元" for rate in row.rates.all()]
    words += [fees.get(code, code) for code in row.fee_classes]
    words += [f"收费项目 {'、'.join(row.items)}"] if row.items else []
    if row.by_full_cost and row.department:
        words.append(f"{row.department.institution.name}{row.department.name}全成本按使用量")
    return "、".join(words)


def access_agreement(*, actor: Actor, agreement_id: int) -> Agreement:
    """One version; NotFound for what does not concern the reader."""
    found = next((one.row for one in versions(actor=actor, day=date.max) if one.row.pk == agreement_id), None)
    if found is None:
        raise NotFound("costing.no_agreement", "没有这个协议。")
    return found


def months(today: date) -> list[str]:
    """Months that may be settled, the newest first: from the first agreement to the last month that has ended."""
    first = Agreement.objects.order_by("effective_from").values_list("effective_from", flat=True).first()
    if first is None:
        return []
    found: list[str] = []
    period = Period.of(today)
    while period.first_day >= first and len(found) < MOST_MONTHS:
        if month_has_ended(period, today):
            found.append(str(period))
        period = period.shift(-1)
    return found


@dataclass(frozen=True, slots=True)
class Standing:
    """An agreement in a month: its current run, and whether it would come out differently now, or cannot be settled.
    `total` and `dealings` are those of the parts that the reader sees."""

    agreement: Agreement
    run: SettlementRun | None
    state: str
    total: Decimal
    dealings: Decimal
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class MemberSum:
    """What a member bears for others, gets from others, and bears of its own services or as the holder of the pool."""

    institution: Institution
    bears: Decimal
    gets: Decimal
    own: Decimal

    @property
    def net(self) -> Decimal:
        """What it gets less what it bears for others."""
        return self.gets - self.bears


@dataclass(frozen=True, slots=True)
class Dealing:
    """What one owes another under an agreement."""

    run: SettlementRun
    bearer: Institution
    payee: Institution
    amount: Decimal


@dataclass(frozen=True, slots=True)
class SettledMonth:
    """The month as the reader sees it."""

    standings: tuple[Standing, ...]
    members: tuple[MemberSum, ...]
    dealings: tuple[Dealing, ...]
    findings: tuple[Finding, ...]

    @property
    def dealt(self) -> Decimal:
        """What members owe each other in all."""
        return sum((one.amount for one in self.dealings), ZERO)


def parts_seen(*, actor: Actor) -> QuerySet[SettlementPart]:
    """Parts that the reader's institutions bear or get."""
    rows = SettlementPart.objects.select_related(
        "run__agreement",
        "basis__provider",
        "basis__provider_department",
        "basis__receiver",
        "basis__receiver_department",
        "basis__cost_run",
        "bearer",
        "payee",
    )
    seen = _seen(actor)
    if seen is not None:
        rows = rows.filter(Q(bearer__in=seen) | Q(payee__in=seen))
    return rows.order_by("run__code", "run", "basis__number", "pk")


def settled_month(*, actor: Actor, period: Period) -> SettledMonth:
    """Agreements in force with how they stand, what each member bears and gets, who owes whom."""
    parts = list(parts_seen(actor=actor).filter(run__period=str(period), run__is_current=True))
    runs = {run.code: run for run in SettlementRun.objects.filter(period=str(period), is_current=True)}
    concerned = {one.row.pk for one in versions(actor=actor, day=period.first_day)}
    seen = _seen(actor)
    month = month_of(period)
    standings = []
    for agreement in month.versions:
        run = runs.get(agreement.code)
        if agreement.pk not in concerned or (agreement.ended and run is None):
            continue
        mine = [part for part in parts if part.run.code == agreement.code]
        found = read(agreement, month)
        outcome = settle(found.terms, found.inputs) if not agreement.ended else None
        state = "settled" if run and run.input_digest == found.digest else "outdated" if run else "open"
        if outcome and outcome.blocked:
            state = "blocked"
        standings.append(
            Standing(
                agreement,
                run if mine or seen is None else None,
                state,
                sum((part.amount for part in mine), ZERO),
                sum((part.amount for part in mine if part.bearer_id != part.payee_id), ZERO),
                outcome.findings if outcome else (),
            )
        )
    homeless = month.homeless() if _seen(actor) is None else []
    return SettledMonth(
        tuple(standings),
        tuple(_members(parts, _seen(actor))),
        tuple(_dealings(parts)),
        (without_agreement(homeless),) if homeless else (),
    )


def _members(parts: Sequence[SettlementPart], seen: set[int] | None) -> list[MemberSum]:
    people = {row.pk: row for part in parts for row in (part.bearer, part.payee)}
    sums = {number: [ZERO, ZERO, ZERO] for number in people if seen is None or number in seen}
    for part in parts:
        own = part.bearer_id == part.payee_id
        if part.bearer_id in sums:
            sums[part.bearer_id][2 if own else 0] += part.amount
        if not own and part.payee_id in sums:
            sums[part.payee_id][1] += part.amount
    return [
        MemberSum(people[number], *found) for number, found in sorted(sums.items(), key=lambda one: people[one[0]].code)
    ]


def _dealings(parts: Sequence[SettlementPart]) -> list[Dealing]:
    sums: dict[tuple[str, str, str], list[SettlementPart]] = {}
    for part in parts:
        if part.bearer_id != part.payee_id:
            sums.setdefault((part.run.code, part.bearer.code, part.payee.code), []).append(part)
    return [
        Dealing(found[0].run, found[0].bearer, found[0].payee, sum((part.amount for part in found), ZERO))
        for _, found in sorted(sums.items())
    ]


def access_settlement(*, actor: Actor, run_id: int) -> SettlementRun:
    """One run; NotFound where none of it concerns the reader."""
    rows = SettlementRun.objects.select_related("agreement__department__institution")
    run = rows.prefetch_related("agreement__shares__institution", "agreement__rates").filter(pk=run_id).first()
    seen = _seen(actor)
    if run is None or (seen is not None and not parts_seen(actor=actor).filter(run=run).exists()):
        raise NotFound("costing.no_settlement", "没有这次医共体分担结算。")
    return run


def access_basis(*, actor: Actor, basis_id: int) -> SettlementBasis:
    """An amount that was divided; NotFound where the reader bears and gets nothing of it."""
    part = parts_seen(actor=actor).filter(basis=basis_id).first()
    if part is None:
        raise NotFound("costing.no_settlement", "没有这次医共体分担结算。")
    return part.basis


def incomes_behind(*, basis: SettlementBasis, run: SettlementRun) -> list[tuple[str, str, Decimal]]:
    """Exam income by fee class (code, title, amount), from the cost run that it was read from."""
    if basis.cost_run_id is None or basis.what != "exam_income":
        return []
    cells = IncomeCell.objects.filter(run=basis.cost_run_id, fee_class__in=run.agreement.fee_classes)
    sums = cells.order_by("fee_class").values_list("fee_class").annotate(total=Sum("amount"))
    return [(code, dict(FEE_CLASSES).get(code, code), total) for code, total in sums]


def services_behind(*, basis: SettlementBasis, run: SettlementRun) -> list[ServiceLine]:
    """The rows that make an amount, as of the sequences that the run read."""
    lines = alliance_services(
        period=Period.parse(run.period),
        sequences={int(number): sequence for number, sequence in run.inputs.items()},
        agreement=run.code,
    )
    department = basis.receiver_department.code if basis.receiver_department else ""
    return [
        line
        for line in lines
        if line.institution == basis.provider_id
        and line.department == basis.provider_department_id
        and line.receiver == basis.receiver_id
        and line.receiver_department == department
    ]
