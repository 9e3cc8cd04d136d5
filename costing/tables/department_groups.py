"""Disease groups of a department, and their cases, with what lies above the norm."""

from typing import Any
from urllib.parse import urlencode

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from costing.models import PatientRun
from ops_platform.web.tables import DENSE_STACKED, MoneyColumn, QuantityColumn, Table

WIDE = {"td": {"class": "cell-words stack-wide"}}


class DepartmentGroupTable(Table):
    """Groups, the greatest loss first; each opens its cases."""

    stacks = True

    drg = django_tables2.Column(accessor="group__drg", verbose_name=_("病组"))
    name = django_tables2.Column(accessor="group__name", verbose_name=_("名称"), attrs=WIDE)
    cases = QuantityColumn(accessor="group__cases", verbose_name=_("例数"))
    mean_days = QuantityColumn(accessor="group__mean_days", verbose_name=_("平均住院日"), decimals=1)
    mean_charges = MoneyColumn(accessor="group__mean_charges", verbose_name=_("例均费用(元)"))
    mean_payment = MoneyColumn(accessor="group__mean_payment", verbose_name=_("例均支付(元)"))
    mean_cost = MoneyColumn(accessor="group__mean_cost", verbose_name=_("例均成本(元)"))
    norm_cost = MoneyColumn(verbose_name=_("此前例均成本(元)"))
    mean_surplus = MoneyColumn(verbose_name=_("例均结余(元)"))
    surplus = MoneyColumn(accessor="group__surplus", verbose_name=_("结余合计(元)"))
    above = django_tables2.Column(verbose_name=_("高于此前例均的成本项目"), empty_values=(), attrs=WIDE)

    class Meta(Table.Meta):
        attrs = DENSE_STACKED
        orderable = False

    def __init__(self, *args: Any, department: int, period: str, **kwargs: Any) -> None:
        self.department, self.query = department, urlencode({"period": period})
        super().__init__(*args, **kwargs)

    def render_drg(self, value: str) -> str:
        address = reverse("costing:department-group", args=[self.department, value])
        return format_html('<a class="num" href="{}?{}">{}</a>', address, self.query, value)

    def value_drg(self, value: str) -> str:
        return value

    def render_above(self, value: str) -> str:
        return value or "—"


class NormedCaseTable(Table):
    """Cases, the greatest loss first; each opens its cost."""

    stacks = True

    encounter_no = django_tables2.Column(accessor="one__case__encounter_no", verbose_name=_("就诊号"))
    stay_days = QuantityColumn(accessor="one__case__stay_days", verbose_name=_("住院日"))
    charges = MoneyColumn(accessor="one__case__charges", verbose_name=_("费用(元)"))
    payment = MoneyColumn(accessor="one__case__payment", verbose_name=_("支付(元)"))
    cost = MoneyColumn(accessor="one__cost", verbose_name=_("医疗成本(元)"))
    surplus = MoneyColumn(accessor="one__surplus", verbose_name=_("支付 − 成本(元)"))
    above = django_tables2.Column(verbose_name=_("高于同组其他病例的成本项目"), empty_values=(), attrs=WIDE)

    class Meta(Table.Meta):
        attrs = DENSE_STACKED
        orderable = False

    def __init__(self, *args: Any, run: PatientRun, **kwargs: Any) -> None:
        self.run = run
        super().__init__(*args, **kwargs)

    def render_encounter_no(self, value: str, record: Any) -> str:
        if record.one.amounts is None:
            return format_html('<span class="num">{}</span>', value)
        url = reverse("costing:patient", args=[self.run.pk, record.one.case.encounter])
        return format_html('<a class="num" href="{}">{}</a>', url, value)

    def value_encounter_no(self, value: str) -> str:
        return value

    def render_above(self, value: str) -> str:
        return value or "—"
