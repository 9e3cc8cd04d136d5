"""What the fund owes and what it pays on the bills, by department or group; a stay's settlement list in lines."""

from decimal import Decimal
from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from insurance_settlement.discharges import Settled
from insurance_settlement.selectors.fund import GROUP, FundLine
from insurance_settlement.tables.groups import sum_of
from ops_platform.kernel import from_fen
from ops_platform.web import formats
from ops_platform.web.tables import MoneyColumn, QuantityColumn, Table
from ops_platform.web.templatetags.ops import money, quantity


class FundTable(Table):
    """Departments open their groups, groups their cases."""

    code = django_tables2.Column(verbose_name=_("科室"), footer=_("合计"))
    name = django_tables2.Column(verbose_name=_("名称"), attrs={"td": {"class": "cell-words"}})
    cases = QuantityColumn(verbose_name=_("病例"), footer=sum_of("cases", quantity))
    told = QuantityColumn(verbose_name=_("可比病例"), footer=sum_of("told", quantity))
    waiting = QuantityColumn(verbose_name=_("待清单"), footer=sum_of("waiting", quantity))
    payable = MoneyColumn(verbose_name=_("按规则应付(元)"), footer=sum_of("payable", money))
    billed = MoneyColumn(verbose_name=_("按项目记账(元)"), footer=sum_of("billed", money))
    difference = MoneyColumn(verbose_name=_("应付 − 记账(元)"), footer=sum_of("difference", money))

    class Meta(Table.Meta):
        order_by = "difference"

    def __init__(self, *args: Any, by: str, here: str, cases: str, **kwargs: Any) -> None:
        self.by, self.here, self.cases_query = by, here, cases
        super().__init__(*args, **kwargs)
        if by == GROUP:
            self.columns["code"].column.verbose_name = _("病组")

    def render_code(self, value: str, record: FundLine) -> str:
        if self.by == GROUP:
            url = f"{reverse('insurance_settlement:cases')}?{self.cases_query}&drg={value}"
        else:
            url = f"?{self.here}&by={GROUP}&department={record.key}"
        return format_html('<a class="num" href="{}">{}</a>', url, value)

    def value_code(self, value: str) -> str:
        return value


def settlement_lines(settled: Settled | None, charges: Decimal) -> list[tuple[str, str, str]]:
    """What the settlement lists of a stay come to: title, figure, note; empty without a list."""
    if settled is None:
        return []

    def yuan(fen: int) -> str:
        return formats.money(from_fen(fen))

    differs = ""
    if from_fen(settled.total) != charges:
        differs = _now("与收费明细合计 %s 不一致，请核对") % formats.money(charges)
    lines = [
        (_now("总费用"), yuan(settled.total), differs),
        (_now("全自费"), yuan(settled.self_paid), ""),
        (_now("先自付"), yuan(settled.first_self_paid), ""),
        (_now("起付线"), yuan(settled.deductible), ""),
    ]
    if settled.ratio is not None:
        lines.append((_now("报销比例"), formats.percent(settled.ratio), ""))
    if settled.new_technology:
        lines.append((_now("除外新药新技术"), yuan(settled.new_technology), _now("不计入病组，按项目支付")))
    lines += [
        (_now("统筹基金支付"), yuan(settled.fund), _now("按项目记账")),
        (_now("个人和其他渠道支付"), yuan(settled.paid), ""),
    ]
    if settled.incomplete:
        lines.append((_now("住院过程"), _now("不完整"), _now("清单注明未完成治疗出院")))
    return lines
