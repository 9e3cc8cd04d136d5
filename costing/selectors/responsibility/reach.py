"""Who sees which targets and deviations."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from costing.models import CostDeviation, CostTarget
from costing.selectors.access import DRILL_READERS, READERS
from ops_platform.identity.models import RoleAssignment, User
from ops_platform.kernel import Actor, NotFound, Role
from ops_platform.masterdata.models import Institution

ANSWERERS = tuple(role for role in DRILL_READERS if role is not Role.AUDITOR)
EVALUATORS = (Role.FINANCE_OFFICER, Role.FINANCE_DIRECTOR, Role.OPERATION_CENTRE)
CONFIRMERS = (*EVALUATORS, Role.INSTITUTION_HEAD)


def reach(actor: Actor) -> Q:
    """All of the institutions whose costs the actor reads, what is of the own department, and what names the actor."""
    institutions = actor.institutions(*READERS)
    if institutions is None:
        return Q()
    headed = [grant.department for grant in actor.grants if grant.role is Role.DEPARTMENT_HEAD and grant.department]
    found = Q(institution__in=institutions) | Q(department__in=headed)
    if actor.user is not None:
        me = actor.user
        found |= Q(responsible=me) | Q(specialist=me) | Q(second_specialist=me)
    return found


def targets(*, actor: Actor) -> QuerySet[CostTarget]:
    """All versions of all targets within reach."""
    rows = CostTarget.objects.filter(reach(actor))
    return rows.select_related(
        "institution", "department", "responsible", "specialist", "second_specialist", "proposal"
    )


def deviations(*, actor: Actor) -> QuerySet[CostDeviation]:
    """All deviations within reach, the newest month first."""
    rows = CostDeviation.objects.filter(reach(actor)).select_related(
        "institution", "department", "target", "responsible", "specialist", "second_specialist", "explained_by",
        "confirmed_by", "cost_run", "patient_run",
    )  # fmt: skip
    return rows.order_by("-period", "institution__code", "department__code", "pk")


def institutions(*, actor: Actor) -> QuerySet[Institution]:
    """Institutions whose costs the actor reads, or of which something within reach is, by code."""
    if actor.institutions(*READERS) is None:
        return Institution.objects.order_by("code")
    own = Q(pk__in=actor.institutions(*DRILL_READERS) or ())
    named = Q(pk__in=CostTarget.objects.filter(reach(actor)).order_by().values("institution"))
    return Institution.objects.filter(own | named).order_by("code")


def answerers(*, institutions: QuerySet[Institution]) -> QuerySet[User]:
    """People who may answer for a target of these institutions: they read costs there, wholly or of a department."""
    held = RoleAssignment.objects.filter(
        user=OuterRef("pk"), role__in=[role.value for role in ANSWERERS], state=RoleAssignment.State.ACTIVE
    )
    return User.objects.filter(
        Exists(held.filter(Q(institution__isnull=True) | Q(institution__in=institutions))), is_active=True
    )


def access_target(*, actor: Actor, target_id: int) -> CostTarget:
    """One version of a target; NotFound for what is out of reach."""
    found = targets(actor=actor).filter(pk=target_id).first()
    if found is None:
        raise NotFound("costing.no_target", "没有这个成本目标。")
    return found


def access_deviation(*, actor: Actor, deviation_id: int) -> CostDeviation:
    """One deviation; NotFound for what is out of reach."""
    found = deviations(actor=actor).filter(pk=deviation_id).first()
    if found is None:
        raise NotFound("costing.no_deviation", "没有这个成本偏差。")
    return found


def may_answer(actor: Actor, deviation: CostDeviation) -> bool:
    """Who explains and acts: the responsible person, the specialists, and whoever heads the department (institution) now."""
    if actor.user is None:
        return False
    if actor.user in {person.pk for person in deviation.people}:
        return True
    if deviation.department_id is None:
        return any(
            grant.role is Role.INSTITUTION_HEAD and grant.institution == deviation.institution_id
            for grant in actor.grants
        )
    return any(
        grant.role is Role.DEPARTMENT_HEAD and grant.department == deviation.department_id for grant in actor.grants
    )


def may_confirm(actor: Actor, deviation: CostDeviation) -> bool:
    """A second person: of finance, the leadership of the institution or the centre, who neither answers for it nor had a
    hand in the explanation or the actions."""
    if actor.user is None or not actor.may(deviation.institution_id, *CONFIRMERS):
        return False
    involved = {deviation.explained_by_id, *(person.pk for person in deviation.people)}
    involved |= {action.done_by_id for action in deviation.actions.all()}
    return actor.user not in involved
