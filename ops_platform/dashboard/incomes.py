"""The two tables of a department's income: by fee class, and by the department on the other side. Each amount opens."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from costing.public import DepartmentStatement, IncomeLine


@dataclass(frozen=True, slots=True)
class Line:
    """An amount with the list behind it; `lines` is empty where no charge lines are behind it."""

    title: str
    lines: int | None
    amount: Decimal
    url: str


@dataclass(frozen=True, slots=True)
class IncomeTable:
    """Charge income cut in one way, with its total."""

    title: str
    head: str
    lines: tuple[Line, ...]
    total: Line


def tables(statement: DepartmentStatement) -> tuple[IncomeTable, ...]:
    """Of a clinical department what it ordered, of another what it executed; none without any income."""
    now = statement.now
    own, other = ("ordering", "executing") if now.is_clinical else ("executing", "ordering")
    total = now.income if now.is_clinical else now.executed_income
    if not (total or statement.by_fee_class or now.other_income):
        return ()

    def listed(name: str, **conditions: Any) -> str:
        return f"{reverse(f'costing:{name}', args=[now.run])}?{urlencode(conditions)}"

    def charged(lines: Iterable[IncomeLine], name: str, field: str) -> tuple[Line, ...]:
        side = {own: now.department}
        return tuple(
            Line(
                line.title,
                line.lines,
                line.amount,
                listed("charge-lines", **side, **{name: getattr(line, field)}),
            )
            for line in lines
        )

    together = Line(_("医疗收入合计"), None, total, listed("charge-lines", **{own: now.department}))
    by_fee_class = charged(statement.by_fee_class, "fee_class", "code")
    if now.other_income:
        beside = listed("income-entries", department=now.department)
        by_fee_class += (Line(_("其他收入(财政、补助等)"), None, now.other_income, beside),)
    return (
        IncomeTable(
            _("收入(本科室开单)") if now.is_clinical else _("收入(本科室执行)"), _("费用类别"), by_fee_class, together
        ),
        IncomeTable(
            _("由哪些科室执行") if now.is_clinical else _("由哪些科室开单"),
            _("科室"),
            charged(statement.by_other_side, other, "department"),
            together,
        ),
    )
