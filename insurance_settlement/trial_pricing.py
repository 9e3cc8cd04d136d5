"""The cases of a run, priced as they were and as a trial asks: from the facts as of the run's sequence, by the same engine.

The group of a case is the run's unless the trial asks for another scheme; then it is grouped anew. What a special review
granted is the run's: charges as billed hold by any rules, a weight or points of its own only by the same method. Everything
a trial depends on is fixed when it is asked for, so that it gives the same again.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from insurance_settlement import schemes
from insurance_settlement.discharges import Discharge, grouped_case, read_discharges, readmitted
from insurance_settlement.engine.pricing import Kept, Price, price
from insurance_settlement.engine.rounding import plain
from insurance_settlement.engine.rule_book import Kind, RuleBook, read_rule_book
from insurance_settlement.engine.trial import Overrides, changed
from insurance_settlement.models import CaseResult, GroupingRun, GroupingScheme, PricingTrial, SchemeKind
from insurance_settlement.readmission import readmission_days
from insurance_settlement.schemes import Compiled, Found
from insurance_settlement.selectors.reviews import approved_reviews
from ops_platform.kernel import Period

DRAFT = "试算草稿"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case of the run (its stored result) as it is paid and as it would be."""

    case: CaseResult
    found: Found
    before: Price
    after: Price

    @property
    def differs(self) -> bool:
        """In payment or group."""
        return self.before.payment != self.after.payment or self.case.drg != self.found.code

    @property
    def delta(self) -> int:
        """In fen; no price counts as nothing."""
        return (self.after.payment or 0) - (self.before.payment or 0)


def book_after(trial: PricingTrial, run: GroupingRun) -> RuleBook:
    """The book that a trial prices the cases of a run by."""
    if trial.draft:
        book = read_rule_book(trial.draft.encode(), DRAFT)
    else:
        book = schemes.rule_book(trial.price_book or run.price_book)
    return changed(book, Overrides.of(trial.overrides))


def scheme_after(trial: PricingTrial, run: GroupingRun) -> GroupingScheme:
    """The scheme that a trial groups the cases of a run by."""
    return trial.scheme or run.scheme


def outcomes(trial: PricingTrial, run: GroupingRun, encounter: int | None = None) -> Iterator[Outcome]:
    """Of all cases of a run, or of one of them, by encounter."""
    stored = CaseResult.objects.filter(run=run)
    if encounter is not None:
        stored = stored.filter(encounter=encounter)
    cases = {case.encounter: case for case in stored}
    before, after = schemes.rule_book(run.price_book), book_after(trial, run)
    scheme = scheme_after(trial, run)
    regroups = scheme.pk != run.scheme_id
    base, other = schemes.compiled_scheme(run.scheme), schemes.compiled_scheme(scheme)
    kept: tuple[Kept, Kept] = {}, {}
    code, period = run.institution.code, Period.parse(run.period)
    reviews = approved_reviews(institution=run.institution_id, period=run.period)
    asks = [readmission_days(book, run.institution, period) for book in (before, after)]
    days = next((one for one in asks if one is not None), None)
    for discharge in read_discharges(run.institution, period, run.input_sequence, encounter, readmission_days=days):
        case = cases.get(discharge.encounter)
        if case is None or discharge.case is None:
            continue
        found = _as_grouped(case, discharge, base)
        moved = other.group(discharge.case) if regroups else found
        granted = reviews.get(case.encounter) if case.kind == Kind.SPECIAL_REVIEW else None
        holds = granted is None or granted.weight is None or before.method is after.method
        yield Outcome(
            case,
            moved,
            price(
                before,
                grouped_case(discharge, code, found, granted, readmitted=readmitted(discharge, found, base)),
                kept[0],
            ),
            price(
                after,
                grouped_case(
                    discharge, code, moved, granted if holds else None, readmitted=readmitted(discharge, moved, other)
                ),
                kept[1],
            ),
        )


def _as_grouped(case: CaseResult, discharge: Discharge, base: Compiled) -> Found:
    """The group of the run. The factor of a catalogue is worked out again, as the stored one is rounded."""
    if base.kind == SchemeKind.DIP and discharge.case is not None:
        found = base.group(discharge.case)
        if found.code == case.drg:
            return found
    return Found(case.mdc, case.adrg, case.drg, case.status, bool(case.drg), plain(case.factor))
