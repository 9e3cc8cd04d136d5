"""Writing typical cases of optimised processes."""

from django.db import transaction
from django.utils import timezone

from ops_platform.audit.public import record
from ops_platform.identity.models import User
from ops_platform.kernel import Actor, Forbidden, Invalid
from workflows.models import Process, ProcessCase
from workflows.selectors import processes as selectors
from workflows.services.processes import must_edit, own_institution


@transaction.atomic
def save_case(
    actor: Actor,
    *,
    institution_id: int,
    title: str,
    situation: str,
    done: str,
    effect: str,
    published: bool,
    process_id: int | None = None,
    case_id: int | None = None,
) -> ProcessCase:
    """Write a typical case or change it. Once published everybody who is signed in reads it."""
    author = User.objects.filter(pk=actor.user, is_active=True).first() if actor.user is not None else None
    if author is None:
        raise Forbidden("workflows.persons_only", "典型案例只能由登录的人员编写。")
    case = _case(actor, author, case_id, institution_id)
    if process_id is not None and not Process.objects.filter(pk=process_id, institution=case.institution).exists():
        raise Invalid("workflows.process_elsewhere", "所选流程不属于所选机构。", field="process")
    case.process_id = process_id
    case.title, case.situation, case.done, case.effect = (part.strip() for part in (title, situation, done, effect))
    case.published = published
    if published and case.published_at is None:
        case.published_at = timezone.now()
    case.save()
    record(
        actor,
        "workflows.case_saved",
        institution=case.institution.code,
        subject_type="process_case",
        subject=case.pk,
        detail={"title": case.title, "published": case.published},
    )
    return case


def _case(actor: Actor, author: User, case_id: int | None, institution_id: int) -> ProcessCase:
    if case_id is None:
        return ProcessCase(institution=own_institution(actor, institution_id), author=author)
    case = selectors.access_case(actor=actor, case_id=case_id)
    must_edit(actor, case.institution_id)
    return ProcessCase.objects.select_for_update(of=("self",)).select_related("institution").get(pk=case.pk)
