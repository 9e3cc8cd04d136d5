"""Settling a month of the alliance's agreements: a run per agreement, kept as it is; the books follow by events."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from costing.agreement_facts import Read, month_has_ended, month_of, read
from costing.engine.agreements import ENGINE_VERSION, Basis, Part, Settlement, settle
from costing.models import Agreement, SettlementBasis, SettlementPart, SettlementRun
from ops_platform.audit.public import record
from ops_platform.his_intake.public import ServiceLine
from ops_platform.kernel import Actor, Conflict, Finding, Forbidden, Period, Role, Severity, from_fen
from ops_platform.masterdata.models import Alliance, Institution
from ops_platform.masterdata.selectors import parameter_value, was_closed
from ops_platform.masterdata.services import hold_period

CLOSING = "costing.settlement_blocks_closing"
SETTLERS = (Role.OPERATION_CENTRE,)
MOST_CODES = 5


@dataclass(frozen=True, slots=True)
class SettledMonth:
    """What settling a month did. `changed` are the runs that are new, `held` says of what was left as it was, and why;
    `parties` whose books must follow."""

    changed: tuple[SettlementRun, ...]
    unchanged: int
    held: tuple[Finding, ...]
    parties: tuple[Institution, ...]


@transaction.atomic
def settle_month(actor: Actor, *, period: Period) -> SettledMonth:
    """Settle every agreement in force in the month. A repeat on the same inputs writes nothing. One that has a blocking
    finding, or of whose members one has closed the month, keeps its former run; the others are settled."""
    if not actor.has(*SETTLERS):
        raise Forbidden("costing.agreement_not_allowed", "只有运营管理中心可以结算医共体分担。")
    if not month_has_ended(period, timezone.localdate()):
        raise Conflict("costing.settlement_too_early", f"{period} 尚未结束，月末后才能结算医共体分担。")
    list(Alliance.objects.select_for_update(no_key=True).order_by("pk"))  # one settles at a time
    month = month_of(period)
    current = {run.code: run for run in SettlementRun.objects.filter(period=str(period), is_current=True)}
    changed: list[SettlementRun] = []
    held: list[Finding] = []
    touched: set[int] = set()
    unchanged = 0
    for agreement in month.versions:
        former = current.get(agreement.code)
        if agreement.ended and former is None:
            continue
        found = read(agreement, month)
        if former and former.input_digest == found.digest:
            unchanged += 1
            continue
        outcome = Settlement((), (), ()) if agreement.ended else settle(found.terms, found.inputs)
        parties = _parties(outcome.parts) | _former_parties(former)
        if outcome.blocked or (former is None and not outcome.parts):
            held += outcome.findings
        elif closed := _closed(parties, period):
            held.append(_month_closed(agreement, period, closed))
        else:
            changed.append(_store(actor, agreement, period, found, outcome, former))
            touched |= parties
    if homeless := month.homeless():
        held.append(without_agreement(homeless))
    rows = Institution.objects.filter(pk__in=touched).order_by("pk")
    return SettledMonth(tuple(changed), unchanged, tuple(held), tuple(rows))


def without_agreement(lines: Sequence[ServiceLine]) -> Finding:
    """Services that name an agreement that is not in force."""
    codes = "、".join(sorted({line.agreement for line in lines})[:MOST_CODES])
    return Finding(
        code="costing.service_without_agreement",
        severity=Severity.WARNING,
        message=f"有 {len(lines)} 行协作服务所写的协议({codes})本月没有生效，没有分担，请更正协议编号或补签协议。",
        subject=codes,
    )


def _parties(parts: Iterable[Part]) -> set[int]:
    return {number for part in parts if part.is_dealing for number in (part.bearer, part.payee)}


def _former_parties(former: SettlementRun | None) -> set[int]:
    if former is None:
        return set()
    return {number for pair in former.parts.values_list("bearer", "payee") for number in pair if pair[0] != pair[1]}


def _closed(parties: set[int], period: Period) -> list[Institution]:
    """Members that have closed the month; the others are held open until the transaction ends."""
    return [row for row in Institution.objects.filter(pk__in=parties).order_by("pk") if not hold_period(row, period)]


def _month_closed(agreement: Agreement, period: Period, closed: list[Institution]) -> Finding:
    names = "、".join(row.name for row in closed)
    return Finding(
        code="costing.settlement_closed",
        severity=Severity.WARNING,
        message=f"协议 {agreement.code}：{names} {period} 已结账，结算保持原版。依据有变化而须重算的，请先反结账。",
        subject=agreement.code,
    )


def _store(
    actor: Actor,
    agreement: Agreement,
    period: Period,
    found: Read,
    outcome: Settlement,
    former: SettlementRun | None,
) -> SettlementRun:
    if former:
        SettlementRun.objects.filter(pk=former.pk).update(is_current=False)
    parties = Institution.objects.filter(pk__in=_parties(outcome.parts) | _former_parties(former))
    run = SettlementRun.objects.create(
        agreement=agreement,
        code=agreement.code,
        period=str(period),
        version=former.version + 1 if former else 1,
        restatement=any(was_closed(row, period) for row in parties),
        input_digest=found.digest,
        inputs={str(number): sequence for number, sequence in sorted(found.sequences.items())},
        engine_version=ENGINE_VERSION,
        findings=[
            {"code": finding.code, "message": finding.message, "subject": finding.subject}
            for finding in outcome.findings
        ],
        total=from_fen(outcome.total),
        dealings=from_fen(sum(part.amount for part in outcome.parts if part.is_dealing)),
        actor=actor.name,
        created_at=timezone.now(),
    )
    bases = SettlementBasis.objects.bulk_create(
        _basis(run, number, basis, found) for number, basis in enumerate(outcome.bases, start=1)
    )
    SettlementPart.objects.bulk_create(
        SettlementPart(
            run=run,
            basis=bases[part.basis],
            role=part.role.value,
            bearer_id=part.bearer,
            payee_id=part.payee,
            share=part.share,
            amount=from_fen(part.amount),
        )
        for part in outcome.parts
    )
    record(
        actor,
        "costing.agreement_settled",
        subject_type="settlement_run",
        subject=run.pk,
        detail={
            "code": run.code,
            "period": run.period,
            "version": run.version,
            "total": format(run.total, "f"),
            "input_digest": run.input_digest,
        },
    )
    return run


def _basis(run: SettlementRun, number: int, basis: Basis, found: Read) -> SettlementBasis:
    return SettlementBasis(
        run=run,
        number=number,
        what=basis.what.value,
        provider_id=basis.provider,
        provider_department_id=basis.provider_department,
        receiver_id=basis.receiver,
        receiver_department_id=basis.receiver_department,
        volume=basis.volume,
        rows=basis.rows,
        amount=from_fen(basis.amount),
        cost_run_id=found.cost_runs.get(basis.provider) if basis.what in ("exam_income", "full_cost") else None,
    )


def closing_blockers(institution: Institution, period: Period) -> Iterable[Finding]:
    """Agreements by which the institution owes or is owed and whose settlement is missing, out of date or refused: a
    warning, or what blocks the closing where the parameter says so. Once the member has closed, its settlement stays."""
    if not Agreement.objects.filter(effective_from__lte=period.first_day).exists():
        return
    blocks = parameter_value(key=CLOSING, day=period.last_day, institution=institution) == 1
    month = month_of(period)
    current = {run.code: run for run in SettlementRun.objects.filter(period=str(period), is_current=True)}
    for agreement in month.versions:
        former = current.get(agreement.code)
        found = read(agreement, month)
        if former and former.input_digest == found.digest:
            continue
        outcome = Settlement((), (), ()) if agreement.ended else settle(found.terms, found.inputs)
        if institution.pk not in _parties(outcome.parts) | _former_parties(former) | _named(found, outcome):
            continue
        state = "的依据不全，不能结算" if outcome.blocked else "的依据在结算之后有变化" if former else "尚未结算"
        yield Finding(
            code="costing.settlement_not_up_to_date",
            severity=Severity.BLOCKING if blocks else Severity.WARNING,
            message=(
                f"{period} 的医共体分担协议 {agreement.code} {agreement.name}{state}。"
                "每晚自动结算，急用时由运营管理中心在「医共体分担结算」中结算；结账以后本月结算不再变化。"
            ),
            subject=institution.code,
        )


def _named(found: Read, outcome: Settlement) -> set[int]:
    """Where nothing can be settled: who is named as a party, or gave or got a service."""
    if not outcome.blocked:
        return set()
    named = {party.institution for party in found.terms.parties if party.institution is not None}
    served = {number for one in found.inputs.services for number in (one.provider, one.receiver) if number is not None}
    return named | served
