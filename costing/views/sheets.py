"""The reports of a month: a list of them, and each on its page and as .xlsx."""

from dataclasses import replace
from decimal import Decimal
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from costing import reports
from costing.models import CostRun
from costing.selectors import access
from costing.selectors.basis import Basis, basis_of
from costing.selectors.layers import Layer
from costing.selectors.sheets import COMPARED, REPORTS, Report, Scope
from costing.sheets import Sheet, opened
from costing.views.choosing import choose
from ops_platform.identity.access import log_patient_list
from ops_platform.web.charts import chart
from ops_platform.web.pages import TemplatePage

MOST_POINTS = 120
CHOSEN = ("layer", "compare", "order", "measure")
COMPARED_TITLES = (("month", _("环比(上月)")), ("year", _("同比(上年同月)")))


class Reports(TemplatePage):
    """What there is to read of a month."""

    roles = access.READERS
    title = _("成本报表")
    template_name = "costing/reports.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        choice = choose(self.actor, self.request.GET, access.periods)
        families = [(name, list(listed)) for name, listed in groupby(REPORTS.values(), key=lambda one: one.family)]
        run = choice.find(access.current_run)
        return super().get_context_data(families=families, run=run, **choice.context(), **kwargs)


class ReportPage(TemplatePage):
    """One report. Layer of cost and month to compare with are chosen where the report knows them."""

    roles = access.READERS
    template_name = "costing/sheet.html"
    code = ""

    @property
    def report(self) -> Report:
        """The report of the address."""
        found = REPORTS.get(self.code or self.kwargs["code"])
        if found is None:
            raise Http404
        return found

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        report = self.report
        self.title = report.title
        self.choice = choose(self.actor, request.GET, access.periods)
        run: CostRun | None = self.choice.find(access.current_run)
        self.scope = self._scope(run) if run else None
        self.found = report.build(self.scope) if self.scope else None
        if self.scope and report.patient_level:
            log_patient_list(request, f"costing.{report.code}", {self.scope.run.institution: self.scope.run.period})
        if self.scope and self.found and request.GET.get("export") == "xlsx":
            return reports.sheet(report, self.scope, self.found, self._basis(self.scope), self.choice.mark)
        return super().get(request, *args, **kwargs)

    def _scope(self, run: CostRun) -> Scope:
        layer, compare = self.request.GET.get("layer", ""), self.request.GET.get("compare", "")
        asked = compare if compare in COMPARED else next(iter(COMPARED))
        scope = Scope.of(
            run,
            Layer(layer) if layer in tuple(Layer) else self.report.layer,
            asked if self.report.compared else "",
            self.request.GET.get("order", "") if self.report.ordered else "",
            self.request.GET.get("measure", ""),
        )
        if not self.report.alliance:
            return scope
        return replace(scope, seen=tuple(one.pk for one in access.institutions(actor=self.actor)))

    def opened(self, found: Sheet) -> Sheet:
        """The report with the addresses of what its figures were made from; they say what was chosen."""
        asked = self.choice.context()
        chosen = {name: self.request.GET[name] for name in CHOSEN if self.request.GET.get(name)}
        chosen |= {"institution": asked["institution"].pk, "period": asked["month"].period}
        page = f"{reverse('costing:figure', args=[self.report.code])}?{urlencode(chosen)}"
        return opened(found, lambda row, column: f"{page}&row={row}&column={column}")

    def _basis(self, scope: Scope | None) -> list[Basis]:
        """By what the institution's costs were allocated; a report of several has none of its own."""
        return basis_of(run=scope.run) if scope and not self.report.alliance else []

    def _measure(self) -> str:
        """As asked for, else the first that there is."""
        known = [code for code, _title in self.report.measures]
        asked = self.request.GET.get("measure", "")
        return asked if asked in known else next(iter(known), "")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        scope, found = self.scope, self.found
        return super().get_context_data(
            report=self.report,
            sheet=self.opened(found) if found else None,
            run=scope.run if scope else None,
            basis=self._basis(scope),
            layers=[(one.value, one.words) for one in Layer] if self.report.layered else [],
            layer=scope.layer.value if scope else "",
            compared=COMPARED_TITLES if self.report.compared else [],
            compare=self.request.GET.get("compare", "month"),
            measure=self._measure(),
            order=self.request.GET.get("order", ""),
            picture=_picture(found) or _streams(found) or _lines(found) if found else None,
            **self.choice.context(),
            **kwargs,
        )


def _lines(found: Sheet) -> SafeString | None:
    """Totals over the months."""
    if not found.lined:
        return None
    options = {
        "tooltip": {"trigger": "axis", "valueFormatter": "@money"},
        "legend": {"data": [row.name for row in found.rows if row.level != "department"]},
        "xAxis": {"type": "category", "data": [column.title for column in found.columns[: found.lined]]},
        "yAxis": {"type": "value", "scale": True},
        "series": [
            {"type": "line", "name": row.name, "data": [cell.value for cell in row.cells[: found.lined]]}
            for row in found.rows
            if row.level != "department"
        ],
    }
    return chart(options, title=str(_("各月走势")), size="lg")


def _streams(found: Sheet) -> SafeString | None:
    """The streams of an allocation, from the senders on the left to the clinical departments on the right."""
    if not found.streams:
        return None
    names = list(dict.fromkeys(name for one in found.streams for name in (one.sender, one.receiver)))
    urls = {row.name: row.url for row in found.rows}
    options = {
        "tooltip": {"trigger": "item", "valueFormatter": "@money"},
        "series": [
            {
                "type": "sankey",
                "nodeAlign": "right",
                "nodeGap": 6,
                "left": 8,
                "right": 110,
                "top": 8,
                "bottom": 8,
                "layoutIterations": 64,
                "emphasis": {"focus": "adjacency"},
                "lineStyle": {"color": "source", "opacity": 0.28},
                "label": {"fontSize": 11},
                "data": [{"name": name, "href": urls.get(name)} for name in names],
                "links": [{"source": one.sender, "target": one.receiver, "value": one.amount} for one in found.streams],
            }
        ],
    }
    return chart(options, title=str(_("分摊流向")), size="lg")


def _picture(found: Sheet) -> SafeString | None:
    """The quadrant picture: a point for each row, and lines through the figure of all rows and through zero."""
    rows = [row for row in found.rows if row.level == "department"]
    if found.drawn is None or len(rows) < 2:
        return None
    across, up = found.drawn
    left_out = max(len(rows) - MOST_POINTS, 0)
    if left_out:  # more than an eye can tell apart: those with the greatest number in the first column
        rows = sorted(rows, key=lambda row: -Decimal(row.cells[0].value or 0))[:MOST_POINTS]
    points = [
        {"name": row.name, "value": [row.cells[across].value, row.cells[up].value], "href": row.url or None}
        for row in rows
        if row.cells[across].value is not None and row.cells[up].value is not None
    ]
    whole = next((row.cells[across].value for row in found.rows if row.level == "total"), None)
    options = {
        "xAxis": {"type": "value", "name": found.columns[across].title, "scale": True},
        "yAxis": {"type": "value", "name": f"{found.columns[up].title}(元)"},
        "tooltip": {"formatter": "{b}"},
        "series": [
            {
                "type": "scatter",
                "symbolSize": 14,
                "data": points,
                "label": {"show": True, "position": "top", "formatter": "{b}", "fontSize": 11},
                "labelLayout": {"hideOverlap": True},
                "markLine": {
                    "silent": True,
                    "symbol": "none",
                    "label": {"show": False},
                    "data": [*([{"xAxis": whole}] if whole is not None else []), {"yAxis": 0}],
                },
            }
        ],
    }
    title = f"{found.columns[across].title} × {found.columns[up].title}"
    if left_out:
        title += str(_("(%(first)s最多的 %(most)s 个)") % {"first": found.columns[0].title, "most": MOST_POINTS})
    return chart(options, title=title, size="lg")
