"""Marking a process as optimised: asked for by one person, done when a second one has agreed to its figures."""

from django.db import transaction
from django.utils import timezone

from ops_platform.kernel import Actor, Conflict
from workflows.models import Matter, Process, ProcessState
from workflows.selectors import processes as selectors
from workflows.services import acts
from workflows.services.processes import locked, must_deserve, record_change


@transaction.atomic
def ask_optimised(actor: Actor, *, process_id: int, comment: str = "") -> Matter:
    """Ask that the process be marked as optimised; until that is decided its sheet and figures stay as they are.

    Raises Conflict where it is optimised already or retired, Invalid for what it still lacks.
    """
    process = locked(actor, process_id)
    return acts.start(actor, kind=selectors.OPTIMISATION, subject=str(process.pk), comment=comment)


def must_be_optimisable(process: Process) -> None:
    """The process runs, is not optimised yet, and shows what optimised processes show."""
    if process.status == Process.Status.OPTIMISED:
        raise Conflict("workflows.process_optimised_already", "该流程已标为已优化。")
    if process.status == Process.Status.RETIRED:
        raise Conflict("workflows.process_retired", "该流程已停用，请先把状态改回已嵌入系统。")
    must_deserve(process, Process.Status.OPTIMISED)


@transaction.atomic
def mark_optimised(actor: Actor, *, process_id: int, asked_by: str) -> None:
    """A second person has agreed. Called by the approval only. The process counts from the day that its state after says,
    else from today; the version of the flow that they saw stays its map."""
    rows = Process.objects.select_for_update(of=("self",)).select_related("institution", "flow__current")
    process = rows.get(pk=process_id)
    must_be_optimisable(process)
    former, after = process.status, selectors.states_of(process=process)[ProcessState.Which.AFTER]
    if not after.map and after.flow_version is None and process.flow is not None:
        after.flow_version = process.flow.current
        after.save(update_fields=["flow_version"])
    process.status, process.optimised_on = Process.Status.OPTIMISED, after.since or timezone.localdate()
    process.version += 1
    process.save(update_fields=["status", "optimised_on", "version", "changed_at"])
    detail = {"version": process.version, "status": [former, process.status], "asked_by": asked_by}
    record_change(actor, "workflows.process_optimised", process, detail)
