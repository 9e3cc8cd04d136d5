"""What stands behind a line of a statement, in words: accounts, flows of cash, parts of the difference of the surpluses."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from ops_platform.ledger.engine.statements import CASH_SUMMARY, SURPLUS_CAUSES

CASH_WORDS = {
    "opening": _("期初现金"),
    "closing": _("账面货币资金"),
    "unknown": _("未按来源划分"),
    "in": _("收款"),
    "out": _("付款"),
    "in-internal": _("成员单位间收款"),
    "out-internal": _("成员单位间付款"),
}


def said_of_cash(key: str, names: Mapping[str, str]) -> tuple[str, str]:
    """A source of the cash summary ("in:410101") in words, and the counter account behind it (nothing where none is)."""
    way, _colon, account = key.partition(":")
    words = str(CASH_WORDS.get(way, way))
    if not account:
        return words, ""
    return f"{words} {account} {names.get(account, '')}".strip(), account if account in names else ""


CAUSE_WORDS = {
    "debit": _("借方"),
    "credit": _("贷方"),
    "money": _("货币资金减资金结存"),
    "unknown": _("未按原因划分"),
}


def said_of_cause(key: str, names: Mapping[str, str]) -> str:
    """A part of the difference of the surpluses ("debit:1212") in words."""
    way, _colon, account = key.partition(":")
    words = str(CAUSE_WORDS.get(way, way))
    return f"{account} {names.get(account, '')} {words}" if account else words


def said_of_source(layout: str, key: str, names: Mapping[str, str]) -> str:
    """A source of a statement in words."""
    if layout == CASH_SUMMARY:
        return said_of_cash(key, names)[0]
    if layout == SURPLUS_CAUSES and not key.isdigit():
        return said_of_cause(key, names)
    return f"{key} {names.get(key, '')}".strip()
