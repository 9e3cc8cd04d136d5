"""The graph of steps. Apps contribute; this app knows none of them.

Each institution has a lane of its own: all its (month, step) pairs in order, months ascending, steps by their
dependencies. Lanes run side by side. When every institution's lane has ended, the alliance's lane runs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from graphlib import TopologicalSorter

from ops_platform.kernel import Actor, Period
from ops_platform.masterdata.models import Institution


class StepScope(StrEnum):
    """Whose step it is."""

    INSTITUTION = "institution"
    ALLIANCE = "alliance"


@dataclass(frozen=True, slots=True)
class StepContext:
    """What a step is told. `progress(done, total)` may be called as often as it likes."""

    run_id: int
    institution: Institution | None
    period: Period
    actor: Actor
    progress: Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a step answers. `changed` is False when its input was the same as last time and no version was made."""

    rows: int
    input_digest: str
    changed: bool = True
    input_sequence: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One declared step. `run` does all its writing in the caller's transaction, so that a lost worker leaves nothing."""

    code: str
    title: str
    run: Callable[[StepContext], StepResult]
    scope: StepScope = StepScope.INSTITUTION
    after: tuple[str, ...] = ()


_steps: dict[str, Step] = {}


def register_step(step: Step) -> None:
    """Add a step; `after` names steps that must have succeeded for the same institution and month."""
    _steps[step.code] = step


def step(code: str) -> Step:
    """The step of that code."""
    return _steps[code]


def ordered(scope: StepScope) -> tuple[Step, ...]:
    """The steps of a scope in an order that keeps every dependency; ties by code."""
    graph = {
        code: {name for name in _steps[code].after if name in _steps and _steps[name].scope is scope}
        for code in sorted(_steps)
        if _steps[code].scope is scope
    }
    return tuple(_steps[code] for code in TopologicalSorter(graph).static_order())


def title_of(code: str) -> str:
    """The step in words; the code itself for a step that no app contributes any more."""
    return _steps[code].title if code in _steps else code
