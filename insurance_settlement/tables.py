"""Lists of the settlement pages."""

from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django_tables2 import A

from insurance_settlement.models import CaseResult
from ops_platform.his_intake.public import FEE_CLASSES, SCHEMES, OriginColumn
from ops_platform.web.tables import (
    DENSE,
    STACKED,
    DayColumn,
    MoneyColumn,
    PercentColumn,
    PersonColumn,
    QuantityColumn,
    StateColumn,
    Table,
    TimeColumn,
)
from ops_platform.web.templatetags.ops import badge, money, quantity

SCHEME_TITLES = dict(SCHEMES)
FEE_TITLES = dict(FEE_CLASSES)
STATUS_TITLES = {
    "SUCCESS": _("入组"),
    "QY": _("歧义组"),
    "FAIL": _("未入组"),
    "CHECK_FAILED": _("首页检查未过"),
    "ZD_NOT_MAPPING": _("诊断无对照"),
    "SS_NOT_MAPPING": _("手术无对照"),
}
STATUS_TONES = {"SUCCESS": "good", "QY": "warn"}


def status_mark(status: str) -> str:
    """The state of grouping as a badge."""
    return badge(STATUS_TITLES.get(status, status), STATUS_TONES.get(status, "bad"))


def _sum(name: str, form: Any) -> Any:
    """A footer: the sum of a column over all rows of the month."""
    return lambda table: form(sum(getattr(line, name) or 0 for line in table.data.data))


class DrgTable(Table):
    """Groups of a month; a group opens its cases."""

    drg = django_tables2.Column(verbose_name=_("病组"), footer=_("合计"))
    name = django_tables2.Column(verbose_name=_("名称"), attrs={"td": {"class": "cell-words"}})
    cases = QuantityColumn(verbose_name=_("例数"), footer=_sum("cases", quantity))
    stay_days = QuantityColumn(verbose_name=_("平均住院日"), decimals=1)
    worth = QuantityColumn(verbose_name=_("权重或点数"), decimals=4)
    mean_charges = MoneyColumn(verbose_name=_("例均费用(元)"))
    charges = MoneyColumn(verbose_name=_("费用合计(元)"), footer=_sum("charges", money))
    payment = MoneyColumn(verbose_name=_("支付合计(元)"), footer=_sum("payment", money))
    balance = MoneyColumn(verbose_name=_("盈亏合计(元)"), footer=_sum("balance", money))

    class Meta(Table.Meta):
        order_by = "balance"

    def __init__(self, *args: Any, cases_query: str = "", **kwargs: Any) -> None:
        self.cases_query = cases_query
        super().__init__(*args, **kwargs)

    def render_drg(self, value: str) -> str:
        return format_html(
            '<a class="num" href="{}?{}&drg={}">{}</a>',
            reverse("insurance_settlement:cases"),
            self.cases_query,
            value,
            value,
        )

    def value_drg(self, value: Any) -> Any:
        return value


class EfficiencyTable(Table):
    """Departments or doctor groups beside the area; the institution last."""

    name = django_tables2.Column(verbose_name=_("科室"))
    doctor = django_tables2.Column(verbose_name=_("医师代号"))
    cases = QuantityColumn(verbose_name=_("病例"))
    grouping_rate = PercentColumn(verbose_name=_("入组率"))
    groups = QuantityColumn(verbose_name=_("病组数"))
    weight = QuantityColumn(verbose_name=_("总权重"), decimals=2)
    cmi = QuantityColumn(verbose_name=_("CMI"), decimals=4)
    cost_index = QuantityColumn(verbose_name=_("费用消耗指数"), decimals=2)
    time_index = QuantityColumn(verbose_name=_("时间消耗指数"), decimals=2)
    mean_charges = MoneyColumn(verbose_name=_("例均费用(元)"))
    mean_days = QuantityColumn(verbose_name=_("平均住院日"), decimals=1)
    deaths = QuantityColumn(verbose_name=_("死亡"))
    low_cases = QuantityColumn(verbose_name=_("低风险组病例"))
    low_deaths = QuantityColumn(verbose_name=_("低风险组死亡"))

    class Meta(Table.Meta):
        attrs = DENSE
        orderable = False


class CaseTable(Table):
    """Cases; each opens its own page."""

    stacks = True
    encounter_no = django_tables2.Column(
        verbose_name=_("就诊号"), linkify=("insurance_settlement:case", {"pk": A("pk")})
    )
    department = django_tables2.Column(verbose_name=_("科室"), order_by=("department__code", "pk"))
    discharged = TimeColumn(
        verbose_name=_("出院时间"), order_by=("discharged", "pk"), attrs={"td": {"class": "stack-wide"}}
    )
    stay_days = QuantityColumn(verbose_name=_("住院日"), order_by=("stay_days", "pk"))
    drg = django_tables2.Column(verbose_name=_("病组"), order_by=("drg", "pk"))
    status = django_tables2.Column(verbose_name=_("状态"), order_by=("status", "pk"))
    scheme = django_tables2.Column(verbose_name=_("险种"), order_by=("scheme", "pk"))
    worth = QuantityColumn(verbose_name=_("权重或点数"), decimals=4, order_by=("weight", "points", "pk"))
    charges = MoneyColumn(verbose_name=_("费用(元)"), order_by=("charges", "pk"))
    payment = MoneyColumn(verbose_name=_("支付标准(元)"), order_by=("payment", "pk"))
    balance = MoneyColumn(verbose_name=_("盈亏(元)"), order_by=("balance", "pk"))

    class Meta(Table.Meta):
        attrs = STACKED
        model = CaseResult
        fields = (
            "encounter_no",
            "department",
            "discharged",
            "stay_days",
            "drg",
            "status",
            "scheme",
            "worth",
            "charges",
            "payment",
            "balance",
        )

    def render_status(self, value: str, record: CaseResult) -> str:
        return status_mark(record.status)

    def value_status(self, value: str, record: CaseResult) -> str:
        return str(STATUS_TITLES.get(record.status, record.status))

    def render_scheme(self, value: str) -> str:
        return SCHEME_TITLES.get(value, value)


class EncounterLineTable(Table):
    """Charge lines of one encounter."""

    line_no = QuantityColumn(verbose_name=_("行号"))
    charged_at = TimeColumn(verbose_name=_("计费时间"))
    item_name = django_tables2.Column(verbose_name=_("收费项目"), attrs={"td": {"class": "cell-words"}})
    fee_class = django_tables2.Column(verbose_name=_("费用类别"))
    ordering_name = django_tables2.Column(verbose_name=_("开单科室"))
    executing_name = django_tables2.Column(verbose_name=_("执行科室"))
    quantity = QuantityColumn(verbose_name=_("数量"))
    price = QuantityColumn(verbose_name=_("单价(元)"), decimals=2)
    amount = MoneyColumn(verbose_name=_("金额(元)"))
    insured_amount = MoneyColumn(verbose_name=_("医保支付(元)"))
    origin = OriginColumn()

    class Meta(Table.Meta):
        attrs = DENSE

    def render_fee_class(self, value: str) -> str:
        return FEE_TITLES.get(value, value)

    def render_item_name(self, value: str, record: Any) -> str:
        if record.refund_of is None:
            return value
        return format_html("{} {}", value, badge(_("退第 %s 行") % record.refund_of, "warn"))

    def value_item_name(self, value: str) -> str:
        return value


class _RuleTable(Table):
    effective_from = DayColumn(verbose_name=_("生效日期"))
    source_mark = StateColumn(
        verbose_name=_("来源"), tones={"seed": "good", "web": "info", "recall": "warn", "default": "neutral"}
    )
    source_text = django_tables2.Column(verbose_name=_("依据"), attrs={"td": {"class": "cell-words"}})
    imported_by = PersonColumn(verbose_name=_("导入人"))
    imported_at = TimeColumn(verbose_name=_("导入时间"))
    digest = django_tables2.TemplateColumn("<code>{{ value|slice:':12' }}</code>", verbose_name=_("摘要"))


class SchemeTable(_RuleTable):
    """Grouping schemes."""

    kind = django_tables2.Column(verbose_name=_("类别"))
    name = django_tables2.Column(verbose_name=_("分组方案"), linkify=("insurance_settlement:scheme", {"pk": A("pk")}))
    findings = django_tables2.Column(verbose_name=_("检查发现"), empty_values=())

    class Meta(Table.Meta):
        orderable = False
        sequence = ("name", "kind", "effective_from", "findings", "...")

    def render_findings(self, record: Any) -> str:
        return badge(len(record.findings), "warn") if record.findings else badge(_("无"), "good")

    def value_findings(self, record: Any) -> int:
        return len(record.findings)


class PriceBookTable(_RuleTable):
    """Price books with the scheme each belongs to."""

    name = django_tables2.Column(
        verbose_name=_("价格规则"), linkify=("insurance_settlement:price-book", {"pk": A("pk")})
    )
    scheme = django_tables2.Column(verbose_name=_("适用方案"))
    area = django_tables2.Column(verbose_name=_("统筹地区"), default=_("全部机构适用"))

    class Meta(Table.Meta):
        orderable = False
        sequence = ("name", "area", "effective_from", "scheme", "...")


class GroupWorthTable(Table):
    """Groups of a price book."""

    code = django_tables2.Column(verbose_name=_("病组"))
    name = django_tables2.Column(verbose_name=_("名称"), attrs={"td": {"class": "cell-words"}})
    weight = QuantityColumn(verbose_name=_("权重"), decimals=4)
    mean_charges = MoneyColumn(verbose_name=_("次均费用(元)"))
    same_price = django_tables2.Column(verbose_name=_("同病同价"))

    class Meta(Table.Meta):
        orderable = False

    def __init__(self, *args: Any, points: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if points:
            self.columns["weight"].column.verbose_name = _("基准点数")

    def render_same_price(self, value: bool) -> str:
        return badge(_("是"), "info") if value else ""

    def value_same_price(self, value: bool) -> bool:
        return value


class AreaMemberTable(Table):
    """By which area's rules institutions are paid, from when on."""

    institution = django_tables2.Column(verbose_name=_("机构"))
    area = django_tables2.Column(verbose_name=_("统筹地区"), default=_("全部机构适用的规则"))
    effective_from = DayColumn(verbose_name=_("生效日期"))
    changed_by = PersonColumn(verbose_name=_("设定人"))
    changed_at = TimeColumn(verbose_name=_("设定时间"))

    class Meta(Table.Meta):
        attrs = STACKED
        orderable = False
