"""Everything about one case and one encounter."""

from dataclasses import dataclass, replace
from decimal import Decimal

from insurance_settlement import schemes
from insurance_settlement.discharges import Discharge, Settled, grouped_case, read_discharges, readmitted
from insurance_settlement.engine.case import SUCCESS, Case
from insurance_settlement.engine.pricing import Price, price
from insurance_settlement.engine.rounding import plain
from insurance_settlement.engine.rule_book import Kind
from insurance_settlement.engine.worth import GroupedCase
from insurance_settlement.models import CaseResult, GroupingRun
from insurance_settlement.readmission import readmission_days
from insurance_settlement.schemes import Compiled, Found
from insurance_settlement.selectors.access import CASE_READERS
from insurance_settlement.selectors.reviews import approved_reviews
from ops_platform.his_intake.public import EncounterAt, FactPage, encounter_at, encounter_lines
from ops_platform.kernel import Actor, NotFound, Period, to_fen
from ops_platform.masterdata.models import Institution


def _as_priced(case: CaseResult, discharge: Discharge | None, scheme: Compiled) -> GroupedCase:
    """A stored case as its run priced it. A review that was approved does not change any more."""
    institution = case.run.institution.code
    granted = approved_reviews(institution=case.run.institution_id, period=case.run.period)
    review = granted.get(case.encounter) if case.kind == Kind.SPECIAL_REVIEW else None
    if discharge is None:
        return GroupedCase(
            case_no=case.encounter_no,
            institution=institution,
            group=case.drg,
            charges=to_fen(case.charges),
            stay_days=case.stay_days,
            scheme=case.scheme,
            factor=plain(case.factor),
            review=review,
            settled=False,
        )
    found = Found(case.mdc, case.adrg, case.drg, case.status, case.status == SUCCESS, plain(case.factor))
    again = readmitted(discharge, found, scheme)
    return replace(grouped_case(discharge, institution, found, review, readmitted=again), charges=to_fen(case.charges))


@dataclass(frozen=True, slots=True)
class CodeLine:
    """A code of the front page with its name in the scheme's code table."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class FeeLine:
    """Charges of a fee class."""

    fee_class: str
    lines: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class CaseDetail:
    """A case as its run read it: the front page, the way to its group, the way to its price, its charges, and what its
    settlement lists come to, in fen."""

    encounter: EncounterAt | None
    abstract: Case | None
    diagnoses: tuple[CodeLine, ...]
    procedures: tuple[CodeLine, ...]
    grouping: Found | None
    price: Price
    drg_name: str
    fees: tuple[FeeLine, ...]
    charged: Decimal
    same_as_run: bool
    priced_as_run: bool
    settled: Settled | None


def case_detail(*, case: CaseResult) -> CaseDetail:
    """Everything about a case, computed again from the facts as of the run's sequence by the run's own scheme."""
    run = case.run
    scheme, book = schemes.compiled_scheme(run.scheme), schemes.rule_book(run.price_book)
    period = Period.parse(run.period)
    days = readmission_days(book, run.institution, period)
    found = read_discharges(run.institution, period, run.input_sequence, case.encounter, readmission_days=days)
    discharge = found[0] if found else None
    abstract = discharge.case if discharge else None
    grouping = scheme.explain(abstract) if abstract else None
    encounter = encounter_at(institution=run.institution_id, encounter=case.encounter, sequence=run.input_sequence)
    fees, charged = _fees(run, encounter)
    priced = price(book, _as_priced(case, discharge, scheme))
    return CaseDetail(
        encounter=encounter,
        abstract=abstract,
        diagnoses=tuple(CodeLine(c, scheme.dx.names.get(c, "")) for c in (abstract.diagnoses if abstract else ())),
        procedures=tuple(CodeLine(c, scheme.proc.names.get(c, "")) for c in (abstract.procedures if abstract else ())),
        grouping=grouping,
        price=priced,
        drg_name=scheme.titles.get(case.drg, ""),
        fees=fees,
        charged=charged,
        same_as_run=grouping is not None and grouping.code == case.drg,
        priced_as_run=priced.payment == (None if case.payment is None else to_fen(case.payment)),
        settled=discharge.settled if discharge else None,
    )


def _fees(run: GroupingRun, encounter: EncounterAt | None) -> tuple[tuple[FeeLine, ...], Decimal]:
    if encounter is None:
        return (), Decimal("0.00")
    lines = encounter_lines(institution=run.institution_id, encounter=encounter, sequence=run.input_sequence)
    sums: dict[str, tuple[int, Decimal]] = {}
    for line in lines.rows:
        number, amount = sums.get(line.fee_class, (0, Decimal(0)))
        sums[line.fee_class] = (number + 1, amount + line.amount)
    fees = tuple(FeeLine(code, *sums[code]) for code in sorted(sums, key=lambda code: (-sums[code][1], code)))
    return fees, lines.total


@dataclass(frozen=True, slots=True)
class EncounterBill:
    """One visit or stay with all its charge lines as of a sequence."""

    institution: Institution
    encounter: EncounterAt
    lines: FactPage
    sequence: int


def access_encounter(*, actor: Actor, institution_id: int, encounter: int, sequence: int) -> EncounterBill:
    """NotFound for an encounter the actor may not see: institution and department decide."""
    institution = Institution.objects.filter(pk=institution_id).first()
    found = encounter_at(institution=institution_id, encounter=encounter, sequence=sequence) if institution else None
    if institution and found:
        lines = encounter_lines(institution=institution_id, encounter=found, sequence=sequence)
        touched = {found.department} | {line.ordering for line in lines.rows} | {line.executing for line in lines.rows}
        if any(actor.may(institution_id, *CASE_READERS, department=department) for department in touched):
            return EncounterBill(institution, found, lines, sequence)
    raise NotFound("insurance_settlement.no_encounter", "没有这次就诊。")
