"""The rule book as data: reading it, writing it, and what is wrong with it.

{event type: [{"title", "when"?, "amounts", "debit", "credit", "debit_dimensions"?, "credit_dimensions"?,
"budget"?: {"debit", "credit", …}}, …]}; an account is "1002" or {"by": attribute, "accounts": {value: account}}; a
condition is {attribute: value or [values]}. What the postings do with an event: `engine.voucher_rules`.

A rule book is faulty when its form is, or when it could never book: accounts that are unknown, closed, of the other book
or have accounts below them; attributes, amounts and dimensions that the event type does not tell; dimensions that an
account requires and the posting does not keep; an amount of a type that no posting names. Each fault is a finding whose
`subject` is its place: `event type/number of the posting/part`, e.g. `ledger.cost-voucher/2/budget/debit`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from ops_platform.kernel import Finding, Severity
from ops_platform.ledger.engine.chart import DIMENSION_TITLES, Account, Book
from ops_platform.ledger.engine.entry import words
from ops_platform.ledger.engine.voucher_rules import AccountChoice, EventForm, Pair, Posting, RuleBook

LONGEST_TITLE = 60
_PAIR = {"debit", "credit", "debit_dimensions", "credit_dimensions"}
_POSTING = _PAIR | {"title", "when", "amounts", "budget"}


@dataclass(frozen=True, slots=True)
class _Where:
    """A place in a rule book, in words and as a path."""

    words: str
    path: str

    def at(self, part: str) -> "_Where":
        """A part of it."""
        return _Where(self.words, f"{self.path}/{part}" if self.path else part)


class _Faults(list[Finding]):
    """What is wrong with a rule book, each with its place."""

    def add(self, where: _Where, what: str) -> None:
        self.append(
            Finding(
                code="ledger.rule_book",
                severity=Severity.BLOCKING,
                message=f"{where.words}：{what}",
                subject=where.path,
            )
        )


def read_rule_book(body: Any, titles: Mapping[str, str] | None = None) -> tuple[RuleBook, tuple[Finding, ...]]:
    """The rule book in a JSON body and what is wrong with its form, in which types are called by their titles where these
    are given. Never raises, whatever stands in it."""
    faults, book = _Faults(), {}
    if not isinstance(body, dict):
        faults.add(_Where("凭证规则", ""), "应为 {业务类型: [规则, …]}。")
        body = {}
    for event_type, rows in body.items():
        called = (titles or {}).get(event_type, str(event_type))
        if not isinstance(rows, list) or not rows:
            faults.add(_Where(called, str(event_type)), "应为一条以上规则的列表。")
            continue
        postings = [
            _posting(row, _Where(f"{called} 第 {number} 条", f"{event_type}/{number}"), faults)
            for number, row in enumerate(rows, start=1)
        ]
        named = [posting.title for posting in postings if posting]
        for title in sorted({title for title in named if named.count(title) > 1}):
            faults.add(_Where(called, str(event_type)), f"有两条规则都叫「{title}」。")
        book[str(event_type)] = tuple(posting for posting in postings if posting)
    return book, tuple(faults)


def _posting(row: Any, where: _Where, faults: _Faults) -> Posting | None:
    before = len(faults)
    if not isinstance(row, dict):
        faults.add(where, "应为一条规则。")
        return None
    for name in sorted(set(map(str, row)) - _POSTING):
        faults.add(where, f"不认识的项「{name}」。")
    title = row.get("title")
    if not _plain(title) or not words(title) or len(title) > LONGEST_TITLE:
        faults.add(where.at("title"), f"title 应为不超过 {LONGEST_TITLE} 字的规则名称。")
    amounts = _texts(row.get("amounts"), where.at("amounts"), "amounts", faults)
    if not amounts:
        faults.add(where.at("amounts"), "amounts 应写明处理哪些金额。")
    conditions = {}
    when = row.get("when", {})
    if isinstance(when, dict):
        for name, values in when.items():
            at = where.at("when").at(str(name))
            conditions[str(name)] = frozenset(_texts(values, at, f"when {name}", faults, empty=True))
    else:
        faults.add(where.at("when"), "when 应为 {属性: 值}。")
    pair = _pair(row, where, faults)
    budget = None
    if "budget" in row:
        at = where.at("budget")
        if isinstance(row["budget"], dict):
            for name in sorted(set(map(str, row["budget"])) - _PAIR):
                faults.add(at, f"budget 中有不认识的项「{name}」。")
            budget = _pair(row["budget"], _Where(f"{where.words}(预算会计)", at.path), faults)
        else:
            faults.add(at, "budget 应写明预算会计的借方与贷方。")
    if len(faults) > before:
        return None
    return Posting(title=str(title), amounts=frozenset(amounts), pair=pair, conditions=conditions, budget=budget)


def _pair(row: Mapping[str, Any], where: _Where, faults: _Faults) -> Pair:
    kept = {}
    for side in ("debit_dimensions", "credit_dimensions"):
        names = frozenset(_texts(row.get(side, []), where.at(side), side, faults))
        for name in sorted(names - set(DIMENSION_TITLES)):
            faults.add(where.at(side), f"{side} 中没有辅助核算「{name}」。")
        kept[side] = names & frozenset(DIMENSION_TITLES)
    return Pair(
        debit=_choice(row.get("debit"), where.at("debit"), "debit", faults),
        credit=_choice(row.get("credit"), where.at("credit"), "credit", faults),
        **kept,
    )


def _choice(value: Any, where: _Where, side: str, faults: _Faults) -> AccountChoice:
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


def _texts(value: Any, where: _Where, name: str, faults: _Faults, *, empty: bool = False) -> tuple[str, ...]:
    """A text or a list of texts."""
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(_plain(each) or (empty and each == "") for each in listed):
        faults.add(where, f"{name} 应为文本或文本列表。")
        return ()
    return tuple(listed)


def posting_body(posting: Posting) -> dict[str, Any]:
    """A posting as it stands in a rule book; `read_rule_book` gives the same posting back."""
    body: dict[str, Any] = {"title": posting.title}
    if posting.conditions:
        body["when"] = {name: sorted(values) for name, values in posting.conditions.items()}
    body |= {"amounts": sorted(posting.amounts), **_pair_body(posting.pair)}
    return body | {"budget": _pair_body(posting.budget)} if posting.budget else body


def _pair_body(pair: Pair) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for side, choice, dimensions in (
        ("debit", pair.debit, pair.debit_dimensions),
        ("credit", pair.credit, pair.credit_dimensions),
    ):
        body[side] = choice.fixed or {"by": choice.by, "accounts": dict(choice.table)}
        if dimensions:
            body[f"{side}_dimensions"] = sorted(dimensions)
    return body


def faults_of_book(book: RuleBook, forms: Mapping[str, EventForm], chart: Mapping[str, Account]) -> tuple[Finding, ...]:
    """What a rule book says that events, chart or dimensions do not know; it could never book, or would lose something."""
    faults = _Faults()
    for event_type, postings in book.items():
        form = forms.get(event_type)
        if form is None:
            faults.add(_Where(event_type, event_type), "没有这种业务类型。")
            continue
        for number, posting in enumerate(postings, start=1):
            faults += faults_of_posting(posting, form, chart, number)
        for name in sorted(set(form.amounts) - {each for posting in postings for each in posting.amounts}):
            faults.add(_Where(form.title, event_type), f"没有规则处理「{form.amounts[name]}」。")
    return tuple(faults)


def faults_of_posting(
    posting: Posting, form: EventForm, chart: Mapping[str, Account], number: int = 1
) -> tuple[Finding, ...]:
    """What one posting, the `number`-th of its type, says that events, chart or dimensions do not know."""
    faults, where = _Faults(), _Where(f"{form.title} 第 {number} 条「{posting.title}」", f"{form.code}/{number}")
    for name in sorted(posting.amounts - set(form.amounts)):
        known = "、".join(form.amounts.values())
        faults.add(where.at("amounts"), f"{form.title}没有金额「{name}」，应为 {known}。")
    for name, values in posting.conditions.items():
        _check_values(name, values, form, where.at("when").at(name), faults)
    for book, pair in posting.pairs:
        at = where if book is Book.FINANCIAL else where.at("budget")
        for side, choice, dimensions in (
            ("debit", pair.debit, pair.debit_dimensions),
            ("credit", pair.credit, pair.credit_dimensions),
        ):
            _check_choice(choice, dimensions, _Side(book, at, side), form, chart, faults)
    return tuple(faults)


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of one pair of a posting."""

    book: Book
    pair: _Where
    name: str

    @property
    def account(self) -> _Where:
        """Where its account is said."""
        return self.pair.at(self.name)

    @property
    def dimensions(self) -> _Where:
        """Where its dimensions are said."""
        return self.pair.at(f"{self.name}_dimensions")


def _check_choice(
    choice: AccountChoice,
    dimensions: frozenset[str],
    side: _Side,
    form: EventForm,
    chart: Mapping[str, Account],
    faults: _Faults,
) -> None:
    if choice.by:
        _check_values(choice.by, choice.table, form, side.account, faults)
    for name in sorted(dimensions - form.dimensions):
        faults.add(side.dimensions, f"{form.title}不带辅助核算「{DIMENSION_TITLES[name]}」。")
    if choice.fixed:
        _check_account(choice.fixed, dimensions, side, side.account, chart, faults)
    for value, code in choice.table.items():
        _check_account(code, dimensions, side, side.account.at(value), chart, faults)


def _check_values(name: str, values: Iterable[str], form: EventForm, where: _Where, faults: _Faults) -> None:
    attribute = form.attributes.get(name)
    if attribute is None:
        known = "、".join(form.attributes)
        faults.add(where, f"{form.title}没有属性「{name}」，应为 {known}。")
        return
    for value in sorted(set(values) - set(attribute.values) - {""}) if attribute.values else ():
        faults.add(where, f"{attribute.title}没有「{value}」。")


def _check_account(
    code: str, dimensions: frozenset[str], side: _Side, where: _Where, chart: Mapping[str, Account], faults: _Faults
) -> None:
    account = chart.get(code)
    if account is None:
        faults.add(where, f"统一科目表中没有科目 {code}。")
        return
    name = f"{account.code} {account.name}"
    if account.book is not side.book:
        faults.add(where, f"{name} 不是{'预算' if side.book is Book.BUDGET else '财务'}会计科目。")
    if not account.leaf:
        faults.add(where, f"{name} 下有明细科目，请选明细科目。")
    if account.closed:
        faults.add(where, f"{name} 已停用。")
    for missing in sorted(account.required - dimensions):
        faults.add(side.dimensions, f"{name} 必须注明{DIMENSION_TITLES[missing]}。")
    for unknown in sorted(dimensions - account.required - account.optional):
        faults.add(side.dimensions, f"{name} 不按{DIMENSION_TITLES[unknown]}核算。")
