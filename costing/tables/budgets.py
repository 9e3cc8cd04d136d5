"""Lists of cost budgets."""

from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_tables2 import A

from costing.models import CostBudget, CostBudgetAmount
from costing.tables.driving import linked
from costing.titles import COST_ITEM_TITLES
from ops_platform.web.tables import DENSE, STACKED, MoneyColumn, StateColumn, Table, TimeColumn

TONES = {"asked": "warn", "in_force": "good", "replaced": "neutral", "refused": "neutral"}


class CostBudgetTable(Table):
    """Versions with their totals and where they stand."""

    stacks = True

    year = django_tables2.Column(
        verbose_name=_("年度"), linkify=("costing:budget", {"pk": A("pk")}), order_by=("year", "pk")
    )
    institution = django_tables2.Column(verbose_name=_("机构"), order_by=("institution__code", "pk"))
    version = django_tables2.Column(verbose_name=_("版本"), orderable=False)
    total = MoneyColumn(verbose_name=_("全年合计(元)"), order_by=("total", "pk"))
    state = StateColumn(verbose_name=_("状态"), tones=TONES)
    source_text = django_tables2.Column(
        verbose_name=_("依据"), orderable=False, attrs={"td": {"class": "cell-words stack-wide"}}
    )
    asked_by = django_tables2.Column(accessor="asked_by__display_name", verbose_name=_("提出人"), orderable=False)
    asked_at = TimeColumn(verbose_name=_("提出时间"), order_by=("asked_at", "pk"))

    class Meta(Table.Meta):
        model = CostBudget
        attrs = STACKED
        fields = ("year", "institution", "version", "total", "state", "source_text", "asked_by", "asked_at")

    def render_version(self, value: int) -> str:
        return _("第 %d 版") % value


class BudgetAmountTable(Table):
    """Amounts of a version, each with the version that it is of."""

    department = django_tables2.Column(verbose_name=_("科室"))
    cost_item = django_tables2.Column(verbose_name=_("成本项目"))
    month = django_tables2.Column(verbose_name=_("月份"))
    amount = MoneyColumn(verbose_name=_("预算(元)"))
    budget = django_tables2.Column(verbose_name=_("版本"))

    class Meta(Table.Meta):
        model = CostBudgetAmount
        attrs = DENSE
        orderable = False
        fields = ("department", "cost_item", "month", "amount", "budget")

    def __init__(self, *args: Any, opens: bool, **kwargs: Any) -> None:
        """`opens`: whether the reader may see whole budgets."""
        self.opens = opens
        super().__init__(*args, **kwargs)

    def render_cost_item(self, value: str) -> str:
        return str(COST_ITEM_TITLES.get(value, value))

    def render_month(self, record: CostBudgetAmount) -> str:
        return f"{record.budget.year}-{record.month:02d}"

    def render_budget(self, value: CostBudget) -> Any:
        return linked(reverse("costing:budget", args=[value.pk]) if self.opens else "", self.value_budget(value))

    def value_budget(self, value: CostBudget) -> str:
        return _("%(year)d 年第 %(version)d 版") % {"year": value.year, "version": value.version}
