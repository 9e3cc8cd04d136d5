"""The monthly report to the insurer (医保月报): visits and fees by insurer and scheme, and what insurers owe by the books.

Source: none official is at hand; the definitions are this system's own and stand on the report (DEFINITIONS). All sums are
fen. Per payer (insurer × scheme of the encounter):

- total = outpatient + inpatient; own = total - insured; ratio = insured / total, none where the total is not positive.
- fee per visit = outpatient / visits, fee per discharge = inpatient / discharges: yuan, rounded half up to the fen, none
  without visits (discharges).
- A payer is self-paying when the scheme says so, not stated when neither scheme nor insurer was reported, else insured.
  Law: insured + self-paying + not stated = charge income of the month.

Receivables per payer: closing = opening + added - settled; `added` is the debit side and `settled` the credit side, each
less its amounts in red. `from_charges` is that part of `added` which the vouchers of charges made. `expected` is what they
should have made: the insured part of those settings (outpatients, inpatients) that the voucher rules book as a receivable
on the day of the charge. Events tell the payer of outpatients only, so that inpatients are expected without payer.
Difference = expected - from_charges; tolerance 0. The insured part of other settings becomes a receivable later (at the
discharge settlement) and is told apart, not compared.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from ops_platform.kernel import from_fen

SELF_PAY = "self_pay"
BASIS_POINTS = 10_000
DEFINITIONS = (
    "门急诊人次：就诊时间在本月的门诊和急诊就诊数；出院人次：出院时间在本月的住院数。",
    "费用和医保支付按收费时间计入本月，退费以负数冲减；跨月住院的费用分别计入各月。个人自付 = 总费用 − 医保支付。",
    "支付比例 = 医保支付 ÷ 总费用。门急诊次均 = 门急诊费用 ÷ 门急诊人次；住院次均 = 本月住院费用 ÷ 出院人次。",
    "险种和经办机构以就诊记录为准。参保合计、自费、未报险种三项之和即本月收费收入。",
)


class PayerClass(StrEnum):
    """Where a payer stands on the report."""

    INSURED = "insured"
    SELF_PAY = "self_pay"
    NOT_STATED = "not_stated"


@dataclass(frozen=True, slots=True)
class Fees:
    """Visits and fees of a payer in a month, or of several; amounts in fen."""

    insurer: str = ""
    scheme: str = ""
    visits: int = 0
    discharges: int = 0
    outpatient: int = 0
    inpatient: int = 0
    insured_outpatient: int = 0
    insured_inpatient: int = 0

    @property
    def payer_class(self) -> PayerClass:
        """Insured, self-paying or not stated."""
        if self.scheme == SELF_PAY:
            return PayerClass.SELF_PAY
        return PayerClass.INSURED if self.scheme or self.insurer else PayerClass.NOT_STATED

    @property
    def total(self) -> int:
        """All fees."""
        return self.outpatient + self.inpatient

    @property
    def insured(self) -> int:
        """What the insurer pays."""
        return self.insured_outpatient + self.insured_inpatient

    @property
    def own(self) -> int:
        """What the patient pays."""
        return self.total - self.insured

    @property
    def ratio(self) -> Decimal | None:
        """Share that the insurer pays, to four decimals."""
        if self.total <= 0:
            return None
        return Decimal(_quotient(self.insured * BASIS_POINTS, self.total)).scaleb(-4)

    @property
    def fee_per_visit(self) -> Decimal | None:
        """Yuan."""
        return _mean(self.outpatient, self.visits)

    @property
    def fee_per_discharge(self) -> Decimal | None:
        """Yuan."""
        return _mean(self.inpatient, self.discharges)


def _mean(fen: int, count: int) -> Decimal | None:
    return from_fen(_quotient(fen, count)) if count else None


def _quotient(dividend: int, divisor: int) -> int:
    """Rounded to an integer, half away from zero; the divisor is positive."""
    size = (2 * abs(dividend) + divisor) // (2 * divisor)
    return size if dividend >= 0 else -size


def sum_of(rows: Iterable[Fees]) -> Fees:
    """Several payers together."""
    listed = list(rows)
    return Fees(
        visits=sum(row.visits for row in listed),
        discharges=sum(row.discharges for row in listed),
        outpatient=sum(row.outpatient for row in listed),
        inpatient=sum(row.inpatient for row in listed),
        insured_outpatient=sum(row.insured_outpatient for row in listed),
        insured_inpatient=sum(row.insured_inpatient for row in listed),
    )


@dataclass(frozen=True, slots=True)
class Receivable:
    """What a payer owes by the books in a month, or several; fen."""

    insurer: str = ""
    scheme: str = ""
    opening: int = 0
    added: int = 0
    settled: int = 0
    from_charges: int = 0
    expected: int = 0

    @property
    def closing(self) -> int:
        """What stands at the end of the month."""
        return self.opening + self.added - self.settled

    @property
    def difference(self) -> int:
        """What charges say less what their vouchers made."""
        return self.expected - self.from_charges

    @property
    def empty(self) -> bool:
        """Nothing stands and nothing moved or should have."""
        return not (self.opening or self.added or self.settled or self.from_charges or self.expected)


def total_receivable(rows: Iterable[Receivable]) -> Receivable:
    """Several payers together."""
    listed = list(rows)
    return Receivable(
        opening=sum(row.opening for row in listed),
        added=sum(row.added for row in listed),
        settled=sum(row.settled for row in listed),
        from_charges=sum(row.from_charges for row in listed),
        expected=sum(row.expected for row in listed),
    )


@dataclass(frozen=True, slots=True)
class FeeReport:
    """The fees of a month: payers, those who are insured together, the others, and all."""

    insured: tuple[Fees, ...]
    insured_total: Fees
    self_pay: Fees
    not_stated: Fees
    total: Fees


def fee_report(fees: Iterable[Fees]) -> FeeReport:
    """Payers sorted by insurer and scheme; self-paying patients and those without a payer are one line each."""
    rows = sorted(fees, key=lambda row: (row.insurer, row.scheme))
    of = {kind: [row for row in rows if row.payer_class is kind] for kind in PayerClass}
    return FeeReport(
        insured=tuple(of[PayerClass.INSURED]),
        insured_total=sum_of(of[PayerClass.INSURED]),
        self_pay=sum_of(of[PayerClass.SELF_PAY]),
        not_stated=sum_of(of[PayerClass.NOT_STATED]),
        total=sum_of(rows),
    )


@dataclass(frozen=True, slots=True)
class ReceivableReport:
    """The receivables of a month, and what of the insured part becomes one only later."""

    rows: tuple[Receivable, ...]
    total: Receivable
    later: int

    @property
    def agrees(self) -> bool:
        """Each row is what the charges say."""
        return not any(row.difference for row in self.rows)


def receivable_report(
    books: Iterable[Receivable], fees: Sequence[Fees], daily: Collection[str], insurer: str = ""
) -> ReceivableReport:
    """The books beside what the fees make them expect; `daily` are the settings that are booked on the day of the charge.
    With `insurer` only of that one."""
    expected: dict[tuple[str, str], int] = defaultdict(int)
    for row in fees:
        if "outpatient" in daily:
            expected[row.insurer, row.scheme] += row.insured_outpatient
        if "inpatient" in daily:
            expected["", ""] += row.insured_inpatient
    booked = {(row.insurer, row.scheme): row for row in books}
    rows = []
    for payer in sorted({*booked, *expected}):
        made = replace(booked.get(payer, Receivable(*payer)), expected=expected.get(payer, 0))
        if not made.empty and insurer in ("", made.insurer):
            rows.append(made)
    of_insurer = [row for row in fees if insurer in ("", row.insurer)]
    later = sum(0 if "outpatient" in daily else row.insured_outpatient for row in of_insurer)
    later += sum(0 if "inpatient" in daily else row.insured_inpatient for row in of_insurer)
    return ReceivableReport(tuple(rows), total_receivable(rows), later)
