"""What of cost budgets needs others: a year's budget, or another version of it, beside the one before."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from costing.engine.budget import MONTHS
from costing.models import CostBudget
from costing.second_person import finance_then_head
from costing.selectors.budgets import DepartmentBudget, amounts_of, departments_of, former_of, moves_of
from costing.selectors.sheets.budget import month_words
from costing.services.budgets import (
    FIRST_YEAR,
    KIND,
    LAST_YEAR,
    MOST_ROWS,
    BudgetRow,
    propose_budget,
    put_budget_in_force,
    refuse_budget,
)
from costing.services.scenarios import PLANNERS
from costing.titles import COST_ITEM_TITLES
from ops_platform.kernel import Actor, Line, NotFound, Role, digest_of
from ops_platform.masterdata.coded import CodedSerializer, InstitutionField
from ops_platform.web import formats
from ops_platform.web.numbers import number_of
from workflows.public import Attribute, Beginning, Decision, Kind, Subject, SubjectType, default

SHOWN = 30
ZERO = Decimal("0.00")


class BudgetRowFields(serializers.Serializer):
    """A department's cost item."""

    department = serializers.CharField(max_length=40, help_text="科室代码")
    cost_item = serializers.ChoiceField(choices=list(COST_ITEM_TITLES.items()), help_text="成本项目")
    months = serializers.ListField(
        child=serializers.DecimalField(max_digits=18, decimal_places=2, min_value=Decimal(0)),
        min_length=MONTHS,
        max_length=MONTHS,
        help_text="1 月至 12 月的预算(元)",
    )


class BudgetFields(CodedSerializer):
    """A year's budget, all or none."""

    institution = InstitutionField()
    year = serializers.IntegerField(min_value=FIRST_YEAR, max_value=LAST_YEAR, help_text="预算年度")
    source_text = serializers.CharField(min_length=2, max_length=200, help_text="依据")
    rows = BudgetRowFields(many=True, help_text="各科室各成本项目的预算")

    def validate_rows(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len(rows) > MOST_ROWS:
            raise serializers.ValidationError(f"一次最多 {MOST_ROWS} 行。")
        return rows


def _begin(actor: Actor, given: Mapping[str, Any]) -> int:
    return propose_budget(
        actor,
        institution_id=given["institution"].pk,
        year=given["year"],
        rows=[BudgetRow(row["department"], row["cost_item"], tuple(row["months"])) for row in given["rows"]],
        source_text=given["source_text"],
    )[1]


def _load(subject: str) -> Subject:
    rows = CostBudget.objects.select_related("institution")
    budget = rows.filter(pk=number_of(subject)).first()
    if budget is None:
        raise NotFound("costing.no_budget", "没有这个版本的成本预算。")
    departments, former = departments_of(budget), former_of(budget)
    change = budget.total - former.total if former else ZERO
    amounts = amounts_of(budgets=[budget.pk])[budget.pk]
    return Subject(
        title=f"成本预算：{budget.institution.name} {budget.year} 年第 {budget.version} 版",
        institution=budget.institution_id,
        values={"total": budget.total, "change": abs(change), "adjusts": former is not None},
        content={
            "institution": budget.institution.code,
            "year": budget.year,
            "version": budget.version,
            "total": format(budget.total, "f"),
            "amounts": digest_of([[*place, format(amount, "f")] for place, amount in sorted(amounts.items())]),
            "source_text": budget.source_text,
        },
        lines=(
            Line("机构", budget.institution.name),
            Line("年度", f"{budget.year} 年，第 {budget.version} 版"),
            Line("全年合计", f"{formats.money(budget.total)} 元{_against(former, change)}"),
            Line("成本项目", _items(departments)),
            _told(budget, former, departments),
            Line("依据", budget.source_text),
        ),
        url=reverse("costing:budget", args=[budget.pk]),
    )


def _against(former: CostBudget | None, change: Decimal) -> str:
    if former is None:
        return "(本年度首次预算)"
    return f"，比第 {former.version} 版{'增加' if change >= 0 else '减少'} {formats.money(abs(change))} 元"


def _items(departments: list[DepartmentBudget]) -> str:
    sums = {item: sum((one.by_item.get(item, ZERO) for one in departments), ZERO) for item in COST_ITEM_TITLES}
    return "\n".join(f"{COST_ITEM_TITLES[item]} {formats.money(amount)} 元" for item, amount in sums.items() if amount)


def _told(budget: CostBudget, former: CostBudget | None, departments: list[DepartmentBudget]) -> Line:
    return Line("科室", _departments(departments)) if former is None else Line("变动", _moves(budget, former))


def _departments(departments: list[DepartmentBudget]) -> str:
    """Of a first budget the largest."""
    listed = sorted(departments, key=lambda one: (-one.year, one.department.code))
    lines = [f"{one.department.name} {formats.money(one.year)} 元" for one in listed[:SHOWN]]
    more = [f"……共 {len(listed)} 个科室"] if len(listed) > SHOWN else []
    return "\n".join([*lines, *more])


def _moves(budget: CostBudget, former: CostBudget) -> str:
    """Of an adjustment every department's cost item that it moves, be it between months only."""
    moves = moves_of(budget, former)
    lines = []
    for one in moves[:SHOWN]:
        years = f"全年 {formats.money(one.before)} → {formats.money(one.after)} 元"
        lines.append(f"{one.department.name} {COST_ITEM_TITLES[one.cost_item]}：{years}({month_words(one.months)})")
    more = [f"……共 {len(moves)} 项"] if len(moves) > SHOWN else []
    return "\n".join([*lines, *more])


def _approved(actor: Actor, subject: str, _decision: Decision) -> None:
    put_budget_in_force(actor, budget_id=number_of(subject))


def _refused(_actor: Actor, subject: str, _decision: Decision) -> None:
    refuse_budget(budget_id=number_of(subject))


COST_BUDGET = SubjectType(
    code=KIND,
    title=_("成本预算"),
    load=_load,
    applicants=PLANNERS,
    begin=Beginning(BudgetFields, _begin),
    attributes=(
        Attribute("total", "全年合计(元)", Kind.NUMBER),
        Attribute("change", "与现行预算相差(元)", Kind.NUMBER),
        Attribute("adjusts", "预算调整", Kind.FLAG),
    ),
    on_approval=_approved,
    on_rejection=_refused,
    on_withdrawal=_refused,
    readers=(Role.FINANCE_OFFICER, Role.ACCOUNTING_REVIEWER, Role.INSTITUTION_HEAD),
    default=default(
        "成本预算",
        finance_then_head("机构负责人批准"),
        note="预算经财务审核、机构负责人批准后执行；调整须说明依据的政策或事由，已结账的月份不能改动。",
    ),
)
