"""One department's month, on one page: what it earned, what it cost, who gave it cost, what its cases brought."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from costing import public as costing
from costing.public import DepartmentFigures
from insurance_settlement import public as settlement
from ops_platform.dashboard import incomes, yardstick
from ops_platform.dashboard.cards import Card, CardMaker, compared
from ops_platform.dashboard.scope import DEPARTMENT_READERS, opens_departments
from ops_platform.dashboard.unit import Unit, unit_of
from ops_platform.kernel import Actor
from ops_platform.masterdata import months
from ops_platform.masterdata.models import CostClass, Department
from ops_platform.orm.scopes import within_reach
from ops_platform.web import formats
from ops_platform.web.charts import ChartTable, chart
from ops_platform.web.pages import TemplatePage


def departments(*, actor: Actor) -> QuerySet[Department]:
    """Departments whose page the actor may open; heads only their own."""
    return Department.objects.filter(within_reach(actor, *DEPARTMENT_READERS, department="pk")).select_related(
        "institution"
    )


class DepartmentPage(TemplatePage):
    """A department in a month."""

    roles = DEPARTMENT_READERS
    template_name = "dashboard/department.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        department = departments(actor=self.actor).filter(pk=self.kwargs["pk"]).first()
        if department is None:
            raise Http404
        history = costing.department_months(department=department.pk)
        known = months.months(
            institutions=[department.institution_id],
            periods=[row.period for row in history],
            today=timezone.localdate(),
        )
        month = months.choose(known, self.request.GET.get("period", ""))
        context = super().get_context_data(
            department=department,
            months=known,
            month=month,
            shown_instead=[months.instead(known, self.request.GET.get("period", ""))],
            opens_others=opens_departments(self.actor, department.institution_id),
            via=self._via(department),
            **kwargs,
        )
        if month is not None:
            context |= self._month(department, history, known, month)
        return {**context, "title": department.name}

    def _via(self, department: Department) -> Department | None:
        """The department one came from along a flow."""
        asked = self.request.GET.get("via", "")
        if not asked.isdigit() or len(asked) > 18:
            return None
        return departments(actor=self.actor).filter(pk=asked, institution=department.institution_id).first()

    def _month(
        self,
        department: Department,
        history: Sequence[DepartmentFigures],
        known: Sequence[months.Month],
        month: months.Month,
    ) -> dict[str, Any]:
        figures = {row.period: row for row in history}
        now = figures[month.period]
        against = yardstick.of_month(
            month=month, known=known, institutions=[department.institution_id], today=timezone.localdate()
        )
        same_days: Mapping[str, Any] = figures
        if against.days is not None:
            same_days = costing.department_first_days(
                department=department.pk, periods=against.periods, days=against.days
            )
        comparisons = compared(against, same_days)
        unit = unit_of(_amounts([*history, *(one.then for one in comparisons)]))
        maker = CardMaker(now, comparisons, unit, partial=against.partial)
        statement = costing.statement(now=now)
        drgs = settlement.department_drgs(
            institution=department.institution_id, period=month.period, department=department.pk
        )
        return {
            "now": now,
            "sentence": against.sentence(compared=bool(maker.comparisons)),
            "class_title": CostClass(now.cost_class).label,
            "statement": statement,
            "cards": _clinical_cards(maker) if now.is_clinical else _service_cards(maker),
            "costs": [line for line in statement.costs if line.direct or line.received or line.sent],
            "received": statement.received,
            "sent": statement.sent,
            "sent_total": sum((line.amount for line in statement.sent), Decimal(0)),
            "incomes": incomes.tables(statement),
            "picture": _history(history, {one.period for one in known if one.running}, unit),
            "drgs": drgs if drgs and drgs.lines else None,
        }


def _amounts(shown: Iterable[Any]) -> list[Decimal | None]:
    """What cards and the picture show; first days have income alone."""
    names = (
        "income",
        "other_income",
        "executed_income",
        "full_cost",
        "direct_cost",
        "received_cost",
        "total_cost",
        "surplus",
    )
    return [getattr(row, name, None) for row in shown for name in names]


def _clinical_cards(maker: CardMaker) -> list[Card]:
    cards = [
        maker.amount("income", _now("收入"), good="up", url="#income"),
        maker.amount("full_cost", _now("全成本"), good="down", url="#cost"),
        maker.balance("surplus", _now("结余")),
        maker.card("visits", _now("门急诊人次"), formats.quantity, good="up"),
        maker.card("discharges", _now("出院人次"), formats.quantity, good="up"),
        maker.card("bed_days", _now("实际占用床日"), formats.quantity, good="up"),
    ]
    now = maker.now
    if now.visits and not now.bed_days and not now.discharges:
        cards.append(_unit_cost(_now("诊次成本"), _now("元/人次"), now.full_cost / now.visits))
    if now.bed_days and not now.visits:
        cards.append(_unit_cost(_now("床日成本"), _now("元/床日"), now.full_cost / now.bed_days))
    return cards


def _unit_cost(title: str, unit: str, value: Decimal) -> Card:
    return Card(title=title, figure=formats.money(value), unit=unit)


def _service_cards(maker: CardMaker) -> list[Card]:
    return [
        maker.amount("direct_cost", _now("直接成本"), good="down", url="#cost"),
        maker.amount("received_cost", _now("分入成本"), good="down", url="#received"),
        maker.amount("total_cost", _now("分出成本"), url="#sent"),
        maker.amount("executed_income", _now("执行收入"), good="up", url="#income"),
        maker.amount("other_income", _now("其他收入"), good="up"),
    ]


def _history(history: Sequence[DepartmentFigures], running: set[str], unit: Unit) -> str:
    """All months; each opens on a click."""
    clinical = bool(history) and history[-1].is_clinical
    periods = [f"{row.period}*" if row.period in running else row.period for row in history]

    def data(values: Sequence[Decimal]) -> list[dict[str, Any]]:
        return [
            {"value": value, "href": f"{reverse('department', args=[row.department])}?period={row.period}"}
            for row, value in zip(history, values, strict=True)
        ]

    income = [row.income + row.other_income if clinical else row.executed_income for row in history]
    cost = [row.full_cost if clinical else row.total_cost for row in history]
    surplus = [row.surplus for row in history]
    income_name = _now("收入") if clinical else _now("执行收入")
    series: list[dict[str, Any]] = [
        {"name": income_name, "type": "bar", "data": data(income), "barGap": "10%"},
        {"name": _now("成本"), "type": "bar", "data": data(cost), "itemStyle": {"color": "#b9c4cc"}},
    ]
    if clinical:
        gold = {"color": "#d09a3c"}
        line = {"name": _now("结余"), "type": "line", "data": data(surplus), "lineStyle": gold, "itemStyle": gold}
        series.append({**line, "symbolSize": 7})
    options = {
        "tooltip": {"trigger": "axis", "valueFormatter": unit.label},
        "legend": {"data": [one["name"] for one in series]},
        "xAxis": {"type": "category", "data": periods, "axisLabel": {"hideOverlap": True}},
        "yAxis": {"type": "value", "name": str(unit.name), "axisLabel": {"formatter": unit.tick}},
        "series": series,
    }
    table = ChartTable(
        [_("月份"), income_name, _("成本(元)"), _("结余(元)")],
        [
            [period, formats.money(a), formats.money(b), formats.money(c) if clinical else formats.MISSING]
            for period, a, b, c in zip(periods, income, cost, surplus, strict=True)
        ],
    )
    return chart(options, table, title=_now("逐月变化"))
