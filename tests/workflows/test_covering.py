"""Whether a flow's conditions together leave no matter without a step."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workflows.cast import AMOUNT, flow, step
from workflows.engine.condition_text import canonical, parse
from workflows.engine.conditions import Attribute, Kind
from workflows.engine.covering import uncovered
from workflows.engine.definition import faults
from workflows.services.flows import with_attributes
from workflows.subjects import SubjectType, subject_types

KIND = Attribute("kind", "类别", Kind.CHOICE, (("office", "日常办公支出"), ("works", "基建与修缮")))
DECLARED = {
    each.name: each
    for each in (AMOUNT, KIND, Attribute("whole", "适用整个医共体", Kind.FLAG), Attribute("day", "日期", Kind.DAY))
}


def missed(*sources: str) -> dict[str, object] | None:
    found = uncovered([parse(source, DECLARED) for source in sources])
    return None if found is None else {attribute.name: value for attribute, value in found.items()}


@pytest.mark.parametrize(
    "sources",
    [
        ("amount <= 50000", "amount > 50000 and amount < 500000", "amount >= 500000"),
        ("amount <= 50000", "amount >= 50000.01"),
        ("whole", "not whole"),
        ('kind = "office"', 'kind = "works"'),
        ('kind = "office" and amount <= 5', 'kind != "office"', "amount > 5"),
        ('day < "2026-01-01"', 'day >= "2026-01-01"'),
        ("amount > 5", ""),
    ],
)
def test_conditions_that_leave_no_case_out_are_proved_to_do_so(sources: tuple[str, ...]) -> None:
    assert missed(*sources) == {}


@pytest.mark.parametrize(
    ("sources", "case"),
    [
        (("amount < 50000", "amount > 50000"), {"amount": Decimal(50000)}),
        (("amount <= 50000", "amount > 60000"), {"amount": Decimal("50000.01")}),
        (("amount >= 0",), {"amount": Decimal("-0.01")}),
        (("whole",), {"whole": False}),
        (('kind = "office"', "amount <= 9"), {"kind": "works", "amount": Decimal("9.01")}),
    ],
)
def test_a_case_that_is_left_out_is_named(sources: tuple[str, ...], case: dict[str, object]) -> None:
    assert missed(*sources) == case


def test_more_cases_than_can_be_tried_are_not_called_covered() -> None:
    amounts = f"amount in ({', '.join(map(str, range(150)))})"
    days = "day in (" + ", ".join(f'"2026-{month:02}-{day:02}"' for month in range(1, 7) for day in (1, 5, 9, 13)) + ")"
    assert missed(amounts, days, 'kind = "office" and whole') is None


@given(
    borders=st.lists(st.integers(0, 30), min_size=1, max_size=4),
    signs=st.lists(st.sampled_from(["<", "<=", ">", ">=", "=", "!="]), min_size=4, max_size=4),
)
def test_the_proof_agrees_with_trying_every_fen(borders: list[int], signs: list[str]) -> None:
    sources = [f"amount {sign} 0.{border:02}" for sign, border in zip(signs, borders, strict=False)]
    conditions = [parse(source, DECLARED) for source in sources]
    fens = [Decimal(fen) / 100 for fen in range(-2, 34)]
    left_out = any(all(each.truth({"amount": fen}) is False for each in conditions) for fen in fens)
    assert bool(missed(*sources)) is left_out


def test_the_flow_with_a_gap_between_its_tiers_says_which_amount_falls_through() -> None:
    tiers = flow(step("head", condition="amount <= 50000"), step("group", condition="amount >= 500000"))
    (warning,) = faults(tiers)
    assert warning.code == "workflows.all_conditional"
    assert "金额 = 50,000.01" in warning.message


@pytest.mark.parametrize("registered", subject_types(), ids=lambda each: each.code)
def test_no_shipped_flow_warns(registered: SubjectType) -> None:
    assert faults(with_attributes(registered.code, registered.default["body"])) == []


@pytest.mark.parametrize("registered", subject_types(), ids=lambda each: each.code)
def test_every_title_and_choice_can_be_typed_for_itself(registered: SubjectType) -> None:
    titles = [attribute.title for attribute in registered.attributes]
    assert len(set(titles)) == len(titles)
    for attribute in registered.attributes:
        named = [title for _code, title in attribute.choices]
        assert len(set(named)) == len(named), attribute.title
        for code, title in attribute.choices:
            assert (
                canonical(f"{attribute.title}={title}", {attribute.name: attribute}) == f'{attribute.name} = "{code}"'
            )
