"""The drivers that a run was divided by, as they are printed on every report."""

from dataclasses import dataclass

from costing.models import CostRun, DriverRule
from costing.titles import rule_title
from ops_platform.masterdata.models import CostClass


@dataclass(frozen=True, slots=True)
class Basis:
    """By which driver a class or department was allocated, and where the rule (`rule`, its number) comes from."""

    rule: int
    sender: str
    driver: str
    mark: str
    mark_title: str
    source_text: str


def basis_of(*, run: CostRun) -> list[Basis]:
    """The rules that the run applied, one line a driver in use: shared bills, then the steps in their order."""
    applied = DriverRule.objects.filter(pk__in=run.rules).select_related("department")
    rules = {rule.pk: rule for rule in applied.prefetch_related("assignments__department")}
    order = ["", *CostClass]
    return [
        Basis(
            rule=rule.pk,
            sender=rule.department.name if rule.department else rule.divided,
            driver=rule_title(rule),
            mark=rule.source_mark,
            mark_title=rule.mark_title,
            source_text=rule.source_text,
        )
        for rule in sorted(rules.values(), key=lambda rule: (order.index(rule.cost_class), rule.pk))
    ]
