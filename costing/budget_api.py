"""API of cost budgets: versions and their amounts; read only. A budget is asked for by `POST /api/v1/workflows/matters/`;
how it is kept is `reports/budget/`."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from costing.filters import CostBudgetAmountApiFilter, CostBudgetApiFilter
from costing.models import CostBudget, CostBudgetAmount
from costing.selectors import budgets
from costing.selectors.access import READERS
from ops_platform.kernel import Actor
from ops_platform.web.api_lists import VisibleList, money

TAGS = ["成本预算"]


class CostBudgetSerializer(serializers.ModelSerializer):
    """A version of a year's budget."""

    institution = serializers.CharField(source="institution.code", help_text="机构代码")
    asked_by = serializers.CharField(source="asked_by.username", help_text="提出人")

    class Meta:
        model = CostBudget
        fields = [
            "id", "institution", "year", "version", "total", "state", "source_text", "asked_by", "asked_at", "decided_at",
        ]  # fmt: skip


class CostBudgetAmountSerializer(serializers.ModelSerializer):
    """A department's cost item in a month."""

    department = serializers.CharField(source="department.code", help_text="科室代码")
    cost_item = serializers.CharField(help_text="成本项目代码")
    month = serializers.IntegerField(help_text="月份，1 至 12")
    amount = money(help_text="预算(元)")

    class Meta:
        model = CostBudgetAmount
        fields = ["id", "budget", "department", "cost_item", "month", "amount"]


@extend_schema_view(get=extend_schema(tags=TAGS, summary="成本预算", operation_id="costing_budgets"))
class CostBudgetListView(VisibleList):
    """Versions within reach, the newest year first."""

    roles = READERS
    serializer_class = CostBudgetSerializer
    filterset_class = CostBudgetApiFilter

    def visible(self, actor: Actor) -> Any:
        return budgets.budgets(actor=actor)


@extend_schema_view(get=extend_schema(tags=TAGS, summary="成本预算明细", operation_id="costing_budget_amounts"))
class CostBudgetAmountListView(VisibleList):
    """Amounts of the versions within reach, by version, department, cost item and month."""

    roles = READERS
    serializer_class = CostBudgetAmountSerializer
    filterset_class = CostBudgetAmountApiFilter

    def visible(self, actor: Actor) -> Any:
        return budgets.amounts(actor=actor)
