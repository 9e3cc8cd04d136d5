"""Lists of files of vouchers that were taken."""

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from ops_platform.ledger.models import VoucherExport
from ops_platform.ledger.tables.journal import NAME
from ops_platform.web.tables import STACKED, PeriodColumn, PersonColumn, QuantityColumn, Table, TimeColumn


class ExportTable(Table):
    """Who took which vouchers when."""

    stacks = True
    made_at = TimeColumn(verbose_name=_("导出时间"), order_by=("made_at", "id"))
    made_by = PersonColumn(verbose_name=_("导出人"), orderable=False)
    period = PeriodColumn(verbose_name=_("月份"), orderable=False)
    template = django_tables2.Column(verbose_name=_("模板"), orderable=False, attrs=NAME)
    file_format = django_tables2.Column(verbose_name=_("格式"), orderable=False)
    entries = QuantityColumn(verbose_name=_("凭证(张)"), orderable=False)
    repeated = QuantityColumn(verbose_name=_("其中重复导出(张)"), orderable=False)
    lines = QuantityColumn(verbose_name=_("分录(行)"), orderable=False)
    digest = django_tables2.Column(verbose_name=_("文件指纹"), orderable=False)
    file = django_tables2.Column(
        verbose_name=_("文件"), accessor="pk", orderable=False, exclude_from_export=True, empty_values=()
    )

    class Meta(Table.Meta):
        model = VoucherExport
        attrs = STACKED
        fields = (
            "made_at",
            "made_by",
            "period",
            "template",
            "file_format",
            "entries",
            "repeated",
            "lines",
            "digest",
            "file",
        )

    def render_digest(self, value: str) -> str:
        return format_html('<code title="{}">{}…</code>', value, value[:12])

    def render_file(self, record: VoucherExport) -> str:
        """The file again, where it was kept."""
        if not getattr(record, "kept", False):
            return "—"
        address = reverse("ledger:export-file", args=[record.pk])
        return format_html('<a href="{}" hx-boost="false">{}</a>', address, _("下载"))

    def value_file(self, record: VoucherExport) -> str:
        return str(_("已保存")) if getattr(record, "kept", False) else ""

    def value_digest(self, value: str) -> str:
        return value
