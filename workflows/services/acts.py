"""What people do to matters. Each act is one transaction under one row lock: load, engine, keep, handler of the subject,
messages, audit. A repeat of an act that is done says so and changes nothing."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.core.files import File
from django.db import IntegrityError, transaction
from django.utils import timezone

from ops_platform.audit.public import record
from ops_platform.documents.public import attach
from ops_platform.identity.models import User
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, NotFound, Role
from workflows.engine import verbs
from workflows.engine.course import ENDED, Course, Roster, State, Task
from workflows.engine.definition import Definition
from workflows.models import ActKind, Matter
from workflows.models import Task as TaskRow
from workflows.selectors.matters import access_matter
from workflows.services.capacity import colleague_for, must_be_allowed, must_rank
from workflows.services.flows import version_for
from workflows.services.keeping import (
    Deed,
    course_of,
    declared,
    definition_of,
    digest_of_subject,
    keep,
    keep_act,
    lines_of,
)
from workflows.services.roster import Place, roster_for
from workflows.services.telling import remind, tell, tell_comment
from workflows.subjects import Decision, Subject, SubjectType, subject_type

OWNER = "workflows.matter"
LONGEST_COMMENT = 1000
READERS_ONLY = (Role.AUDITOR, Role.REGIONAL_SUPERVISOR)
URGE_AGAIN = timedelta(hours=1)


@transaction.atomic
def start(actor: Actor, *, kind: str, subject: str, comment: str = "") -> Matter:
    """Submit a subject for approval; the actor is the applicant.

    Raises Conflict when the subject is on its way already, or a step has nobody who may sign; Invalid when no step applies.
    """
    person = _person(actor)
    registered = subject_type(kind)
    registered.ready(actor, subject)
    loaded = registered.load(subject)
    version = version_for(kind, loaded.institution)
    now = timezone.now()
    matter = Matter(
        version=version,
        subject_type=kind,
        subject=subject,
        title=loaded.title[:200],
        institution_id=loaded.institution,
        department_id=loaded.department,
        applicant=person,
        applicant_role=_applicant_role(actor, loaded.institution),
        barred=sorted(loaded.barred),
        lines=lines_of(loaded),
        submitted_at=now,
        entered_at=now,
    )
    definition = definition_of(matter)
    _must_name_department(definition, loaded)
    matter.digest = digest_of_subject(loaded, definition)
    outcome = verbs.submit(
        definition,
        values=declared(loaded, definition),
        applicant=person.pk,
        roster=_roster(matter),
        barred=loaded.barred,
    )
    try:
        with transaction.atomic():
            matter.save()
    except IntegrityError as error:
        raise Conflict("workflows.on_its_way", "这件事项已在审批中，请在「我发起的」里查看。") from error
    act = keep(
        matter, None, outcome, actor, Deed(ActKind.SUBMIT, _words(comment), digest=matter.digest, content=loaded)
    )
    tell(matter, act, None, outcome.course, outcome.events)
    _finish(actor, registered, matter, None, outcome.course, comment)
    _record(actor, matter, ActKind.SUBMIT, comment)
    return matter


def _must_name_department(definition: Definition, subject: Subject) -> None:
    if definition.needs_department and subject.department is None:
        raise Invalid(
            "workflows.department_missing",
            "按现行流程，这类事项须指明科室。请选择科室后再提交。",
            field="department",
        )


def _applicant_role(actor: Actor, institution: int | None) -> str:
    fitting = [grant.role for grant in actor.grants if institution is None or grant.institution in (None, institution)]
    return str(fitting[0]) if fitting else ""


@transaction.atomic
def approve(actor: Actor, *, matter_id: int, task: int, comment: str = "") -> Matter:
    """Sign (同意). Refused when the subject has changed since it was submitted: nobody signs what they have not seen."""
    matter, course = _locked(matter_id)
    held, roster = course.task(task), _roster(matter)
    must_be_allowed(actor, matter, course, held, roster)
    loaded = subject_type(matter.subject_type).load(matter.subject)
    digest = digest_of_subject(loaded, course.definition)
    if digest != matter.digest and course.state not in ENDED:
        raise Conflict(
            "workflows.subject_changed", "提交之后内容有变动，不能签署。请退回申请人核对后重新提交。", matter=matter_id
        )
    deed = Deed(ActKind.APPROVE, _words(comment), held, digest=digest)
    return _act(actor, matter, course, deed, lambda me: verbs.approve(course, task=task, person=me, roster=roster))


@transaction.atomic
def reject(actor: Actor, *, matter_id: int, task: int, comment: str) -> Matter:
    """Refuse (否决), with the reason."""
    matter, course = _locked(matter_id)
    held, roster = course.task(task), _roster(matter)
    must_be_allowed(actor, matter, course, held, roster)
    deed = Deed(ActKind.REJECT, _reason(comment), held, digest=matter.digest)
    return _act(actor, matter, course, deed, lambda me: verbs.reject(course, task=task, person=me, roster=roster))


@transaction.atomic
def return_to(actor: Actor, *, matter_id: int, task: int, comment: str, step: str = "") -> Matter:
    """Send back (退回) to an earlier step or, without one, to the applicant, with the reason."""
    matter, course = _locked(matter_id)
    held, roster = course.task(task), _roster(matter)
    must_be_allowed(actor, matter, course, held, roster)
    deed = Deed(ActKind.RETURN, _reason(comment), held, digest=matter.digest)
    return _act(
        actor,
        matter,
        course,
        deed,
        lambda me: verbs.return_to(course, task=task, person=me, roster=roster, step=step),
    )


@transaction.atomic
def resubmit(actor: Actor, *, matter_id: int, comment: str = "") -> Matter:
    """Submit again what was returned (重新提交), with the subject as it stands now. Refused where that is not fit to be."""
    matter, course = _locked(matter_id)
    if course.state is State.RETURNED and actor.user == course.applicant:
        subject_type(matter.subject_type).ready(actor, matter.subject)
    loaded = subject_type(matter.subject_type).load(matter.subject)
    digest = digest_of_subject(loaded, course.definition)
    unchanged = digest == matter.digest
    if course.state is State.RETURNED and actor.user == course.applicant:
        _must_name_department(course.definition, loaded)
        course = _take_over(matter, course, loaded, digest)
    deed = Deed(ActKind.RESUBMIT, _words(comment), digest=digest, content=loaded)
    values, roster = declared(loaded, course.definition), _roster(matter)
    return _act(
        actor,
        matter,
        course,
        deed,
        lambda me: verbs.resubmit(course, person=me, values=values, roster=roster, unchanged=unchanged),
    )


def _take_over(matter: Matter, course: Course, loaded: Subject, digest: str) -> Course:
    """The subject as it stands now is what is signed from here on, and whom it benefits now is barred."""
    matter.title, matter.digest, matter.lines = loaded.title[:200], digest, lines_of(loaded)
    matter.institution_id, matter.department_id = loaded.institution, loaded.department
    matter.barred = sorted(loaded.barred)
    return replace(course, barred=frozenset(loaded.barred))


@transaction.atomic
def withdraw(actor: Actor, *, matter_id: int, comment: str = "") -> Matter:
    """The applicant takes the matter back (撤回)."""
    matter, course = _locked(matter_id)
    deed = Deed(ActKind.WITHDRAW, _words(comment))
    return _act(actor, matter, course, deed, lambda me: verbs.withdraw(course, person=me))


@transaction.atomic
def transfer(actor: Actor, *, matter_id: int, task: int, to: int, comment: str) -> Matter:
    """Give one's task to somebody else for good (转办), with the reason."""
    matter, course = _locked(matter_id)
    held, roster = course.task(task), _roster(matter)
    must_be_allowed(actor, matter, course, held, roster)
    heir = colleague_for(matter, course, to, held)
    must_rank(actor, heir, held, roster)
    deed = Deed(ActKind.TRANSFER, _reason(comment), held, heir.pk)
    return _act(
        actor,
        matter,
        course,
        deed,
        lambda me: verbs.transfer(course, task=task, person=me, to=heir.pk, roster=roster),
    )


@transaction.atomic
def add_signer(actor: Actor, *, matter_id: int, task: int, added: int, before: bool, comment: str) -> Matter:
    """Ask one more person to sign, before or after oneself (加签), with the reason."""
    matter, course = _locked(matter_id)
    held, roster = course.task(task), _roster(matter)
    must_be_allowed(actor, matter, course, held, roster)
    guest = colleague_for(matter, course, added, held)
    deed = Deed(ActKind.ADD_BEFORE if before else ActKind.ADD_AFTER, _reason(comment), held, guest.pk)
    return _act(
        actor,
        matter,
        course,
        deed,
        lambda me: verbs.add_signer(course, task=task, person=me, added=guest.pk, before=before, roster=roster),
    )


@transaction.atomic
def take_back_signer(actor: Actor, *, matter_id: int, task: int, guest: int, comment: str) -> Matter:
    """Ask an added signer no more (取消加签), with the reason; who added may add another."""
    matter, course = _locked(matter_id)
    held, roster = course.task(task), _roster(matter)
    must_be_allowed(actor, matter, course, held, roster)
    deed = Deed(ActKind.TAKE_BACK, _reason(comment), held, guest)
    return _act(
        actor,
        matter,
        course,
        deed,
        lambda me: verbs.take_back_signer(course, task=task, person=me, guest=guest, roster=roster),
    )


@transaction.atomic
def urge(actor: Actor, *, matter_id: int) -> Matter:
    """The applicant asks those whose turn it is to act (催办); once an hour."""
    matter, course = _locked(matter_id)
    if actor.user != course.applicant:
        raise Forbidden("workflows.not_the_applicant", "只有申请人可以催办。")
    if course.state is not State.RUNNING:
        raise Conflict("workflows.ended", "这件事项不在审批中，无须催办。")
    now = timezone.now()
    if matter.urged_at and matter.urged_at > now - URGE_AGAIN:
        raise Conflict("workflows.urged_already", "一小时内已经催办过，请稍后再催。")
    matter.urged_at = now
    matter.save(update_fields=["urged_at"])
    keep_act(matter, actor, Deed(ActKind.URGE))
    words = f"{matter.applicant}催办({timezone.localtime(now):%m-%d %H:%M})"
    remind(matter, course, "申请人催办", words)
    _record(actor, matter, ActKind.URGE, "")
    return matter


def may_say(actor: Actor) -> bool:
    """Takes part in matters at all; auditors and supervisors only read."""
    return not all(grant.role in READERS_ONLY for grant in actor.grants)


@transaction.atomic
def comment(actor: Actor, *, matter_id: int, words: str, files: Iterable[File] = ()) -> Matter:
    """Say something about the matter, with attachments; whoever may see it may comment."""
    access_matter(actor, matter_id)
    if not may_say(actor):
        raise Forbidden("workflows.reads_only", "审计和监管人员只查看，不参与办理。")
    matter, course = _locked(matter_id)
    files = list(files)
    if not words.strip() and not files:
        raise Invalid("workflows.comment_missing", "请填写评论内容或选择附件。", field="comment")
    if len(words.strip()) > LONGEST_COMMENT:
        raise Invalid("workflows.comment_too_long", f"评论最多 {LONGEST_COMMENT} 个字。", field="comment")
    attached = attach(actor, owner_type=OWNER, owner_id=str(matter.pk), institution=matter.institution, files=files)
    names = tuple(document.name for document in attached)
    act = keep_act(matter, actor, Deed(ActKind.COMMENT, words.strip(), attached=names))
    tell_comment(matter, act, course, names)
    _record(actor, matter, ActKind.COMMENT, words)
    return matter


def mark_seen(actor: Actor, matter: Matter) -> None:
    """The actor looks at the matter: from here on a task of theirs is being worked on, and a copy is read."""
    now = timezone.now()
    matter.tasks.filter(person=actor.user, opened_at__isnull=True, state=TaskRow.State.OPEN).update(opened_at=now)
    matter.copies.filter(person=actor.user, read_at__isnull=True).update(read_at=now)


def _locked(matter_id: int) -> tuple[Matter, Course]:
    matter = (
        Matter.objects.select_for_update(of=("self",))
        .select_related("version", "applicant", "institution")
        .filter(pk=matter_id)
        .first()
    )
    if matter is None:
        raise NotFound("workflows.no_matter", "没有这件事项。")
    return matter, course_of(matter)


def hold_returned(actor: Actor, kind: str, subject: str) -> Matter:
    """The matter of the subject under its row lock, while it is returned to the actor, its applicant: only then may the
    subject be changed. Raises NotFound for others, Conflict in any other state."""
    rows = Matter.objects.select_for_update(of=("self",)).filter(subject_type=kind, subject=subject)
    matter = rows.filter(applicant=actor.user).order_by("-submitted_at", "-id").first()
    if matter is None:
        raise NotFound("workflows.no_matter", "没有这件事项。")
    if matter.state != Matter.State.RETURNED:
        raise Conflict("workflows.not_returned", "只有被退回的申请可以修改。")
    return matter


def locked(matter_id: int) -> tuple[Matter, Course]:
    """The matter and its course under the row lock, for the sweeper."""
    return _locked(matter_id)


def _roster(matter: Matter) -> Roster:
    place = Place(matter.subject_type, matter.institution_id, matter.department_id, matter.applicant_id, matter.pk)
    return roster_for(definition_of(matter), place, timezone.localdate())


def roster_of(matter: Matter) -> Roster:
    """Who there is for the matter, today."""
    return _roster(matter)


def _act(
    actor: Actor,
    matter: Matter,
    course: Course,
    deed: Deed,
    verb: Callable[[int], verbs.Outcome],
) -> Matter:
    person = _person(actor)
    outcome = verb(person.pk)
    act = keep(matter, course, outcome, actor, deed)
    tell(matter, act, course, outcome.course, outcome.events)
    _finish(actor, subject_type(matter.subject_type), matter, course, outcome.course, deed.comment)
    _record(actor, matter, deed.kind, deed.comment, deed.task)
    return matter


def finish(actor: Actor, matter: Matter, before: Course, after: Course, comment: str) -> None:
    """Let the subject's own app act on the end of the matter, for the sweeper."""
    _finish(actor, subject_type(matter.subject_type), matter, before, after, comment)


def _finish(
    actor: Actor, registered: SubjectType, matter: Matter, before: Course | None, after: Course, comment: str
) -> None:
    if before is not None and before.state in ENDED:
        return
    decision = Decision(matter=matter.pk, applicant=matter.applicant.username, comment=comment.strip())
    if after.state is State.APPROVED:
        registered.on_approval(actor, matter.subject, decision)
    elif after.state in (State.REJECTED, State.EXPIRED):
        registered.on_rejection(actor, matter.subject, decision)
    elif after.state is State.WITHDRAWN:
        registered.on_withdrawal(actor, matter.subject, decision)


def _record(actor: Actor, matter: Matter, kind: str, comment: str, task: Task | None = None) -> None:
    detail: dict[str, Any] = {
        "act": str(kind),
        "type": matter.subject_type,
        "title": matter.title,
        "state": matter.state,
    }
    if comment.strip():
        detail["comment"] = comment.strip()[:200]
    if task is not None and task.behalf_of is not None:
        principal = User.objects.filter(pk=task.behalf_of).values_list("username", flat=True).first()
        detail["behalf_of"] = principal or ""
    record(
        actor,
        "workflows.acted",
        institution=matter.institution.code if matter.institution else "",
        subject_type="matter",
        subject=matter.pk,
        detail=detail,
    )


def _person(actor: Actor) -> User:
    user = User.objects.filter(pk=actor.user, is_active=True).first() if actor.user is not None else None
    if user is None:
        raise Forbidden("workflows.persons_only", "审批只能由登录的人员办理。")
    return user


def _words(comment: str) -> str:
    if len(comment.strip()) > LONGEST_COMMENT:
        raise Invalid("workflows.comment_too_long", f"意见最多 {LONGEST_COMMENT} 个字。", field="comment")
    return comment.strip()


def _reason(comment: str) -> str:
    if len(comment.strip()) < 2:
        raise Invalid("workflows.reason_missing", "请写明理由(至少 2 个字)。", field="comment")
    return _words(comment)
