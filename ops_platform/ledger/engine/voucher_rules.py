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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeGuard

from ops_platform.kernel import Finding, Severity, digest_of, from_fen
from ops_platform.ledger.engine.chart import DIMENSION_TITLES, NO_DIMENSIONS, Account, Book, Dimensions
from ops_platform.ledger.engine.entry import EntryInput, Leg, content_of, words

MOST_TOLD = 20
LONGEST_TITLE = 60


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


def entry_of(event: BusinessEvent, form: EventForm, postings: Sequence[Posting], key: str = "") -> Draft:
    """The entry that the postings make of the event, under its own key or the one given."""
    sums: dict[tuple[Book, bool, str, Dimensions], int] = defaultdict(int)
    taken: dict[str, int] = defaultdict(int)
    findings: list[Finding] = []
    for line in event.lines:
        for name, fen in line.amounts.items():
            if not fen:
                continue
            posting = next((each for each in postings if each.takes(name, line.attributes)), None)
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


# The rule book as data: {event type: [{"title", "when"?, "amounts", "debit", "credit", "debit_dimensions"?,
# "credit_dimensions"?, "budget"?: {"debit", "credit", …}}, …]}; an account is "1002" or {"by": attribute,
# "accounts": {value: account}}; a condition is {attribute: value or [values]}.

_PAIR = {"debit", "credit", "debit_dimensions", "credit_dimensions"}
_POSTING = _PAIR | {"title", "when", "amounts", "budget"}


class _Faults(list[Finding]):
    """What is wrong with a rule book, each with its place."""

    def add(self, where: str, what: str) -> None:
        self.append(
            Finding(code="ledger.rule_book", severity=Severity.BLOCKING, message=f"{where}：{what}", subject=where)
        )


def read_rule_book(body: Any) -> tuple[RuleBook, tuple[Finding, ...]]:
    """The rule book in a JSON body and what is wrong with its form. Never raises, whatever stands in it."""
    faults, book = _Faults(), {}
    if not isinstance(body, dict):
        faults.add("凭证规则", "应为 {业务类型: [规则, …]}。")
        body = {}
    for event_type, rows in body.items():
        if not isinstance(rows, list) or not rows:
            faults.add(str(event_type), "应为一条以上规则的列表。")
            continue
        postings = [_posting(row, f"{event_type} 第 {number} 条", faults) for number, row in enumerate(rows, start=1)]
        titles = [posting.title for posting in postings if posting]
        for title in sorted({title for title in titles if titles.count(title) > 1}):
            faults.add(str(event_type), f"有两条规则都叫「{title}」。")
        book[str(event_type)] = tuple(posting for posting in postings if posting)
    return book, tuple(faults)


def _posting(row: Any, where: str, faults: _Faults) -> Posting | None:
    before = len(faults)
    if not isinstance(row, dict):
        faults.add(where, "应为一条规则。")
        return None
    for name in sorted(set(map(str, row)) - _POSTING):
        faults.add(where, f"不认识的项「{name}」。")
    title = row.get("title")
    if not _plain(title) or not words(title) or len(title) > LONGEST_TITLE:
        faults.add(where, f"title 应为不超过 {LONGEST_TITLE} 字的规则名称。")
    amounts = _texts(row.get("amounts"), where, "amounts", faults)
    if not amounts:
        faults.add(where, "amounts 应写明处理哪些金额。")
    conditions = {}
    when = row.get("when", {})
    if isinstance(when, dict):
        for name, values in when.items():
            conditions[str(name)] = frozenset(_texts(values, where, f"when {name}", faults, empty=True))
    else:
        faults.add(where, "when 应为 {属性: 值}。")
    pair = _pair(row, where, faults)
    budget = None
    if "budget" in row:
        if isinstance(row["budget"], dict):
            for name in sorted(set(map(str, row["budget"])) - _PAIR):
                faults.add(where, f"budget 中有不认识的项「{name}」。")
            budget = _pair(row["budget"], f"{where}(预算会计)", faults)
        else:
            faults.add(where, "budget 应写明预算会计的借方与贷方。")
    if len(faults) > before:
        return None
    return Posting(title=str(title), amounts=frozenset(amounts), pair=pair, conditions=conditions, budget=budget)


def _pair(row: Mapping[str, Any], where: str, faults: _Faults) -> Pair:
    kept = {}
    for side in ("debit_dimensions", "credit_dimensions"):
        names = frozenset(_texts(row.get(side, []), where, side, faults))
        for name in sorted(names - set(DIMENSION_TITLES)):
            faults.add(where, f"{side} 中没有辅助核算「{name}」。")
        kept[side] = names & frozenset(DIMENSION_TITLES)
    return Pair(
        debit=_choice(row.get("debit"), where, "debit", faults),
        credit=_choice(row.get("credit"), where, "credit", faults),
        **kept,
    )


def _choice(value: Any, where: str, side: str, faults: _Faults) -> AccountChoice:
    if _plain(value):
        return AccountChoice(fixed=value)
    if isinstance(value, dict) and set(value) == {"by", "accounts"}:
        by, table = value["by"], value["accounts"]
        known = isinstance(table, dict) and table and all(map(_plain, (*table, *table.values())))
        if known and _plain(by):
            return AccountChoice(by=by, table=dict(table))
    faults.add(where, f'{side} 应为科目代码，或 {{"by": 属性, "accounts": {{值: 科目代码}}}}。')
    return AccountChoice()


def _plain(value: Any) -> TypeGuard[str]:
    """A text that says something and can be printed and kept."""
    return isinstance(value, str) and value != "" and value.isprintable()


def _texts(value: Any, where: str, name: str, faults: _Faults, *, empty: bool = False) -> tuple[str, ...]:
    """A text or a list of texts."""
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(_plain(each) or (empty and each == "") for each in listed):
        faults.add(where, f"{name} 应为文本或文本列表。")
        return ()
    return tuple(listed)


def faults_of_book(book: RuleBook, forms: Mapping[str, EventForm], chart: Mapping[str, Account]) -> tuple[Finding, ...]:
    """What a rule book says that events, chart or dimensions do not know; it could never book, or would lose something."""
    faults = _Faults()
    for event_type, postings in book.items():
        form = forms.get(event_type)
        if form is None:
            faults.add(event_type, "没有这种业务类型。")
            continue
        for number, posting in enumerate(postings, start=1):
            _check_posting(posting, form, chart, f"{event_type} 第 {number} 条「{posting.title}」", faults)
        for name in sorted(set(form.amounts) - {each for posting in postings for each in posting.amounts}):
            faults.add(event_type, f"没有规则处理「{form.amounts[name]}」({name})。")
    return tuple(faults)


def _check_posting(
    posting: Posting, form: EventForm, chart: Mapping[str, Account], where: str, faults: _Faults
) -> None:
    for name in sorted(posting.amounts - set(form.amounts)):
        faults.add(where, f"{form.title}没有金额「{name}」，应为 {'、'.join(form.amounts)}。")
    for name, values in posting.conditions.items():
        _check_values(name, values, form, where, faults)
    for book, pair in posting.pairs:
        for choice, dimensions in ((pair.debit, pair.debit_dimensions), (pair.credit, pair.credit_dimensions)):
            if choice.by:
                _check_values(choice.by, choice.table, form, where, faults)
            for name in sorted(dimensions - form.dimensions):
                faults.add(where, f"{form.title}不带辅助核算「{DIMENSION_TITLES[name]}」。")
            for code in choice.accounts:
                _check_account(code, book, dimensions, chart, where, faults)


def _check_values(name: str, values: Iterable[str], form: EventForm, where: str, faults: _Faults) -> None:
    attribute = form.attributes.get(name)
    if attribute is None:
        faults.add(where, f"{form.title}没有属性「{name}」，应为 {'、'.join(form.attributes)}。")
        return
    for value in sorted(set(values) - set(attribute.values) - {""}) if attribute.values else ():
        faults.add(where, f"{attribute.title}没有「{value}」。")


def _check_account(
    code: str, book: Book, dimensions: frozenset[str], chart: Mapping[str, Account], where: str, faults: _Faults
) -> None:
    account = chart.get(code)
    if account is None:
        faults.add(where, f"统一科目表中没有科目 {code}。")
        return
    name = f"{account.code} {account.name}"
    if account.book is not book:
        faults.add(where, f"{name} 不是{'预算' if book is Book.BUDGET else '财务'}会计科目。")
    if not account.leaf:
        faults.add(where, f"{name} 下有明细科目，请选明细科目。")
    if account.closed:
        faults.add(where, f"{name} 已停用。")
    for missing in sorted(account.required - dimensions):
        faults.add(where, f"{name} 必须注明{DIMENSION_TITLES[missing]}。")
    for unknown in sorted(dimensions - account.required - account.optional):
        faults.add(where, f"{name} 不按{DIMENSION_TITLES[unknown]}核算。")
