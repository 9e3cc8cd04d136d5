"""Workbooks of price books and catalogues: what stands in one, and empty ones to be filled in."""

from typing import IO, Any

from django.http import FileResponse, HttpRequest
from django.views import View

from insurance_settlement import catalogue_workbooks, price_book_workbooks, schemes, selectors
from insurance_settlement.engine.dip_catalogue import read_catalogue
from insurance_settlement.engine.rule_book import Method
from insurance_settlement.models import SchemeKind
from insurance_settlement.price_book_workbooks import GroupNote
from insurance_settlement.selectors import MONTH_READERS
from ops_platform.kernel import NotFound
from ops_platform.web.exports import XLSX
from ops_platform.web.pages import Page


def sent(file: IO[bytes], name: str) -> FileResponse:
    """A finished workbook as a download."""
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)


class _Download(Page, View):
    roles = MONTH_READERS
    http_method_names = ["get", "head", "options"]


class PriceBookWorkbook(_Download):
    """A price book as it can be imported again."""

    def get(self, _request: HttpRequest, pk: int) -> Any:
        row = selectors.access_price_book(pk)
        names = schemes.compiled_scheme(row.scheme).titles
        book = schemes.rule_book(row)
        notes = {code: GroupNote(names.get(code, "")) for code in book.weights}
        return sent(price_book_workbooks.write_book(book, notes), f"价格规则_{row.name}")


class PriceBookTemplate(_Download):
    """An empty price book with the groups of a scheme: by points for a catalogue, by rate for groups."""

    def get(self, _request: HttpRequest, pk: int) -> Any:
        row = selectors.access_scheme(pk)
        method = Method.POINTS if row.kind == SchemeKind.DIP else Method.RATE
        titles = schemes.compiled_scheme(row).titles
        return sent(price_book_workbooks.write_template(row.name, method, titles), f"价格规则模板_{row.name}")


class CatalogueWorkbook(_Download):
    """A DIP catalogue as it can be imported again."""

    def get(self, _request: HttpRequest, pk: int) -> Any:
        row = selectors.access_scheme(pk)
        if row.kind != SchemeKind.DIP:
            raise NotFound("insurance_settlement.no_such_catalogue", "这个分组方案不是病种目录，没有 Excel 文件。")
        return sent(catalogue_workbooks.write_catalogue(read_catalogue(row.content.encode())), f"病种目录_{row.name}")


class CatalogueTemplate(_Download):
    """An empty catalogue."""

    def get(self, _request: HttpRequest) -> Any:
        return sent(catalogue_workbooks.write_template(), "病种目录模板")
