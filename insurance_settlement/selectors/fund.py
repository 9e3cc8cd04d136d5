"""What the fund owes of some months by the rules, beside what it pays on the bills: by department and by group.

Source: ../shared/domain.md 2.7: D = Payable − Actual, over the cases of which both are known. What is kept of D or shared is
for the settlement of the area to say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, Sum

from insurance_settlement import schemes
from insurance_settlement.engine.worth import SELF_PAY
from insurance_settlement.models import CaseResult, GroupingRun

DEPARTMENT, GROUP = "department", "drg"
WAITING = Q(billed__isnull=True) & ~Q(scheme=SELF_PAY)


@dataclass(frozen=True, slots=True)
class FundLine:
    """A department or a group. `told` cases have a fund's part by the rules (`payable`) and one on their bills
    (`billed`), in yuan; `waiting` insured ones have no settlement list yet."""

    key: Any
    code: str
    name: str
    cases: int
    told: int
    waiting: int
    payable: Decimal
    billed: Decimal

    @property
    def difference(self) -> Decimal:
        """Payable − billed: above zero the hospital keeps a surplus or shares it, below zero it has billed too much."""
        return self.payable - self.billed


def fund_lines(*, runs: Sequence[GroupingRun], by: str, department: int | None = None) -> list[FundLine]:
    """Of the runs (of one department of them), what was billed most above the rules first. One query; groups have the titles
    of the last run's scheme."""
    rows = CaseResult.objects.filter(run__in=runs)
    if department is not None:
        rows = rows.filter(department=department)
    named = {"code": F("department__code"), "name": F("department__name")} if by == DEPARTMENT else {}
    sums = (
        rows.order_by()
        .values(by, **named)
        .annotate(
            cases=Count("id"),
            told=Count("fund"),
            waiting=Count("id", filter=WAITING),
            payable=Sum("fund", default=Decimal("0.00")),
            on_bills=Sum("billed", filter=Q(fund__isnull=False), default=Decimal("0.00")),
        )
        .order_by(F("payable") - F("on_bills"), by)
    )
    titles = schemes.compiled_scheme(runs[-1].scheme).titles if runs else {}
    return [
        FundLine(
            row[by],
            row.get("code", row[by]),
            row["name"] if named else titles.get(row[by], ""),
            row["cases"],
            row["told"],
            row["waiting"],
            row["payable"],
            row["on_bills"],
        )
        for row in sums
    ]
