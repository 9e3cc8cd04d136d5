"""What must be true of every matter, whatever happened: recomputed by `manage.py verify_integrity`."""

from collections.abc import Iterable

from django.db.models import Exists, F, OuterRef

from ops_platform.kernel import Finding, Severity
from workflows.models import Act, ActKind, Matter, Task


def signatures() -> Iterable[Finding]:
    """Nobody signed their own matter; each signature stands in the record; what is approved was signed."""
    signed = Task.objects.filter(state=Task.State.SIGNED)
    for task in signed.filter(person=F("matter__applicant")).order_by("id")[:50]:
        yield Finding(
            code="workflows.signed_own_matter",
            severity=Severity.BLOCKING,
            message=f"事项 {task.matter_id} 由申请人本人签署。",
            subject=str(task.matter_id),
        )
    act = Act.objects.filter(
        matter=OuterRef("matter"), task=OuterRef("number"), person=OuterRef("person"), kind=ActKind.APPROVE
    )
    for task in signed.exclude(origin="repeat").filter(~Exists(act)).order_by("id")[:50]:
        yield Finding(
            code="workflows.signature_unrecorded",
            severity=Severity.BLOCKING,
            message=f"事项 {task.matter_id} 的签署 {task.number} 没有对应的办理记录。",
            subject=str(task.matter_id),
        )
    approved = Matter.objects.filter(state=Matter.State.APPROVED)
    here = signed.filter(matter=OuterRef("pk"), visit=OuterRef("visit"))
    for matter in approved.filter(~Exists(here)).order_by("id")[:50]:
        yield Finding(
            code="workflows.approved_unsigned",
            severity=Severity.BLOCKING,
            message=f"事项 {matter.pk} 已同意，但最后环节没有签署。",
            subject=str(matter.pk),
        )


def turns() -> Iterable[Finding]:
    """A matter under approval waits on somebody; one that is over on nobody."""
    open_task = Task.objects.filter(matter=OuterRef("pk"), state=Task.State.OPEN)
    running = Matter.objects.filter(state=Matter.State.RUNNING)
    for matter in running.filter(~Exists(open_task)).order_by("id")[:50]:
        yield Finding(
            code="workflows.nobodys_turn",
            severity=Severity.BLOCKING,
            message=f"事项 {matter.pk} 在审批中，但没有人待办。",
            subject=str(matter.pk),
        )
    over = Matter.objects.exclude(state=Matter.State.RUNNING)
    for matter in over.filter(Exists(open_task)).order_by("id")[:50]:
        yield Finding(
            code="workflows.turn_left_over",
            severity=Severity.BLOCKING,
            message=f"事项 {matter.pk} 不在审批中，但仍有人待办。",
            subject=str(matter.pk),
        )
