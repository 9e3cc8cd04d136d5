"""What an engine says beside its result: why it is so, and what it found wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How far a finding reaches."""

    INFO = "info"
    WARNING = "warning"
    BLOCKING = "blocking"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something an engine or a check found: a stable code, what it speaks of, and words that say what to do."""

    code: str
    severity: Severity
    message: str
    subject: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """One step of an explanation: a label and the value it led to, as words."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a figure came to be: a title, the rule it follows, and its steps in order."""

    title: str
    rule: str = ""
    lines: tuple[Line, ...] = ()
