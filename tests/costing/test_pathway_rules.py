"""Inside, outside, missing: a case against its pathway, by hand and as laws; price and volume variance."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from costing.engine.exact import split_segments
from costing.engine.pathways import (
    NO_ITEM,
    Pots,
    Shares,
    Standard,
    Used,
    compare,
    used_by_cases,
    variance,
)
from costing.engine.stays import Stays
from ops_platform.kernel import split

BED, DRUG, IMPLANT, SCAN = 11, 12, 13, 14


def ints(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def pathway() -> Standard:
    """Five days in bed (500.00), one drug (30.00), a scan (100.00): obligatory; nothing else."""
    return Standard(
        item=ints(BED, DRUG, SCAN),
        quantity=ints(50_000, 10_000, 10_000),
        obligatory=np.array([True, True, False]),
        cost=ints(50_000, 3_000, 10_000),
        charges=ints(40_000, 3_000, 12_000),
    )


def test_seven_days_in_bed_are_five_inside_and_two_outside() -> None:
    """7 days at 105.00: 525.00 inside, 25.00 dearer than the standard; 210.00 outside. The drug is missing, an implant is
    off the pathway, the optional scan was done at its standard."""
    used = Used(
        ints(0, 0, 0), ints(BED, IMPLANT, SCAN), ints(70_000, 10_000, 10_000), ints(56_000, 90_000, 12_000),
        ints(73_500, 88_000, 10_000),
    )  # fmt: skip
    found = compare(used, 1, pathway())
    cost = found.cost
    assert cost.standard == 53_000
    assert [int(part[0]) for part in (cost.missing, cost.spared, cost.optional, cost.price)] == [
        3_000,
        0,
        10_000,
        2_500,
    ]
    assert (int(cost.inside[0]), int(cost.outside[0])) == (62_500, 109_000)
    assert int(cost.actual[0]) == 73_500 + 88_000 + 10_000
    assert found.absent.tolist() == [1]
    assert (int(found.charges.inside[0]), int(found.charges.outside[0])) == (40_000 + 12_000, 16_000 + 90_000)


def test_fewer_days_than_the_standard_are_spared_and_not_missing() -> None:
    used = Used(ints(0, 0), ints(BED, DRUG), ints(30_000, 10_000), ints(24_000, 3_000), ints(30_000, 3_000))
    found = compare(used, 1, pathway())
    assert (int(found.cost.missing[0]), int(found.cost.spared[0]), int(found.cost.price[0])) == (0, 20_000, 0)
    assert int(found.cost.actual[0]) == 53_000 - 20_000


items = st.integers(1, 6)
rows = st.dictionaries(
    st.tuples(st.integers(0, 4), items),
    st.tuples(st.integers(-20_000, 200_000), st.integers(-(10**6), 10**8), st.integers(-(10**6), 10**8)),
)
standards = st.dictionaries(
    items, st.tuples(st.integers(1, 100_000), st.booleans(), st.integers(0, 10**8), st.integers(0, 10**8))
)


@given(rows, standards)
def test_whatever_is_used_the_parts_sum_to_what_the_case_cost(
    told: dict[tuple[int, int], tuple[int, int, int]], terms: dict[int, tuple[int, bool, int, int]]
) -> None:
    keys = sorted(told)
    used = Used(
        ints(*(case for case, _ in keys)),
        ints(*(item for _, item in keys)),
        *(ints(*(told[key][place] for key in keys)) for place in range(3)),
    )
    standard = Standard(
        ints(*terms),
        ints(*(one[0] for one in terms.values())),
        np.array([one[1] for one in terms.values()], dtype=np.bool_),
        ints(*(one[2] for one in terms.values())),
        ints(*(one[3] for one in terms.values())),
    )
    found = compare(used, 5, standard)
    for side, place in ((found.cost, 2), (found.charges, 1)):
        for case in range(5):
            actual = sum(values[place] for (one, _), values in told.items() if one == case)
            inside = side.standard - side.missing[case] - side.spared[case] + side.optional[case] + side.price[case]
            assert side.inside[case] == inside
            assert side.inside[case] + side.outside[case] == side.actual[case] == actual
            assert side.missing[case] >= 0
            assert side.spared[case] >= 0


@given(st.lists(st.tuples(st.integers(-(10**10), 10**10), st.lists(st.integers(0, 10**12), max_size=6)), max_size=5))
def test_segments_are_split_as_the_kernel_splits(cases: list[tuple[int, list[int]]]) -> None:
    totals = ints(*(total for total, _ in cases))
    segment = ints(*(place for place, (_, weights) in enumerate(cases) for _ in weights))
    found = split_segments(totals, segment, ints(*(weight for _, weights in cases for weight in weights)))
    expected: list[int] = []
    for total, weights in cases:
        expected += split(total, weights) if sum(weights) else [0] * len(weights)
    assert found.tolist() == expected


@given(st.integers(-(10**8), 10**8), st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=8))
def test_weights_of_both_signs_still_sum_to_the_total(total: int, weights: list[int]) -> None:
    found = split_segments(ints(total), np.zeros(len(weights), dtype=np.int64), ints(*weights))
    assert int(found.sum()) == (total if sum(weights) else 0)


def test_what_no_line_explains_is_kept_and_not_lost() -> None:
    shares = Shares(*(ints(value) for value in (0, 0, BED, 10_000, 5_000, 7, 0, 0)))
    found = used_by_cases(shares, Pots(ints(0), ints(1_001), ints(50), ints(0)))
    assert dict(zip(found.item.tolist(), found.cost.tolist(), strict=True)) == {NO_ITEM: 50, BED: 1_001}


def test_from_1000_at_700_to_1100_at_720_volume_is_70000_and_rate_22000() -> None:
    """domain.md 1.8, worked example."""
    found = variance(standard_quantity=1_000 * 10_000, unit_cost=700 * 10**6, quantity=1_100 * 10_000, cost=792_000_00)
    assert (found.volume, found.rate, found.total) == (70_000_00, 22_000_00, 92_000_00)


def test_a_case_that_gains_600_at_4_days_bears_three_further_days_at_200() -> None:
    """Two cases of 3 and 5 days, 600.00 left of each on average, a further day costs 200.00: to day 7. One day lies beyond a
    standard of 4."""
    found = Stays(days=[3, 5], surplus=120_000, priced=2, day_cost=Fraction(20_000))
    assert found.break_even_day == 7
    assert (found.days_beyond(Fraction(4)), found.cost_beyond(Fraction(4))) == (1, 20_000)
    assert Stays(days=[3], surplus=1, priced=1, day_cost=Fraction(0)).break_even_day is None


@given(*(st.integers(0, 10**12) for _ in range(4)))
def test_volume_and_rate_are_the_whole_difference(before: int, unit: int, now: int, cost: int) -> None:
    found = variance(standard_quantity=before, unit_cost=unit, quantity=now, cost=cost)
    assert found.volume + found.rate == found.total == found.actual - found.standard
