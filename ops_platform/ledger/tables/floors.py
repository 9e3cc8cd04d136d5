"""The list of accounts that may not be overdrawn."""

from datetime import datetime
from functools import cached_property
from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from ops_platform.ledger.models import Floor
from ops_platform.ledger.selectors.floors import forbidden_by
from ops_platform.ledger.tables.journal import NAME
from ops_platform.web.people import names_of
from ops_platform.web.tables import STACKED, MoneyColumn, Table, TimeColumn


class FloorTable(Table):
    """Accounts with a floor, what stands on them, since when and by whom."""

    stacks = True
    institution = django_tables2.Column(verbose_name=_("机构"), order_by=("institution__code", "id"), attrs=NAME)
    account = django_tables2.Column(verbose_name=_("科目"), order_by=("account__code", "id"), attrs=NAME)
    standing = MoneyColumn(verbose_name=_("现有余额(元)"), order_by=("standing", "id"))
    held = MoneyColumn(verbose_name=_("待记账占用(元)"), orderable=False)
    available = MoneyColumn(verbose_name=_("可用(元)"), order_by=("available", "id"))
    since = TimeColumn(verbose_name=_("设置时间"), accessor="pk", orderable=False)
    by = django_tables2.Column(verbose_name=_("设置人"), accessor="pk", orderable=False)

    class Meta(Table.Meta):
        model = Floor
        attrs = STACKED
        fields = ("institution", "account", "standing", "held", "available", "since", "by")

    @cached_property
    def deeds(self) -> dict[int, tuple[datetime, str]]:
        """When and by whom, of the rows that are shown."""
        return forbidden_by(row.record for row in self.paginated_rows)

    @cached_property
    def people(self) -> dict[str, str]:
        return names_of(name for _at, name in self.deeds.values())

    def render_account(self, record: Floor) -> str:
        address = reverse("ledger:account", args=[record.institution_id, record.account.code])
        return format_html('<a href="{}">{}</a>', address, record.account)

    def value_account(self, record: Floor) -> str:
        return str(record.account)

    def render_since(self, value: int) -> Any:
        at = self.value_since(value)
        return TimeColumn().render(at) if at else "—"

    def value_since(self, value: int) -> datetime | None:
        return self.deeds[value][0] if value in self.deeds else None

    def render_by(self, value: int) -> str:
        return self.value_by(value) or "—"

    def value_by(self, value: int) -> str:
        name = self.deeds[value][1] if value in self.deeds else ""
        return self.people.get(name, name)
