"""What the rules make of business events: cases that finance people read, and laws."""

import json
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ops_platform.kernel import to_fen
from ops_platform.ledger import intake_events
from ops_platform.ledger.engine.chart import DIMENSION_TITLES, Account, AccountKind, Dimensions, Side
from ops_platform.ledger.engine.entry import content_of, faults_of
from ops_platform.ledger.engine.rule_books import faults_of_book, read_rule_book
from ops_platform.ledger.engine.voucher_rules import (
    BusinessEvent,
    EventForm,
    EventLine,
    entry_of,
)
from ops_platform.ledger.reference import CHART, RULES

CASES = sorted((Path(__file__).parents[1] / "golden" / "vouchers").glob("*.yaml"))
FORMS = {
    form.title: form for form in (intake_events.CHARGE_INCOME_FORM, intake_events.COST_FORM, intake_events.INCOME_FORM)
}
BY_CODE = {form.code: form for form in FORMS.values()}
BOOK, _FAULTS = read_rule_book(json.loads(RULES.read_text(encoding="utf-8"))["body"])
DIMENSIONS = {title: name for name, title in DIMENSION_TITLES.items()}


def chart() -> dict[str, Account]:
    """The unified chart as it ships."""
    rows = json.loads(CHART.read_text(encoding="utf-8"))
    codes = {row["code"] for row in rows}
    return {
        row["code"]: Account(
            row["code"],
            row["name"],
            AccountKind(row["kind"]),
            Side(row["side"]),
            leaf=not any(code != row["code"] and code.startswith(row["code"]) for code in codes),
            required=frozenset(row.get("required", ())),
            optional=frozenset(row.get("optional", ())),
        )
        for row in rows
    }


ACCOUNTS = chart()


class Numbers(dict[str, int]):
    """Names of departments and institutions get numbers as they come."""

    def __missing__(self, name: str) -> int:
        self[name] = len(self) + 1
        return self[name]


def dimensions_of(row: dict[str, str], numbers: Numbers, form: EventForm | None = None) -> Dimensions:
    """The dimensions that a row of a case names; codes where the form has titles for them."""
    told: dict[str, Any] = {}
    for title, name in DIMENSIONS.items():
        if title in row and (form is None or name in form.dimensions):
            told[name] = (
                numbers[row[title]] if name in ("department", "counterparty") else _code(form, name, row[title])
            )
    return Dimensions(**told)


def _code(form: EventForm | None, name: str, value: str) -> str:
    if form and name in form.attributes:
        return {title: code for code, title in form.attributes[name].values.items()}.get(value, value)
    return value


def event_of(case: dict[str, Any], form: EventForm, numbers: Numbers) -> BusinessEvent:
    titles = {attribute.title: name for name, attribute in form.attributes.items()}
    amounts = {title: name for name, title in form.amounts.items()}
    return BusinessEvent(
        type=form.code,
        key=case["业务"]["编号"],
        day=date.fromisoformat(case["业务"]["日期"]),
        summary=case["业务"]["摘要"],
        lines=tuple(
            EventLine(
                attributes={name: _code(form, name, row[title]) for title, name in titles.items()},
                amounts={name: to_fen(row[title]) for title, name in amounts.items()},
                dimensions=dimensions_of(row, numbers, form),
            )
            for row in case["明细"]
        ),
    )


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_golden_case_comes_out_to_the_fen(path: Path) -> None:
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    form, numbers = FORMS[case["业务"]["类型"]], Numbers()
    draft = entry_of(event_of(case, form, numbers), form, BOOK[form.code])
    wanted = [
        {
            "account": row.get("借", row.get("贷")),
            "debit": to_fen(row["金额"]) if "借" in row else 0,
            "credit": to_fen(row["金额"]) if "贷" in row else 0,
            "summary": "",
            **{name: value for name, value in vars_of(dimensions_of(row, numbers)).items() if value},
        }
        for row in case["分录"]
    ]
    made = [content_of(leg) for leg in draft.entry.legs] if draft.entry else []

    def by_content(row: dict[str, object]) -> str:
        return json.dumps(row, sort_keys=True)

    assert sorted(made, key=by_content) == sorted(wanted, key=by_content)
    assert [finding.code for finding in draft.findings] == [row["代码"] for row in case.get("结论", [])]
    for finding, row in zip(draft.findings, case.get("结论", []), strict=True):
        assert row["含"] in finding.message
    if draft.entry:
        assert faults_of(draft.entry, ACCOUNTS) == ()


def vars_of(dimensions: Dimensions) -> dict[str, object]:
    return {name: getattr(dimensions, name) for name in DIMENSION_TITLES}


def test_there_are_cases() -> None:
    assert len(CASES) >= 8


def test_shipped_rules_are_sound_and_take_every_value() -> None:
    assert _FAULTS == ()
    assert faults_of_book(BOOK, BY_CODE, ACCOUNTS) == ()
    for code, form in BY_CODE.items():
        for name, attribute in form.attributes.items():
            for value in attribute.values:
                told = {key: next(iter(each.values)) for key, each in form.attributes.items()} | {name: value}
                if "dealing" in told:
                    told["dealing"] = "no"
                line = EventLine(told, dict.fromkeys(form.amounts, 100))
                event = BusinessEvent(code, "1", date(2026, 3, 5), "x", (line,))
                assert entry_of(event, form, BOOK[code]).findings == (), told


@st.composite
def events(draw: st.DrawFn) -> BusinessEvent:
    """Any event of the shipped types, refunds and zeros included."""
    form = draw(st.sampled_from(list(FORMS.values())))
    lines = draw(
        st.lists(
            st.builds(
                EventLine,
                attributes=st.fixed_dictionaries(
                    {name: st.sampled_from([*each.values, "?"]) for name, each in form.attributes.items()}
                    | ({"dealing": st.just("no")} if "dealing" in form.attributes else {})
                ),
                amounts=st.fixed_dictionaries(dict.fromkeys(form.amounts, st.integers(-(10**12), 10**12))),
                dimensions=st.builds(
                    Dimensions,
                    department=st.integers(1, 3),
                    cost_item=st.just("other"),
                    funding_source=st.sampled_from(["basic", "research"]),
                    scheme=st.sampled_from(["", "resident"]),
                ),
            ),
            max_size=12,
        )
    )
    return BusinessEvent(form.code, "k", date(2026, 3, 5), "定律", tuple(lines))


@given(events())
def test_nothing_is_lost_and_nothing_comes_from_nowhere(event: BusinessEvent) -> None:
    draft = entry_of(event, BY_CODE[event.type], BOOK[event.type])
    total = sum(sum(line.amounts.values()) for line in event.lines)
    unknown = any("?" in line.attributes.values() and any(line.amounts.values()) for line in event.lines)
    if draft.entry is None:
        assert draft.findings or total == 0
    else:
        assert draft.findings == ()
        assert faults_of(draft.entry, ACCOUNTS) == ()
        financial = [leg for leg in draft.entry.legs if ACCOUNTS[leg.account].kind.book == "financial"]
        assert sum(leg.debit for leg in financial) == sum(leg.credit for leg in financial) == total
        places = [(leg.account, leg.dimensions, leg.debit == 0) for leg in draft.entry.legs]
        assert len(set(places)) == len(places)
    if not unknown:
        assert draft.findings == ()
        assert sum(fen for _, fen in draft.taken) == total


@given(events())
def test_lines_in_another_order_or_split_in_two_make_the_same_entry(event: BusinessEvent) -> None:
    form, postings = BY_CODE[event.type], BOOK[event.type]
    halves = []
    for line in reversed(event.lines):
        part = {name: fen // 3 for name, fen in line.amounts.items()}
        rest = {name: fen - part[name] for name, fen in line.amounts.items()}
        halves += [EventLine(line.attributes, amounts, line.dimensions) for amounts in (part, rest)]
    other = BusinessEvent(event.type, event.key, event.day, event.summary, tuple(halves))
    before, after = entry_of(event, form, postings), entry_of(other, form, postings)
    assert before.digest == after.digest
    assert bool(before.findings) == bool(after.findings) or before.entry == after.entry


@given(events())
def test_taken_back_in_full_it_leaves_nothing(event: BusinessEvent) -> None:
    back = tuple(
        EventLine(line.attributes, {name: -fen for name, fen in line.amounts.items()}, line.dimensions)
        for line in event.lines
    )
    form, postings = BY_CODE[event.type], BOOK[event.type]
    mirrored = entry_of(BusinessEvent(event.type, "k", event.day, "定律", back), form, postings)
    whole = entry_of(BusinessEvent(event.type, "k", event.day, "定律", event.lines + back), form, postings)
    assert whole.entry is None
    straight = entry_of(event, form, postings)
    sums: dict[object, int] = defaultdict(int)
    for draft in (straight, mirrored):
        for leg in draft.entry.legs if draft.entry else ():
            sums[leg.account, leg.dimensions] += leg.debit - leg.credit
    assert not any(sums.values())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["ledger.cost-voucher", "title", "when", "amounts", "debit", "credit", "by", "accounts", "budget", "x"]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_body_is_read_or_refused_in_words(body: Any) -> None:
    book, faults = read_rule_book(body)
    assert all(fault.code == "ledger.rule_book" and fault.message for fault in faults)
    faults_of_book(book, BY_CODE, ACCOUNTS)


def posting(**changes: Any) -> dict[str, Any]:
    """A good rule for other income, with changes."""
    return {
        "title": "其他",
        "amounts": ["amount"],
        "debit": "1002",
        "credit": "4609",
        "credit_dimensions": ["department"],
    } | changes


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"debit": "9999"}, "统一科目表中没有科目 9999"),
        ({"debit": "1212"}, "1212 应收账款 下有明细科目"),
        ({"debit": "800102"}, "800102 货币资金 不是财务会计科目"),
        ({"debit": "121890"}, "必须注明往来机构"),
        ({"debit_dimensions": ["department"]}, "1002 银行存款 不按科室核算"),
        ({"when": {"colour": "red"}}, "没有属性「colour」"),
        ({"when": {"income_kind": ["gift"]}}, "收入类别没有「gift」"),
        ({"amounts": ["total"]}, "没有金额「total」"),
        ({"credit": {"by": "income_kind", "accounts": {"other": "4610"}}}, "没有科目 4610"),
        ({"credit": {"by": "income_kind"}}, "credit 应为科目代码"),
        ({"budget": "6001"}, "budget 应写明"),
        ({"title": ""}, "title 应为"),
        ({"debet": "1002"}, "不认识的项「debet」"),
    ],
)
def test_a_wrong_rule_is_refused_with_its_place(changes: dict[str, Any], told: str) -> None:
    book, faults = read_rule_book({"ledger.income-voucher": [posting(**changes)]})
    said = [*faults, *faults_of_book(book, BY_CODE, ACCOUNTS)]
    assert any(told in fault.message and "第 1 条" in fault.message for fault in said), said
    assert all(fault.subject.startswith("ledger.income-voucher/1") for fault in said if told in fault.message)


def test_a_good_rule_is_taken() -> None:
    book, faults = read_rule_book({"ledger.income-voucher": [posting()]})
    assert (faults, faults_of_book(book, BY_CODE, ACCOUNTS)) == ((), ())


def test_events_say_when_they_changed() -> None:
    line = EventLine({"income_kind": "other", "dealing": "no"}, {"amount": 100})
    event = BusinessEvent("ledger.income-voucher", "k", date(2026, 3, 5), "收入", (line,))
    more = BusinessEvent(
        event.type, event.key, event.day, event.summary, (EventLine(line.attributes, {"amount": 101}),)
    )
    assert event.digest != more.digest
