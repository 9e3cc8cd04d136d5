"""Lists of classification mappings: versions, rows, what is wrong, simulations and remarks."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django_tables2 import A

from insurance_settlement.engine.mapping import Dimension, ItemFault
from insurance_settlement.mapping_classes import KnownClasses
from insurance_settlement.models import DIMENSION_TITLES, MappingRow, MappingSimulation, MappingVersion
from insurance_settlement.selectors.mappings import class_title
from insurance_settlement.services.mappings import FAULT_TITLES
from ops_platform.kernel import from_fen
from ops_platform.web.tables import (
    DENSE_STACKED_WORDS,
    STACKED,
    STACKED_WORDS,
    MoneyColumn,
    PercentColumn,
    QuantityColumn,
    Table,
    TimeColumn,
)
from ops_platform.web.templatetags.ops import badge


def standing(version: MappingVersion, replaced_on: date | None, today: date) -> tuple[str, str]:
    """Where a version stands on a day, in words, and the tone of its badge."""
    if version.state != MappingVersion.State.APPROVED:
        tones = {"draft": "neutral", "asked": "warn", "archived": "neutral"}
        return str(version.get_state_display()), tones[version.state]
    if version.effective_from > today:
        return _now("已批准，将生效"), "info"
    if replaced_on and replaced_on <= today:
        return _now("已由新版替代(%(month)s 起)") % {"month": f"{replaced_on:%Y-%m}"}, "neutral"
    return _now("生效中"), "good"


def title_and_code(known: KnownClasses, dimension: Dimension, code: str) -> str:
    """A class in words, accounts and front-page classes with their code."""
    title = class_title(known, dimension, code)
    return f"{code} {title}" if code[:1].isdigit() and title != code else title


def map_link(page: str, item: str) -> str:
    """To where an item of a draft is mapped."""
    return format_html('<a class="btn btn-sm" href="{}?{}">{}</a>', page, urlencode({"item": item}), _("归集"))


class MappingVersionTable(Table):
    """Versions with where they stand."""

    stacks = True

    name = django_tables2.Column(verbose_name=_("名称"), linkify=("insurance_settlement:mapping", {"pk": A("pk")}))
    owner = django_tables2.Column(verbose_name=_("适用"), empty_values=(), orderable=False)
    number = QuantityColumn(verbose_name=_("版次"))
    effective_from = django_tables2.Column(verbose_name=_("生效月份"))
    rows_now = QuantityColumn(verbose_name=_("行数"))
    based_on = django_tables2.Column(verbose_name=_("派生自"), orderable=False, default="—")
    state = django_tables2.Column(verbose_name=_("状态"), orderable=False)
    created_by = django_tables2.Column(verbose_name=_("制作人"), accessor="created_by__display_name", orderable=False)
    created_at = TimeColumn(verbose_name=_("制作时间"))

    class Meta(Table.Meta):
        attrs = STACKED_WORDS
        model = MappingVersion
        fields = (
            "name",
            "owner",
            "number",
            "effective_from",
            "rows_now",
            "based_on",
            "state",
            "created_by",
            "created_at",
        )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        self.today = today
        super().__init__(*args, **kwargs)

    def render_owner(self, record: MappingVersion) -> str:
        return record.institution.name if record.institution else _now("省版(全部机构)")

    def value_owner(self, record: MappingVersion) -> str:
        return self.render_owner(record)

    def render_effective_from(self, value: date) -> str:
        return f"{value:%Y-%m}"

    def render_state(self, record: MappingVersion) -> str:
        return badge(*standing(record, getattr(record, "replaced_on", None), self.today))

    def value_state(self, record: MappingVersion) -> str:
        return standing(record, getattr(record, "replaced_on", None), self.today)[0]


class MappingRowTable(Table):
    """The rows of a version with classes in words; of a province version with a way to say something of a row."""

    stacks = True

    national_code = django_tables2.Column(verbose_name=_("国家项目编码"), default="—")
    national_name = django_tables2.Column(
        verbose_name=_("国家项目名称"), default="—", attrs={"td": {"class": "cell-words"}}
    )
    item_code = django_tables2.Column(verbose_name=_("本地项目编码"))
    item_name = django_tables2.Column(verbose_name=_("本地项目名称"), attrs={"td": {"class": "cell-words"}})
    receipt_outpatient = django_tables2.Column(verbose_name=_("门急诊票据"), default="—")
    receipt_inpatient = django_tables2.Column(verbose_name=_("住院票据"), default="—")
    account_outpatient = django_tables2.Column(verbose_name=_("门急诊科目"), default="—")
    account_inpatient = django_tables2.Column(verbose_name=_("住院科目"), default="—")
    front_page = django_tables2.Column(verbose_name=_("病案首页"), default="—")
    origin = django_tables2.Column(verbose_name=_("来源"))
    note = django_tables2.Column(verbose_name=_("说明"), orderable=False, attrs={"td": {"class": "cell-words"}})
    remark = django_tables2.Column(
        verbose_name="", empty_values=(), orderable=False, exclude_from_export=True, attrs={"td": {"class": "text-end"}}
    )

    class Meta(Table.Meta):
        attrs = DENSE_STACKED_WORDS
        model = MappingRow
        fields = (
            "national_code",
            "national_name",
            "item_code",
            "item_name",
            *(str(dimension) for dimension in Dimension),
            "origin",
            "note",
            "remark",
        )

    def __init__(self, *args: Any, known: KnownClasses, may_remark: bool, change: str = "", **kwargs: Any) -> None:
        """`change`: the page on which an item of the draft is mapped, "" for who may not."""
        self.known, self.change = known, change
        super().__init__(*args, **kwargs)
        if not may_remark and not change:
            self.columns.hide("remark")

    def _class(self, dimension: Dimension, value: str) -> str:
        return title_and_code(self.known, dimension, value)

    def render_receipt_outpatient(self, value: str) -> str:
        return self._class(Dimension.RECEIPT_OUTPATIENT, value)

    def render_receipt_inpatient(self, value: str) -> str:
        return self._class(Dimension.RECEIPT_INPATIENT, value)

    def render_account_outpatient(self, value: str) -> str:
        return self._class(Dimension.ACCOUNT_OUTPATIENT, value)

    def render_account_inpatient(self, value: str) -> str:
        return self._class(Dimension.ACCOUNT_INPATIENT, value)

    def render_front_page(self, value: str) -> str:
        return self._class(Dimension.FRONT_PAGE, value)

    def render_remark(self, record: MappingRow) -> str:
        if self.change:
            return map_link(self.change, record.item_code)
        page = reverse("insurance_settlement:new-mapping-remark", args=[record.version_id])
        return format_html('<a class="btn btn-sm" href="{}?row={}">{}</a>', page, record.pk, _("提意见"))


class CoverageTable(Table):
    """How much of the charges of each dimension is classed."""

    stacks = True

    dimension = django_tables2.Column(verbose_name=_("维度"))
    total = MoneyColumn(verbose_name=_("收费(元)"))
    mapped = MoneyColumn(verbose_name=_("已归集(元)"))
    open = MoneyColumn(verbose_name=_("未归集(元)"))
    ratio = PercentColumn(verbose_name=_("覆盖率"), default="—")

    class Meta(Table.Meta):
        attrs = STACKED
        orderable = False
        fields = ("dimension", "total", "mapped", "open", "ratio")


class FaultTable(Table):
    """What is to be put right before a version can be approved."""

    stacks = True

    kind = django_tables2.Column(verbose_name=_("问题"))
    item = django_tables2.Column(verbose_name=_("项目编码"))
    name = django_tables2.Column(verbose_name=_("项目名称"), default="—", attrs={"td": {"class": "cell-words"}})
    dimension = django_tables2.Column(verbose_name=_("维度"), default="—", attrs={"td": {"class": "cell-words"}})
    told = django_tables2.Column(verbose_name=_("填写的类别"), default="—", attrs={"td": {"class": "cell-words"}})
    amount = MoneyColumn(verbose_name=_("涉及收费(元)"))
    act = django_tables2.Column(
        verbose_name="", empty_values=(), exclude_from_export=True, attrs={"td": {"class": "text-end"}}
    )

    class Meta(Table.Meta):
        attrs = DENSE_STACKED_WORDS
        orderable = False
        fields = ("kind", "item", "name", "dimension", "told", "amount", "act")

    def __init__(self, *args: Any, change: str = "", **kwargs: Any) -> None:
        """`change`: the page on which an item of the draft is mapped, "" for who may not."""
        self.change = change
        super().__init__(*args, **kwargs)
        if not change:
            self.columns.hide("act")

    def render_act(self, record: Mapping[str, Any]) -> str:
        return map_link(self.change, record["item"])


def fault_lines(faults: Iterable[ItemFault], known: KnownClasses) -> list[Mapping[str, Any]]:
    """Faults as FaultTable shows them."""
    return [
        {
            "kind": FAULT_TITLES[one.kind],
            "item": one.item,
            "name": one.name,
            "dimension": "、".join(str(DIMENSION_TITLES[dimension]) for dimension in one.dimensions),
            "told": "、".join(title_and_code(known, one.dimensions[0], code) for code in one.told),
            "amount": from_fen(one.amount),
        }
        for one in faults
    ]


class SimulationTable(Table):
    """Simulations of a version."""

    stacks = True

    months = django_tables2.Column(
        verbose_name=_("模拟期间"),
        empty_values=(),
        linkify=("insurance_settlement:mapping-simulation", {"pk": A("pk")}),
    )
    institution = django_tables2.Column(verbose_name=_("机构"))
    before = django_tables2.Column(verbose_name=_("模拟前口径"), default=_("院内系统费用类别"))
    outpatient = MoneyColumn(verbose_name=_("门急诊收费(元)"))
    inpatient = MoneyColumn(verbose_name=_("住院收费(元)"))
    unmapped = MoneyColumn(verbose_name=_("模拟后未归集(元)"))
    fits = django_tables2.Column(verbose_name=_("内容"), empty_values=())
    created_by = django_tables2.Column(verbose_name=_("模拟人"), accessor="created_by__display_name")
    created_at = TimeColumn(verbose_name=_("模拟时间"))

    class Meta(Table.Meta):
        attrs = STACKED_WORDS
        orderable = False
        model = MappingSimulation
        fields = (
            "months",
            "institution",
            "before",
            "outpatient",
            "inpatient",
            "unmapped",
            "fits",
            "created_by",
            "created_at",
        )

    def render_months(self, record: MappingSimulation) -> str:
        if record.first_period == record.last_period:
            return record.first_period
        return f"{record.first_period} — {record.last_period}"

    def value_months(self, record: MappingSimulation) -> str:
        return self.render_months(record)

    def _fits(self, record: MappingSimulation) -> bool:
        return record.rows_digest == record.version.digest

    def render_fits(self, record: MappingSimulation) -> str:
        return badge(_("与现内容一致"), "good") if self._fits(record) else badge(_("内容已改，需重新模拟"), "warn")

    def value_fits(self, record: MappingSimulation) -> str:
        return str(_("与现内容一致") if self._fits(record) else _("内容已改，需重新模拟"))


class MoveTable(Table):
    """Items that stand in another class."""

    stacks = True

    dimension = django_tables2.Column(verbose_name=_("维度"), accessor="get_dimension_display")
    item_code = django_tables2.Column(verbose_name=_("项目编码"))
    item_name = django_tables2.Column(verbose_name=_("项目名称"), attrs={"td": {"class": "cell-words"}})
    before = django_tables2.Column(verbose_name=_("模拟前"), empty_values=())
    after = django_tables2.Column(verbose_name=_("模拟后"), empty_values=())
    amount = MoneyColumn(verbose_name=_("收费(元)"))

    class Meta(Table.Meta):
        attrs = DENSE_STACKED_WORDS
        orderable = False
        fields = ("dimension", "item_code", "item_name", "before", "after", "amount")

    def __init__(self, *args: Any, known: KnownClasses, **kwargs: Any) -> None:
        self.known = known
        super().__init__(*args, **kwargs)

    def _class(self, dimension: str, code: str) -> str:
        return title_and_code(self.known, Dimension(dimension), code)

    def render_before(self, record: Any) -> str:
        return self._class(record.dimension, record.before)

    def value_before(self, record: Any) -> str:
        return self._class(record.dimension, record.before)

    def render_after(self, record: Any) -> str:
        return self._class(record.dimension, record.after)

    def value_after(self, record: Any) -> str:
        return self._class(record.dimension, record.after)


def coverage_lines(covered: Any) -> list[Mapping[str, Any]]:
    """Coverage as CoverageTable shows it."""
    return [
        {
            "dimension": DIMENSION_TITLES[one.dimension],
            "total": from_fen(one.total),
            "mapped": from_fen(one.mapped),
            "open": from_fen(one.total - one.mapped),
            "ratio": None if one.ratio is None else Decimal(one.ratio.numerator) / one.ratio.denominator,
        }
        for one in covered
    ]
