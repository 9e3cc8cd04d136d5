"""A figure of a report opened: what it was made from, each part with what it opens to, and the figure worked out from them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.http import Http404, HttpRequest
from django.utils.translation import gettext_lazy as _

from costing.derivations import Derivation, Part, rounded
from costing.sheets import Sheet
from costing.views.sheets import ReportPage
from ops_platform.web.numbers import number_of

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

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.row = number_of(request.GET.get("row", ""), -1)
        self.column = number_of(request.GET.get("column", ""), -1)
        return super().get(request, *args, **kwargs)

    def _derivation(self, sheet: Sheet) -> Derivation:
        known = 0 <= self.row < len(sheet.rows) and 0 <= self.column < len(sheet.columns)
        found = sheet.derivation(self.row, self.column) if known else None
        if found is None:
            raise Http404
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if self.found is None:
            raise Http404
        sheet = self.opened(self.found)
        derivation = self._derivation(self.found)
        row, column = sheet.rows[self.row], sheet.columns[self.column]
        cell, kind = row.cells[self.column], column.kind
        listed = list(_lines(derivation, sheet, 0))
        self.title = f"{row.name.strip()} · {column.name}"
        exact = derivation.exact
        return super().get_context_data(
            derivation=derivation,
            lines=listed[:MOST_LINES],
            left=_("另有 %s 项未列出，已计入合计") % (len(listed) - MOST_LINES) if len(listed) > MOST_LINES else "",
            amount=cell.value,
            kind=kind,
            worked_out=None if exact is None else rounded(exact, kind),
            agrees=derivation.gives(cell.value, kind),
            row_url=row.url,
            **kwargs,
        )


def _lines(made: Derivation, sheet: Sheet, depth: int) -> Iterator[Line]:
    """The parts in order, each followed by its own."""
    for at, part in enumerate(made.parts):
        plus, less = SIGNS[made.way]
        sign = less if part.sign < 0 else plus
        if at == 0 and sign != "−":
            sign = ""
        if part.at is not None:
            row, column = part.at
            part = replace(part, url=sheet.rows[row].cells[column].url)
        yield Line(depth, sign, part)
        if part.made is not None:
            yield from _lines(part.made, sheet, depth + 1)
