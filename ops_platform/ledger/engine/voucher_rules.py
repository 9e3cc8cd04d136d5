"""Vouchers from business events: which amount of an event goes to which accounts, as a rule book says it.

Source: 政府会计制度 and 财会〔2018〕24号 (accounts: domain.md section 10; entries: 3.8). The rules themselves are data, so
that a hospital changes them without a programmer.

An event has lines; a line has attributes (fee class, class of its department, …), named amounts in fen that add up to
what happened, and dimensions. Each amount of a line is taken by the first posting of the event's type whose conditions
hold and which names that amount: it goes on the debit side of one account and on the credit side of another, and, where
the posting has a budget pair, once more in the budget books (平行记账). An account is fixed, or looked up in a table by an
attribute. Each leg keeps those dimensions of the line that the posting names for its side. Legs of the same account,
dimensions and side are added up; what adds up to nothing makes no leg. A negative amount stays on its side in red.

Law: debits = credits of the financial books = Σ amounts of the lines, as long as there is no finding. An amount that no
posting takes, or for which a table has no account, is a finding that names it; nothing is lost unsaid. An event with a
finding makes no entry. An event whose amounts are all zero makes none either, without a finding.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from ops_platform.kernel import Finding, Severity, digest_of, from_fen
from ops_platform.ledger.engine.chart import NO_DIMENSIONS, Book, Dimensions
from ops_platform.ledger.engine.entry import EntryInput, Leg, content_of, words

MOST_TOLD = 20


@dataclass(frozen=True, slots=True)
class Attribute:
    """What a line says of itself: its title, and its values with theirs where they are a fixed list."""

    title: str
    values: Mapping[str, str] = field(default_factory=dict)

    def words(self, value: str) -> str:
        """A value as people call it."""
        return self.values.get(value, value) or "未注明"


@dataclass(frozen=True, slots=True)
class EventForm:
    """What events of a type tell: attributes, names of amounts and dimensions of their lines."""

    code: str
    title: str
    attributes: Mapping[str, Attribute]
    amounts: Mapping[str, str]
    dimensions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class EventLine:
    """One line of an event: fen by the name of the amount."""

    attributes: Mapping[str, str]
    amounts: Mapping[str, int]
    dimensions: Dimensions = NO_DIMENSIONS


@dataclass(frozen=True, slots=True)
class BusinessEvent:
    """Something that happened and has to be booked. `type` and `key` recognise it for ever."""

    type: str
    key: str
    day: date
    summary: str
    lines: tuple[EventLine, ...]
    document: str = ""

    @property
    def total(self) -> int:
        """Fen of all amounts of all lines."""
        return sum(sum(line.amounts.values()) for line in self.lines)

    @property
    def digest(self) -> str:
        """Changes exactly when what the event tells changes."""
        return digest_of(
            {
                "type": self.type,
                "key": self.key,
                "day": self.day,
                "summary": self.summary,
                "document": self.document,
                "lines": [
                    [
                        dict(line.attributes),
                        dict(line.amounts),
                        {name: getattr(line.dimensions, name) for name in sorted(line.dimensions.given)},
                    ]
                    for line in self.lines
                ],
            }
        )


@dataclass(frozen=True, slots=True)
class AccountChoice:
    """A fixed account, or one by an attribute of the line."""

    fixed: str = ""
    by: str = ""
    table: Mapping[str, str] = field(default_factory=dict)

    def account(self, attributes: Mapping[str, str]) -> str:
        """The account for a line; empty where the table knows none."""
        return self.fixed or self.table.get(attributes.get(self.by, ""), "")

    @property
    def accounts(self) -> tuple[str, ...]:
        """All accounts that it may choose."""
        return (self.fixed,) if self.fixed else tuple(self.table.values())


@dataclass(frozen=True, slots=True)
class Pair:
    """Debit and credit of one book, with the dimensions that each leg keeps."""

    debit: AccountChoice
    credit: AccountChoice
    debit_dimensions: frozenset[str] = frozenset()
    credit_dimensions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Posting:
    """One rule: the amounts that it takes of lines on which all conditions hold, and where they go."""

    title: str
    amounts: frozenset[str]
    pair: Pair
    conditions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    budget: Pair | None = None

    def takes(self, name: str, attributes: Mapping[str, str]) -> bool:
        """Whether it is for that amount of such a line."""
        return name in self.amounts and all(
            attributes.get(attribute, "") in allowed for attribute, allowed in self.conditions.items()
        )

    @property
    def pairs(self) -> tuple[tuple[Book, Pair], ...]:
        """Its pairs, the financial one first."""
        financial = ((Book.FINANCIAL, self.pair),)
        return (*financial, (Book.BUDGET, self.budget)) if self.budget else financial


RuleBook = Mapping[str, tuple[Posting, ...]]
"""Postings by event type, in the order in which they are tried."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What the rules make of an event. `taken` explains it: fen by the title of the posting. No entry when there are
    findings, or nothing to book."""

    entry: EntryInput | None
    findings: tuple[Finding, ...]
    taken: tuple[tuple[str, int], ...]

    @property
    def digest(self) -> str:
        """Changes exactly when what would be booked changes; empty when nothing would be."""
        return outcome_digest(self.entry) if self.entry else ""


def outcome_digest(entry: EntryInput) -> str:
    """Of all that an entry books, but not of the key under which it does so."""
    return digest_of(
        {
            "day": entry.day,
            "summary": words(entry.summary),
            "document": entry.document,
            "legs": [content_of(leg) for leg in entry.legs],
        }
    )


def taken_by(event: BusinessEvent, postings: Sequence[Posting]) -> Iterator[tuple[EventLine, str, int, Posting | None]]:
    """Each amount of the event that is not zero: line, name, fen, and the posting that takes it, None where none does."""
    for line in event.lines:
        for name, fen in line.amounts.items():
            if fen:
                yield line, name, fen, next((each for each in postings if each.takes(name, line.attributes)), None)


def entry_of(event: BusinessEvent, form: EventForm, postings: Sequence[Posting], key: str = "") -> Draft:
    """The entry that the postings make of the event, under its own key or the one given."""
    sums: dict[tuple[Book, bool, str, Dimensions], int] = defaultdict(int)
    taken: dict[str, int] = defaultdict(int)
    findings: list[Finding] = []
    for line, name, fen, posting in taken_by(event, postings):
        if posting is None:
            findings.append(_not_taken(event, form, line, name, fen))
            continue
        legs = list(_legs(posting, line, fen))
        if not all(account for (_, _, account, _), _ in legs):
            findings.append(_no_account(event, form, line, name, fen, posting))
            continue
        taken[posting.title] += fen
        for place, amount in legs:
            sums[place] += amount
    legs_ = tuple(
        Leg(account, debit=0 if is_credit else fen, credit=fen if is_credit else 0, dimensions=dimensions)
        for (_, is_credit, account, dimensions), fen in sorted(sums.items(), key=_order)
        if fen
    )
    entry = None
    if legs_ and not findings:
        entry = EntryInput(
            day=event.day,
            summary=event.summary,
            source=event.type,
            key=key or event.key,
            legs=legs_,
            document=event.document,
        )
    return Draft(entry=entry, findings=tuple(findings[:MOST_TOLD]), taken=tuple(sorted(taken.items())))


Place = tuple[Book, bool, str, Dimensions]


def _legs(posting: Posting, line: EventLine, fen: int) -> Iterator[tuple[Place, int]]:
    for book, pair in posting.pairs:
        yield (
            (book, False, pair.debit.account(line.attributes), line.dimensions.only(pair.debit_dimensions)),
            fen,
        )
        yield (
            (book, True, pair.credit.account(line.attributes), line.dimensions.only(pair.credit_dimensions)),
            fen,
        )


def _order(item: tuple[Place, int]) -> tuple[bool, bool, str, Dimensions]:
    (book, is_credit, account, dimensions), _ = item
    return book is Book.BUDGET, is_credit, account, dimensions


def _line_words(form: EventForm, line: EventLine) -> str:
    return "、".join(
        f"{form.attributes[name].title} {form.attributes[name].words(value)}" if name in form.attributes else value
        for name, value in line.attributes.items()
    )


def _not_taken(event: BusinessEvent, form: EventForm, line: EventLine, name: str, fen: int) -> Finding:
    return Finding(
        code="ledger.no_posting",
        severity=Severity.BLOCKING,
        message=f"{form.title} {event.key}：{_line_words(form, line)} 的{form.amounts.get(name, name)}"
        f" {from_fen(fen):,} 元没有适用的凭证规则，请补充凭证规则或更正数据。",
        subject=f"{event.type} {event.key}",
    )


def _no_account(
    event: BusinessEvent, form: EventForm, line: EventLine, name: str, fen: int, posting: Posting
) -> Finding:
    return Finding(
        code="ledger.no_account",
        severity=Severity.BLOCKING,
        message=f"{form.title} {event.key}：{_line_words(form, line)} 的{form.amounts.get(name, name)}"
        f" {from_fen(fen):,} 元在规则「{posting.title}」中没有对应的科目，请补充凭证规则。",
        subject=f"{event.type} {event.key}",
    )
