"""Driver rules."""

from datetime import date

from django.db.models import Q, QuerySet

from costing.models import DriverProposal, DriverRule
from costing.selectors.access import READERS
from costing.services.driver_rules import KIND
from ops_platform.kernel import Actor
from workflows.public import courses_of, readable


def driver_rules(*, actor: Actor) -> QuerySet[DriverRule]:
    """The alliance's rules and those of the institutions the actor sees, the newest of each scope first."""
    rows = DriverRule.objects.select_related("institution", "department").prefetch_related("assignments__department")
    reach = actor.institutions(*READERS)
    if reach is not None:
        rows = rows.filter(Q(institution=None) | Q(institution__in=reach))
    return rows.order_by("cost_class", "shared_as", "institution__code", "department__code", "-effective_from", "pk")


def in_force(*, actor: Actor, day: date) -> QuerySet[DriverRule]:
    """Of each scope the rule that holds on the day."""
    newest = (
        DriverRule.objects.filter(effective_from__lte=day)
        .order_by("institution_id", "department_id", "cost_class", "shared_as", "-effective_from")
        .distinct("institution_id", "department_id", "cost_class", "shared_as")
    )
    return driver_rules(actor=actor).filter(pk__in=newest.values("pk"))


def approvals(*, actor: Actor) -> dict[int, int]:
    """Of each rule that was approved the number of its matter, where the actor may open it; three queries."""
    made = DriverProposal.objects.filter(rule__isnull=False).order_by("pk").values_list("pk", "rule")
    rules = {str(proposal): rule for proposal, rule in made if rule is not None}
    courses = courses_of(KIND, list(rules))
    opened = readable(actor, [course.matter for course in courses.values()])
    return {rules[proposal]: course.matter for proposal, course in courses.items() if course.matter in opened}
