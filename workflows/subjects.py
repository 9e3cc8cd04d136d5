"""What can be approved. Apps register their subject types in `apps.ready()`; this app knows none of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from rest_framework.serializers import Serializer

from ops_platform.documents.public import DocumentFacts
from ops_platform.kernel import Actor, Line, NotFound, Role
from workflows.engine.conditions import Attribute, Values


@dataclass(frozen=True, slots=True)
class Subject:
    """One subject as it stands now. `edit` is the page on which the applicant changes it while it is returned.

    `values` are the declared attributes, by which conditions choose the steps. `content` is what is signed: its digest is
    kept, and a subject whose content has another digest later shows as broken; only what the approval itself does not
    change belongs in it. `documents` are attachments submitted with it: they are signed too, by name and SHA-256.
    `lines` say on the page what it is about. `barred` are people whom it benefits.
    """

    title: str
    institution: int | None
    values: Values
    content: Mapping[str, Any]
    department: int | None = None
    lines: tuple[Line, ...] = ()
    url: str = ""
    edit: str = ""
    barred: frozenset[int] = frozenset()
    documents: tuple[DocumentFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """How a matter ended: who had applied, in which words it was decided."""

    matter: int
    applicant: str
    comment: str


ACTING = tuple(role for role in Role if role not in (Role.AUDITOR, Role.REGIONAL_SUPERVISOR, Role.HIS_CLIENT))

Handler = Callable[[Actor, str, Decision], None]


Ready = Callable[[Actor, str], None]


def _fit(_actor: Actor, _subject: str) -> None:
    """A subject type whose subjects are always fit to be submitted."""


def _nothing(_actor: Actor, _subject: str, _decision: Decision) -> None:
    """A subject type for which an end needs no act of its own."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """How a program starts a subject: the `fields` it sends, and `start`, which writes the subject, submits it and returns
    the number of the matter, all in one transaction. The serializer finds the actor in its context."""

    fields: type[Serializer[Any]]
    start: Callable[[Actor, Mapping[str, Any]], int]


@dataclass(frozen=True, slots=True)
class SubjectType:
    """A kind of subject. `load` raises NotFound for an id that is none. The handlers run in the transaction of the act that
    ends the matter, `actor` being who did it; what they raise undoes the act.

    `ready` refuses, with DomainError, a subject that is not fit to be submitted, the first time and each time again, from
    whichever page. `applicants` are the roles that may submit one. `readers` may read the matters of this type of their
    institution, beside those who read all. `begin` lets programs start one by the approval API; without it `begun_at` says
    where one begins and, where no program starts it at all, why. `lasting`: the content stays what it was when it was
    signed, so that a change after the end is a fault.
    """

    code: str
    title: str | Promise
    load: Callable[[str], Subject]
    attributes: tuple[Attribute, ...] = ()
    applicants: tuple[Role, ...] = ACTING
    ready: Ready = _fit
    on_approval: Handler = _nothing
    on_rejection: Handler = _nothing
    on_withdrawal: Handler = _nothing
    readers: tuple[Role, ...] = ()
    begin: Beginning | None = None
    begun_at: str = ""
    lasting: bool = True
    default: Mapping[str, Any] = field(default_factory=dict)


_types: dict[str, SubjectType] = {}


def register_subject(subject_type: SubjectType) -> None:
    """Add a subject type; called in `apps.ready()`."""
    _types[subject_type.code] = subject_type


def subject_type(code: str) -> SubjectType:
    """The type of that code. Raises NotFound."""
    found = _types.get(code)
    if found is None:
        raise NotFound("workflows.no_subject_type", f"没有审批类型 {code}。")
    return found


def subject_types() -> tuple[SubjectType, ...]:
    """All types, by code."""
    return tuple(_types[code] for code in sorted(_types))


def title_of(code: str) -> str:
    """The type in words; the code itself for one that no app registers any more."""
    return str(_types[code].title) if code in _types else code
