"""Targets of a month with the figures they are held against, and the course of one over months."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse

from costing.engine import targets as engine
from costing.engine.targets import Metric, Verdict
from costing.models import CostDeviation, CostRun, CostTarget, CostTargetProposal, DeviationKind, TargetMetric
from costing.selectors.access import DRILL_READERS, READERS
from costing.selectors.responsibility import reach
from costing.selectors.responsibility.measuring import Measured, MonthFigures
from costing.titles import COST_ITEM_TITLES
from insurance_settlement.public import month_of_cases
from ops_platform.kernel import Actor, Period
from ops_platform.web import formats

MONTHS_SHOWN = 24


def is_ratio(metric: str) -> bool:
    """Whether limit and figure are shares of 1; else yuan."""
    return Metric(metric) in engine.RATIOS


def is_amount(metric: str) -> bool:
    """Whether it limits an amount of a month, so that savings add up."""
    return Metric(metric) in engine.AMOUNTS


def figure_words(metric: str, value: Decimal | None) -> str:
    """A limit or figure as people read it."""
    if value is None or is_ratio(metric):
        return formats.percent(value, 2)
    return f"{formats.money(value)} 元"


def sign(metric: str) -> str:
    """≤ or ≥."""
    return "≥" if Metric(metric) in engine.TO_REACH else "≤"


def title_of(metric: str, object_: str = "") -> str:
    """The metric in words, with the cost item or the group that it is of."""
    words = str(TargetMetric(metric).label)
    return f"{words} {COST_ITEM_TITLES.get(object_, object_)}" if object_ else words


def limit_words(row: CostTarget) -> str:
    """≤ 40.00%"""
    return f"{sign(row.metric)} {figure_words(row.metric, row.limit)}"


@dataclass(frozen=True, slots=True)
class TargetMonth:
    """A target in a month: the figure, how it stands to the limit, what was saved, and the deviation that was opened."""

    target: CostTarget
    period: str
    measured: Measured
    deviation: CostDeviation | None
    url: str

    @property
    def verdict(self) -> Verdict:
        """Kept, missed or unknown."""
        return engine.judge(Metric(self.target.metric), self.target.limit, self.measured.value)

    @property
    def actual(self) -> Decimal | None:
        """The figure."""
        return self.measured.value

    @property
    def title(self) -> str:
        """The metric, with its object."""
        return title_of(self.target.metric, self.target.object)

    @property
    def place(self) -> str:
        """The department, or all."""
        return self.target.department.name if self.target.department else "全院"

    @property
    def limit_words(self) -> str:
        """≤ 40.00%"""
        return limit_words(self.target)

    @property
    def actual_words(self) -> str:
        """The figure as people read it."""
        return figure_words(self.target.metric, self.actual)

    @property
    def difference(self) -> Decimal | None:
        """Limit − figure, in yuan or as a share; below zero of a metric that is to stay below: beyond the limit."""
        return None if self.actual is None else self.target.limit - self.actual

    @property
    def margin(self) -> Decimal | None:
        """What a case leaves of what is paid for it: standard − mean cost."""
        return None if self.target.standard is None or self.actual is None else self.target.standard - self.actual


def in_force(rows: QuerySet[CostTarget], period: str) -> list[CostTarget]:
    """Of these versions those of the month, ended ones left out; one query."""
    day = Period.parse(period).first_day
    line = ("institution_id", "department_id", "metric", "object")
    newest = rows.filter(effective_from__lte=day).order_by(*line, "-effective_from").distinct(*line)
    order = {metric: at for at, metric in enumerate(TargetMetric.values)}
    return sorted(
        (row for row in newest if not row.ended),
        key=lambda row: (
            row.institution.code,
            row.department.code if row.department else "",
            order[row.metric],
            row.object,
        ),
    )


def months_of(*, actor: Actor, institution: int) -> list[str]:
    """Months with a current cost run since the first target within reach began, newest first; two queries."""
    first = reach.targets(actor=actor).filter(institution=institution).order_by("effective_from").first()
    runs = CostRun.objects.filter(institution=institution, is_current=True).order_by("-period")
    begun = f"{first.effective_from:%Y-%m}" if first else ""
    return [period for period in runs.values_list("period", flat=True) if period >= begun]


def month_of_targets(*, actor: Actor, institution: int, period: str) -> list[TargetMonth]:
    """The targets of a month within reach with their figures; a fixed number of queries."""
    rows = in_force(reach.targets(actor=actor).filter(institution=institution), period)
    return measured(rows, MonthFigures(institution=institution, period=period), actor=actor)


def measured(rows: Iterable[CostTarget], month: MonthFigures, *, actor: Actor | None = None) -> list[TargetMonth]:
    """Targets of one institution with the figures of a month; one query for their deviations."""
    opened = CostDeviation.objects.filter(institution=month.institution, period=month.period, kind=DeviationKind.TARGET)
    known = {row.target.line: row for row in opened.select_related("target", "responsible") if row.target}
    return [
        TargetMonth(
            target=row,
            period=month.period,
            measured=month.measure(row.metric, row.department_id, row.object),
            deviation=known.get(row.line),
            url=report_url(row, month.period, actor),
        )
        for row in rows
    ]


def report_url(row: CostTarget, period: str, actor: Actor | None) -> str:
    """The report that the figure comes from; a head of a department gets the department's page."""
    if actor is not None and not actor.may(row.institution_id, *READERS):
        if row.department_id is None or not actor.may(row.institution_id, *DRILL_READERS, department=row.department_id):
            return ""
        return f"{reverse('department', args=[row.department_id])}?{urlencode({'period': period})}"
    asked: dict[str, str | int] = {"institution": row.institution_id, "period": period}
    match Metric(row.metric):
        case Metric.DRUG_RATIO | Metric.MATERIAL_RATIO | Metric.SERVICE_RATIO:
            name, more = "costing:income-classes", {"department": row.department_id or ""}
            return f"{reverse(name)}?{urlencode({**asked, **more})}"
        case Metric.VISIT_COST | Metric.BED_DAY_COST | Metric.VISIT_COST_GROWTH:
            return f"{reverse('costing:unit-costs')}?{urlencode(asked)}"
        case Metric.DISCHARGE_COST_GROWTH:
            return f"{reverse('costing:report', args=['cases'])}?{urlencode(asked)}"
        case Metric.DRG_COST:
            return f"{reverse('costing:group', args=[row.object])}?{urlencode(asked)}"
        case _:
            if row.department_id is not None:
                return f"{reverse('department', args=[row.department_id])}?{urlencode({'period': period})}"
            return f"{reverse('costing:report', args=['composition'])}?{urlencode(asked)}"


def course(*, actor: Actor, target: CostTarget, until: str) -> list[TargetMonth]:
    """The line of a target month by month, newest first, each against the version that held; months without a cost run are
    left out. The months shown bound the number of queries."""
    versions = sorted(line_of(target), key=lambda row: row.effective_from)
    first = f"{versions[0].effective_from:%Y-%m}"
    runs = CostRun.objects.filter(
        institution=target.institution_id, is_current=True, period__gte=first, period__lte=until
    ).order_by("-period")
    found: list[TargetMonth] = []
    for period in list(runs.values_list("period", flat=True))[:MONTHS_SHOWN]:
        holding = _holding(versions, Period.parse(period).first_day)
        if holding is not None and not holding.ended:
            month = MonthFigures(institution=target.institution_id, period=period)
            found += measured([holding], month, actor=actor)
    return found


def line_of(target: CostTarget) -> QuerySet[CostTarget]:
    """All versions of a target's line, the newest first."""
    institution, department, metric, object_ = target.line
    rows = CostTarget.objects.filter(institution=institution, department=department, metric=metric, object=object_)
    return rows.select_related(
        "institution", "department", "responsible", "specialist", "second_specialist", "proposal__asked_by"
    ).order_by("-effective_from")


def former_targets(institution: int) -> dict[tuple[str, str, str], list[CostTarget]]:
    """All versions of an institution's targets, the oldest first, by department's code, metric and object; one query."""
    rows = (
        CostTarget.objects.filter(institution=institution).select_related("department").order_by("effective_from", "pk")
    )
    found: dict[tuple[str, str, str], list[CostTarget]] = {}
    for row in rows:
        code = row.department.code if row.department else ""
        found.setdefault((code, row.metric, row.object), []).append(row)
    return found


def _holding(versions: list[CostTarget], day: date) -> CostTarget | None:
    return next((row for row in reversed(versions) if row.effective_from <= day), None)


def asked_of(*, actor: Actor, institution: int) -> list[CostTargetProposal]:
    """Proposals of an institution that wait for approval, for those who read its costs."""
    if not actor.may(institution, *READERS):
        return []
    rows = CostTargetProposal.objects.filter(institution=institution, state=CostTargetProposal.State.ASKED)
    return list(rows.select_related("asked_by").order_by("pk"))


def group_name(*, target: CostTarget, period: str) -> str:
    """The name of the disease group of a target, as the month's grouping has it; "" where it is of none."""
    if target.metric != Metric.DRG_COST:
        return ""
    settled = month_of_cases(institution=target.institution_id, period=period)
    return settled.names.get(target.object, "") if settled else ""
