"""A figure of a report opened: what it was made from, each part with what it opens to, and the figure worked out from
them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from costing.derivations import Derivation, Part, rounded
from costing.models import Scenario
from costing.selectors import access, scenarios
from costing.selectors.sheets.scenario import scenario_sheet
from costing.sheets import Sheet, opened
from costing.views.sheets import ReportPage
from ops_platform.web.numbers import number_of
from ops_platform.web.pages import TemplatePage

MOST_LINES = 500
SIGNS = {"sum": ("＋", "−"), "quotient": ("÷", "÷"), "product": ("×", "×")}


@dataclass(frozen=True, slots=True)
class Line:
    """A part as it stands on the page: how deep, with which sign before it."""

    depth: int
    sign: str
    part: Part


class FigurePage(ReportPage):
    """One figure. The report is built anew, so that the page cannot say anything else than the report; whoever reads the
    report reads this, and it is logged as the report is."""

    template_name = "costing/figure.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if self.found is None:
            raise Http404
        context = figure_of(self.found, self.opened(self.found), self.request)
        self.title = context.pop("title")
        return super().get_context_data(**context, **kwargs)


class ScenarioFigure(TemplatePage):
    """One figure of a scenario, computed anew as its page is."""

    roles = access.READERS
    template_name = "costing/scenario_figure.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        scenario = scenarios.access_scenario(actor=self.actor, scenario_id=self.kwargs["pk"])
        found = scenario_sheet(scenario=scenario, found=scenarios.outcome(scenario))
        context = figure_of(found, opened_scenario(scenario, found), self.request)
        self.title = context.pop("title")
        return super().get_context_data(scenario=scenario, run=scenario.run, **context, **kwargs)


def opened_scenario(scenario: Scenario, found: Sheet) -> Sheet:
    """The scenario with the addresses of its figures."""
    page = reverse("costing:scenario-figure", args=[scenario.pk])
    return opened(found, lambda row, column: f"{page}?row={row}&column={column}")


def figure_of(found: Sheet, shown: Sheet, request: HttpRequest) -> dict[str, Any]:
    """What a page says of the figure of its address (`row`, `column`); `shown` is the report with its addresses."""
    at, place = (number_of(request.GET.get(name, ""), -1) for name in ("row", "column"))
    known = 0 <= at < len(found.rows) and 0 <= place < len(found.columns)
    derivation = found.derivation(at, place) if known else None
    if derivation is None:
        raise Http404
    row, column = shown.rows[at], shown.columns[place]
    listed = list(_lines(derivation, shown, 0))
    exact, value = derivation.exact, row.cells[place].value
    return {
        "title": f"{row.name.strip()} · {column.name}",
        "derivation": derivation,
        "lines": listed[:MOST_LINES],
        "left": _("另有 %s 项未列出，已计入合计") % (len(listed) - MOST_LINES) if len(listed) > MOST_LINES else "",
        "amount": value,
        "kind": column.kind,
        "worked_out": None if exact is None else rounded(exact, column.kind),
        "agrees": derivation.gives(value, column.kind),
        "row_url": row.url,
    }


def _lines(made: Derivation, sheet: Sheet, depth: int) -> Iterator[Line]:
    """The parts in order, each followed by its own."""
    for at, part in enumerate(made.parts):
        plus, less = SIGNS[made.way]
        sign = less if part.sign < 0 else plus
        if at == 0 and sign != "−":
            sign = ""
        opens = part.url if part.at is None else sheet.rows[part.at[0]].cells[part.at[1]].url
        yield Line(depth, sign, replace(part, url=opens))
        if part.made is not None:
            yield from _lines(part.made, sheet, depth + 1)
