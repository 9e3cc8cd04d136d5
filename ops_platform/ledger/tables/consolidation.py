"""Lists of the consolidation pages."""

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from ops_platform.ledger.layouts import pair_kinds
from ops_platform.ledger.models import ConsolidationMember, Elimination, PairMatch
from ops_platform.web import formats
from ops_platform.web.tables import STACKED_WORDS, MoneyColumn, PeriodColumn, PersonColumn, StateColumn, Table

PAIR_TONES = {"matched": "good", "explained": "info", "different": "bad"}
ELIMINATION_TONES = {"approved": "good", "asked": "warn", "refused": "neutral"}


def kind_title(code: str) -> str:
    """A kind of pair in words."""
    return next((kind.title for kind in pair_kinds() if kind.code == code), code)


class PairTable(Table):
    """What members say of the same dealings."""

    stacks = True
    kind = django_tables2.Column(verbose_name=_("种类"), attrs={"td": {"class": "text-nowrap"}})
    creditor = django_tables2.Column(
        verbose_name=_("债权方、收入方"), order_by=("creditor__code", "pk"), attrs={"td": {"class": "cell-party"}}
    )
    debtor = django_tables2.Column(
        verbose_name=_("债务方、费用方"), order_by=("debtor__code", "pk"), attrs={"td": {"class": "cell-party"}}
    )
    claim = MoneyColumn(verbose_name=_("前者所记(元)"))
    debt = MoneyColumn(verbose_name=_("后者所记(元)"))
    difference = MoneyColumn(verbose_name=_("差异(元)"))
    by_hand = MoneyColumn(verbose_name=_("手工抵销(元)"))
    unexplained = MoneyColumn(verbose_name=_("未说明余额(元)"), orderable=False)
    eliminated = MoneyColumn(verbose_name=_("已抵销(元)"))
    state = StateColumn(verbose_name=_("状态"), tones=PAIR_TONES, order_by=("rank", "pk"))
    explanation = django_tables2.Column(verbose_name=_("说明"), orderable=False, empty_values=())

    class Meta(Table.Meta):
        model = PairMatch
        attrs = STACKED_WORDS
        fields = (
            "kind",
            "creditor",
            "debtor",
            "claim",
            "debt",
            "difference",
            "by_hand",
            "unexplained",
            "eliminated",
            "state",
            "explanation",
        )
        sequence = fields

    def __init__(self, *args: object, may_explain: bool = False, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.may_explain = may_explain

    def render_kind(self, value: str) -> str:
        return kind_title(value)

    def value_kind(self, value: str) -> str:
        return kind_title(value)

    def render_explanation(self, record: PairMatch) -> str:
        if record.state == PairMatch.State.MATCHED:
            return ""
        if not self.may_explain:
            return record.explanation or "—"
        words = record.explanation or _now("说明差异")
        link = format_html('<a href="{}">{}</a>', reverse("ledger:explain-pair", args=[record.pk]), words)
        if not record.rest:
            return link
        address = f"{reverse('ledger:new-elimination')}?pair={record.pk}"
        return format_html('{} · <a href="{}">{}</a>', link, address, _now("手工抵销"))

    def value_explanation(self, record: PairMatch) -> str:
        return record.explanation


class EliminationTable(Table):
    """The elimination sheet."""

    stacks = True
    title = django_tables2.Column(
        verbose_name=_("抵销分录"), linkify=("ledger:elimination", {"pk": django_tables2.A("pk")})
    )
    kind = django_tables2.Column(verbose_name=_("来源"))
    creditor = django_tables2.Column(verbose_name=_("债权方、收入方"), order_by=("creditor__code", "pk"))
    debtor = django_tables2.Column(verbose_name=_("债务方、费用方"), order_by=("debtor__code", "pk"))
    amount = MoneyColumn(verbose_name=_("本年抵销(元)"))
    earlier = MoneyColumn(verbose_name=_("年初抵销(元)"))
    state = StateColumn(verbose_name=_("状态"), tones=ELIMINATION_TONES, orderable=False)

    class Meta(Table.Meta):
        model = Elimination
        attrs = STACKED_WORDS
        fields = ("title", "kind", "creditor", "debtor", "amount", "earlier", "state")
        sequence = fields


class MemberTable(Table):
    """Who is and was consolidated."""

    institution = django_tables2.Column(verbose_name=_("机构"), order_by=("institution__code", "since"))
    share = django_tables2.Column(
        verbose_name=_("持有份额"), attrs={"th": {"class": "text-end"}, "td": {"class": "text-end num"}}
    )
    since = PeriodColumn(verbose_name=_("自"))
    until = django_tables2.Column(verbose_name=_("至"), empty_values=())
    changed_by = PersonColumn(verbose_name=_("设置人"))

    class Meta(Table.Meta):
        model = ConsolidationMember
        fields = ("institution", "share", "since", "until", "changed_by")
        sequence = fields

    def render_share(self, value: object) -> str:
        return formats.percent(value, 2)

    def render_until(self, value: str | None) -> str:
        return formats.period_label(value) if value else "—"
