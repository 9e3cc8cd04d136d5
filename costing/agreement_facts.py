"""What a month of an agreement is settled from: services in the intake, income and full cost of cost runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from costing.engine import agreements as engine
from costing.models import Agreement, CostRun, DepartmentMonth, IncomeCell, SettlementBasis
from ops_platform.his_intake.public import (
    ServiceLine,
    alliance_service_sequences,
    alliance_services,
    income_of_items,
)
from ops_platform.kernel import Period, digest_of, to_fen
from ops_platform.masterdata.models import Department, Institution, InstitutionKind

ZERO = Decimal("0.00")
LEVEL_OF = {
    InstitutionKind.LEAD_HOSPITAL: engine.PartyRole.COUNTY,
    InstitutionKind.SPECIALIST: engine.PartyRole.COUNTY,
    InstitutionKind.TOWNSHIP_HOSPITAL: engine.PartyRole.TOWNSHIP,
    InstitutionKind.VILLAGE_CLINIC: engine.PartyRole.VILLAGE,
}


@dataclass(frozen=True, slots=True)
class Read:
    """The inputs of a settlement, and what a run keeps of where they were read."""

    terms: engine.Terms
    inputs: engine.Inputs
    sequences: Mapping[int, int]
    cost_runs: Mapping[int, int]
    digest: str


def versions_at(period: Period) -> list[Agreement]:
    """Of each agreement the version that holds in the month, by code; ended ones, too."""
    rows = Agreement.objects.filter(effective_from__lte=period.first_day).order_by("code", "-effective_from")
    return list(rows.distinct("code").select_related("department").prefetch_related("shares__institution", "rates"))


def in_force(period: Period) -> list[Agreement]:
    """Those that have not ended."""
    return [row for row in versions_at(period) if not row.ended]


def terms_of(agreement: Agreement) -> engine.Terms:
    """An agreement as the engine takes it."""
    return engine.Terms(
        code=agreement.code,
        kind=engine.AgreementKind(agreement.kind),
        parties=tuple(
            engine.Party(engine.PartyRole(one.role), one.institution_id, one.share) for one in agreement.shares.all()
        ),
        unit_costs={rate.service_kind: rate.unit_cost for rate in agreement.rates.all()},
        by_full_cost=agreement.by_full_cost,
    )


@dataclass(frozen=True, slots=True)
class Month:
    """What all agreements of a month are read from; a fixed number of queries, whatever their number. `exam_incomes` by cost
    run and fee class; `known_incomes` by version of an agreement and cost run, as a current settlement has them: what was
    charged for named items as of a cost run never changes, so that no charge line is read twice."""

    period: Period
    versions: tuple[Agreement, ...]
    sequences: Mapping[int, int]
    lines: tuple[ServiceLine, ...]
    departments: Mapping[tuple[int, str], int]
    institutions: Mapping[int, Institution]
    cost_runs: Mapping[int, CostRun]
    exam_incomes: Mapping[tuple[int, str], Decimal]
    known_incomes: Mapping[tuple[int, int], Decimal]

    @property
    def live(self) -> list[Agreement]:
        """Agreements that have not ended."""
        return [row for row in self.versions if not row.ended]

    def homeless(self) -> list[ServiceLine]:
        """Services that name no agreement in force: nobody bears them."""
        codes = {row.code for row in self.live}
        return [line for line in self.lines if line.agreement not in codes]


def month_of(period: Period) -> Month:
    """Read a month as it stands now."""
    sequences = alliance_service_sequences(period)
    lines = alliance_services(period=period, sequences=sequences) if sequences else ()
    versions = tuple(versions_at(period))
    cost_runs = {row.institution_id: row for row in CostRun.objects.filter(period=str(period), is_current=True)}
    return Month(
        period,
        versions,
        sequences,
        lines,
        _departments(lines),
        {row.pk: row for row in Institution.objects.all()},
        cost_runs,
        _exam_incomes(versions, cost_runs),
        _known_incomes(period),
    )


def read(agreement: Agreement, month: Month) -> Read:
    """All that the month of the agreement depends on."""
    terms = terms_of(agreement)
    if agreement.ended:
        return Read(terms, engine.Inputs(), {}, {}, digest_of([agreement.pk]))
    lines = [line for line in month.lines if line.agreement == agreement.code]
    incomes, full_cost, used = [], None, {}
    if terms.kind is engine.AgreementKind.JOINT_EXAM:
        for party in terms.of(engine.PartyRole.BASE):
            number = party.institution or 0
            run = month.cost_runs.get(number)
            taken = _taken_by(agreement, number, month.live)
            incomes.append(engine.Income(number, _exam_income(agreement, run, month), taken))
            if run:
                used[number] = run.pk
    if agreement.by_full_cost and agreement.department:
        run = month.cost_runs.get(agreement.department.institution_id)
        if run:
            full_cost, used = _full_cost(run, agreement.department), {run.institution_id: run.pk}
    receivers = {line.receiver for line in lines if line.receiver}
    inputs = engine.Inputs(
        services=tuple(_service(line, month.departments) for line in lines),
        incomes=tuple(incomes),
        chains={number: _chain(month.institutions, number) for number in receivers},
        full_cost=full_cost,
        names={number: row.name for number, row in month.institutions.items()},
    )
    providers = {line.institution for line in lines}
    return Read(
        terms,
        inputs,
        {number: sequence for number, sequence in month.sequences.items() if number in providers},
        used,
        digest_of([agreement.pk, engine.ENGINE_VERSION, _content(inputs), sorted(used.items())]),
    )


def _content(inputs: engine.Inputs) -> list[Any]:
    services = [
        [
            one.reference,
            one.provider,
            one.provider_department,
            one.receiver,
            one.receiver_department,
            one.kind,
            format(one.volume, "f"),
            None if one.unit_cost is None else format(one.unit_cost, "f"),
            one.amount,
        ]
        for one in inputs.services
    ]
    incomes = [[one.institution, one.amount, one.taken_by] for one in inputs.incomes]
    chains = [[number, sorted(chain.items())] for number, chain in sorted(inputs.chains.items())]
    return [services, incomes, chains, inputs.full_cost]


def _service(line: ServiceLine, departments: Mapping[tuple[int, str], int]) -> engine.Service:
    return engine.Service(
        reference=f"{line.document}/{line.line}",
        provider=line.institution,
        provider_department=line.department,
        receiver=line.receiver,
        receiver_department=departments.get((line.receiver or 0, line.receiver_department)),
        kind=line.kind,
        volume=line.volume,
        unit_cost=line.unit_cost,
        amount=None if line.amount is None else to_fen(line.amount),
    )


def _departments(lines: tuple[ServiceLine, ...]) -> dict[tuple[int, str], int]:
    named = {line.receiver_department for line in lines} - {""}
    if not named:
        return {}
    rows = Department.objects.filter(code__in=named).values_list("institution", "code", "pk")
    return {(institution, code): number for institution, code, number in rows}


def _chain(institutions: Mapping[int, Institution], number: int) -> dict[engine.PartyRole, int]:
    """Who of the receiver and those that guide it is of which level; the nearest of a level."""
    chain: dict[engine.PartyRole, int] = {}
    row: Institution | None = institutions.get(number)
    while row is not None:
        chain.setdefault(LEVEL_OF[InstitutionKind(row.kind)], row.pk)
        row = institutions.get(row.parent_id or 0)
    return chain


def _exam_incomes(versions: Sequence[Agreement], cost_runs: Mapping[int, CostRun]) -> dict[tuple[int, str], Decimal]:
    """What all base members earned by the fee classes of joint examinations; one query."""
    classes = {code for row in versions for code in row.fee_classes}
    bases = {
        one.institution_id for row in versions for one in row.shares.all() if one.role == engine.PartyRole.BASE.value
    }
    runs = [run.pk for number, run in cost_runs.items() if number in bases]
    if not classes or not runs:
        return {}
    cells = IncomeCell.objects.filter(run__in=runs, fee_class__in=classes).order_by()
    return {
        (run, fee_class): total
        for run, fee_class, total in cells.values_list("run", "fee_class").annotate(total=Sum("amount"))
    }


def _known_incomes(period: Period) -> dict[tuple[int, int], Decimal]:
    """Incomes of named items by version of the agreement and cost run, from current settlements; one query."""
    rows = SettlementBasis.objects.filter(
        run__period=str(period), run__is_current=True, what=engine.What.EXAM_INCOME.value, cost_run__isnull=False
    )
    found = rows.order_by().values_list("run__agreement", "cost_run", "amount")
    return {(agreement, run): amount for agreement, run, amount in found}


def _exam_income(agreement: Agreement, run: CostRun | None, month: Month) -> int | None:
    if run is None:
        return None
    if agreement.items:
        known = month.known_incomes.get((agreement.pk, run.pk))
        if known is None:
            known = income_of_items(
                institution=run.institution_id,
                period=month.period,
                sequence=run.input_sequence,
                codes=agreement.items,
            ).amount
        return to_fen(known)
    return to_fen(sum((month.exam_incomes.get((run.pk, code), ZERO) for code in agreement.fee_classes), ZERO))


def _full_cost(run: CostRun, department: Department) -> int:
    """What the department cost before it hands anything on: what others sent to it included."""
    row = DepartmentMonth.objects.filter(run=run, department=department).first()
    return to_fen(row.direct_cost + row.received_cost) if row else 0


def _taken_by(agreement: Agreement, institution: int, others: list[Agreement]) -> str:
    """Another joint examination, earlier in the order of codes, that takes the same income of the member."""
    for other in others:
        if other.kind != agreement.kind or other.code >= agreement.code:
            continue
        same = set(other.fee_classes) & set(agreement.fee_classes) or set(other.items) & set(agreement.items)
        mixed = bool(other.items) != bool(agreement.items)
        shares = [one for one in other.shares.all() if one.role == engine.PartyRole.BASE]
        if (same or mixed) and any(one.institution_id == institution for one in shares):
            return other.code
    return ""


def month_has_ended(period: Period, today: date) -> bool:
    """Costs and services come in with the month's end: before it nothing is settled."""
    return period.last_day < today
