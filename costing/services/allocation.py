"""Running the cost allocation of an institution's month."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from costing import facts
from costing.engine.allocation import ENGINE_VERSION
from costing.models import CostRun, DriverRule
from costing.recomputing import Inputs, compute, policies_of
from costing.services.results import RESULTS_VERSION, store_run
from ops_platform.audit.public import record
from ops_platform.his_intake.public import InputStamp, input_stamp
from ops_platform.kernel import Actor, Finding, Period, Severity, digest_of
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.selectors import was_closed
from ops_platform.masterdata.services import hold_period


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """The current run of the scope, and whether it is a new one."""

    run: CostRun
    created: bool


@transaction.atomic
def run_allocation(actor: Actor, *, institution: Institution, period: Period) -> RunOutcome:
    """Allocate the month by step-down from administration to support, technology and clinical departments.

    Reads the facts as of the institution's present sequence. When nothing that the result depends on has changed, the
    current run is returned and nothing is written. A blocking finding of the engine (a department without driver, …)
    raises Conflict with its words; the current run stays. A closed month keeps the run it was closed on.
    """
    Institution.objects.select_for_update(no_key=True).get(pk=institution.pk)
    takes_changes = hold_period(institution, period)
    stamp = input_stamp(institution, period, facts.DATASETS)
    current = CostRun.objects.filter(institution=institution, period=str(period), is_current=True).first()
    digest = _digest(stamp, institution, period)
    if current and (current.input_digest == digest or not takes_changes):
        return RunOutcome(current, created=False)
    month = facts.read_month(institution, period, stamp.sequence)
    policies = policies_of(institution, period)
    computed = compute(Inputs(institution, period, month, stamp.sequence, None, policies))
    run = store_run(
        actor,
        current,
        month,
        computed,
        institution=institution,
        period=str(period),
        restatement=was_closed(institution, period),
        policies=policies,
        input_digest=digest,
        input_sequence=stamp.sequence,
    )
    record(
        actor,
        "costing.run_created",
        institution=institution.code,
        subject_type="cost_run",
        subject=run.pk,
        detail={
            "period": str(period),
            "version": run.version,
            "input_digest": digest,
            "input_sequence": stamp.sequence,
            "full_cost": format(run.full_cost, "f"),
        },
    )
    return RunOutcome(run, created=True)


def _rules_in_force(institution: Institution, period: Period) -> list[int]:
    rules = DriverRule.objects.filter(effective_from__lte=period.last_day)
    rules = rules.filter(institution=None) | rules.filter(institution=institution)
    return list(rules.order_by("id").values_list("id", flat=True))


def _digest(stamp: InputStamp, institution: Institution, period: Period) -> str:
    """All that the result depends on: facts, driver rules, policies, engine, and which tables a run writes."""
    rules, policies = _rules_in_force(institution, period), policies_of(institution, period)
    return digest_of([stamp.digest, rules, policies, ENGINE_VERSION, RESULTS_VERSION])


def is_up_to_date(institution: Institution, period: Period) -> bool:
    """Whether the current run was made from all that is known now."""
    digest = _digest(input_stamp(institution, period, facts.DATASETS), institution, period)
    return CostRun.objects.filter(
        institution=institution, period=str(period), is_current=True, input_digest=digest
    ).exists()


def closing_blockers(institution: Institution, period: Period) -> Iterable[Finding]:
    """A month closes only on a cost run that is up to date."""
    if not is_up_to_date(institution, period):
        yield Finding(
            code="costing.not_up_to_date",
            severity=Severity.BLOCKING,
            message=f"{period} 的成本尚未计算，或计算之后又有新数据。每晚自动计算，急用时由财务负责人启动运行。",
            subject=institution.code,
        )
