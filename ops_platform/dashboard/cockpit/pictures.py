"""The pictures of the cockpit. Whatever can be opened opens on a click; the same figures stand in the table behind."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from costing.public import COST_ITEM_TITLES, DepartmentFigures, RunTotal
from ops_platform.dashboard.unit import Unit
from ops_platform.dashboard.withholding import Withheld
from ops_platform.web import formats
from ops_platform.web.charts import ChartTable, chart

ZERO = Decimal(0)
RANKED = 16
HEAT = ("#8c2f33", "#c9807a", "#f0dcd5", "#f4f6f7", "#cfe1e7", "#6ba1b5", "#1f6f8b")


def by_period(totals: Sequence[RunTotal]) -> dict[str, tuple[Decimal, Decimal]]:
    """Income (with other income) and cost of each month."""
    sums: dict[str, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for row in totals:
        sums[row.period][0] += row.income + row.other_income
        sums[row.period][1] += row.cost
    return {period: (income, cost) for period, (income, cost) in sorted(sums.items())}


def trend(series: Mapping[str, tuple[Decimal, Decimal]], address: str, running: frozenset[str], unit: Unit) -> str:
    """Income and cost as bars, surplus as a line; a month opens on a click."""
    periods = list(series)
    address = f"{address}{'&' if '?' in address else '?'}"

    def data(values: Sequence[Decimal]) -> list[dict[str, Any]]:
        return [
            {"value": value, "href": f"{address}period={period}"} for period, value in zip(periods, values, strict=True)
        ]

    income = [series[period][0] for period in periods]
    cost = [series[period][1] for period in periods]
    surplus = [a - b for a, b in zip(income, cost, strict=True)]
    labels = [f"{period}*" if period in running else period for period in periods]
    options = {
        "tooltip": {"trigger": "axis", "valueFormatter": unit.label},
        "legend": {"data": [_("收入"), _("成本"), _("结余")]},
        "xAxis": {"type": "category", "data": labels, "axisLabel": {"hideOverlap": True}},
        "yAxis": {"type": "value", "name": str(unit.name), "axisLabel": {"formatter": unit.tick}},
        "series": [
            {"name": _("收入"), "type": "bar", "data": data(income), "barGap": "10%"},
            {"name": _("成本"), "type": "bar", "data": data(cost), "itemStyle": {"color": "#b9c4cc"}},
            {
                "name": _("结余"),
                "type": "line",
                "data": data(surplus),
                "lineStyle": {"color": "#d09a3c"},
                "itemStyle": {"color": "#d09a3c"},
                "symbolSize": 7,
            },
        ],
    }
    table = ChartTable(
        [_("月份"), _("收入(元)"), _("成本(元)"), _("结余(元)")],
        [
            [label, formats.money(a), formats.money(b), formats.money(c)]
            for label, a, b, c in zip(labels, income, cost, surplus, strict=True)
        ],
    )
    return chart(options, table, title=_("收入、成本与结余逐月变化"))


def composition(amounts: Mapping[tuple[str, str], Decimal], period: str, before: str, address: str, unit: Unit) -> str:
    """The seven cost items of the month, the month before beside each."""
    items = list(COST_ITEM_TITLES.items())
    whole = sum((amounts.get((period, code), ZERO) for code, _name in items), ZERO)
    now = [amounts.get((period, code), ZERO) for code, _name in items]
    past = [amounts.get((before, code), ZERO) for code, _name in items]
    shares = [formats.percent(value / whole) if whole else formats.MISSING for value in now]
    options = {
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}, "valueFormatter": unit.label},
        "legend": {"data": [formats.period_label(period), *([formats.period_label(before)] if before else [])]},
        "grid": {"right": 24},
        "xAxis": {"type": "value", "axisLabel": {"formatter": unit.tick, "hideOverlap": True}, "splitNumber": 4},
        "yAxis": {
            "type": "category",
            "inverse": True,
            "data": [f"{name} {share}" for (_code, name), share in zip(items, shares, strict=True)],
        },
        "series": [
            {
                "name": formats.period_label(period),
                "type": "bar",
                "barMaxWidth": 11,
                "data": [{"value": value, **({"href": address} if address else {})} for value in now],
            },
            *(
                [
                    {
                        "name": formats.period_label(before),
                        "type": "bar",
                        "barMaxWidth": 11,
                        "data": past,
                        "itemStyle": {"color": "#c7d0d6"},
                    }
                ]
                if before
                else []
            ),
        ],
    }
    table = ChartTable(
        [_("成本项目"), _("本月(元)"), _("占比"), _("上月(元)")],
        [
            [name, formats.money(a), share, formats.money(b) if before else formats.MISSING]
            for (_code, name), a, share, b in zip(items, now, shares, past, strict=True)
        ],
    )
    return chart(options, table, title=_("成本构成"))


def ranking(departments: Sequence[DepartmentFigures], names: Mapping[int, str], unit: Unit) -> str:
    """Clinical departments by surplus; of many only the best and the worst."""
    rows = sorted(departments, key=lambda row: (row.surplus, row.department))
    if len(rows) > RANKED:
        rows = [*rows[: RANKED // 2], *rows[-(RANKED // 2) :]]

    def label(row: DepartmentFigures) -> str:
        return f"{row.name}·{names[row.institution]}" if len(names) > 1 else row.name

    options = {
        "tooltip": {"trigger": "item", "valueFormatter": unit.label},
        "grid": {"right": 64, "left": 4, "bottom": 4},
        "xAxis": {"type": "value", "axisLabel": {"formatter": unit.tick, "hideOverlap": True}, "splitNumber": 4},
        "yAxis": {
            "type": "category",
            "data": [label(row) for row in rows],
            "axisLabel": {"width": 150, "overflow": "truncate", "interval": 0},
        },
        "series": [
            {
                "type": "bar",
                "barMaxWidth": 14,
                "itemStyle": {"color": "@sign", "borderRadius": 2},
                "label": {"show": True, "position": "right", "formatter": unit.label, "fontSize": 11},
                "data": [
                    {
                        "value": row.surplus,
                        "href": f"{reverse('department', args=[row.department])}?period={row.period}",
                        "label": {"position": "left" if row.surplus < 0 else "right"},
                    }
                    for row in rows
                ],
            }
        ],
    }
    table = ChartTable(
        [_("科室"), _("收入(元)"), _("成本(元)"), _("结余(元)")],
        [
            [label(row), *(formats.money(v) for v in (row.income + row.other_income, row.full_cost, row.surplus))]
            for row in reversed(rows)
        ],
    )
    return chart(options, table, title=_("科室结余排名"), size="lg")


def heat_map(
    totals: Sequence[RunTotal],
    groups: Mapping[str, frozenset[int]],
    addresses: Mapping[str, str],
    running: frozenset[str],
    withheld: Withheld,
) -> str:
    """Surplus rate of each institution (or group of them) and month, but for what is withheld.

    A month that is still running is left out: its costs come in at its end, so that it would shine without reason.
    """
    periods = sorted({row.period for row in totals} - running)
    known = {(row.institution, row.period): row for row in totals}
    labels = periods
    names = list(groups)
    cells, table_rows = [], []
    for y, (name, members) in enumerate(groups.items()):
        line = []
        for x, period in enumerate(periods):
            rows = [known[member, period] for member in members if (member, period) in known]
            income = sum((row.income + row.other_income for row in rows), ZERO)
            surplus = income - sum((row.cost for row in rows), ZERO)
            shown = income and "cases" not in withheld.of(period, members)
            rate = surplus / income if shown else None
            line.append(formats.percent(rate))
            if rate is not None:
                cells.append({"value": [x, y, round(rate, 4)], "href": f"{addresses[name]}&period={period}"})
        table_rows.append([name, *line])
    options = {
        "tooltip": {"trigger": "item", "valueFormatter": "@percent"},
        "grid": {"top": 8, "left": 4, "right": 8, "bottom": 4},
        "xAxis": {"type": "category", "data": labels, "axisLabel": {"hideOverlap": True}},
        "yAxis": {
            "type": "category",
            "data": names,
            "inverse": True,
            "axisLabel": {"width": 130, "overflow": "truncate", "interval": 0},
        },
        "visualMap": {"show": False, "min": -0.4, "max": 0.4, "inRange": {"color": HEAT}},
        "series": [
            {
                "type": "heatmap",
                "data": cells,
                "label": {"show": True, "formatter": "@percent0", "fontSize": 11},
                "labelLayout": {"hideOverlap": True},
                "itemStyle": {"borderColor": "#fff", "borderWidth": 2, "borderRadius": 3},
            }
        ],
    }
    table = ChartTable([_("机构"), *labels], table_rows)
    return chart(options, table, title=_("各机构各月结余率"))
