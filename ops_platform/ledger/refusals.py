"""What the database refuses, in words."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DataError, IntegrityError, transaction

from ops_platform.kernel import Conflict, DomainError
from ops_platform.ledger.models import Account
from ops_platform.masterdata.models import Institution

NUMERIC_OVERFLOW = "22003"


@contextmanager
def in_words(institution: Institution) -> Iterator[None]:
    """A savepoint: what a guard of the database refuses inside leaves as a refusal of the trade, and nothing is written."""
    try:
        with overflow_in_words():
            yield
    except IntegrityError as error:
        refusal = _refusal(institution, error)
        if refusal is None:
            raise
        raise refusal from error


@contextmanager
def overflow_in_words() -> Iterator[None]:
    """A savepoint: sums that no column holds leave as a refusal, and nothing is written."""
    try:
        with transaction.atomic():
            yield
    except DataError as error:
        if getattr(getattr(error.__cause__, "diag", None), "sqlstate", "") != NUMERIC_OVERFLOW:
            raise
        raise Conflict(
            "ledger.balance_too_large",
            "科目余额或待记账占用的合计超出可以记录的范围，未保存。请核对金额，并作废误录的待记账凭证。",
        ) from error


def _refusal(institution: Institution, error: IntegrityError) -> DomainError | None:
    diagnosis = getattr(error.__cause__, "diag", None)
    constraint = getattr(diagnosis, "constraint_name", None)
    if constraint == "ledger_no_overdraft":
        code, _dimension, left = str(getattr(diagnosis, "message_detail", "")).split(" ")
        name = Account.objects.filter(code=code).values_list("name", flat=True).first()
        return Conflict(
            "ledger.overdrawn",
            f"{institution.name} 的 {code} {name} 余额不足，还差 {left.lstrip('-')} 元，未记账。"
            "请减少金额，或先补足余额、作废占用余额的待记账凭证。",
            account=code,
            short=left.lstrip("-"),
        )
    if constraint == "ledger_period_open":
        return Conflict("ledger.period_closed", "该期间已结账，不能记账。请先反结账，或改记到未结账的期间。")
    if constraint == "ledger_opening_before_first_period":
        return Conflict(
            "ledger.before_books",
            f"{institution.name} 的账套从 {institution.first_period} 开始，更早的日期只能录入期初余额。",
        )
    if constraint == "ledger_leg_fits":
        return Conflict("ledger.account_changed", "科目刚刚有变动(停用、设了明细或需要往来机构)，请刷新后重填。")
    if constraint == "ledger_reversal_mirrors":
        return Conflict(
            "ledger.not_a_mirror",
            "冲销凭证必须与原凭证是同一机构，科目、辅助核算逐条相同，金额相反。请从原凭证上重新发起冲销。",
        )
    if constraint == "ledger_not_ahead":
        return Conflict("ledger.in_the_future", "记账日期还没有到，请核对日期。")
    if constraint == "ledger_resolved_once":
        return Conflict("ledger.resolved_already", "这张待记账凭证已经处理过了，请刷新页面。")
    return None
