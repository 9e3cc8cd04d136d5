"""Amounts and months as sentences say them."""

from decimal import Decimal

from django.utils.translation import gettext as _

from ops_platform.web import formats


def amount(value: Decimal) -> str:
    """Without its sign, in 万元 from ten thousand yuan on."""
    size = abs(value)
    return _("%s 万元") % formats.wan(size) if size >= formats.TEN_THOUSAND else _("%s 元") % formats.money(size)


def signed(value: Decimal) -> str:
    """With its sign."""
    return f"-{amount(value)}" if value < 0 else amount(value)


def moved(value: Decimal) -> str:
    """增加 or 减少 with the amount."""
    return _("增加 %s") % amount(value) if value > 0 else _("减少 %s") % amount(value)


def month(period: str) -> str:
    """2026-09 as 9 月."""
    return _("%s 月") % int(period[5:7])
