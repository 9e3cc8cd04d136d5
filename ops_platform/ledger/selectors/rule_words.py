"""Voucher rules in whole sentences, for people of finance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ops_platform.ledger import events
from ops_platform.ledger.engine.chart import DIMENSION_TITLES, Book
from ops_platform.ledger.engine.rule_changes import Change, TypeChanges
from ops_platform.ledger.engine.voucher_rules import AccountChoice, EventForm, Posting, RuleBook
from ops_platform.ledger.models import Account

BOOKS = {Book.FINANCIAL: "财务会计", Book.BUDGET: "预算会计"}
CHANGES = {Change.ADDED: "新增", Change.DROPPED: "删除", Change.CHANGED: "修改", Change.MOVED: "调整顺序"}
CHANGE_TONES = {Change.ADDED: "good", Change.DROPPED: "bad", Change.CHANGED: "warn", Change.MOVED: "info"}


@dataclass(frozen=True, slots=True)
class SideWords:
    """One side: a fixed account in words, or by which attribute it is chosen and the accounts with their values; and the
    dimensions that its legs carry."""

    account: str
    by: str
    table: tuple[tuple[str, str], ...]
    dimensions: str


@dataclass(frozen=True, slots=True)
class PairWords:
    """Debit and credit of one book."""

    book: str
    debit: SideWords
    credit: SideWords


@dataclass(frozen=True, slots=True)
class PostingWords:
    """A posting: of which lines (`when`, "" for all), which amounts, to which accounts."""

    title: str
    when: str
    amounts: str
    pairs: tuple[PairWords, ...]


@dataclass(frozen=True, slots=True)
class TypeWords:
    """The postings of a type of events in the order in which they are tried. `shipped`: the rule book says nothing of the
    type, so that those hold which came with it. `faults`: what keeps them from booking, said at each posting's number."""

    code: str
    title: str
    postings: tuple[PostingWords, ...]
    shipped: bool = False
    known: bool = True


@dataclass(frozen=True, slots=True)
class ChangeWords:
    """A change of a posting, before and after; `differs` names the parts (and books) that are not the same."""

    change: str
    tone: str
    title: str
    before: PostingWords | None
    after: PostingWords | None
    differs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TypeChangeWords:
    """What changes for a type."""

    title: str
    changes: tuple[ChangeWords, ...]
    unchanged: int


def account_names() -> Mapping[str, str]:
    """Names of the unified accounts, by code; one query."""
    return dict(Account.objects.filter(institution=None).order_by("code").values_list("code", "name"))


def book_words(book: RuleBook, names: Mapping[str, str]) -> tuple[TypeWords, ...]:
    """A rule book type by type, those included of which it says nothing."""
    told = []
    for kind in events.event_types():
        postings = book.get(kind.form.code)
        shipped = tuple(posting_words(each, kind.form, names) for each in kind.shipped)
        if postings:
            listed = tuple(posting_words(each, kind.form, names) for each in postings)
            told.append(TypeWords(kind.form.code, kind.form.title, listed))
        else:
            told.append(TypeWords(kind.form.code, kind.form.title, shipped, shipped=bool(shipped)))
    known = {each.code for each in told}
    return (*told, *(TypeWords(code, code, (), known=False) for code in sorted(set(book) - known)))


def posting_words(posting: Posting, form: EventForm | None, names: Mapping[str, str]) -> PostingWords:
    """A posting in words; where the type is not known any more, by its codes."""
    when = []
    for name, values in posting.conditions.items():
        attribute = form.attributes.get(name) if form else None
        title = attribute.title if attribute else name
        told = [attribute.words(value) if attribute else value for value in _ordered(values, form, name)]
        when.append(f"{title}为{'、'.join(told)}")
    amounts = form.amounts if form else {}
    listed = [
        amounts.get(name, name) for name in sorted(posting.amounts, key=lambda name: [*amounts, name].index(name))
    ]
    return PostingWords(
        title=posting.title,
        when="，且".join(when),
        amounts="、".join(listed),
        pairs=tuple(
            PairWords(
                BOOKS[book],
                _side(pair.debit, pair.debit_dimensions, form, names),
                _side(pair.credit, pair.credit_dimensions, form, names),
            )
            for book, pair in posting.pairs
        ),
    )


def _ordered(values: frozenset[str], form: EventForm | None, name: str) -> Sequence[str]:
    """Values as the type lists them."""
    attribute = form.attributes.get(name) if form else None
    listed = [value for value in attribute.values if value in values] if attribute else []
    return [*listed, *sorted(values - set(listed))]


def _side(
    choice: AccountChoice, dimensions: frozenset[str], form: EventForm | None, names: Mapping[str, str]
) -> SideWords:
    kept = "、".join(title for name, title in DIMENSION_TITLES.items() if name in dimensions)
    if choice.fixed:
        return SideWords(account_words(choice.fixed, names), "", (), kept)
    attribute = form.attributes.get(choice.by) if form else None
    grouped: dict[str, list[str]] = {}
    for value in _ordered(frozenset(choice.table), form, choice.by):
        told = attribute.words(value) if attribute else value
        grouped.setdefault(choice.table[value], []).append(told)
    table = tuple(("、".join(told), account_words(code, names)) for code, told in grouped.items())
    return SideWords("", attribute.title if attribute else choice.by, table, kept)


def account_words(code: str, names: Mapping[str, str]) -> str:
    """1002 银行存款"""
    return f"{code} {names[code]}" if code in names else f"{code}(统一科目表中没有)"


def change_words(changes: Sequence[TypeChanges], names: Mapping[str, str]) -> tuple[TypeChangeWords, ...]:
    """What another rule book changes, in words."""
    forms, told = events.forms(), []
    for of_type in changes:
        form = forms.get(of_type.event_type)
        listed = []
        for each in of_type.changes:
            before = posting_words(each.before, form, names) if each.before else None
            after = posting_words(each.after, form, names) if each.after else None
            listed.append(
                ChangeWords(
                    CHANGES[each.change],
                    CHANGE_TONES[each.change],
                    each.title,
                    None if each.change is Change.MOVED else before,
                    after,
                    _differs(before, after),
                )
            )
        title = form.title if form else of_type.event_type
        told.append(TypeChangeWords(title, tuple(listed), of_type.unchanged))
    return tuple(told)


def _differs(before: PostingWords | None, after: PostingWords | None) -> frozenset[str]:
    if before is None or after is None:
        return frozenset()
    pairs = {pair.book: pair for pair in before.pairs}
    books = {pair.book for pair in after.pairs if pairs.get(pair.book) != pair}
    gone = set(pairs) - {pair.book for pair in after.pairs}
    words = {part for part in ("when", "amounts") if getattr(before, part) != getattr(after, part)}
    return frozenset(words | books | gone)
