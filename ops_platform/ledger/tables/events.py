"""Lists of business events: booked ones, what booking would do, what has no place; and the rows behind an event."""

from typing import Any
from urllib.parse import urlencode

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from ops_platform.his_intake.public import FEE_CLASSES, FUNDING_SOURCES, OriginColumn
from ops_platform.kernel import from_fen
from ops_platform.ledger import events
from ops_platform.ledger.models import EventBooking
from ops_platform.ledger.selectors.events import Standing
from ops_platform.ledger.selectors.outlook import WaitingEvent
from ops_platform.ledger.tables.journal import NAME, voucher_name, voucher_words
from ops_platform.web.tables import (
    STACKED,
    STACKED_WORDS,
    DayColumn,
    MoneyColumn,
    QuantityColumn,
    Table,
    TimeColumn,
)
from ops_platform.web.templatetags.ops import badge

WORDS = {"td": {"class": "cell-words"}}
DENSE = {"class": "table table-vcenter card-table table-dense"}
STANDING_TONES = {
    Standing.FRESH: "info",
    Standing.CHANGED: "warn",
    Standing.GONE: "warn",
    Standing.STANDS: "good",
    Standing.UNPLACED: "bad",
}


def event_address(institution: int, event_type: str, key: str, period: str) -> str:
    """The page of an event."""
    query = urlencode({"type": event_type, "event": key, "period": period})
    return f"{reverse('ledger:event', args=[institution])}?{query}"


def type_title(code: str) -> str:
    """A type of events in words; the code itself for one that no app contributes any more."""
    kind = events.event_type(code)
    return kind.form.title if kind else code


class BookedTable(Table):
    """Events that are booked, or were."""

    stacks = True
    event_key = django_tables2.Column(verbose_name=_("业务事项"), orderable=False, attrs=WORDS)
    day = DayColumn(verbose_name=_("日期"), accessor="entry__day", order_by=("entry__day", "id"))
    event_type = django_tables2.Column(verbose_name=_("业务类型"), orderable=False, attrs=NAME)
    amount = MoneyColumn(verbose_name=_("金额(元)"), orderable=False)
    entry = django_tables2.Column(verbose_name=_("凭证"), orderable=False)
    reversal = django_tables2.Column(verbose_name=_("冲销凭证"), orderable=False)
    rules = django_tables2.Column(verbose_name=_("凭证规则"), orderable=False, empty_values=(), attrs=NAME)
    booked_at = TimeColumn(verbose_name=_("生成时间"), order_by=("booked_at", "id"))

    class Meta(Table.Meta):
        model = EventBooking
        attrs = STACKED_WORDS
        fields = ("event_key", "day", "event_type", "amount", "entry", "reversal", "rules", "booked_at")

    def render_event_key(self, value: str, record: EventBooking) -> str:
        url = event_address(record.institution_id, record.event_type, value, record.period)
        note = record.entry.summary if record.entry.summary != value else ""
        return format_html('<a href="{}">{}</a><span class="cell-note">{}</span>', url, value, note)

    def value_event_key(self, value: str) -> str:
        return value

    def render_event_type(self, value: str) -> str:
        return type_title(value)

    def render_entry(self, value: Any) -> str:
        return format_html('<a href="{}">{}</a>', reverse("ledger:entry", args=[value.pk]), voucher_name(value))

    def value_entry(self, value: Any) -> str:
        return voucher_name(value)

    def render_reversal(self, value: Any) -> str:
        return self.render_entry(value)

    def value_reversal(self, value: Any) -> str:
        return voucher_name(value)

    def render_rules(self, record: EventBooking) -> str:
        return str(record.rules) if record.rules else _now("随业务类型提供")


class WaitingTable(Table):
    """What booking would do: events to be booked, booked anew or taken back, with the legs that they would get."""

    stacks = True
    event = django_tables2.Column(verbose_name=_("业务事项"), empty_values=(), attrs=WORDS)
    standing = django_tables2.Column(verbose_name=_("将要"), attrs=NAME)
    kind = django_tables2.Column(verbose_name=_("业务类型"), empty_values=(), attrs=NAME)
    amount = MoneyColumn(verbose_name=_("金额(元)"), empty_values=())
    legs = django_tables2.Column(verbose_name=_("分录"), empty_values=(), attrs=WORDS)

    class Meta(Table.Meta):
        attrs = STACKED_WORDS
        orderable = False
        sequence = ("event", "standing", "kind", "amount", "legs")

    def __init__(self, *args: Any, period: str, institution: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.period, self.institution = period, institution

    def render_event(self, record: WaitingEvent) -> str:
        url = event_address(self.institution, record.type, record.key, self.period)
        return format_html(
            '<a href="{}">{}</a><span class="cell-note"><span class="num">{}</span> {}</span>',
            url,
            record.key,
            record.day,
            record.summary if record.summary != record.key else "",
        )

    def value_event(self, record: WaitingEvent) -> str:
        return record.key

    def render_standing(self, value: Standing, record: WaitingEvent) -> str:
        mark = badge(value.label, STANDING_TONES[value])
        if record.voucher is None:
            return mark
        words = _now("冲销后重记") if value is Standing.CHANGED else _now("冲销")
        return format_html(
            '{}<span class="cell-note">{} <a href="{}">{}</a></span>',
            mark,
            words,
            reverse("ledger:entry", args=[record.entry]),
            voucher_words(*record.voucher),
        )

    def value_standing(self, value: Standing) -> str:
        return str(value.label)

    def render_kind(self, record: WaitingEvent) -> str:
        return format_html('{}<span class="cell-note">{}</span>', type_title(record.type), record.rules_words)

    def value_kind(self, record: WaitingEvent) -> str:
        return type_title(record.type)

    def render_amount(self, record: WaitingEvent) -> str:
        value = self.value_amount(record)
        return "—" if value is None else MoneyColumn().render(value)

    def value_amount(self, record: WaitingEvent) -> Any:
        return None if record.amount is None else from_fen(record.amount)

    def render_legs(self, record: WaitingEvent) -> str | SafeString:
        listed = record.leg_words
        if not listed:
            return "—"
        items = format_html("".join("<li>{}</li>" for _leg in listed), *listed)
        return format_html(
            '<details class="legs"><summary>{}</summary><ul>{}</ul></details>',
            _now("%(count)s 条分录") % {"count": len(listed)},
            items,
        )

    def value_legs(self, record: WaitingEvent) -> str:
        return "；".join(record.leg_words)


class UnplacedTable(Table):
    """What has no place: one row a finding, with what to do."""

    stacks = True
    event = django_tables2.Column(verbose_name=_("业务事项"), attrs=WORDS)
    kind = django_tables2.Column(verbose_name=_("业务类型"), attrs=NAME)
    message = django_tables2.Column(verbose_name=_("原因"), attrs=WORDS)
    advice = django_tables2.Column(verbose_name=_("怎么办"), attrs=WORDS)

    class Meta(Table.Meta):
        attrs = STACKED_WORDS
        orderable = False

    def render_event(self, value: str, record: dict[str, Any]) -> str:
        return format_html('<a href="{}">{}</a>', record["url"], value)

    def value_event(self, value: str) -> str:
        return value


class _FactTable(Table):
    def __init__(self, *args: Any, kinds: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kinds = dict(kinds or ())


class VoucherLineTable(_FactTable):
    """Lines of a HIS voucher."""

    stacks = True
    date = DayColumn(verbose_name=_("记账日期"))
    voucher = django_tables2.Column(verbose_name=_("凭证号 · 行"))
    department_name = django_tables2.Column(verbose_name=_("科室"), empty_values=())
    kind = django_tables2.Column(verbose_name=_("项目"))
    funding_source = django_tables2.Column(verbose_name=_("资金来源"))
    summary = django_tables2.Column(verbose_name=_("摘要"), attrs=WORDS)
    amount = MoneyColumn(verbose_name=_("金额(元)"))
    origin = OriginColumn()

    class Meta(Table.Meta):
        attrs = STACKED
        orderable = False

    def __init__(self, *args: Any, departments: dict[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.departments = departments

    def render_voucher(self, value: str, record: Any) -> str:
        return f"{value} · {record.line}"

    def render_department_name(self, record: Any) -> str:
        return self.departments.get(record.department, "")

    def render_kind(self, value: str) -> str:
        return self.kinds.get(value, value)

    def render_funding_source(self, value: str) -> str:
        return dict(FUNDING_SOURCES).get(value, value)


class ChargedLineTable(_FactTable):
    """Charge lines of a day."""

    charged_at = TimeColumn(verbose_name=_("计费时间"))
    encounter_no = django_tables2.Column(verbose_name=_("就诊号 · 行"))
    item_name = django_tables2.Column(verbose_name=_("收费项目"), attrs=WORDS)
    fee_class = django_tables2.Column(verbose_name=_("费用类别"))
    ordering_name = django_tables2.Column(verbose_name=_("开单科室"))
    quantity = QuantityColumn(verbose_name=_("数量"))
    amount = MoneyColumn(verbose_name=_("金额(元)"))
    insured_amount = MoneyColumn(verbose_name=_("其中医保(元)"))
    origin = OriginColumn()

    class Meta(Table.Meta):
        attrs = DENSE
        orderable = False

    def render_encounter_no(self, value: str, record: Any) -> str:
        return format_html('<span class="num">{} · {}</span>', value, record.line_no)

    def value_encounter_no(self, value: str, record: Any) -> str:
        return f"{value} · {record.line_no}"

    def render_item_name(self, value: str, record: Any) -> str:
        return value if record.refund_of is None else format_html("{} {}", value, badge(_now("退费"), "warn"))

    def value_item_name(self, value: str) -> str:
        return value

    def render_fee_class(self, value: str) -> str:
        return dict(FEE_CLASSES).get(value, value)
