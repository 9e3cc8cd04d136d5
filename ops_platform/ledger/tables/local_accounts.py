"""Lists of the ledger's pages."""

import django_tables2
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from ops_platform.web.tables import MoneyColumn, PeriodColumn, StateColumn, Table

REASON_TONES = {"missing_here": "bad", "missing_there": "bad", "amount": "warn", "": "good"}


class LocalAccountTable(Table):
    """Accounts of a chart kept elsewhere with what stands behind them."""

    code = django_tables2.Column(verbose_name=_("本地科目"))
    name = django_tables2.Column(verbose_name=_("名称"))
    closing = MoneyColumn(verbose_name=_("期末余额(元，借正贷负)"))
    account = django_tables2.Column(verbose_name=_("统一科目"))
    dimensions = django_tables2.Column(verbose_name=_("核算"), orderable=False)
    mapped_by = django_tables2.Column(verbose_name=_("按代码"))
    since = PeriodColumn(verbose_name=_("自"))
    proposal = django_tables2.Column(verbose_name=_("建议"), orderable=False)

    class Meta(Table.Meta):
        fields = ("code", "name", "closing", "account", "dimensions", "mapped_by", "since", "proposal")

    def render_code(self, value: str, record: dict[str, str]) -> str:
        """With the way to its form for those who may map."""
        if not record["url"]:
            return value
        return format_html('<a href="{}">{}</a>', record["url"], value)

    def value_code(self, value: str) -> str:
        return value


class ComparisonTable(Table):
    """Books kept here against those kept elsewhere, account by account."""

    account = django_tables2.Column(verbose_name=_("科目"))
    name = django_tables2.Column(verbose_name=_("名称"), attrs={"td": {"class": "text-nowrap"}})
    reason = StateColumn(verbose_name=_("结果"), accessor="reason_title", orderable=False, tones=REASON_TONES)
    difference = MoneyColumn(verbose_name=_("期末相差(元)"))
    own_opening = MoneyColumn(verbose_name=_("期初：本平台"))
    imported_opening = MoneyColumn(verbose_name=_("期初：外部"))
    own_debit = MoneyColumn(verbose_name=_("借方：本平台"))
    imported_debit = MoneyColumn(verbose_name=_("借方：外部"))
    own_credit = MoneyColumn(verbose_name=_("贷方：本平台"))
    imported_credit = MoneyColumn(verbose_name=_("贷方：外部"))
    own_closing = MoneyColumn(verbose_name=_("期末：本平台"))
    imported_closing = MoneyColumn(verbose_name=_("期末：外部"))

    class Meta(Table.Meta):
        fields = (
            "account",
            "name",
            "reason",
            "difference",
            "own_opening",
            "imported_opening",
            "own_debit",
            "imported_debit",
            "own_credit",
            "imported_credit",
            "own_closing",
            "imported_closing",
        )
