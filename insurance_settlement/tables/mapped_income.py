"""A month by class: the classes of a dimension, the items of a class, the charge lines of an item."""

from collections.abc import Mapping
from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from insurance_settlement.engine.mapping import RECEIPTS, Dimension
from insurance_settlement.tables.cases import EncounterLineTable
from ops_platform.web.tables import DENSE, DENSE_STACKED, STACKED, MoneyColumn, PercentColumn, QuantityColumn, Table


class IncomeClassTable(Table):
    """A dimension of a month by class; each opens its items. Receipt classes are called by their name alone, great
    classes are of the front page."""

    stacks = True

    title = django_tables2.Column(verbose_name=_("类别"))
    code = django_tables2.Column(verbose_name=_("编码"), default="—")
    group = django_tables2.Column(verbose_name=_("大类"), default="—")
    items = QuantityColumn(verbose_name=_("项目数"))
    amount = MoneyColumn(verbose_name=_("收费(元)"))
    share = PercentColumn(verbose_name=_("占比"), default="—")

    class Meta(Table.Meta):
        attrs = STACKED
        orderable = False
        fields = ("title", "code", "group", "items", "amount", "share")

    def __init__(self, *args: Any, address: str, dimension: Dimension, **kwargs: Any) -> None:
        self.address = address
        super().__init__(*args, **kwargs)
        if dimension in RECEIPTS:
            self.columns.hide("code")
        if dimension is not Dimension.FRONT_PAGE:
            self.columns.hide("group")

    def render_title(self, value: str, record: Mapping[str, Any]) -> str:
        return format_html('<a href="{}&amp;class={}">{}</a>', self.address, record["code"], value)

    def value_title(self, value: str) -> str:
        return value


class IncomeItemTable(Table):
    """The items of a class; each opens its charge lines."""

    stacks = True

    code = django_tables2.Column(verbose_name=_("项目编码"))
    name = django_tables2.Column(verbose_name=_("项目名称"), attrs={"td": {"class": "cell-words"}})
    amount = MoneyColumn(verbose_name=_("收费(元)"))
    share = PercentColumn(verbose_name=_("占本类"), default="—")

    class Meta(Table.Meta):
        attrs = DENSE_STACKED
        orderable = False
        fields = ("code", "name", "amount", "share")

    def __init__(self, *args: Any, address: str, **kwargs: Any) -> None:
        self.address = address
        super().__init__(*args, **kwargs)

    def render_name(self, value: str, record: Mapping[str, Any]) -> str:
        return format_html('<a href="{}&amp;item={}">{}</a>', self.address, record["code"], value)

    def value_name(self, value: str) -> str:
        return value


class MappedLineTable(EncounterLineTable):
    """Charge lines of one item with the encounter that each belongs to."""

    encounter_no = django_tables2.Column(verbose_name=_("就诊号"))

    class Meta(EncounterLineTable.Meta):
        attrs = DENSE
        sequence = ("encounter_no", "...")

    def __init__(self, *args: Any, institution: int, **kwargs: Any) -> None:
        self.institution = institution
        super().__init__(*args, **kwargs)

    def render_encounter_no(self, value: str, record: Any) -> str:
        page = reverse("insurance_settlement:encounter", args=[self.institution, record.encounter])
        return format_html('<a href="{}">{}</a>', page, value)

    def value_encounter_no(self, value: str) -> str:
        return value
