"""What a trial asks, in words."""

from collections.abc import Mapping
from decimal import Decimal

from django.utils.translation import gettext as _

from insurance_settlement.engine.trial import Overrides
from insurance_settlement.models import PricingTrial
from ops_platform.kernel import Line
from ops_platform.web import formats

MOST_LISTED = 12


def words_of(trial: PricingTrial) -> list[Line]:
    """Its changes, in the order in which they apply."""
    overrides = Overrides.of(trial.overrides)
    book = _("各月计价时的价格规则")
    if trial.draft:
        book = _("上传的草稿(没有导入)")
    elif trial.price_book:
        book = str(trial.price_book)
    found = [Line(_("价格规则"), book)]
    if trial.scheme:
        found.append(Line(_("分组方案"), _("%s；与原来的方案不同时重新分组") % trial.scheme))
    if overrides.unit_value is not None:
        found.append(Line(_("费率或点值"), _("%s 元") % _number(overrides.unit_value)))
    for title, values in ((_("权重或分值"), overrides.weights), (_("机构系数"), overrides.coefficients)):
        if values:
            found.append(Line(title, _listed(values)))
    for title, value in ((_("低倍率界限"), overrides.low_below), (_("高倍率界限"), overrides.high_above)):
        if value is not None:
            found.append(Line(title, _("%s 倍") % _number(value)))
    if overrides.high_share is not None:
        found.append(Line(_("高倍率支付比例"), formats.percent(overrides.high_share)))
    return found


def _listed(values: Mapping[str, Decimal]) -> str:
    told = "，".join(f"{code} {_number(value)}" for code, value in sorted(values.items())[:MOST_LISTED])
    return told + (_(" 等 %s 个") % len(values) if len(values) > MOST_LISTED else "")


def _number(value: Decimal) -> str:
    return format(value.normalize(), "f") if value else "0"
