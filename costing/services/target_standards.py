"""What follows from a changed payment standard: finance is told, one person asks for the targets in step, a second one
approves."""

from datetime import date

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from costing.models import CostTargetProposal
from costing.selectors.responsibility.standards import ChangedStandard, changed_standards
from costing.services.driver_rules import RULERS
from costing.services.targets import WantedTarget, propose_targets
from ops_platform.identity.selectors import own_holders
from ops_platform.kernel import Actor, Conflict, NotFound
from ops_platform.masterdata.models import Institution, SourceMark
from ops_platform.notifications.public import Note, notify, settle

TOLD = "costing.target_standard"
MOST_NAMED = 5


@transaction.atomic
def propose_in_step(actor: Actor, *, institution_id: int) -> tuple[CostTargetProposal, int]:
    """Ask for new versions of all targets that a changed payment standard left behind, in one proposal. Repeated, nothing is
    left to ask for (Conflict)."""
    institution = Institution.objects.visible_to(actor, *RULERS).filter(pk=institution_id).first()
    if institution is None:
        raise NotFound("masterdata.no_institution", "没有这个机构。")
    found = changed_standards(institution=institution, today=timezone.localdate())
    if not found:
        raise Conflict("costing.no_changed_standard", "没有因支付标准变动而待调整的目标，或已在审批中。")
    done = propose_targets(
        actor,
        institution_id=institution.pk,
        rows=[_wanted(one) for one in found],
        source_mark=SourceMark.DEFAULT,
        source_text=f"支付标准变动：{found[0].book}；限额与支付标准按同一比例调整"[:200],
    )
    settle([_key(institution)])
    return done


def _wanted(one: ChangedStandard) -> WantedTarget:
    """The next version; who has left is replaced by the head, as for any target."""
    row = one.target
    helping = [person for person in (row.specialist, row.second_specialist) if person is not None and person.is_active]
    return WantedTarget(
        metric=row.metric,
        effective_from=one.effective_from,
        limit=one.limit,
        department=row.department.code if row.department else "",
        object=row.object,
        standard=one.standard,
        responsible=row.responsible.username if row.responsible.is_active else "",
        specialists=tuple(person.username for person in helping),
    )


def tell_changed_standards(*, institution: Institution, today: date) -> int:
    """Those who may ask for it are told that targets were left behind; again only when there are others."""
    found = changed_standards(institution=institution, today=today)
    if not found:
        settle([_key(institution)])
        return 0
    people = own_holders(*RULERS, institutions=[institution.pk]).get(institution.pk, [])
    named = "、".join(f"{one.place}{one.target.object}" for one in found[:MOST_NAMED])
    more = f"等 {len(found)} 个" if len(found) > MOST_NAMED else ""
    notes = [
        Note(
            recipient=person,
            key=_key(institution),
            kind=TOLD,
            title=f"{institution.name}支付标准变动，{len(found)} 个成本目标待调整",
            body=f"{found[0].book} 的支付标准与目标所依据的不同：{named}{more}。"
            "请在「成本目标」页按同比例提出新目标，由第二人审批。",
            url=f"{reverse('costing:targets')}?institution={institution.pk}",
        )
        for person in people
    ]
    return notify(notes) if notes else 0


def _key(institution: Institution) -> str:
    return f"{TOLD}:{institution.pk}"
