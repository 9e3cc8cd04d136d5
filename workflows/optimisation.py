"""The subject type of processes to be marked as optimised: the second person sees the figures of both sides, whence they
are, and who answers for the process."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import Actor, Line, NotFound, Role
from ops_platform.web import formats
from ops_platform.web.numbers import number_of
from workflows import starting
from workflows.drawing import step_words
from workflows.engine.definition import Level, Step, from_json
from workflows.models import Process, ProcessPoint, ProcessState
from workflows.place_attributes import INSTITUTION_KIND
from workflows.reference import default, role
from workflows.selectors import processes as selectors
from workflows.selectors.process_maps import FlowMap, maps_of
from workflows.services import optimisation
from workflows.subjects import Decision, Subject, SubjectType

FORMATS = {"cost": formats.money, "error_rate": lambda value: formats.percent(value, 2)}
KEPT = (*selectors.METRICS, "since", "source", "explanation", "measured_since", "measured_until")


def _process(subject: str) -> Process:
    rows = Process.objects.select_related("institution", "owner", "department", "flow__current")
    process = rows.filter(pk=number_of(subject)).first()
    if process is None:
        raise NotFound("workflows.no_process", "没有这个业务流程。")
    return process


def _load(subject: str) -> Subject:
    process = _process(subject)
    states = selectors.states_of(process=process)
    points = selectors.points_of(process=process)
    return Subject(
        title=f"标为已优化：{process.name}"[:200],
        institution=process.institution_id,
        department=process.department_id,
        values={"institution_kind": process.institution.kind},
        content={
            "code": process.code,
            "name": process.name,
            "matter": process.matter,
            "institution": process.institution.code,
            "states": {which: _signed(state) for which, state in states.items()},
            "maps": {which: found.content() for which, found in maps_of(process, states).items() if found},
            "points": [[str(point.kind), point.place, point.text] for point in points],
        },
        lines=tuple(_lines(process, states, points)),
        url=reverse("workflows:process", args=[process.pk]),
        edit=reverse("workflows:process", args=[process.pk]),
        barred=frozenset({*process.entered_by, *((process.owner_id,) if process.owner_id else ())}),
    )


def _signed(state: ProcessState) -> dict[str, Any]:
    known = {name: getattr(state, name) for name in KEPT}
    return {
        **{name: "" if value is None else str(value) for name, value in known.items()},
        "measured": state.measured,
    }


def _lines(process: Process, states: dict[str, ProcessState], points: list[ProcessPoint]) -> Iterator[Line]:
    yield Line("流程", f"{process.code} {process.name}")
    yield Line("事项", process.matter)
    yield Line("机构", process.institution.name)
    yield Line("责任人", str(process.owner or "—"))
    for one in selectors.compared(states):
        if one.before is not None or one.after is not None:
            words = FORMATS.get(one.metric, formats.quantity)
            sides = (
                "平台实测" if len(one.measured) == len(ProcessState.Which) else "部分实测" if one.measured else "填报"
            )
            change = f"改善 {formats.percent(one.improvement)}" if one.improvement is not None else "改善不可算"
            yield Line(
                str(selectors.METRIC_TITLES[one.metric]), f"{words(one.before)} → {words(one.after)}，{change}({sides})"
            )
    maps = maps_of(process, states)
    for which, title in ProcessState.Which.choices:
        if which in states:
            yield from _origin(str(title), states[which])
        if found := maps[which]:
            yield Line(f"{title}流程图", _in_one_line(found))
    for point in points:
        if point.kind == ProcessPoint.Kind.CONTROL:
            yield Line("控制点", f"{point.place}：{point.text}")


def _in_one_line(found: FlowMap) -> str:
    if found.version is None:
        return " → ".join(f"{one['step']}({one['post']})" if one["post"] else one["step"] for one in found.steps)
    steps = " → ".join(step_words(from_json(found.version.body)))
    return f"审批流程「{found.version.flow.title}」第 {found.version.number} 版：{steps}"


def _origin(title: str, state: ProcessState) -> Iterator[Line]:
    if state.since:
        yield Line(f"{title}自", state.since.isoformat())
    if state.source:
        yield Line(f"{title}数据依据", state.source)
    if state.measured:
        yield Line(
            f"{title}实测",
            f"{state.measured_since} 至 {state.measured_until} 提交并办结的 {state.measured_matters} 件，取中位数",
        )
    if state.explanation:
        yield Line("变差指标的说明", state.explanation)


def _ready(_actor: Actor, subject: str) -> None:
    optimisation.must_be_optimisable(_process(subject))


def _mark(actor: Actor, subject: str, decision: Decision) -> None:
    optimisation.mark_optimised(actor, process_id=number_of(subject), asked_by=decision.applicant)


OPTIMISATION = SubjectType(
    code=selectors.OPTIMISATION,
    title=_("流程标为已优化"),
    load=_load,
    applicants=selectors.EDITORS,
    begin=starting.OPTIMISATION,
    attributes=(INSTITUTION_KIND,),
    ready=_ready,
    on_approval=_mark,
    lasting=False,
    default=default(
        "流程标为已优化",
        (
            Step(
                "second",
                "第二人核对优化数据",
                (role(Role.OPERATION_CENTRE, Level.ALLIANCE), role(Role.LEADERSHIP, Level.ALLIANCE)),
                copies=(role(Role.INSTITUTION_HEAD),),
                remind_hours=24,
                escalate_hours=72,
            ),
        ),
        note="计入达标进度的流程须由第二人核对优化前后的数据；责任人和填写过数据、控制点的人不能审批。",
    ),
)
