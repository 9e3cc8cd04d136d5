"""Lists of pathways, their items and their cases."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from costing.models import ItemStandard
from ops_platform.web.tables import (
    DENSE_STACKED,
    DayColumn,
    MoneyColumn,
    PercentColumn,
    PersonColumn,
    QuantityColumn,
    Table,
)
from ops_platform.web.templatetags.ops import badge

WHERE = {
    "inside": (_("路径内"), "good"),
    "over": (_("超过标准数量"), "warn"),
    "off": (_("路径外"), "bad"),
    "missing": (_("必选未用"), "warn"),
}


class CoverageTable(Table):
    """Members with the share of their discharges that have a pathway."""

    stacks = True

    institution = django_tables2.Column(verbose_name=_("机构"), attrs={"td": {"class": "cell-name"}})
    kind = django_tables2.Column(verbose_name=_("类别"))
    level = django_tables2.Column(verbose_name=_("等级"), default="—")
    pathways = QuantityColumn(verbose_name=_("现行路径"))
    discharges = QuantityColumn(verbose_name=_("出院例数"))
    covered = QuantityColumn(verbose_name=_("病组有路径(例)"))
    share = PercentColumn(verbose_name=_("覆盖率"))
    entered = QuantityColumn(verbose_name=_("入径(例)"))
    entered_share = PercentColumn(verbose_name=_("入径率"))
    complete = QuantityColumn(verbose_name=_("完成路径(例)"))

    class Meta(Table.Meta):
        attrs = DENSE_STACKED
        orderable = False


class PathwayTable(Table):
    """Pathways in force with the month's cases."""

    stacks = True

    drg = django_tables2.Column(verbose_name=_("病组"), accessor="pathway__drg")
    name = django_tables2.Column(
        verbose_name=_("名称"), accessor="pathway__name", attrs={"td": {"class": "cell-words stack-wide"}}
    )
    standard_days = QuantityColumn(verbose_name=_("标准住院日"), accessor="pathway__standard_days", decimals=1)
    mean_days = QuantityColumn(verbose_name=_("平均住院日"), decimals=1)
    cases = QuantityColumn(verbose_name=_("例数"), accessor="cases")
    entered = QuantityColumn(verbose_name=_("入径"))
    complete = QuantityColumn(verbose_name=_("完成"))
    standard_cost = MoneyColumn(verbose_name=_("标准成本(元)"), accessor="standard__cost")
    mean_cost = MoneyColumn(verbose_name=_("例均成本(元)"))
    mean_outside = MoneyColumn(verbose_name=_("其中路径外(元)"))
    mean_payment = MoneyColumn(verbose_name=_("例均支付(元)"))
    effective_from = DayColumn(verbose_name=_("生效日期"), accessor="pathway__effective_from")

    class Meta(Table.Meta):
        attrs = DENSE_STACKED
        orderable = False

    def __init__(self, *args: Any, period: str, **kwargs: Any) -> None:
        self.period = period
        super().__init__(*args, **kwargs)

    def render_drg(self, value: str, record: Any) -> str:
        url = f"{reverse('costing:pathway', args=[record.pathway.pk])}?{urlencode({'period': self.period})}"
        return format_html('<a class="num" href="{}">{}</a>', url, value)

    def value_drg(self, value: str) -> str:
        return value

    def render_name(self, value: str, record: Any) -> str:
        narrowed = " ".join(code for code in (record.pathway.diagnosis, record.pathway.procedure) if code)
        return format_html('{} <span class="text-secondary num">{}</span>', value, narrowed) if narrowed else value

    def value_name(self, value: str) -> str:
        return value

    def render_cases(self, value: Any) -> str:
        return str(len(value))

    def value_cases(self, value: Any) -> int:
        return len(value)


class StandardTable(Table):
    """Items of a pathway."""

    stacks = True

    code = django_tables2.Column(verbose_name=_("项目编码"))
    name = django_tables2.Column(verbose_name=_("项目"), attrs={"td": {"class": "cell-words stack-wide"}})
    obligatory = django_tables2.Column(verbose_name=_("必选/可选"))
    quantity = QuantityColumn(verbose_name=_("标准数量"))
    unit_cost = MoneyColumn(verbose_name=_("单位成本(元)"), accessor="price__cost")
    cost = MoneyColumn(verbose_name=_("标准成本(元)"))
    unit_charge = MoneyColumn(verbose_name=_("平均收费(元)"), accessor="price__charge")
    charge = MoneyColumn(verbose_name=_("标准收费(元)"))

    class Meta(Table.Meta):
        attrs = DENSE_STACKED
        orderable = False

    def render_obligatory(self, value: bool) -> str:
        return str(_("必选") if value else _("可选"))

    def value_obligatory(self, value: bool) -> str:
        return self.render_obligatory(value)


class PathwayCaseTable(Table):
    """Cases of a pathway; each opens its items."""

    stacks = True

    encounter_no = django_tables2.Column(accessor="case__encounter_no", verbose_name=_("就诊号"))
    entered = django_tables2.Column(verbose_name=_("入径"))
    days = QuantityColumn(accessor="case__stay_days", verbose_name=_("住院日"))
    days_over = QuantityColumn(verbose_name=_("比标准多(日)"), decimals=1)
    absent = QuantityColumn(verbose_name=_("必选未用(项)"))
    standard = MoneyColumn(accessor="cost__standard", verbose_name=_("标准成本(元)"))
    missing = MoneyColumn(accessor="cost__missing", verbose_name=_("−必选未用"))
    spared = MoneyColumn(accessor="cost__spared", verbose_name=_("−用量低于标准"))
    optional = MoneyColumn(accessor="cost__optional", verbose_name=_("+可选项目"))
    price = MoneyColumn(accessor="cost__price", verbose_name=_("+单位成本差异"))
    inside = MoneyColumn(accessor="cost__inside", verbose_name=_("=路径内成本"))
    outside = MoneyColumn(accessor="cost__outside", verbose_name=_("+路径外成本"))
    actual = MoneyColumn(accessor="cost__actual", verbose_name=_("=实际成本"))
    difference = MoneyColumn(accessor="cost__difference", verbose_name=_("实际−标准"), good="down")
    charges_inside = MoneyColumn(accessor="charges__inside", verbose_name=_("路径内费用"))
    charges_outside = MoneyColumn(accessor="charges__outside", verbose_name=_("路径外费用"))
    payment = MoneyColumn(accessor="case__payment", verbose_name=_("支付"))

    class Meta(Table.Meta):
        attrs = DENSE_STACKED
        orderable = False

    def __init__(self, *args: Any, pathway: int, period: str, **kwargs: Any) -> None:
        self.pathway, self.period = pathway, period
        super().__init__(*args, **kwargs)

    def render_encounter_no(self, value: str, record: Any) -> str:
        url = reverse("costing:pathway-case", args=[self.pathway, record.case.encounter])
        return format_html('<a class="num" href="{}?{}">{}</a>', url, urlencode({"period": self.period}), value)

    def value_encounter_no(self, value: str) -> str:
        return value

    def render_entered(self, record: Any) -> str:
        if record.complete:
            return badge(_("完成"), "good")
        return badge(_("入径"), "info") if record.entered else badge(_("未入径"), "warn")

    def value_entered(self, record: Any) -> str:
        return str(_("完成") if record.complete else _("入径") if record.entered else _("未入径"))


class _ItemRows(Table):
    """Rows by number of the item, whose code and name are looked up once."""

    def __init__(self, *args: Any, names: Mapping[int, tuple[str, str]], **kwargs: Any) -> None:
        self.names = names
        super().__init__(*args, **kwargs)

    def render_item(self, value: int) -> str:
        code, name = self.names.get(value, ("", str(_("没有收费明细对应的成本"))))
        return format_html('<span class="num">{}</span> {}', code, name)

    def value_item(self, value: int) -> str:
        return " ".join(self.names.get(value, ("", str(_("没有收费明细对应的成本")))))


class CaseLineTable(_ItemRows):
    """One case item by item."""

    stacks = True

    item = django_tables2.Column(verbose_name=_("项目"), attrs={"td": {"class": "cell-words stack-wide"}})
    where = django_tables2.Column(verbose_name=_("路径"))
    standard = QuantityColumn(verbose_name=_("标准数量"))
    quantity = QuantityColumn(verbose_name=_("实际数量"))
    inside_cost = MoneyColumn(verbose_name=_("路径内成本(元)"))
    outside_cost = MoneyColumn(verbose_name=_("路径外成本(元)"))
    inside_charges = MoneyColumn(verbose_name=_("路径内费用(元)"))
    outside_charges = MoneyColumn(verbose_name=_("路径外费用(元)"))

    class Meta(Table.Meta):
        attrs = DENSE_STACKED
        orderable = False

    def render_where(self, value: str) -> str:
        return badge(*WHERE[value])

    def value_where(self, value: str) -> str:
        return str(WHERE[value][0])


class OutsideTable(_ItemRows):
    """What recurs outside the pathway."""

    stacks = True

    item = django_tables2.Column(verbose_name=_("项目"), attrs={"td": {"class": "cell-words stack-wide"}})
    on = django_tables2.Column(verbose_name=_("为什么在路径外"))
    cases = QuantityColumn(verbose_name=_("例数"))
    share = PercentColumn(verbose_name=_("占病例"), empty_values=())
    quantity = QuantityColumn(verbose_name=_("路径外数量"))
    cost = MoneyColumn(verbose_name=_("路径外成本(元)"))
    charges = MoneyColumn(verbose_name=_("路径外费用(元)"))

    class Meta(Table.Meta):
        attrs = DENSE_STACKED
        orderable = False

    def __init__(self, *args: Any, total: int, **kwargs: Any) -> None:
        self.total = total
        super().__init__(*args, **kwargs)

    def render_on(self, value: bool) -> str:
        return str(_("超过标准数量") if value else _("不在路径上"))

    def value_on(self, value: bool) -> str:
        return self.render_on(value)

    def render_share(self, record: Any) -> str:
        return f"{record.cases / self.total:.1%}" if self.total else ""

    def value_share(self, record: Any) -> str:
        return self.render_share(record)


class ItemStandardTable(Table):
    """Standard costs of items."""

    stacks = True

    institution = django_tables2.Column(verbose_name=_("机构"))
    department = django_tables2.Column(verbose_name=_("执行科室"))
    code = django_tables2.Column(verbose_name=_("项目编码"), accessor="item__code")
    item = django_tables2.Column(verbose_name=_("项目"), attrs={"td": {"class": "cell-words stack-wide"}})
    quantity = QuantityColumn(verbose_name=_("月标准数量"))
    unit_cost = MoneyColumn(verbose_name=_("标准单位成本(元)"))
    effective_from = DayColumn(verbose_name=_("生效日期"))
    source_text = django_tables2.Column(verbose_name=_("依据"), attrs={"td": {"class": "cell-words stack-wide"}})
    changed_by = PersonColumn(verbose_name=_("申请人"))

    class Meta(Table.Meta):
        model = ItemStandard
        attrs = DENSE_STACKED
        orderable = False
        fields = (
            "institution",
            "department",
            "code",
            "item",
            "quantity",
            "unit_cost",
            "effective_from",
            "source_text",
            "changed_by",
        )
