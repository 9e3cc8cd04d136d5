"""The flow maps of a process as its page shows them, drawn as flows are."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _now

from workflows.drawing import Drawing, draw, draw_steps
from workflows.engine.definition import from_json
from workflows.models import Process, ProcessState
from workflows.selectors.process_maps import FlowMap, maps_of


@dataclass(frozen=True, slots=True)
class DrawnMap:
    """One side: the drawing, none where there is no map yet, whence it is, and where that version is shown."""

    which: str
    title: str | Promise
    drawing: Drawing | None = None
    origin: str = ""
    address: str = ""


def map_drawings(process: Process, states: Mapping[str, ProcessState]) -> list[DrawnMap]:
    """Before and after."""
    found = maps_of(process, states)
    return [_drawn(which, title, found[which]) for which, title in ProcessState.Which.choices]


def _drawn(which: str, title: str | Promise, found: FlowMap | None) -> DrawnMap:
    if found is None:
        return DrawnMap(which, title)
    version = found.version
    if version is None:
        return DrawnMap(which, title, draw_steps(found.steps), _now("%s 步，由填报人填写") % len(found.steps))
    words = _now("审批流程「%(title)s」第 %(number)s 版") % {"title": version.flow.title, "number": version.number}
    address = reverse("workflows:flow-version", args=[version.flow_id, version.number])
    return DrawnMap(which, title, draw(from_json(version.body)), words, address)
