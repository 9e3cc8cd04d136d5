"""Weights, scores, rates and point values from a past year: the worked examples, and what follows from the rule."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from insurance_settlement.engine.derivation import (
    SCORE,
    base_rate,
    budget_point_value,
    cost_coefficient,
    settlement_point_value,
    total_weight,
    weighted_history,
    weights_of,
)
from insurance_settlement.engine.indicators import cmi
from ops_platform.kernel import to_fen

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "derivation" / "domain_2.yaml"
PAST = {"ES35": (50, 90_000_000), "FB15": (150, 150_000_000), "0000": (5, 6_000_000), "RARE": (2, 9_000_000)}


class _Exact(yaml.SafeLoader):
    """Numbers as they are written."""


_Exact.add_constructor("tag:yaml.org,2002:float", lambda _, node: Decimal(node.value))


@pytest.fixture(scope="module")
def example() -> dict[str, list[dict[str, Any]]]:
    """Figures as they are written, not as binary fractions."""
    return yaml.load(GOLDEN.read_text(encoding="utf-8"), _Exact)  # noqa: S506  a safe loader


def test_a_group_costs_so_many_times_what_a_case_costs(example: dict[str, list[dict[str, Any]]]) -> None:
    for row in example["权重"]:
        number, mean, of_all = row["例数"], to_fen(row["例均费用"]), to_fen(row["全部例均费用"])
        rest = (
            number,
            number * (2 * of_all - mean),
        )  # as many cases again, so that the mean of all is as the example has it
        found = weights_of({row["病组"]: (number, number * mean), "0000": rest}, least=1, scale=row["倍数"])
        assert [(one.group, one.weight) for one in found.groups] == [(row["病组"], row["得"])]


def test_rates_and_point_values_are_those_of_the_examples(example: dict[str, list[dict[str, Any]]]) -> None:
    for row in example["费率"]:
        assert base_rate(to_fen(row["总费用"]), Decimal(row["总权重"])).value == row["得"]
    for row in example["预算点值"]:
        assert budget_point_value(to_fen(row["总费用"]), Decimal(row["总分值"])).value == row["得"]
    for row in example["结算点值"]:
        found = settlement_point_value(to_fen(row["基金"]), row["比例"], Decimal(row["总分值"]))
        assert found.value == row["得"]
        assert "1,250,000,000.00" in found.explanation.lines[0].value
    for row in example["成本系数"]:
        assert cost_coefficient(to_fen(row["本院"]), to_fen(row["地区"])).value == row["得"]
    for row in example["加权历史"]:
        assert weighted_history([to_fen(one) for one in row["各年"]]).value == row["得"]


def test_the_case_mix_index_is_total_weight_by_cases(example: dict[str, list[dict[str, Any]]]) -> None:
    for row in example["CMI"]:
        weights = {group: Decimal(weight) for group, weight in row["权重"].items()}
        assert total_weight(row["例数"], weights) == row["总权重"]
        assert cmi(row["例数"], weights).value == row["得"]


def test_a_group_of_few_cases_keeps_no_weight_and_says_why() -> None:
    found = {one.group: one for one in weights_of(PAST, least=10).groups}
    assert set(found) == {"ES35", "FB15", "RARE"}
    assert (found["RARE"].weight, found["RARE"].mean_charges) == (None, 4_500_000)
    assert found["RARE"].explanation.lines[-1].note == "只有 2 例，不足 10 例"


def test_all_cases_count_in_the_mean_also_those_in_no_group() -> None:
    found = weights_of(PAST, least=10)
    assert (found.cases, found.charges) == (207, 255_000_000)
    # 18,000.00 ÷ (2,550,000.00 ÷ 207) = 1.46117…
    assert {one.group: one.weight for one in found.groups}["ES35"] == Decimal("1.4612")
    told = found.groups[0].explanation
    assert told.lines[-1].note == "18,000.00 ÷ 12,318.84 = 1.4612"


def test_without_anything_to_divide_by_there_is_no_value() -> None:
    assert weights_of({}, least=10).groups == ()
    assert [one.weight for one in weights_of({"A": (20, 0)}, least=10).groups] == [None]
    assert base_rate(100, Decimal(0)).value is None
    assert settlement_point_value(100, Decimal(0), Decimal(5)).value is None
    assert cost_coefficient(100, 0).value is None
    with pytest.raises(ValueError, match="share"):
        weighted_history([1, 2])


GROUPS = st.dictionaries(
    st.sampled_from(["A", "B", "C", "D"]), st.tuples(st.integers(1, 5000), st.integers(1, 10**10)), min_size=1
)


@given(GROUPS)
def test_weights_spread_the_charges_and_make_a_mean_of_one(past: dict[str, tuple[int, int]]) -> None:
    """Σ RW × n = n but for the rounding of each weight, so that the rate is the mean of all."""
    found = weights_of(past, least=1)
    total = sum((Fraction(one.weight or 0) * one.cases for one in found.groups), Fraction(0))
    assert abs(total - found.cases) <= Fraction(found.cases, 20_000)


@given(GROUPS)
def test_scores_are_a_thousand_times_the_weights(past: dict[str, tuple[int, int]]) -> None:
    weights, scores = weights_of(past, least=1), weights_of(past, least=1, scale=SCORE)
    for one, other in zip(weights.groups, scores.groups, strict=True):
        assert one.weight is not None
        assert other.weight is not None
        assert abs(one.weight * SCORE - other.weight) <= Decimal("0.06")
