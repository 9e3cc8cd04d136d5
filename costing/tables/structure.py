"""The structure of income."""

from typing import Any
from urllib.parse import urlencode

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from ops_platform.masterdata.models import Institution
from ops_platform.web.tables import DENSE_STACKED, MoneyColumn, PercentColumn, Table


class StructureTable(Table):
    """Institutions, or departments that ordered, then all of them."""

    stacks = True

    name = django_tables2.Column(verbose_name=_("机构或开单科室"), attrs={"td": {"class": "cell-name"}})
    income = MoneyColumn(verbose_name=_("医疗收入(元)"))
    drugs = MoneyColumn(verbose_name=_("药品收入(元)"))
    herbs = MoneyColumn(verbose_name=_("其中饮片(元)"))
    materials = MoneyColumn(verbose_name=_("卫生材料收入(元)"))
    services = MoneyColumn(verbose_name=_("医疗服务收入(元)"))
    examinations = MoneyColumn(verbose_name=_("检查化验收入(元)"))
    rest = MoneyColumn(verbose_name=_("其他(元)"))
    drug_ratio = PercentColumn(verbose_name=_("药占比"))
    material_ratio = PercentColumn(verbose_name=_("耗占比"))
    service_ratio = PercentColumn(verbose_name=_("医疗服务收入占比"))
    examination_ratio = PercentColumn(verbose_name=_("检查化验占比"))

    class Meta(Table.Meta):
        attrs = DENSE_STACKED
        orderable = False
        row_attrs = {"class": lambda record: "row-total" if record.key is None else ""}

    def __init__(self, *args: Any, period: str, institution: Institution | None, **kwargs: Any) -> None:
        self.period, self.institution = period, institution
        super().__init__(*args, **kwargs)

    def render_name(self, value: str, record: Any) -> str:
        query: dict[str, Any] = {"period": self.period}
        if self.institution is not None:
            query |= {"institution": self.institution.pk}
            query |= {"department": record.key} if record.key else {}
            return format_html('<a href="{}?{}">{}</a>', reverse("costing:income-classes"), urlencode(query), value)
        if record.key is None:
            return value
        query |= {"institution": record.key}
        return format_html('<a href="{}?{}">{}</a>', reverse("costing:income-structure"), urlencode(query), value)

    def value_name(self, value: str) -> str:
        return value
