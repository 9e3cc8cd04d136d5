"""Lists of the costing pages."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from costing.models import AllocationFlow, CostRun, DriverRule, ItemBasis, ItemCost, PatientRun
from costing.titles import (
    COST_ITEM_TITLES,
    FEE_CLASS_TITLES,
    FUNDING_TITLES,
    HANDING_OUT,
    INCOME_KIND_TITLES,
    driver_title,
    driver_value,
)
from ops_platform.his_intake.public import OriginColumn
from ops_platform.web import formats
from ops_platform.web.tables import (
    STACKED,
    DayColumn,
    MoneyColumn,
    PeriodColumn,
    PersonColumn,
    QuantityColumn,
    StateColumn,
    Table,
    TimeColumn,
)
from ops_platform.web.templatetags.ops import badge

DENSE = {"class": "table table-vcenter card-table table-dense"}
SOURCE_TONES = {"seed": "good", "web": "info", "recall": "warn", "default": "neutral"}


class RunTable(Table):
    """Runs with their versions."""

    period = PeriodColumn(verbose_name=_("期间"), order_by=("period", "pk"))
    institution = django_tables2.Column(
        verbose_name=_("机构"), order_by=("institution__code", "pk"), attrs={"td": {"class": "cell-name"}}
    )
    version = django_tables2.Column(verbose_name=_("版本"), orderable=False)
    full_cost = MoneyColumn(verbose_name=_("成本(元)"), order_by=("full_cost", "pk"))
    income = MoneyColumn(verbose_name=_("医疗收入(元)"), order_by=("income", "pk"))
    other_income = MoneyColumn(verbose_name=_("其他收入(元)"), order_by=("other_income", "pk"))
    findings = django_tables2.Column(verbose_name=_("提示"), orderable=False, empty_values=())
    input_sequence = QuantityColumn(verbose_name=_("读到批次"), orderable=False)
    created_at = TimeColumn(verbose_name=_("计算时间"), order_by=("created_at", "pk"))

    class Meta(Table.Meta):
        model = CostRun
        fields = (
            "period",
            "institution",
            "version",
            "full_cost",
            "income",
            "other_income",
            "findings",
            "input_sequence",
            "created_at",
        )

    def render_version(self, value: int, record: CostRun) -> str:
        link = format_html('<a href="{}">{}</a>', reverse("costing:run", args=[record.pk]), _("第 %s 版") % value)
        if record.is_current:
            link = format_html("{} {}", link, badge(_("当前"), "good"))
        return format_html("{} {}", link, badge(_("重述"), "warn")) if record.restatement else link

    def value_version(self, value: int) -> int:
        return value

    def render_findings(self, record: CostRun) -> str:
        return badge(len(record.findings), "warn") if record.findings else badge(_("无"), "neutral")

    def value_findings(self, record: CostRun) -> int:
        return len(record.findings)


class MovedTable(Table):
    """Departments of two versions."""

    stacks = True
    name = django_tables2.Column(verbose_name=_("科室"))
    income_before = MoneyColumn(verbose_name=_("原收入(元)"))
    income = MoneyColumn(verbose_name=_("新收入(元)"))
    income_change = MoneyColumn(verbose_name=_("收入变动(元)"))
    cost_before = MoneyColumn(verbose_name=_("原成本(元)"))
    cost = MoneyColumn(verbose_name=_("新成本(元)"))
    cost_change = MoneyColumn(verbose_name=_("成本变动(元)"))

    class Meta(Table.Meta):
        attrs = STACKED


class RuleTable(Table):
    """Driver rules with where each comes from."""

    cost_class = django_tables2.Column(verbose_name=_("分摊的科室分类"))
    reach = django_tables2.Column(verbose_name=_("适用范围"), empty_values=())
    driver = django_tables2.Column(verbose_name=_("分摊动因"))
    effective_from = DayColumn(verbose_name=_("生效日期"))
    source_mark = StateColumn(verbose_name=_("来源"), tones=SOURCE_TONES)
    source_text = django_tables2.Column(verbose_name=_("依据"), attrs={"td": {"class": "cell-words"}})
    changed_by = PersonColumn(verbose_name=_("修改人"))

    class Meta(Table.Meta):
        model = DriverRule
        orderable = False
        fields = ("cost_class", "reach", "driver", "effective_from", "source_mark", "source_text", "changed_by")

    def render_reach(self, record: DriverRule) -> str:
        if record.institution is None:
            return str(_("整个医共体"))
        return f"{record.institution} · {record.department}" if record.department else str(record.institution)

    def render_driver(self, record: DriverRule) -> str:
        return driver_title(f"{record.driver}:{record.metric}" if record.metric else record.driver)


class CostEntryTable(Table):
    """Voucher lines of cost."""

    date = DayColumn(verbose_name=_("记账日期"))
    voucher = django_tables2.Column(verbose_name=_("凭证号 · 行"))
    kind = django_tables2.Column(verbose_name=_("成本项目"))
    funding_source = django_tables2.Column(verbose_name=_("资金来源"))
    summary = django_tables2.Column(verbose_name=_("摘要"), attrs={"td": {"class": "cell-words"}})
    amount = MoneyColumn(verbose_name=_("金额(元)"))
    origin = OriginColumn()

    class Meta(Table.Meta):
        orderable = False

    def render_voucher(self, value: str, record: Any) -> str:
        return format_html('<span class="num">{} · {}</span>', value, record.line)

    def value_voucher(self, value: str, record: Any) -> str:
        return f"{value} · {record.line}"

    def render_kind(self, value: str) -> str:
        return COST_ITEM_TITLES.get(value, value)

    def render_funding_source(self, value: str) -> str:
        return FUNDING_TITLES.get(value, value)


class IncomeEntryTable(CostEntryTable):
    """Voucher lines of income outside charges."""

    kind = django_tables2.Column(verbose_name=_("收入类别"))

    class Meta(Table.Meta):
        orderable = False
        exclude = ("funding_source",)

    def render_kind(self, value: str) -> str:
        return INCOME_KIND_TITLES.get(value, value)


class ChargeLineTable(Table):
    """Charge lines of many encounters; each opens its encounter."""

    charged_at = TimeColumn(verbose_name=_("计费时间"))
    encounter_no = django_tables2.Column(verbose_name=_("就诊号 · 行"))
    item_name = django_tables2.Column(verbose_name=_("收费项目"), attrs={"td": {"class": "cell-words"}})
    fee_class = django_tables2.Column(verbose_name=_("费用类别"))
    ordering_name = django_tables2.Column(verbose_name=_("开单科室"))
    executing_name = django_tables2.Column(verbose_name=_("执行科室"))
    quantity = QuantityColumn(verbose_name=_("数量"))
    price = QuantityColumn(verbose_name=_("单价(元)"), decimals=2)
    amount = MoneyColumn(verbose_name=_("金额(元)"))
    origin = OriginColumn()

    class Meta(Table.Meta):
        attrs = DENSE
        orderable = False

    def __init__(self, *args: Any, run: CostRun, **kwargs: Any) -> None:
        self.run = run
        super().__init__(*args, **kwargs)

    def render_encounter_no(self, value: str, record: Any) -> str:
        url = reverse("insurance_settlement:encounter", args=[self.run.institution_id, record.encounter])
        return format_html(
            '<a class="num" href="{}?as_of={}">{} · {}</a>', url, self.run.input_sequence, value, record.line_no
        )

    def value_encounter_no(self, value: str, record: Any) -> str:
        return f"{value} · {record.line_no}"

    def render_item_name(self, value: str, record: Any) -> str:
        if record.refund_of is None:
            return value
        return format_html("{} {}", value, badge(_("退费"), "warn"))

    def value_item_name(self, value: str) -> str:
        return value

    def render_fee_class(self, value: str) -> str:
        return FEE_CLASS_TITLES.get(value, value)


class FlowTable(Table):
    """Stored steps of the allocation, item by item."""

    step = QuantityColumn(verbose_name=_("步骤"))
    sender = django_tables2.Column(verbose_name=_("分出科室"))
    receiver = django_tables2.Column(verbose_name=_("分入科室"))
    cost_item = django_tables2.Column(verbose_name=_("成本项目"))
    funding_source = django_tables2.Column(verbose_name=_("资金来源"))
    driver = django_tables2.Column(verbose_name=_("分摊动因"))
    weight = QuantityColumn(verbose_name=_("动因值"))
    weight_total = QuantityColumn(verbose_name=_("动因合计"))
    share = django_tables2.Column(
        verbose_name=_("比例"), attrs={"th": {"class": "text-end"}, "td": {"class": "text-end num"}}
    )
    amount = MoneyColumn(verbose_name=_("金额(元)"))

    class Meta(Table.Meta):
        model = AllocationFlow
        attrs = DENSE
        orderable = False
        fields = (
            "step",
            "sender",
            "receiver",
            "cost_item",
            "funding_source",
            "driver",
            "weight",
            "weight_total",
            "share",
            "amount",
        )

    def __init__(self, *args: Any, period: str, opens_departments: bool, **kwargs: Any) -> None:
        self.period, self.opens_departments = period, opens_departments
        super().__init__(*args, **kwargs)

    def _department(self, department: Any) -> str:
        if not self.opens_departments:
            return str(department)
        url = f"{reverse('department', args=[department.pk])}?period={self.period}"
        return format_html('<a href="{}">{}</a>', url, department)

    def render_sender(self, value: Any) -> str:
        return self._department(value)

    def value_sender(self, value: Any) -> str:
        return str(value)

    def render_receiver(self, value: Any) -> str:
        return self._department(value)

    def value_receiver(self, value: Any) -> str:
        return str(value)

    def render_cost_item(self, value: str) -> str:
        return COST_ITEM_TITLES.get(value, value)

    def render_funding_source(self, value: str) -> str:
        return FUNDING_TITLES.get(value, value)

    def render_driver(self, value: str) -> str:
        return driver_title(value)

    def render_weight(self, value: Any, record: AllocationFlow) -> str:
        return driver_value(record.driver, value)

    def render_weight_total(self, value: Any, record: AllocationFlow) -> str:
        return driver_value(record.driver, value)

    def render_share(self, value: Any) -> str:
        return formats.percent(value, 4)


class ItemCostTable(Table):
    """Service items by executing department."""

    code = django_tables2.Column(accessor="item__code", verbose_name=_("项目编码"), orderable=False)
    item = django_tables2.Column(
        verbose_name=_("项目"), order_by=("item__name", "pk"), attrs={"td": {"class": "cell-words"}}, empty_values=()
    )
    department = django_tables2.Column(verbose_name=_("执行科室"), order_by=("department__code", "pk"))
    quantity = QuantityColumn(verbose_name=_("数量"), order_by=("quantity", "pk"))
    income = MoneyColumn(verbose_name=_("收入(元)"), order_by=("income", "pk"))
    cost = MoneyColumn(verbose_name=_("医疗成本(元)"), order_by=("cost", "pk"))
    surplus = MoneyColumn(verbose_name=_("结余(元)"), order_by=("surplus", "pk"))
    mean_price = MoneyColumn(verbose_name=_("平均收费(元)"), order_by=("mean_price", "pk"))
    unit_cost = MoneyColumn(verbose_name=_("单位成本(元)"), order_by=("unit_cost", "pk"))

    class Meta(Table.Meta):
        model = ItemCost
        attrs = DENSE
        fields = (
            "code",
            "item",
            "department",
            "quantity",
            "income",
            "cost",
            "surplus",
            "mean_price",
            "unit_cost",
        )

    def render_item(self, value: Any) -> str:
        return str(value or HANDING_OUT)


class UnitCostTable(Table):
    """Cost of a visit and of a bed-day."""

    name = django_tables2.Column(verbose_name=_("科室"), attrs={"td": {"class": "cell-name"}})
    visits = QuantityColumn(verbose_name=_("门急诊人次"))
    visit_cost = MoneyColumn(verbose_name=_("门诊成本(元)"))
    per_visit = MoneyColumn(verbose_name=_("诊次成本(元)"))
    per_visit_without_drugs = MoneyColumn(verbose_name=_("其中不含药品和单独收费材料"))
    days = QuantityColumn(verbose_name=_("住院床日"))
    day_cost = MoneyColumn(verbose_name=_("住院成本(元)"))
    per_day = MoneyColumn(verbose_name=_("床日成本(元)"))
    per_day_without_drugs = MoneyColumn(verbose_name=_("其中不含药品和单独收费材料"))

    class Meta(Table.Meta):
        attrs = DENSE
        orderable = False
        row_attrs = {"class": lambda record: "row-total" if record.department is None else ""}


class GroupCostTable(Table):
    """Disease groups, the greatest loss first."""

    drg = django_tables2.Column(verbose_name=_("病组"))
    name = django_tables2.Column(verbose_name=_("名称"), attrs={"td": {"class": "cell-words"}})
    cases = QuantityColumn(verbose_name=_("例数"))
    mean_days = QuantityColumn(verbose_name=_("平均住院日"), decimals=1)
    mean_charges = MoneyColumn(verbose_name=_("例均费用(元)"))
    mean_payment = MoneyColumn(verbose_name=_("例均支付(元)"))
    mean_cost = MoneyColumn(verbose_name=_("例均成本：自下而上(元)"))
    mean_top_down = MoneyColumn(verbose_name=_("自上而下(元)"))
    mean_cost_to_income = MoneyColumn(verbose_name=_("成本收入比(元)"))
    surplus = MoneyColumn(verbose_name=_("支付 − 成本，合计(元)"))

    class Meta(Table.Meta):
        attrs = DENSE
        orderable = False

    def __init__(self, *args: Any, period: str, institution: int, **kwargs: Any) -> None:
        self.query = urlencode({"institution": institution, "period": period})
        super().__init__(*args, **kwargs)

    def render_drg(self, value: str) -> str:
        return format_html(
            '<a class="num" href="{}?{}">{}</a>', reverse("costing:group", args=[value]), self.query, value
        )

    def value_drg(self, value: str) -> str:
        return value


class CaseCostTable(Table):
    """Cases of a disease group, the greatest loss first; each opens its cost."""

    encounter_no = django_tables2.Column(accessor="case__encounter_no", verbose_name=_("就诊号"))
    department = django_tables2.Column(accessor="case__department", verbose_name=_("科室"))
    stay_days = QuantityColumn(accessor="case__stay_days", verbose_name=_("住院日"))
    charges = MoneyColumn(accessor="case__charges", verbose_name=_("费用(元)"))
    payment = MoneyColumn(accessor="case__payment", verbose_name=_("支付(元)"))
    cost = MoneyColumn(verbose_name=_("医疗成本(元)"))
    surplus = MoneyColumn(verbose_name=_("支付 − 成本(元)"))

    class Meta(Table.Meta):
        attrs = DENSE
        orderable = False

    def __init__(self, *args: Any, run: PatientRun, departments: Mapping[int, str], **kwargs: Any) -> None:
        self.run, self.departments = run, departments
        super().__init__(*args, **kwargs)

    def render_encounter_no(self, value: str, record: Any) -> str:
        if record.amounts is None:
            return format_html('<span class="num">{}</span>', value)
        url = reverse("costing:patient", args=[self.run.pk, record.case.encounter])
        return format_html('<a class="num" href="{}">{}</a>', url, value)

    def value_encounter_no(self, value: str) -> str:
        return value

    def render_department(self, value: int) -> str:
        return self.departments.get(value, "")


class ContributionTable(Table):
    """What each item gave to an encounter's cost."""

    item = django_tables2.Column(verbose_name=_("项目"), attrs={"td": {"class": "cell-words"}})
    department = django_tables2.Column(verbose_name=_("执行科室"))
    quantity = QuantityColumn(verbose_name=_("数量"))
    amount = MoneyColumn(verbose_name=_("收费(元)"))
    whole = QuantityColumn(verbose_name=_("全月数量或收费"))
    whole_cost = MoneyColumn(verbose_name=_("全月成本(元)"))
    cost = MoneyColumn(verbose_name=_("患者承担(元)"))

    class Meta(Table.Meta):
        attrs = DENSE
        orderable = False


class ItemBasisTable(Table):
    """Methods of item costing."""

    institution = django_tables2.Column(verbose_name=_("机构"))
    department = django_tables2.Column(verbose_name=_("执行科室"), default=_("全部科室"))
    method = django_tables2.Column(verbose_name=_("方法"))
    effective_from = DayColumn(verbose_name=_("生效日期"))
    source_text = django_tables2.Column(verbose_name=_("依据"), attrs={"td": {"class": "cell-words"}})
    changed_by = PersonColumn(verbose_name=_("申请人"))

    class Meta(Table.Meta):
        model = ItemBasis
        orderable = False
        fields = ("institution", "department", "method", "effective_from", "source_text", "changed_by")

    def __init__(self, *args: Any, in_force: set[int], **kwargs: Any) -> None:
        self.in_force = in_force
        super().__init__(*args, **kwargs)

    def render_effective_from(self, value: Any, record: ItemBasis) -> str:
        if record.pk not in self.in_force:
            return str(value)
        return format_html('<span class="num">{}</span> {}', value, badge(_("现行"), "good"))
