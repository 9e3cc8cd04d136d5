"""Figures of the approval log, summed in SQL over matters, tasks and acts: a fixed number of queries however many there are.

Hours of a step run from entering a visit to leaving it. Both are read from the visit's tasks: they are made when it is
entered, and what is not signed is dropped when it is left, all at the same moment as the act. A visit that an earlier
signature carried through at once (left = entered) is nobody's work and not counted.

A matter is *decided* when it was approved, rejected or expired; one that the applicant withdrew is not.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from ops_platform.kernel import Actor, Role
from ops_platform.web.numbers import number_of
from workflows.models import Act, ActKind, Flow, FlowVersion, Matter
from workflows.selectors.flows import place_of
from workflows.selectors.matters import OVERSEERS
from workflows.selectors.measure_sql import BY_KIND, BY_MATTER, BY_PATH, BY_STEP, CHOSEN, OF_PATH

READERS = (*OVERSEERS, Role.FINANCE_OFFICER, Role.DEPARTMENT_HEAD)
RETURNED = [{"kind": "returned"}]
REMINDERS = (ActKind.REMIND, ActKind.URGE)


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which matters are measured: submitted from the first to the last day, of an institution, a subject type, a flow."""

    since: date
    until: date
    institution: int | None = None
    kind: str = ""
    flow: int | None = None


@dataclass(frozen=True, slots=True)
class KindFigures:
    """What happened to the matters of a subject type. Hours and shares are None where there is nothing to divide by."""

    kind: str
    started: int
    in_hand: int
    approved: int
    rejected: int
    withdrawn: int
    expired: int
    median_hours: float | None
    p90_hours: float | None
    returned: int
    reminders: int
    escalations: int
    waiting_share: float | None

    @property
    def return_rate(self) -> float:
        """Matters that were sent back at least once ÷ matters submitted."""
        return self.returned / self.started


@dataclass(frozen=True, slots=True)
class MatterFigures:
    """The median decided matter: hours from submission to decision, steps at which somebody had work, and how often it went
    from one pair of hands to another. None where nothing was decided."""

    decided: int
    hours: float | None
    steps: int | None
    handovers: int | None


@dataclass(frozen=True, slots=True)
class StepFigures:
    """How long matters stayed at a step, which is named `flow:key`. `visits` leaves out those that an earlier signature
    carried through."""

    step: str
    title: str
    visits: int
    here: int
    median_hours: float | None
    p90_hours: float | None
    returns: int
    waiting_share: float | None


@dataclass(frozen=True, slots=True)
class Station:
    """One stop of a path: `signed`, `refused`, `returned` (to `to`, or to the applicant), `stuck`; steps are named
    `flow:key`. The last one is `ended`, its step the matter's state."""

    deed: str
    step: str
    to: str


@dataclass(frozen=True, slots=True)
class Path:
    """A way that ended matters really took, how many did, and how long it took them."""

    key: str
    stations: tuple[Station, ...]
    count: int
    share: float
    median_hours: float


@dataclass(frozen=True, slots=True)
class Paths:
    """The most frequent paths, of how many different ones, over how many ended matters."""

    shown: tuple[Path, ...] = ()
    ended: int = 0
    different: int = 0


def measured_matters(*, actor: Actor, chosen: Chosen, roles: Sequence[Role] = READERS) -> QuerySet[Matter]:
    """The matters that figures are made of: of institutions in which the actor holds one of the roles."""
    rows = Matter.objects.visible_to(actor, *roles)
    rows = rows.filter(submitted_at__gte=_midnight(chosen.since))
    rows = rows.filter(submitted_at__lt=_midnight(chosen.until + timedelta(days=1)))
    if chosen.institution is not None:
        rows = rows.filter(institution=chosen.institution)
    if chosen.kind:
        rows = rows.filter(subject_type=chosen.kind)
    if chosen.flow is not None:
        rows = rows.filter(version__flow=chosen.flow)
    return rows


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def kind_figures(*, matters: QuerySet[Matter]) -> list[KindFigures]:
    """Figures of each subject type; one query."""
    return [KindFigures(*row) for row in _rows(BY_KIND, matters)]


def matter_figures(*, matters: QuerySet[Matter]) -> MatterFigures:
    """The median of the decided matters; one query."""
    rows = _rows(BY_MATTER, matters)
    return MatterFigures(*rows[0]) if rows else MatterFigures(0, None, None, None)


def step_figures(*, matters: QuerySet[Matter], kind: str) -> list[StepFigures]:
    """Figures of each step of each flow of a subject type, in the order of the flows; two queries."""
    titles = step_titles(kind=kind)
    found = [StepFigures(step, titles.get(step, step), *figures) for step, *figures in _rows(BY_STEP, matters)]
    order = {step: place for place, step in enumerate(titles)}
    return sorted(found, key=lambda figures: order.get(figures.step, len(order)))


def step_titles(*, kind: str) -> dict[str, str]:
    """The steps of all flows of a subject type, by `flow:key`, in order, with their titles as the newest version that has
    them says; where there are several flows, with whose flow it is. The alliance's flow stands first, steps that were
    dropped stand last."""
    versions = FlowVersion.objects.filter(flow__subject_type=kind).select_related("flow__institution")
    by_flow: dict[Flow, dict[str, str]] = {}
    for version in versions.order_by(F("flow__institution__code").asc(nulls_first=True), "flow", "-number"):
        steps = by_flow.setdefault(version.flow, {})
        for step in version.body["steps"]:
            steps.setdefault(step["key"], step["title"])
    return {
        f"{flow.pk}:{key}": f"{title}({place_of(flow)})" if len(by_flow) > 1 else title
        for flow, steps in by_flow.items()
        for key, title in steps.items()
    }


def paths(*, matters: QuerySet[Matter]) -> Paths:
    """The most frequent paths of ended matters; one query."""
    rows = _rows(BY_PATH, matters)
    shown = tuple(
        Path(key, tuple(Station(*station) for station in json.loads(way)), count, share, hours)
        for key, way, count, share, hours, _ended, _different in rows
    )
    return Paths(shown, int(rows[0][5]), rows[0][6]) if rows else Paths()


def matters_behind(*, matters: QuerySet[Matter], figure: str) -> QuerySet[Matter]:
    """The matters that a count stands for, the latest first."""
    rows = BEHIND[figure](matters)
    return rows.select_related("institution", "applicant", "version__flow").order_by("-submitted_at", "-id")


def matters_at(*, matters: QuerySet[Matter], step: str) -> QuerySet[Matter]:
    """The matters that wait at the step `flow:key` now; none where it is no such name."""
    flow, _colon, key = step.partition(":")
    return matters.filter(state=Matter.State.RUNNING, version__flow=number_of(flow), step=key)


def matters_of_path(*, matters: QuerySet[Matter], key: str) -> QuerySet[Matter]:
    """The matters that took the path."""
    sql, parameters = _statement(OF_PATH, matters)
    walked = RawSQL(sql, (*parameters, key))  # noqa: S611  composed of our own text, values go in as parameters
    return matters.filter(pk__in=walked)


def _in_state(*states: str) -> Any:
    return lambda matters: matters.filter(state__in=states)


def _with_act(**conditions: Any) -> Any:
    return lambda matters: matters.filter(Exists(Act.objects.filter(matter=OuterRef("pk"), **conditions)))


BEHIND: dict[str, Any] = {
    "started": lambda matters: matters,
    "in_hand": _in_state(*Matter.ON_ITS_WAY),
    "approved": _in_state(Matter.State.APPROVED),
    "rejected": _in_state(Matter.State.REJECTED),
    "withdrawn": _in_state(Matter.State.WITHDRAWN),
    "expired": _in_state(Matter.State.EXPIRED),
    "returned": _with_act(events__contains=RETURNED),
    "reminders": _with_act(kind__in=REMINDERS),
    "escalations": _with_act(kind=ActKind.ESCALATE),
}


def _statement(rest: str, matters: QuerySet[Matter]) -> tuple[str, tuple[Any, ...]]:
    chosen, parameters = matters.order_by().values("pk").query.sql_with_params()
    return f"{CHOSEN}{rest}".format(chosen=chosen), tuple(parameters)


def _rows(rest: str, matters: QuerySet[Matter]) -> list[tuple[Any, ...]]:
    try:
        sql, parameters = _statement(rest, matters)
    except EmptyResultSet:
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()
