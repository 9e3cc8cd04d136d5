"""Signing several matters at one go."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from ops_platform.kernel import Actor, Conflict, DomainError, Invalid, NotFound
from workflows.models import Matter, Task
from workflows.selectors.matters import visible_matters
from workflows.selectors.notable import split_words
from workflows.services.acts import approve, locked
from workflows.services.keeping import definition_of

MOST_IN_A_BATCH = 100


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A matter that was not signed: which, for who may read it, and why."""

    matter: int
    title: str
    why: str

    def __str__(self) -> str:
        return f"{self.title}：{self.why}"


def approve_several(
    actor: Actor, *, tasks: Sequence[tuple[int, int]], comment: str = ""
) -> tuple[list[Matter], list[LeftOut]]:
    """Sign several (matter, task) at one go, each in its own transaction; only where the flow allows it.

    Returns those that were signed, and which were left out. What may be a split request is looked at by itself. Of what was
    never the actor's turn nothing is told, not even whether it is there.
    """
    if len(tasks) > MOST_IN_A_BATCH:
        raise Invalid("workflows.too_many_at_once", f"一次最多批量审批 {MOST_IN_A_BATCH} 件。")
    done, left_out = [], []
    for matter_id, task in tasks:
        try:
            with transaction.atomic():
                _must_be_given(actor, matter_id, task)
                matter, _course = locked(matter_id)
                if not definition_of(matter).batch:
                    raise Conflict("workflows.no_batch", "该流程不允许批量审批，请逐件打开审批。")
                words = split_words(matter)
                if words:
                    raise Conflict("workflows.perhaps_split", f"可能是拆分的申请。{words}请打开后单独审批。")
                done.append(approve(actor, matter_id=matter_id, task=task, comment=comment))
        except DomainError as refusal:
            left_out.append(LeftOut(matter_id, _title_for(actor, matter_id), refusal.message))
    return done, left_out


def _must_be_given(actor: Actor, matter_id: int, task: int) -> None:
    """The task is, or was, the actor's. One answer for all others, before anything of the matter is looked at."""
    if not Task.objects.filter(matter=matter_id, number=task, person=actor.user).exists():
        raise NotFound("workflows.no_task", "没有这个待办。")


def _title_for(actor: Actor, matter_id: int) -> str:
    """The matter in words, for who may read it; its number for all others."""
    title = visible_matters(actor).filter(pk=matter_id).values_list("title", flat=True).first()
    return title or f"事项 {matter_id}"
