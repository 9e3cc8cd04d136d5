"""Simulations of a classification mapping over past months, and what people say of the changes."""

from decimal import Decimal
from fractions import Fraction

from django.db import transaction
from django.utils import timezone

from insurance_settlement.engine.mapping import NO_CLASS, RECEIPTS, Indicators, Resolved, Simulation, simulate
from insurance_settlement.mapping_classes import KnownClasses, by_fee_class, classes_on
from insurance_settlement.models import (
    MappingExplanation,
    MappingSimulation,
    MappingVersion,
    SimulatedClass,
    SimulatedMove,
)
from insurance_settlement.selectors import mappings as selected
from insurance_settlement.services.mappings import KEEPERS, held, must_keep
from ops_platform.audit.public import record
from ops_platform.his_intake.public import input_stamp, last_sequence
from ops_platform.kernel import Actor, Forbidden, Invalid, Period, digest_of, from_fen
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.selectors import parameter_value

DATASETS = ("charge-lines", "encounters", "charge-items")
CHANGE = "insurance_settlement.mapping_change"
MOST_MONTHS = 12
LONGEST = 500
ENGINE_VERSION = "1"
PLACES = Decimal("0.000000000001")


@transaction.atomic
def simulate_mapping(
    actor: Actor, *, version_id: int, institution: Institution, first: Period, last: Period
) -> MappingSimulation:
    """What the months would have been by the version, beside the mapping that held on their last day. The same again gives
    the simulation that there is. A province version is simulated on the charges of any member."""
    version = selected.access_version(actor=actor, version_id=version_id)
    if actor.user is None or not actor.may(institution.pk, *KEEPERS):
        raise Forbidden("insurance_settlement.may_not_map", "模拟由机构财务人员或运营管理中心进行，请与其联系。")
    if version.institution_id not in (None, institution.pk):
        raise Invalid("insurance_settlement.mapping_other_institution", "该版本属于另一机构，请选择本机构。")
    _refuse_months(institution, first, last)
    before = selected.version_on(institution=institution.pk, day=last.last_day)
    sequence = last_sequence(institution)
    threshold = parameter_value(key=CHANGE, day=version.effective_from, institution=institution)
    months = [first.shift(number) for number in range(_months(first, last))]
    digest = digest_of(
        [
            [[str(month), input_stamp(institution, month, DATASETS).digest] for month in months],
            before.digest if before else digest_of({fee: dict(told) for fee, told in by_fee_class().items()}),
            version.digest,
            format(threshold, "f"),
            ENGINE_VERSION,
        ]
    )
    present = MappingSimulation.objects.filter(
        version=version,
        institution=institution,
        first_period=str(first),
        last_period=str(last),
        input_digest=digest,
        before=before,
    ).order_by("-pk")
    if found := present.first():
        return found
    items = selected.catalogue(institution=institution, day=last.last_day, sequence=sequence)
    old = selected.resolved(before) if before else selected.by_reported_classes(items)
    outcome, made = _simulated(
        actor.user, version, institution, (first, last), before, old, digest, sequence, threshold
    )
    _store(made, outcome, classes_on(version.effective_from, institution.pk), Fraction(threshold))
    record(
        actor,
        "insurance_settlement.mapping_simulated",
        institution=institution.code,
        subject_type="mapping_simulation",
        subject=made.pk,
        detail={"version": version.pk, "first": str(first), "last": str(last), "digest": digest},
    )
    return made


@transaction.atomic
def explain_changes(actor: Actor, *, simulation_id: int, texts: dict[int, str]) -> int:
    """Why classes change, by the number of the simulated class; an empty text leaves what is there. Gives how many were
    written. Only as long as the version is a draft."""
    simulation = selected.access_simulation(actor=actor, simulation_id=simulation_id)
    version = held(actor, simulation.version_id)
    person = must_keep(actor, version.institution_id)
    classes = {row.pk: row for row in simulation.classes.filter(pk__in=texts, needs_words=True)}
    written = 0
    for number, text in texts.items():
        words = text.strip()
        if not words or number not in classes:
            continue
        if not 2 <= len(words) <= LONGEST:
            title = classes[number].title
            raise Invalid(
                "insurance_settlement.mapping_explanation", f"「{title}」的说明应为 2 到 {LONGEST} 字，请改正。"
            )
        MappingExplanation.objects.update_or_create(
            simulated=classes[number], defaults={"text": words, "written_by_id": person, "written_at": timezone.now()}
        )
        written += 1
    if written:
        record(
            actor,
            "insurance_settlement.mapping_explained",
            institution=simulation.institution.code,
            subject_type="mapping_simulation",
            subject=simulation.pk,
            detail={"classes": written},
        )
    return written


def _months(first: Period, last: Period) -> int:
    return (last.year - first.year) * 12 + last.month - first.month + 1


def _refuse_months(institution: Institution, first: Period, last: Period) -> None:
    if not 1 <= _months(first, last) <= MOST_MONTHS:
        words = f"模拟期间应为 1 到 {MOST_MONTHS} 个月，起始月份不晚于终止月份，现为 {first} 至 {last}，请改正。"
        raise Invalid("insurance_settlement.mapping_months", words, field="last_month")
    there = selected.months_with_charges(institution=institution.pk)
    missing = [str(first.shift(number)) for number in range(_months(first, last))]
    missing = [month for month in missing if month not in there]
    if missing:
        known = f"，有收费明细的是 {there[-1]} 至 {there[0]}" if there else ""
        words = f"{institution.name} 在 {'、'.join(missing)} 没有收费明细{known}，请改选月份。"
        raise Invalid("insurance_settlement.mapping_months", words, field="first_month")


def _simulated(
    person: int,
    version: MappingVersion,
    institution: Institution,
    months: tuple[Period, Period],
    before: MappingVersion | None,
    old: Resolved,
    digest: str,
    sequence: int,
    threshold: Decimal,
) -> tuple[Simulation, MappingSimulation]:
    charged = selected.charges(institution=institution.pk, first=months[0], last=months[1], sequence=sequence)
    outcome = simulate(charged, old, selected.resolved(version))
    unmapped = sum(
        one.after
        for change in outcome.dimensions
        if change.dimension in RECEIPTS
        for one in change.classes
        if one.code == NO_CLASS
    )
    made = MappingSimulation.objects.create(
        version=version,
        edition=version.edition,
        rows_digest=version.digest,
        institution=institution,
        first_period=str(months[0]),
        last_period=str(months[1]),
        before=before,
        input_digest=digest,
        input_sequence=sequence,
        engine_version=ENGINE_VERSION,
        outpatient=from_fen(sum(one.outpatient for one in charged)),
        inpatient=from_fen(sum(one.inpatient for one in charged)),
        unmapped=from_fen(unmapped),
        threshold=threshold,
        indicators=_ratios(outcome.before, outcome.after),
        created_by_id=person,
    )
    return outcome, made


def _ratios(before: Indicators, after: Indicators) -> dict[str, list[str | None]]:
    names = ("service", "drug", "material", "diagnostic")
    return {name: [_decimal(getattr(one, name)) for one in (before, after)] for name in names}


def _decimal(ratio: Fraction | None) -> str | None:
    if ratio is None:
        return None
    return format((Decimal(ratio.numerator) / Decimal(ratio.denominator)).quantize(PLACES), "f")


def _store(made: MappingSimulation, outcome: Simulation, known: KnownClasses, threshold: Fraction) -> None:
    rows = []
    for change in outcome.dimensions:
        order = list(known[change.dimension])
        for one in sorted(
            change.classes, key=lambda c: (order.index(c.code) if c.code in order else len(order), c.code)
        ):
            rows.append(
                SimulatedClass(
                    simulation=made,
                    dimension=change.dimension,
                    code=one.code,
                    title=selected.class_title(known, change.dimension, one.code),
                    before=from_fen(one.before),
                    after=from_fen(one.after),
                    needs_words=one.needs_words(threshold),
                )
            )
    SimulatedClass.objects.bulk_create(rows)
    SimulatedMove.objects.bulk_create(
        (
            SimulatedMove(
                simulation=made,
                dimension=move.dimension,
                item_code=move.item,
                item_name=move.name,
                before=move.before,
                after=move.after,
                amount=from_fen(move.amount),
            )
            for move in outcome.moves
        ),
        batch_size=2000,
    )
