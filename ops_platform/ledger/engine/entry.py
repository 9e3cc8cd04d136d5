"""What an entry must be before it may be booked.

An entry has two or more legs; each leg debits or credits one leaf account, in fen, not zero. A negative amount is a red
figure (红字): it takes back on the same side, so that turnovers stay true. In each book that the entry touches, debits
equal credits. A leg carries every dimension that its account requires and none that it does not know. The digest covers
all that the entry says, so that a repeat of the same is recognised and other content under the same key is refused.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ops_platform.kernel import Finding, Severity, digest_of, from_fen
from ops_platform.ledger.engine.chart import DIMENSION_TITLES, NO_DIMENSIONS, Account, Book, Dimensions

FEWEST_LEGS = 2
MOST_LEGS = 5_000
LONGEST_WORDS = 200
# Fen: 一万亿元, for a leg and for all legs of a side. Far above every hospital's books and far below what the columns of
# balances hold (9,999 such entries), so that one slip of the keyboard never blocks an account.
LARGEST = 100_000_000_000_000


@dataclass(frozen=True, slots=True)
class Leg:
    """One line of an entry: fen on one side of an account."""

    account: str
    debit: int = 0
    credit: int = 0
    dimensions: Dimensions = NO_DIMENSIONS
    summary: str = ""

    def reversed(self) -> "Leg":
        """The same in red."""
        return replace(self, debit=-self.debit, credit=-self.credit)


@dataclass(frozen=True, slots=True)
class EntryInput:
    """What somebody wants to book: `source` and `key` say where it comes from and recognise a repeat; `document` names
    the source document in words that its own app understands."""

    day: date
    summary: str
    source: str
    key: str
    legs: tuple[Leg, ...]
    document: str = ""

    @property
    def digest(self) -> str:
        """By which the same input is recognised."""
        return digest_of(
            {
                "day": self.day,
                "summary": words(self.summary),
                "source": self.source,
                "key": self.key,
                "document": self.document,
                "legs": [content_of(leg) for leg in self.legs],
            }
        )


def content_of(leg: Leg) -> dict[str, object]:
    """A leg as it goes into digests: without what it does not say."""
    told = {name: value for name in DIMENSION_TITLES if (value := getattr(leg.dimensions, name))}
    return {"account": leg.account, "debit": leg.debit, "credit": leg.credit, "summary": words(leg.summary)} | told


def words(text: str) -> str:
    """What somebody wrote, on one line: as it is kept, printed and digested."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def debit(account: str, fen: int, dimensions: Dimensions = NO_DIMENSIONS, summary: str = "") -> Leg:
    """A leg on the debit side (借)."""
    return Leg(account, debit=fen, dimensions=dimensions, summary=summary)


def credit(account: str, fen: int, dimensions: Dimensions = NO_DIMENSIONS, summary: str = "") -> Leg:
    """A leg on the credit side (贷)."""
    return Leg(account, credit=fen, dimensions=dimensions, summary=summary)


def totals(legs: Sequence[Leg], chart: Mapping[str, Account]) -> dict[Book, tuple[int, int]]:
    """Debits and credits of each book, in fen."""
    sums: dict[Book, tuple[int, int]] = {}
    for leg in legs:
        account = chart.get(leg.account)
        if account:
            debits, credits_ = sums.get(account.book, (0, 0))
            sums[account.book] = (debits + leg.debit, credits_ + leg.credit)
    return sums


def faults_of(entry: EntryInput, chart: Mapping[str, Account], *, mirror: bool = False) -> tuple[Finding, ...]:
    """All that is wrong with the entry; empty when it may be booked. A `mirror` takes back what stands in the books: its
    accounts may have been closed since, got accounts below them, or ask for more dimensions now."""
    return tuple(_faults(entry, chart, mirror=mirror))


def _faults(entry: EntryInput, chart: Mapping[str, Account], *, mirror: bool) -> Iterator[Finding]:
    if not words(entry.summary):
        yield _fault("ledger.summary_missing", "请填写摘要。", "summary")
    if any(len(words(text)) > LONGEST_WORDS for text in (entry.summary, *(leg.summary for leg in entry.legs))):
        yield _fault("ledger.summary_too_long", f"摘要最多 {LONGEST_WORDS} 个字。", "summary")
    if not FEWEST_LEGS <= len(entry.legs) <= MOST_LEGS:
        yield _fault(
            "ledger.number_of_legs", f"一张凭证须有 {FEWEST_LEGS} 至 {MOST_LEGS} 条分录，现有 {len(entry.legs)} 条。"
        )
    for number, leg in enumerate(entry.legs, start=1):
        yield from _leg_faults(number, leg, chart, mirror=mirror)
    yield from _size_faults(entry.legs)
    for book, (debits, credits_) in totals(entry.legs, chart).items():
        if debits != credits_:
            name = "财务会计" if book is Book.FINANCIAL else "预算会计"
            yield _fault(
                "ledger.not_balanced",
                f"{name}借贷不平：借方 {from_fen(debits):,}，贷方 {from_fen(credits_):,}，"
                f"相差 {from_fen(abs(debits - credits_)):,} 元。",
            )


def _size_faults(legs: Sequence[Leg]) -> Iterator[Finding]:
    most = f"{from_fen(LARGEST):,} 元"
    large = [number for number, leg in enumerate(legs, start=1) if max(abs(leg.debit), abs(leg.credit)) > LARGEST]
    for number in large:
        yield _fault(
            "ledger.amount_too_large", f"第 {number} 条分录的金额超过 {most}，请核对小数点和单位。", str(number)
        )
    if not large and max(sum(abs(leg.debit) for leg in legs), sum(abs(leg.credit) for leg in legs)) > LARGEST:
        yield _fault("ledger.amount_too_large", f"凭证的借方或贷方合计超过 {most}，请核对，或分成几张凭证。")


def _leg_faults(number: int, leg: Leg, chart: Mapping[str, Account], *, mirror: bool) -> Iterator[Finding]:
    where = f"第 {number} 条分录"
    if (leg.debit == 0) == (leg.credit == 0):
        yield _fault("ledger.one_side", f"{where}须且只能在借方或贷方填一个不为零的金额。", str(number))
    account = chart.get(leg.account)
    if account is None:
        yield _fault("ledger.unknown_account", f"{where}的科目 {leg.account} 不在本机构的科目表中。", str(number))
        return
    if mirror:
        return
    words = f"{where}的科目 {account.code} {account.name}"
    if not account.leaf:
        yield _fault("ledger.not_a_leaf", f"{words} 下有明细科目，请记入明细科目。", str(number))
    if account.closed:
        yield _fault("ledger.account_closed", f"{words} 已停用，请改用其他科目。", str(number))
    missing = [DIMENSION_TITLES[name] for name in DIMENSION_TITLES if name in account.required - leg.dimensions.given]
    if missing:
        yield _fault("ledger.dimension_missing", f"{words} 必须注明{'、'.join(missing)}。", str(number))
    unknown = leg.dimensions.given - account.required - account.optional
    if unknown:
        names = "、".join(DIMENSION_TITLES[name] for name in DIMENSION_TITLES if name in unknown)
        yield _fault("ledger.dimension_not_kept", f"{words} 不按{names}核算，请去掉。", str(number))


def _fault(code: str, message: str, subject: str = "") -> Finding:
    return Finding(code=code, severity=Severity.BLOCKING, message=message, subject=subject)


def red(entry: EntryInput, *, day: date, summary: str, key: str) -> EntryInput:
    """The entry that takes another back in full (红字冲销): the same legs in red."""
    return EntryInput(
        day=day,
        summary=summary,
        source=entry.source,
        key=key,
        legs=tuple(leg.reversed() for leg in entry.legs),
        document=entry.document,
    )
