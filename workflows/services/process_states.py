"""What a process was before it was improved, and what it is after: stated by people, or measured from the log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from ops_platform.kernel import Actor, Conflict, Invalid
from ops_platform.masterdata.selectors import parameter_value
from workflows.models import FlowVersion, Process, ProcessState
from workflows.selectors import measures
from workflows.selectors import processes as selectors
from workflows.services.processes import entered_by, locked, record_change, touch

FEWEST_MATTERS = "workflows.fewest_measured_matters"
SHORTEST_SOURCE = 4
LONGEST_MEASURED = timedelta(days=1100)
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Figures:
    """What people enter about a process before or after its improvement; None is not known. The error rate is a share.
    `source` says how they know."""

    steps: int | None = None
    handovers: int | None = None
    hours: Decimal | None = None
    cost: Decimal | None = None
    error_rate: Decimal | None = None
    map: Sequence[Mapping[str, str]] = ()
    flow_version: FlowVersion | None = None
    since: date | None = None
    source: str = ""
    explanation: str = ""


@transaction.atomic
def save_state(actor: Actor, *, process_id: int, which: str, figures: Figures) -> ProcessState:
    """Enter what the process was before, or is after its improvement.

    A figure that the platform had measured counts as stated from the moment somebody enters another. Raises Invalid for
    nothing, for a day to come, and for a figure without saying how one knows; Conflict for figures that a second person has
    agreed to.
    """
    process = _open(actor, process_id)
    given = {field.name: getattr(figures, field.name) for field in fields(figures)}
    if figures.flow_version is not None:
        _must_run(process, figures)
    if not figures.map and figures.flow_version is None and all(given[name] is None for name in selectors.METRICS):
        raise Invalid("workflows.process_state_empty", "请至少填写一项数据或流程步骤。")
    if figures.since is not None and figures.since > timezone.localdate():
        raise Invalid("workflows.process_day_to_come", "自何时起不能晚于今天。", field="since")
    given["map"] = [dict(step) for step in figures.map]
    known = selectors.states_of(process=process).get(ProcessState.Which(which))
    given["measured"] = [name for name in known.measured if getattr(known, name) == given[name]] if known else []
    stated = [name for name in selectors.METRICS if given[name] is not None and name not in given["measured"]]
    if stated and len(figures.source.strip()) < SHORTEST_SOURCE:
        raise Invalid(
            "workflows.process_source_missing",
            f"请写明填报数据的依据(至少 {SHORTEST_SOURCE} 个字)，如统计了哪几个月、多少单。",
            field="source",
        )
    state, _ = ProcessState.objects.update_or_create(process=process, which=which, defaults=given)
    _keep(actor, process, state)
    return state


@transaction.atomic
def measure_state(actor: Actor, *, process_id: int, which: str, since: date, until: date) -> ProcessState:
    """Take hours, steps and handovers of a process that an approval flow runs from the log: the median of the matters of its
    institution that were submitted on these days and are decided. What people stated otherwise stays.

    Raises Invalid for odd days, Conflict where no flow runs it or too few matters are decided (a parameter says how many),
    or a second person has agreed to the figures.
    """
    process = _open(actor, process_id)
    today = timezone.localdate()
    if until < since or until > today:
        raise Invalid("workflows.bad_days", "结束日期不能早于开始日期，也不能晚于今天。", field="until")
    if process.flow_id is None:
        raise Conflict("workflows.process_without_flow", "该流程没有在本平台运行的审批流程，请填报并写明依据。")
    chosen = measures.Chosen(since, until, institution=process.institution_id, flow=process.flow_id)
    found = measures.matter_figures(matters=measures.measured_matters(actor=actor, chosen=chosen))
    if since < today - LONGEST_MEASURED:
        raise Invalid("workflows.bad_days", f"最多实测最近 {LONGEST_MEASURED.days} 天提交的事项。", field="since")
    fewest = int(parameter_value(key=FEWEST_MATTERS, day=today, institution=process.institution))
    if found.decided < fewest or found.hours is None:
        raise Conflict(
            "workflows.too_few_measured",
            f"这些日子提交并办结的事项只有 {found.decided} 件，至少要 {fewest} 件才能作为实测数据。请放宽日期或先填报。",
            decided=found.decided,
            fewest=fewest,
        )
    if Decimal(found.hours) < CENT:
        raise Conflict(
            "workflows.measured_too_short",
            "这些事项从提交到办结的中位数不到 0.01 小时，不能作为办理时长的实测数据。请另选日期，或填报并写明依据。",
        )
    taken = {
        "hours": Decimal(found.hours).quantize(CENT),
        "steps": found.steps,
        "handovers": found.handovers,
        "measured": ["steps", "handovers", "hours"],
        "measured_since": since,
        "measured_until": until,
        "measured_matters": found.decided,
    }
    state, _ = ProcessState.objects.update_or_create(process=process, which=which, defaults=taken)
    _keep(actor, process, state)
    return state


def _must_run(process: Process, figures: Figures) -> None:
    if figures.flow_version is not None and figures.flow_version.flow_id != process.flow_id:
        raise Invalid(
            "workflows.process_map_elsewhere", "所选版本不是在本平台运行该流程的审批流程的。", field="flow_version"
        )
    if figures.map:
        raise Invalid(
            "workflows.process_two_maps",
            "流程图只能取一样：选了审批流程的版本，就不要再填流程步骤；要用填写的步骤，请不选版本。",
            field="flow_version",
        )


def _open(actor: Actor, process_id: int) -> Process:
    process = locked(actor, process_id)
    if process.status == Process.Status.OPTIMISED:
        raise Conflict(
            "workflows.process_figures_agreed",
            "优化前后的数据已经第二人同意。要修改，请先把流程状态改回已嵌入系统，改后重新申请标为已优化。",
        )
    return process


def _keep(actor: Actor, process: Process, state: ProcessState) -> None:
    entered_by(actor, process)
    touch(process)
    known = {name: str(value) for name in selectors.METRICS if (value := getattr(state, name)) is not None}
    detail = {"which": str(state.which), "measured": state.measured, "source": state.source, **known}
    record_change(actor, "workflows.process_state_saved", process, detail)
