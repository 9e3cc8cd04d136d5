"""Targets that a changed payment standard leaves behind (domain.md 6.3: the department's target changes in step).

A target of a disease group may name the standard that its limit lies below. When the newest price book pays the group
otherwise than the one that held when the version began, limit and standard follow by the same ratio, as a proposal.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from costing.engine.targets import in_step
from costing.models import CostTarget, CostTargetProposal, TargetMetric
from costing.selectors.responsibility.targets import title_of
from insurance_settlement.public import PaymentStandards, payment_standards
from ops_platform.kernel import Period
from ops_platform.masterdata.models import Institution


@dataclass(frozen=True, slots=True)
class ChangedStandard:
    """The newest version of a target, what its group is paid by the newest price book, and what would follow from a month
    on; yuan. Without a standard the target names none."""

    target: CostTarget
    standard: Decimal | None
    limit: Decimal
    effective_from: date
    book: str

    @property
    def title(self) -> str:
        """The metric with its group."""
        return title_of(self.target.metric, self.target.object)

    @property
    def place(self) -> str:
        """The department, or all."""
        return self.target.department.name if self.target.department else "全院"


def changed_standards(*, institution: Institution, today: date) -> list[ChangedStandard]:
    """The targets that are left behind, by department and group; those asked for already are left out. As many price books
    are read as versions began on different days."""
    newest = payment_standards(institution=institution.code)
    if newest is None:
        return []
    rows = CostTarget.objects.filter(institution=institution, metric=TargetMetric.DRG_COST).select_related(
        "institution", "department", "responsible", "specialist", "second_specialist"
    )
    line = ("department_id", "object")
    versions = rows.order_by(*line, "-effective_from").distinct(*line)
    begins = _begins(newest.effective_from, today)
    asked, books, found = _asked(institution), {}, []
    for row in versions:
        code = row.department.code if row.department else ""
        if row.ended or (code, row.object) in asked or row.effective_from >= begins:
            continue
        if row.effective_from not in books:
            books[row.effective_from] = payment_standards(institution=institution.code, day=row.effective_from)
        change = _change(row, books[row.effective_from], newest, begins)
        if change is not None:
            found.append(change)
    return sorted(
        found, key=lambda one: (one.target.department.code if one.target.department else "", one.target.object)
    )


def _change(
    row: CostTarget, then: PaymentStandards | None, newest: PaymentStandards, begins: date
) -> ChangedStandard | None:
    """What follows for a version; None where its group is paid as it was, or has no price in either book."""
    before = then.amounts.get(row.object) if then else row.standard
    now = newest.amounts.get(row.object)
    if not before or not now or before == now:
        return None
    limit = in_step(row.limit, before=before, now=now)
    standard = None if row.standard is None else in_step(row.standard, before=before, now=now)
    limit = limit if standard is None else min(limit, standard)
    return ChangedStandard(row, standard, limit, begins, newest.book)


def _begins(book_from: date, today: date) -> date:
    """The first month that the price book holds for the whole of, this month at the earliest."""
    month = Period.of(book_from)
    first = month.first_day if month.first_day == book_from else month.shift(1).first_day
    return max(first, Period.of(today).first_day)


def _asked(institution: Institution) -> set[tuple[str, str]]:
    rows = CostTargetProposal.objects.filter(institution=institution, state=CostTargetProposal.State.ASKED)
    return {
        (row["department"], row["object"])
        for each in rows.values_list("rows", flat=True)
        for row in each
        if row["metric"] == TargetMetric.DRG_COST
    }
