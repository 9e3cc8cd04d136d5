"""Lists of purchases, price spreads and moves."""

from collections.abc import Mapping
from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from ops_platform.his_intake.public import GOODS_CLASSES, MOVE_KINDS, ORIGINS, PROCUREMENTS, OriginColumn
from ops_platform.web import formats
from ops_platform.web.tables import (
    DENSE,
    DENSE_STACKED,
    DayColumn,
    MoneyColumn,
    PercentColumn,
    QuantityColumn,
    Table,
)
from ops_platform.web.templatetags.ops import badge

GOODS_CLASS_TITLES = dict(GOODS_CLASSES)
MOVE_KIND_TITLES = dict(MOVE_KINDS)
PROCUREMENT_TITLES = dict(PROCUREMENTS)
ORIGIN_TITLES = dict(ORIGINS)
WORDS = {"td": {"class": "cell-words"}}


def price(value: Any) -> str:
    """A unit price: two decimals, four where they matter."""
    if value is None:
        return formats.MISSING
    return formats.number(value, 2 if round(value, 2) == round(value, 4) else 4)


class PriceColumn(QuantityColumn):
    """Yuan a unit."""

    def render(self, value: Any) -> str:
        return price(value)


class _SpanTable(Table):
    """A list whose rows open the product, or the moves, of the same span."""

    def __init__(self, *args: Any, span: Any, **kwargs: Any) -> None:
        self.span = span
        super().__init__(*args, **kwargs)

    def product(self, record: Any) -> str:
        """The address of the product."""
        query = self.span.query(goods=record.goods, unit=record.unit)
        return f"{reverse('costing:product-purchases')}?{query}"

    def moves(self, record: Any, **more: Any) -> str:
        """The address of its purchases."""
        query = self.span.query(goods=record.goods, unit=record.unit, bought="1", **more)
        return f"{reverse('costing:goods-moves')}?{query}"


class PurchaseTable(_SpanTable):
    """Products by saving."""

    stacks = True

    name = django_tables2.Column(verbose_name=_("品名规格"), attrs=WORDS)
    goods = django_tables2.Column(verbose_name=_("统一编码"))
    unit = django_tables2.Column(verbose_name=_("单位"))
    quantity = QuantityColumn(verbose_name=_("采购数量"))
    amount = MoneyColumn(verbose_name=_("采购金额(元)"))
    price = PriceColumn(verbose_name=_("加权均价(元)"))
    central_share = PercentColumn(verbose_name=_("集采金额占比"))
    base_price = PriceColumn(verbose_name=_("集采前价格(元)"))
    central_price = PriceColumn(verbose_name=_("集采均价(元)"))
    cut = PercentColumn(verbose_name=_("降价幅度"))
    saved = MoneyColumn(verbose_name=_("节约额(元)"))

    class Meta(Table.Meta):
        attrs = DENSE_STACKED
        orderable = False

    def render_name(self, value: str, record: Any) -> str:
        return format_html('<a href="{}">{}</a>', self.product(record), value)

    def value_name(self, value: str) -> str:
        return value

    def render_amount(self, value: Any, record: Any) -> str:
        return format_html('<a class="num" href="{}">{}</a>', self.moves(record), formats.money(value))

    def value_amount(self, value: Any) -> Any:
        return value


class MemberTable(_SpanTable):
    """One product by member, the cheapest first, then all of them."""

    stacks = True

    institution = django_tables2.Column(verbose_name=_("机构"), empty_values=(), attrs={"td": {"class": "cell-name"}})
    quantity = QuantityColumn(verbose_name=_("采购数量"))
    amount = MoneyColumn(verbose_name=_("采购金额(元)"))
    price = PriceColumn(verbose_name=_("加权均价(元)"))
    central_share = PercentColumn(verbose_name=_("集采金额占比"))
    sunshine_share = PercentColumn(verbose_name=_("阳光采购占比"))
    base_price = PriceColumn(verbose_name=_("集采前价格(元)"))
    central_price = PriceColumn(verbose_name=_("集采均价(元)"))
    saved = MoneyColumn(verbose_name=_("节约额(元)"))

    class Meta(Table.Meta):
        attrs = DENSE_STACKED
        orderable = False
        row_attrs = {"class": lambda record: "row-total" if record.institution is None else ""}

    def render_institution(self, record: Any) -> str:
        return self.value_institution(record)

    def value_institution(self, record: Any) -> str:
        return str(self.span.names.get(record.institution, _("合计")))

    def render_amount(self, value: Any, record: Any) -> str:
        more = {"institution": record.institution} if record.institution else {}
        return format_html('<a class="num" href="{}">{}</a>', self.moves(record, **more), formats.money(value))

    def value_amount(self, value: Any) -> Any:
        return value


class SpreadTable(_SpanTable):
    """Products by spread."""

    stacks = True

    name = django_tables2.Column(verbose_name=_("品名规格"), attrs=WORDS)
    goods = django_tables2.Column(verbose_name=_("统一编码"))
    unit = django_tables2.Column(verbose_name=_("单位"))
    members = QuantityColumn(verbose_name=_("机构数"), accessor="spread__members")
    lowest = PriceColumn(verbose_name=_("最低价(元)"), accessor="cheapest__price")
    cheapest = django_tables2.Column(verbose_name=_("最低价机构"), attrs={"td": {"class": "stack-wide"}})
    highest = PriceColumn(verbose_name=_("最高价(元)"), accessor="dearest__price")
    dearest = django_tables2.Column(verbose_name=_("最高价机构"), attrs={"td": {"class": "stack-wide"}})
    spread = PercentColumn(verbose_name=_("价差"), accessor="spread__spread")
    price = PriceColumn(verbose_name=_("加权均价(元)"))
    amount = MoneyColumn(verbose_name=_("采购金额(元)"), accessor="spread__amount")
    excess = MoneyColumn(verbose_name=_("按最低价可少付(元)"), accessor="spread__excess")

    class Meta(Table.Meta):
        attrs = DENSE_STACKED
        orderable = False

    def render_name(self, value: str, record: Any) -> str:
        where = format_html('<span class="cell-note num">{} · {}</span>', record.goods, record.unit)
        return format_html('<a href="{}">{}</a> {}', self.product(record), value, where)

    def value_name(self, value: str) -> str:
        return value

    def render_members(self, value: Any) -> str:
        return str(len(value))

    def value_members(self, value: Any) -> int:
        return len(value)

    def render_cheapest(self, value: Any) -> str:
        return self.span.names.get(value.institution, "")

    def render_dearest(self, value: Any) -> str:
        return self.span.names.get(value.institution, "")

    def render_spread(self, value: Any, record: Any) -> str:
        text = formats.percent(value)
        return format_html("{} {}", text, badge(_("超线"), "warn")) if record.is_wide else text

    def value_spread(self, value: Any) -> Any:
        return value

    def render_amount(self, value: Any, record: Any) -> str:
        return format_html('<a class="num" href="{}">{}</a>', self.moves(record), formats.money(value))

    def value_amount(self, value: Any) -> Any:
        return value


class MoveTable(Table):
    """Moves of goods."""

    date = DayColumn(verbose_name=_("日期"))
    institution = django_tables2.Column(verbose_name=_("机构"), attrs={"td": {"class": "cell-name"}})
    kind = django_tables2.Column(verbose_name=_("类别"))
    document = django_tables2.Column(verbose_name=_("单据号 · 行"))
    name = django_tables2.Column(verbose_name=_("品名规格"), attrs=WORDS)
    place = django_tables2.Column(verbose_name=_("科室、供应商或往来机构"), empty_values=())
    procurement = django_tables2.Column(verbose_name=_("采购方式"))
    lot = django_tables2.Column(verbose_name=_("批号"))
    barcode = django_tables2.Column(verbose_name=_("条码"))
    encounter_no = django_tables2.Column(verbose_name=_("就诊号"))
    quantity = QuantityColumn(verbose_name=_("数量"))
    price = PriceColumn(verbose_name=_("单价(元)"))
    amount = MoneyColumn(verbose_name=_("金额(元)"))
    origin = OriginColumn()

    class Meta(Table.Meta):
        attrs = DENSE
        orderable = False

    def __init__(self, *args: Any, names: Mapping[int, str], **kwargs: Any) -> None:
        self.names = names
        super().__init__(*args, **kwargs)

    def render_institution(self, value: int) -> str:
        return self.names.get(value, "")

    def render_kind(self, value: str) -> str:
        return str(MOVE_KIND_TITLES.get(value, value))

    def render_document(self, value: str, record: Any) -> str:
        return format_html('<span class="num">{} · {}</span>', value, record.line)

    def value_document(self, value: str, record: Any) -> str:
        return f"{value} · {record.line}"

    def render_place(self, record: Any) -> str:
        return self.value_place(record)

    def value_place(self, record: Any) -> str:
        return str(record.department_name or record.supplier or record.counterparty)

    def render_procurement(self, value: str) -> str:
        return str(PROCUREMENT_TITLES.get(value, value))

    def render_barcode(self, value: str) -> str:
        url = f"{reverse('costing:piece')}?barcode={value}"
        return format_html('<a class="num" href="{}">{}</a>', url, value)

    def value_barcode(self, value: str) -> str:
        return value

    def render_encounter_no(self, value: str, record: Any) -> str:
        url = reverse("insurance_settlement:encounter", args=[record.institution, record.encounter])
        return format_html('<a class="num" href="{}">{}</a>', url, value)

    def value_encounter_no(self, value: str) -> str:
        return value
