"""Tables of the approval engine."""

from workflows.models.delegation import Delegation
from workflows.models.flow import Flow, FlowVersion
from workflows.models.matter import Act, ActKind, Copy, Matter, Task
from workflows.models.process import Area, Principle, Process, ProcessCase, ProcessPoint, ProcessState
from workflows.models.request import Request, RequestKind
from workflows.models.setback import Setback

__all__ = [
    "Act",
    "ActKind",
    "Area",
    "Copy",
    "Delegation",
    "Flow",
    "FlowVersion",
    "Matter",
    "Principle",
    "Process",
    "ProcessCase",
    "ProcessPoint",
    "ProcessState",
    "Request",
    "RequestKind",
    "Setback",
    "Task",
]
