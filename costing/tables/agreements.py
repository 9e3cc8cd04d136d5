"""Lists of the alliance's agreements and of what members bear under them."""

from collections.abc import Callable, Mapping
from typing import Any

import django_tables2
from django.template.defaultfilters import linebreaksbr
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from costing.selectors.agreements import percent_of
from costing.selectors.double_charges import Charged
from costing.tables.rules import SOURCE_TONES
from ops_platform.his_intake.public import ALLIANCE_SERVICE_KINDS, OriginColumn
from ops_platform.web import formats
from ops_platform.web.tables import (
    DENSE_STACKED,
    STACKED_WORDS,
    DayColumn,
    MoneyColumn,
    PersonColumn,
    QuantityColumn,
    StateColumn,
    Table,
)
from ops_platform.web.templatetags.ops import badge, money

STATES = {
    "in_force": (_("现行"), "good"),
    "next": (_("未生效"), "info"),
    "former": (_("旧版"), "neutral"),
    "ended": (_("已终止"), "neutral"),
}
STANDINGS = {
    "settled": (_("已结算"), "good"),
    "outdated": (_("依据有变化"), "warn"),
    "open": (_("未结算"), "info"),
    "blocked": (_("不能结算"), "bad"),
}
NARROW = {"td": {"class": "text-nowrap"}}
WORDS = {"td": {"class": "cell-words stack-wide"}}


class AgreementTable(Table):
    """Versions of agreements."""

    stacks = True

    code = django_tables2.Column(verbose_name=_("协议编号"), accessor="row__code")
    name = django_tables2.Column(
        verbose_name=_("名称"), accessor="row__name", attrs={"td": {"class": "cell-name stack-wide"}}
    )
    kind = django_tables2.Column(verbose_name=_("类别"), accessor="row__get_kind_display", attrs=NARROW)
    parties = django_tables2.Column(verbose_name=_("参与方与分担比例"), attrs=WORDS)
    rates = django_tables2.Column(verbose_name=_("单位成本、收入口径"), attrs=WORDS, default="—")
    effective_from = DayColumn(verbose_name=_("生效日期"), accessor="row__effective_from")
    state = django_tables2.Column(verbose_name=_("状态"))
    source_mark = StateColumn(verbose_name=_("来源"), accessor="row__source_mark", tones=SOURCE_TONES)
    source_text = django_tables2.Column(verbose_name=_("依据"), accessor="row__source_text", attrs=WORDS)
    changed_by = PersonColumn(verbose_name=_("申请人"), accessor="row__changed_by", attrs=NARROW)
    act = django_tables2.Column(verbose_name="", empty_values=(), exclude_from_export=True, attrs=NARROW)

    class Meta(Table.Meta):
        attrs = STACKED_WORDS
        orderable = False

    def __init__(self, *args: Any, may_change: bool = False, **kwargs: Any) -> None:
        if not may_change:
            kwargs["exclude"] = ("act",)
        super().__init__(*args, **kwargs)

    def render_parties(self, value: str) -> str:
        return linebreaksbr(value)

    def value_parties(self, value: str) -> str:
        return value.replace("\n", "；")

    def render_state(self, value: str) -> str:
        return badge(*STATES[value])

    def value_state(self, value: str) -> str:
        return str(STATES[value][0])

    def render_source_mark(self, record: Any) -> str:
        return badge(record.row.get_source_mark_display(), SOURCE_TONES.get(record.row.source_mark, "neutral"))

    def value_source_mark(self, record: Any) -> str:
        return str(record.row.get_source_mark_display())

    def render_act(self, record: Any) -> str:
        if record.state not in ("in_force", "next"):
            return ""
        return format_html('<a href="{}?from={}">{}</a>', reverse("costing:new-agreement"), record.row.pk, _("新版本"))


class StandingTable(Table):
    """Agreements of a month."""

    stacks = True

    agreement = django_tables2.Column(
        verbose_name=_("协议"), accessor="agreement__name", attrs={"td": {"class": "cell-name stack-wide"}}
    )
    kind = django_tables2.Column(verbose_name=_("类别"), accessor="agreement__get_kind_display")
    state = django_tables2.Column(verbose_name=_("状态"))
    version = django_tables2.Column(verbose_name=_("版本"), accessor="run__version", default="—")
    total = MoneyColumn(verbose_name=_("分担总额(元)"))
    dealings = MoneyColumn(verbose_name=_("其中成员间往来(元)"))

    class Meta(Table.Meta):
        attrs = STACKED_WORDS
        orderable = False

    def render_agreement(self, value: str, record: Any) -> str:
        if record.run is None:
            return value
        return format_html('<a href="{}">{}</a>', reverse("costing:settlement", args=[record.run.pk]), value)

    def value_agreement(self, value: str) -> str:
        return value

    def render_state(self, value: str) -> str:
        return badge(*STANDINGS[value])

    def value_state(self, value: str) -> str:
        return str(STANDINGS[value][0])

    def render_version(self, value: int) -> str:
        return str(_("第 %s 版") % value)


class MemberTable(Table):
    """What members bear and get."""

    stacks = True

    institution = django_tables2.Column(verbose_name=_("机构"), attrs={"td": {"class": "cell-name stack-wide"}})
    bears = MoneyColumn(verbose_name=_("承担(应付其他成员，元)"))
    gets = MoneyColumn(verbose_name=_("收取(应收其他成员，元)"))
    net = MoneyColumn(verbose_name=_("净收取(元)"))
    own = MoneyColumn(verbose_name=_("自行承担，不产生往来(元)"))

    class Meta(Table.Meta):
        attrs = STACKED_WORDS
        orderable = False


class DealingTable(Table):
    """Who owes whom."""

    stacks = True

    agreement = django_tables2.Column(
        verbose_name=_("协议"), accessor="run__agreement__name", attrs={"td": {"class": "cell-name stack-wide"}}
    )
    bearer = django_tables2.Column(verbose_name=_("承担方"))
    payee = django_tables2.Column(verbose_name=_("收取方"))
    amount = MoneyColumn(verbose_name=_("金额(元)"))

    class Meta(Table.Meta):
        attrs = STACKED_WORDS
        orderable = False

    def render_amount(self, value: Any, record: Any) -> str:
        address = reverse("costing:settlement", args=[record.run.pk])
        return format_html('<a href="{}">{}</a>', address, money(value))

    def value_amount(self, value: Any) -> Any:
        return value


class PartTable(Table):
    """What is divided, by which share, and who bears it for whom."""

    stacks = True

    what = django_tables2.Column(verbose_name=_("依据"), accessor="basis__get_what_display")
    provider = django_tables2.Column(
        verbose_name=_("提供方"), accessor="basis__provider", attrs={"td": {"class": "cell-words stack-wide"}}
    )
    receiver = django_tables2.Column(
        verbose_name=_("接受方"),
        accessor="basis__receiver",
        default="—",
        attrs={"td": {"class": "cell-words stack-wide"}},
    )
    volume = QuantityColumn(verbose_name=_("服务量"), accessor="basis__volume")
    base = MoneyColumn(verbose_name=_("依据金额(元)"), accessor="basis__amount")
    role = django_tables2.Column(verbose_name=_("角色"), accessor="get_role_display")
    share = django_tables2.Column(
        verbose_name=_("比例"), attrs={"th": {"class": "text-end"}, "td": {"class": "text-end num"}}
    )
    bearer = django_tables2.Column(verbose_name=_("承担方"), attrs={"td": {"class": "cell-words stack-wide"}})
    amount = MoneyColumn(verbose_name=_("承担金额(元)"))
    payee = django_tables2.Column(verbose_name=_("收取方"), attrs={"td": {"class": "cell-words stack-wide"}})

    class Meta(Table.Meta):
        attrs = STACKED_WORDS
        orderable = False

    def render_provider(self, record: Any) -> str:
        return _place(record.basis.provider, record.basis.provider_department)

    def render_receiver(self, record: Any) -> str:
        return _place(record.basis.receiver, record.basis.receiver_department)

    def render_volume(self, value: Any) -> str:
        return formats.quantity(value) if value else "—"

    def value_volume(self, value: Any) -> Any:
        return value

    def render_base(self, value: Any, record: Any) -> str:
        return format_html(
            '<a href="{}">{}</a>', reverse("costing:settlement-basis", args=[record.basis_id]), money(value)
        )

    def value_base(self, value: Any) -> Any:
        return value

    def render_share(self, value: Any) -> str:
        return percent_of(value)

    def value_share(self, value: Any) -> Any:
        return value

    def render_payee(self, value: Any, record: Any) -> str:
        if record.bearer_id == record.payee_id:
            return badge(_("自行承担"), "neutral")
        return str(value)

    def value_payee(self, value: Any, record: Any) -> str:
        return "" if record.bearer_id == record.payee_id else str(value)


class ServiceTable(Table):
    """Rows of services behind an amount."""

    stacks = True

    date = DayColumn(verbose_name=_("日期"))
    document = django_tables2.Column(verbose_name=_("单据号"))
    line = django_tables2.Column(verbose_name=_("行号"))
    department_name = django_tables2.Column(verbose_name=_("提供科室"))
    kind = django_tables2.Column(verbose_name=_("服务类别"))
    volume = QuantityColumn(verbose_name=_("服务量"))
    unit_cost = MoneyColumn(verbose_name=_("单位成本(元)"), default="—")
    cost = MoneyColumn(verbose_name=_("金额(元)"), empty_values=())
    origin = OriginColumn()

    class Meta(Table.Meta):
        attrs = DENSE_STACKED
        orderable = False

    def __init__(self, *args: Any, costs: dict[str, Any], **kwargs: Any) -> None:
        self.costs = costs
        super().__init__(*args, **kwargs)

    def render_kind(self, value: str) -> str:
        return str(dict(ALLIANCE_SERVICE_KINDS).get(value, value))

    def _cost(self, record: Any) -> Any:
        return self.costs.get(f"{record.document}/{record.line}")

    def render_cost(self, record: Any) -> str:
        found = self._cost(record)
        return "—" if found is None else money(found)

    def value_cost(self, record: Any) -> Any:
        return self._cost(record)


def _place(institution: Any, department: Any) -> str:
    return f"{institution} {department.name}" if department else str(institution)


__all__ = ["AgreementTable", "DealingTable", "MemberTable", "PartTable", "ServiceTable", "StandingTable"]


class DoubleChargeTable(Table):
    """The same examination of a patient, charged by a base member and by the upper one."""

    stacks = True

    item_name = django_tables2.Column(verbose_name=_("检查项目"), attrs=WORDS)
    item_code = django_tables2.Column(verbose_name=_("项目编码"))
    patient = django_tables2.Column(verbose_name=_("患者代号"))
    base = django_tables2.Column(verbose_name=_("基层收费"), attrs=WORDS)
    base_amount = MoneyColumn(verbose_name=_("基层金额(元)"), accessor="base__amount")
    upper = django_tables2.Column(verbose_name=_("上级收费"), attrs=WORDS)
    upper_amount = MoneyColumn(verbose_name=_("上级金额(元)"), accessor="upper__amount")

    class Meta(Table.Meta):
        attrs = DENSE_STACKED
        orderable = False

    def __init__(self, *args: Any, names: Mapping[int, str], seen: Callable[[int], bool], **kwargs: Any) -> None:
        self.names, self.seen = names, seen
        super().__init__(*args, **kwargs)

    def render_patient(self, value: str) -> str:
        return value[:8]

    def _words(self, one: Charged) -> str:
        where = f"{self.names.get(one.institution, '')} {timezone.localtime(one.charged_at):%Y-%m-%d %H:%M}"
        return f"{where} {one.encounter_no}/{one.line_no}" if self.seen(one.institution) else where

    def _side(self, one: Charged) -> str:
        """The charge line opens at its encounter, for who may see that institution's patients."""
        if not self.seen(one.institution):
            return self._words(one)
        url = reverse("insurance_settlement:encounter", args=[one.institution, one.encounter])
        return format_html('<a href="{}">{}</a>', url, self._words(one))

    def render_base(self, value: Charged) -> str:
        return self._side(value)

    def value_base(self, value: Charged) -> str:
        return self._words(value)

    def render_upper(self, value: Charged) -> str:
        return self._side(value)

    def value_upper(self, value: Charged) -> str:
        return self._words(value)
