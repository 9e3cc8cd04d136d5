"""Lists of items, visits, disease groups and cases."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from costing.models import ItemCost, PatientCost, PatientRun
from costing.selectors.patient_detail import Contribution
from costing.titles import (
    HANDING_OUT,
)
from ops_platform.web.tables import (
    DENSE_STACKED,
    MoneyColumn,
    QuantityColumn,
    Table,
)
from ops_platform.web.templatetags.ops import money


class ItemCostTable(Table):
    """Service items by executing department."""

    stacks = True

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
        attrs = DENSE_STACKED
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

    def render_item(self, value: Any, record: ItemCost) -> str:
        url = reverse("costing:item-cost", args=[record.pk])
        return format_html('<a href="{}">{}</a>', url, value or HANDING_OUT)

    def value_item(self, value: Any) -> str:
        return str(value or HANDING_OUT)


class UnitCostTable(Table):
    """Cost of a visit and of a bed-day."""

    stacks = True

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
        attrs = DENSE_STACKED
        orderable = False
        row_attrs = {"class": lambda record: "row-total" if record.department is None else ""}


class GroupCostTable(Table):
    """Disease groups, the greatest loss first."""

    stacks = True

    drg = django_tables2.Column(verbose_name=_("病组"))
    name = django_tables2.Column(verbose_name=_("名称"), attrs={"td": {"class": "cell-words stack-wide"}})
    cases = QuantityColumn(verbose_name=_("例数"))
    mean_days = QuantityColumn(verbose_name=_("平均住院日"), decimals=1)
    mean_charges = MoneyColumn(verbose_name=_("例均费用(元)"))
    mean_payment = MoneyColumn(verbose_name=_("例均支付(元)"))
    mean_cost = MoneyColumn(verbose_name=_("例均成本：自下而上(元)"))
    mean_top_down = MoneyColumn(verbose_name=_("自上而下(元)"))
    mean_cost_to_income = MoneyColumn(verbose_name=_("成本收入比(元)"))
    surplus = MoneyColumn(verbose_name=_("支付 − 成本，合计(元)"))

    class Meta(Table.Meta):
        attrs = DENSE_STACKED
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

    stacks = True

    encounter_no = django_tables2.Column(accessor="case__encounter_no", verbose_name=_("就诊号"))
    department = django_tables2.Column(accessor="case__department", verbose_name=_("科室"))
    stay_days = QuantityColumn(accessor="case__stay_days", verbose_name=_("住院日"))
    charges = MoneyColumn(accessor="case__charges", verbose_name=_("费用(元)"))
    payment = MoneyColumn(accessor="case__payment", verbose_name=_("支付(元)"))
    cost = MoneyColumn(verbose_name=_("医疗成本(元)"))
    surplus = MoneyColumn(verbose_name=_("支付 − 成本(元)"))

    class Meta(Table.Meta):
        attrs = DENSE_STACKED
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


class DiseaseCaseTable(CaseCostTable):
    """Cases of a disease, with the diagnosis of the abstract and the disease group."""

    diagnosis = django_tables2.Column(
        accessor="case__encounter", verbose_name=_("主要诊断"), attrs={"td": {"class": "cell-words"}}
    )
    drg = django_tables2.Column(accessor="case__drg", verbose_name=_("病组"))

    class Meta(CaseCostTable.Meta):
        sequence = ("encounter_no", "diagnosis", "drg", "...")

    def __init__(self, *args: Any, diagnoses: Mapping[int, str], **kwargs: Any) -> None:
        self.diagnoses = diagnoses
        super().__init__(*args, **kwargs)

    def render_diagnosis(self, value: int) -> str:
        return self.diagnoses.get(value, "")


class ContributionTable(Table):
    """What each item gave to an encounter's cost. Its name opens what it cost in its department, for who reads the
    institution; what the encounter was charged, and the name for others, opens the charge lines."""

    stacks = True

    item = django_tables2.Column(verbose_name=_("项目"), attrs={"td": {"class": "cell-words"}})
    department = django_tables2.Column(verbose_name=_("执行科室"))
    quantity = QuantityColumn(verbose_name=_("数量"))
    amount = MoneyColumn(verbose_name=_("收费(元)"))
    whole = QuantityColumn(verbose_name=_("全月数量或收费"))
    whole_cost = MoneyColumn(verbose_name=_("全月成本(元)"))
    cost = MoneyColumn(verbose_name=_("患者承担(元)"))

    class Meta(Table.Meta):
        attrs = DENSE_STACKED
        orderable = False

    def __init__(self, *args: Any, of: PatientCost, opens_items: bool, **kwargs: Any) -> None:
        self.of, self.opens_items = of, opens_items
        super().__init__(*args, **kwargs)

    def _lines_url(self, record: Contribution) -> str:
        """The encounter's lines of it in the month, as the run read them."""
        run = self.of.run
        page = reverse("insurance_settlement:encounter", args=[run.institution_id, self.of.encounter])
        return f"{page}?{urlencode({'as_of': run.cost_run.input_sequence, 'month': run.period, **dict(record.lines)})}"

    def render_item(self, value: str, record: Contribution) -> str:
        if self.opens_items and record.row is not None:
            return format_html('<a href="{}">{}</a>', reverse("costing:item-cost", args=[record.row]), value)
        return format_html('<a href="{}">{}</a>', self._lines_url(record), value) if record.lines else value

    def render_amount(self, value: Decimal, record: Contribution) -> str:
        amount = money(value)
        return format_html('<a href="{}">{}</a>', self._lines_url(record), amount) if record.lines else amount

    def value_item(self, value: str) -> str:
        return value

    def value_amount(self, value: Decimal) -> Decimal:
        return value
