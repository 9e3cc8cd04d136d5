"""采购价格比较与节约, 成员间价差, and the moves behind every figure of them."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, ClassVar

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _

from costing.selectors import access, purchases
from costing.tables.purchases import GOODS_CLASS_TITLES, MemberTable, MoveTable, PurchaseTable, SpreadTable
from costing.views.spans import Span, choose_span
from ops_platform.his_intake.public import GOODS_CLASSES, MOVE_KINDS, ORIGINS, PROCUREMENTS, MovePage, goods_moves
from ops_platform.identity.access import log_patient_list
from ops_platform.web import formats
from ops_platform.web.charts import ChartTable, chart
from ops_platform.web.exports import xlsx_response
from ops_platform.web.pages import TemplatePage

MOVES = "drug-and-material-moves"
BOUGHT = ("purchase", "purchase_return")
PER_PAGE = 50
LONGEST = 80


def coded(request: HttpRequest, name: str, titles: Iterable[tuple[str, Any]]) -> str:
    """A code of the address; an unknown one is no address."""
    asked = request.GET.get(name, "")
    if asked and asked not in dict(titles):
        raise Http404
    return asked


def worded(request: HttpRequest, name: str) -> str:
    """Words of the address, as codes of goods and barcodes are."""
    asked = request.GET.get(name, "").strip()
    if len(asked) > LONGEST or not asked.isprintable():
        raise Http404
    return asked


class SpanPage(TemplatePage):
    """A page over some months. A concrete one says which dataset it reads and gives its table for the download."""

    roles = access.READERS
    dataset: ClassVar[str] = MOVES
    empty_title: ClassVar[Any] = _("还没有药品耗材进销存数据")
    empty_hint: ClassVar[Any] = _("请由 HIS、SPD 或物资系统按数据集「药品耗材进销存」报送，或在「上传数据」页导入。")
    span: Span

    def table(self) -> Any:
        """The list of the page; it is what the download holds."""
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.span = choose_span(self.actor, request.GET, self.dataset)
        if self.span and request.GET.get("export") == "xlsx":
            return self.download()
        return super().get(request, *args, **kwargs)

    def download(self) -> HttpResponseBase:
        """The list as .xlsx."""
        values = iter(self.table().as_values())
        who = self.span.institution.code if self.span.institution else "全部机构"
        return xlsx_response(f"{self.title}-{who}-{self.span.first}-{self.span.last}", next(values), values)

    def figures(self) -> dict[str, Any]:
        """What the page shows where there is anything."""
        return {"table": self.table()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        figures = self.figures() if self.span else {}
        empty = {"empty_title": self.empty_title, "empty_hint": self.empty_hint}
        return {**super().get_context_data(**empty, **self.span.context(), **kwargs), **figures}


class PurchasePrices(SpanPage):
    """采购价格比较与节约: products by saving."""

    title = _("采购价格与节约")
    template_name = "costing/purchases.html"

    def rows(self) -> list[purchases.Purchase]:
        """Purchases by product and institution."""
        self.goods_class = coded(self.request, "goods_class", GOODS_CLASSES)
        return purchases.purchases(institutions=self.span.chosen, days=self.span.days, goods_class=self.goods_class)

    def table(self) -> PurchaseTable:
        return PurchaseTable(purchases.by_product(self.rows()), span=self.span)

    def figures(self) -> dict[str, Any]:
        rows = self.rows()
        return {
            "table": PurchaseTable(purchases.by_product(rows), span=self.span),
            "total": purchases.together(rows, name=str(_("合计"))),
            "goods_class": self.goods_class,
            "goods_classes": GOODS_CLASSES,
            "baseline": purchases.marked(key="costing.purchase_baseline_months", day=self.span.days[1]),
            "moves_query": self.span.query(bought="1", goods_class=self.goods_class),
            "central_query": self.span.query(bought="1", goods_class=self.goods_class, procurement="central"),
        }


class ProductPurchases(SpanPage):
    """One product: by member, and month by month."""

    template_name = "costing/purchase_product.html"

    def rows(self) -> list[purchases.Purchase]:
        """The product's purchases by member, the cheapest first."""
        goods, unit = worded(self.request, "goods"), worded(self.request, "unit")
        rows = purchases.purchases(institutions=self.span.chosen, days=self.span.days, goods=goods, unit=unit)
        if not goods or not unit or not rows:
            raise Http404
        return sorted(rows, key=lambda row: (row.price is None, row.price or 0, row.institution or 0))

    def table(self) -> MemberTable:
        rows = self.rows()
        self.title = rows[0].name
        return MemberTable([*rows, purchases.together(rows)], span=self.span)

    def figures(self) -> dict[str, Any]:
        rows = self.rows()
        whole = purchases.together(rows)
        spread = purchases.spreads(
            institutions=self.span.chosen, days=self.span.days, goods=whole.goods, unit=whole.unit
        )
        return {
            "table": MemberTable([*rows, whole], span=self.span),
            "whole": whole,
            "class_title": GOODS_CLASS_TITLES.get(whole.goods_class, ""),
            "spread": spread[0] if spread else None,
            "chart": self._chart(whole),
            "title": whole.name,
        }

    def _chart(self, whole: purchases.Purchase) -> Any:
        """Mean price by month of each member."""
        months = purchases.months_of_product(
            institutions=self.span.chosen, goods=whole.goods, unit=whole.unit, until=self.span.days[1]
        )
        names, periods = self.span.names, list(months)
        prices: dict[int, dict[str, Decimal]] = {}
        for period, rows in months.items():
            for institution in {row.institution for row in rows}:
                own = [row for row in rows if row.institution == institution]
                quantity = sum((row.quantity for row in own), Decimal(0))
                if quantity > 0:
                    prices.setdefault(institution, {})[period] = sum((row.amount for row in own), Decimal(0)) / quantity
        series = [
            {
                "name": names.get(institution, ""),
                "type": "line",
                "connectNulls": True,
                "data": [round(found[period], 4) if period in found else None for period in periods],
            }
            for institution, found in sorted(prices.items())
        ]
        table = ChartTable(
            [_("机构"), *periods],
            [
                [names.get(institution, ""), *(formats.number(found.get(period), 4) for period in periods)]
                for institution, found in sorted(prices.items())
            ],
        )
        options = {
            "tooltip": {"trigger": "axis", "valueFormatter": "@quantity"},
            "legend": {"type": "scroll"},
            "xAxis": {"type": "category", "data": periods},
            "yAxis": {"type": "value", "scale": True, "axisLabel": {"formatter": "@quantity"}},
            "series": series,
        }
        return chart(options, table, title=str(_("各机构每月加权均价")))


class PriceSpreads(SpanPage):
    """成员间价差: products that members buy at different prices."""

    title = _("成员间价差")
    template_name = "costing/price_spreads.html"

    def rows(self) -> list[purchases.ProductSpread]:
        """Products by spread; only the marked ones where that is asked for."""
        self.goods_class = coded(self.request, "goods_class", GOODS_CLASSES)
        self.only = self.request.GET.get("only") == "1"
        self.everything = purchases.spreads(
            institutions=self.span.chosen, days=self.span.days, goods_class=self.goods_class
        )
        return [row for row in self.everything if row.is_wide or not self.only]

    def table(self) -> SpreadTable:
        return SpreadTable(self.rows(), span=self.span)

    def figures(self) -> dict[str, Any]:
        rows = self.rows()
        return {
            "table": SpreadTable(rows, span=self.span, exclude=("goods", "unit")),
            "rows": rows,
            "count": len(self.everything),
            "wide": sum(row.is_wide for row in self.everything),
            "amount": sum((row.spread.amount for row in self.everything), Decimal("0.00")),
            "excess": sum((row.spread.excess for row in self.everything), Decimal("0.00")),
            "widest": self.everything[0] if self.everything else None,
            "only": self.only,
            "alone": len(self.span.institutions) < 2,
            "goods_class": self.goods_class,
            "goods_classes": GOODS_CLASSES,
            "threshold": purchases.marked(key="costing.price_spread_threshold", day=self.span.days[1]),
        }


class GoodsMoves(SpanPage):
    """The moves behind a figure, with their sum. They may name encounters, so that opening them is logged."""

    title = _("进销存明细")
    template_name = "costing/goods_moves.html"

    def asked(self) -> dict[str, Any]:
        """What narrows the list."""
        return {
            "goods": worded(self.request, "goods"),
            "unit": worded(self.request, "unit"),
            "goods_class": coded(self.request, "goods_class", GOODS_CLASSES),
            "procurement": coded(self.request, "procurement", PROCUREMENTS),
            "origin": coded(self.request, "origin", ORIGINS),
        }

    def kinds(self) -> tuple[str, ...]:
        """Kinds of moves: purchases with their returns, one kind, or all."""
        if self.request.GET.get("bought") == "1":
            return BOUGHT
        kind = coded(self.request, "kind", MOVE_KINDS)
        return (kind,) if kind else ()

    def fetch(self, offset: int, limit: int | None) -> MovePage:
        """Rows from `offset` on, with the sums of all."""
        return goods_moves(
            institutions=self.span.chosen,
            days=self.span.days,
            kinds=self.kinds(),
            offset=offset,
            limit=limit,
            **self.asked(),
        )

    def table(self) -> MoveTable:
        self.log_access()
        return MoveTable(self.fetch(0, None).rows, names=self.span.names, request=self.request)

    def log_access(self) -> None:
        """Who looked at uses on patients."""
        if not self.kinds() or "use" in self.kinds():
            shown = [one for one in self.span.institutions if one.pk in self.span.chosen]
            log_patient_list(self.request, "goods_moves", dict.fromkeys(shown, self.request.GET.urlencode() or "all"))

    def expected(self) -> Decimal | None:
        """What the figure of purchases says, from its own query; None where the list is not that of a figure."""
        asked = self.asked()
        if self.kinds() != BOUGHT or asked["origin"]:
            return None
        rows = purchases.purchases(
            institutions=self.span.chosen,
            days=self.span.days,
            goods_class=asked["goods_class"],
            goods=asked["goods"],
            unit=asked["unit"],
        )
        parts = {
            "": lambda row: row.amount,
            "central": lambda row: row.central_amount,
            "sunshine": lambda row: row.sunshine_amount,
            "own": lambda row: row.amount - row.central_amount - row.sunshine_amount,
        }
        return sum((parts[asked["procurement"]](row) for row in rows), Decimal("0.00"))

    def figures(self) -> dict[str, Any]:
        asked = self.request.GET.get("page", "1")
        number = int(asked) if asked.isdigit() and 0 < len(asked) < 8 else 1
        found = self.fetch((max(number, 1) - 1) * PER_PAGE, PER_PAGE)
        page = Paginator(range(found.count), PER_PAGE).get_page(number)
        if page.number != number:
            found = self.fetch((page.number - 1) * PER_PAGE, PER_PAGE)
        self.log_access()
        expected = self.expected()
        chosen = self.asked()
        words = [
            chosen["goods"],
            GOODS_CLASS_TITLES.get(chosen["goods_class"], ""),
            dict(PROCUREMENTS).get(chosen["procurement"], ""),
            dict(ORIGINS).get(chosen["origin"], ""),
            _("采购与退货") if self.kinds() == BOUGHT else "、".join(dict(MOVE_KINDS)[kind] for kind in self.kinds()),
        ]
        return {
            "table": MoveTable(
                found.rows, names=self.span.names, request=self.request, exclude=_empty(found, chosen["goods"])
            ),
            "page": page,
            "found": found,
            "expected": expected,
            "agrees": expected is None or expected == found.total,
            "about": [word for word in words if word],
            "kinds": MOVE_KINDS,
            "kept": {
                name: value
                for name, value in self.request.GET.items()
                if name in ("goods", "unit", "bought", "kind", "goods_class", "procurement", "origin")
            },
            "patient_level": not self.kinds() or "use" in self.kinds(),
        }


def _empty(found: MovePage, goods: str) -> tuple[str, ...]:
    """Columns that would say nothing on the page: what no row has, and the name of the one product that was asked for."""
    fields = ("procurement", "lot", "barcode", "encounter_no")
    nothing = [name for name in fields if not any(getattr(row, name) for row in found.rows)]
    return (*nothing, "name") if goods else tuple(nothing)
