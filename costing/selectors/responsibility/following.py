"""What became of a deviation's figure: in a newer run of its month, and in the months after it."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP

from costing.engine.targets import Verdict
from costing.models import CostDeviation, CostTarget, PatientRun
from costing.selectors import patients
from costing.selectors.access import DRILL_READERS
from costing.selectors.responsibility import low_benefit
from costing.selectors.responsibility.measuring import PLACES, MonthFigures
from costing.selectors.responsibility.targets import TargetMonth, course, figure_words, measured
from ops_platform.kernel import Actor, Period
from ops_platform.web import formats


@dataclass(frozen=True, slots=True)
class Now:
    """The figure of the month as the current runs have it. `changed`: another than the one that was found; `kept`: it would
    not be a deviation any more. `url` is the report."""

    words: str
    changed: bool
    kept: bool
    url: str


def now_of(*, actor: Actor, deviation: CostDeviation) -> Now:
    """As the current runs of the deviation's month say."""
    if deviation.target is None:
        return _of_list(deviation)
    month = MonthFigures(institution=deviation.institution_id, period=deviation.period)
    (now,) = measured([deviation.target], month, actor=actor)
    same = now.actual is not None and now.actual.quantize(PLACES, ROUND_HALF_UP) == deviation.actual
    words = figure_words(deviation.target.metric, now.actual) if now.actual is not None else now.measured.why
    return Now(words, not same, now.verdict is Verdict.KEPT, now.url)


def _of_list(deviation: CostDeviation) -> Now:
    run = patients.current_run(institution=deviation.institution_id, period=deviation.period)
    found = _listed(run, deviation) if run else None
    if found is None:
        return Now("已不在清单中", changed=True, kept=True, url="")
    ratio = found.ratio.quantize(PLACES, ROUND_HALF_UP)
    return Now(f"每元成本收回 {formats.number(ratio, 2)} 元", ratio != deviation.actual, kept=False, url=found.url)


def _listed(run: PatientRun, deviation: CostDeviation) -> low_benefit.LowBenefit | None:
    limits = low_benefit.thresholds(institution=run.institution, period=run.period)
    return low_benefit.one_of(
        run=run, limits=limits, kind=deviation.kind, department=deviation.department_id or 0, object_=deviation.object
    )


def later_months(*, actor: Actor, deviation: CostDeviation) -> list[TargetMonth]:
    """The deviation's target in the months after it, newest first; empty where it is of no target."""
    target: CostTarget | None = deviation.target
    if target is None or not actor.has(*DRILL_READERS):
        return []
    last = str(Period(2999, 12))
    return [one for one in course(actor=actor, target=target, until=last) if one.period > deviation.period]
