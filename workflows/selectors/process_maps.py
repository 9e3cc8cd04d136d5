"""The flow map of a process before and after its improvement (domain.md 7.1): the steps that people entered, or a version of
the approval flow that ran it. What a process is after it is, unless somebody said otherwise, the version in force."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from workflows.models import FlowVersion, Process, ProcessState


@dataclass(frozen=True, slots=True)
class FlowMap:
    """One map: entered steps as {step, post}, or a version of a flow."""

    steps: Sequence[Mapping[str, str]] = ()
    version: FlowVersion | None = None

    def content(self) -> dict[str, Any]:
        """What is signed of it."""
        if self.version is None:
            return {"steps": [dict(step) for step in self.steps]}
        return {"flow": self.version.flow_id, "version": self.version.number}


def map_of(process: Process, which: str, state: ProcessState | None) -> FlowMap | None:
    """The map of one side; None where there is none yet."""
    if state is not None and state.flow_version is not None:
        return FlowMap(version=state.flow_version)
    if state is not None and state.map:
        return FlowMap(steps=state.map)
    if which == ProcessState.Which.AFTER and process.flow is not None and process.flow.current is not None:
        return FlowMap(version=process.flow.current)
    return None


def maps_of(process: Process, states: Mapping[str, ProcessState]) -> dict[str, FlowMap | None]:
    """The maps of both sides."""
    return {which: map_of(process, which, states.get(which)) for which in ProcessState.Which.values}


def versions_for(process: Process) -> QuerySet[FlowVersion]:
    """Versions of the flow that runs the process, the latest first."""
    return FlowVersion.objects.filter(flow=process.flow_id).select_related("flow").order_by("-number")
