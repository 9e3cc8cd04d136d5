"""Official tables as .xlsx in their layout: title, heading with unit, header lines, amounts as numbers. Text cannot become a
formula."""

import tempfile
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.http import FileResponse

from ops_platform.web.exports import XLSX, escape_cell

BORDER = {"border": 1, "border_color": "#b9c4cc", "valign": "vcenter"}
HEAD = {**BORDER, "bold": True, "align": "center", "text_wrap": True, "bg_color": "#eef1f5"}
FIGURES = {"quantity": "#,##0.####", "decimal": "#,##0.00", "percent": "0.0%", "points": "#,##0.0"}
PLAIN = {**FIGURES, "money": "#,##0.00"}
COLOURS = {"good": "#22693f", "bad": "#a3161f", "none": "#000000"}
MONEY = {**BORDER, "num_format": "#,##0.00;[Red]-#,##0.00"}


class OfficialSheet:
    """One sheet with a title and a heading over `columns` columns."""

    def __init__(self, title: str, heading: str, columns: int, tab: str = "") -> None:
        self.file = tempfile.TemporaryFile()  # noqa: SIM115  the response closes it
        self.book = xlsxwriter.Workbook(self.file, {"strings_to_formulas": False, "strings_to_urls": False})
        self.formats = {
            "title": self.book.add_format({"bold": True, "font_size": 15, "align": "center"}),
            "note": self.book.add_format({"font_color": "#566573"}),
            "head": self.book.add_format(HEAD),
            "text": self.book.add_format(BORDER),
            "strong": self.book.add_format({**BORDER, "bold": True}),
            "money": self.book.add_format(MONEY),
            "strong_money": self.book.add_format({**MONEY, "bold": True}),
            **{
                f"{strong}{kind}": self.book.add_format({**BORDER, "num_format": form, "bold": bool(strong)})
                for kind, form in FIGURES.items()
                for strong in ("", "strong_")
            },
            **{
                f"{strong}{kind}_{tone}": self.book.add_format(
                    {**BORDER, "num_format": form, "bold": bool(strong), "font_color": colour}
                )
                for kind, form in PLAIN.items()
                for strong in ("", "strong_")
                for tone, colour in COLOURS.items()
            },
        }
        self.add(title, heading, columns, tab)

    def add(self, title: str, heading: str, columns: int, tab: str = "") -> None:
        """Go on with another sheet of the same file; `tab` is its short name."""
        self.sheet = self.book.add_worksheet((tab or title)[:31])
        self.sheet.merge_range(0, 0, 0, columns - 1, title, self.formats["title"])
        self.text(1, 0, heading, "note")
        self.sheet.set_column(0, 0, 22)
        self.sheet.set_column(1, columns - 1, 14)
        self.sheet.set_landscape()
        self.sheet.set_paper(9)
        self.sheet.fit_to_pages(1, 0)

    def text(self, row: int, column: int, words: Any, style: str = "text") -> None:
        """Words in a cell, which may come from outside."""
        self.sheet.write_string(row, column, str(escape_cell(str(words))), self.formats[style])

    def column_title(self, row: int, column: int, words: Any) -> None:
        """Our own words at the head of a column; they are written as they are, also where they begin with + or =."""
        self.sheet.write_string(row, column, str(words), self.formats["head"])

    def amount(self, row: int, column: int, amount: Decimal, *, strong: bool = False) -> None:
        """An amount in a cell, as a number."""
        self.sheet.write_number(row, column, amount, self.formats["strong_money" if strong else "money"])

    def figure(self, row: int, column: int, value: Any, kind: str, *, strong: bool = False, tone: str = "") -> None:
        """A figure of some kind (money, quantity, decimal, percent, points) as a number; words, and nothing, as text. A
        difference with a tone is green (good), red (bad) or neither (none), whatever its sign."""
        if value is None or isinstance(value, str):
            self.text(row, column, value or "", "strong" if strong else "text")
        else:
            name = f"{kind}_{tone}" if tone else kind
            self.sheet.write_number(row, column, value, self.formats[f"strong_{name}" if strong else name])

    def merged(self, row: int, column: int, width: int, words: str) -> None:
        """A heading over some columns."""
        if width == 1:
            self.text(row, column, words, "head")
        else:
            self.sheet.merge_range(row, column, row, column + width - 1, words, self.formats["head"])

    def upright(self, row: int, column: int, words: str) -> None:
        """A head of two lines."""
        self.sheet.merge_range(row, column, row + 1, column, words, self.formats["head"])

    def line(self, row: int, name: str, amounts: Sequence[Decimal], *, strong: bool) -> None:
        """A name and its amounts."""
        self.text(row, 0, name, "strong" if strong else "text")
        for column, amount in enumerate(amounts, 1):
            self.amount(row, column, amount, strong=strong)

    def response(self, name: str) -> FileResponse:
        """The file as a download."""
        self.book.close()
        self.file.seek(0)
        return FileResponse(self.file, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)
