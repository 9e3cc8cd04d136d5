"""Cost of services, items and patients: the laws they follow (worked examples: test_cost_examples_golden)."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costing.engine.columns import COLUMNS, DRUGS, MATERIALS, column_of
from costing.engine.item_costs import Activity, by_activities, by_weights
from costing.engine.patient_costs import Lines, patient_costs
from costing.engine.places import ABSENT, places
from costing.engine.pools import pools

WIDE = len(COLUMNS)


def fen(*yuan: int | str) -> np.ndarray:
    return np.array([int(Fraction(amount) * 100) for amount in yuan], dtype=np.int64)


def pool(yuan: int) -> np.ndarray:
    """A department's cost, all of it personnel."""
    whole = np.zeros(WIDE, dtype=np.int64)
    whole[0] = yuan * 100
    return whole


def test_an_activity_that_no_item_used_keeps_its_cost_by_name() -> None:
    """Its capacity stood unused: the other activities' items did not cause it. Nobody's resources leave the pool."""
    resources = np.full(WIDE, 1)
    used, idle = Activity("操作", resources, np.array([1])), Activity("备用", resources, np.array([0]))
    found = by_activities(pool(100), [used, idle], 1)
    assert (found.costs.sum(), found.idle.sum(axis=1).tolist(), found.left.sum()) == (5_000, [0, 5_000], 0)
    without = Activity("操作", np.zeros(WIDE, dtype=np.int64), np.array([1]))
    assert by_activities(pool(100), [without], 1).left.sum() == 10_000
    assert by_activities(pool(100), [], 1).left.sum() == 10_000


def test_a_department_without_items_keeps_its_cost() -> None:
    found = by_weights(pool(100), np.array([0, -5]))
    assert found.left.sum() == 10_000
    assert not found.costs.any()


def test_a_refund_of_last_months_line_lowers_the_cost_of_its_patient() -> None:
    lines = Lines(np.array([0, 1]), np.array([0, 0]), np.array([12, -2]))
    assert patient_costs(lines, np.array([[1000]]), 2)[:, 0].tolist() == [1200, -200]


def test_a_cost_that_nobody_measures_is_refused() -> None:
    lines = Lines(np.array([0]), np.array([0]), np.array([1]))
    with pytest.raises(ValueError, match="no measure"):
        patient_costs(lines, np.array([[1], [5]]), 1)


def test_chargeable_materials_leave_the_departments_that_carried_them_out() -> None:
    held = np.zeros((3, WIDE), dtype=np.int64)
    held[:, MATERIALS] = fen(500, 300, 100)
    held[:, DRUGS] = fen(50, 0, 950)
    found = pools(held, drug_charges=99_000, material_charges=fen(400, 350, 0), all_materials=75_000)
    assert (found.drugs, found.materials) == (100_000, 75_000)
    assert found.services[:, DRUGS].tolist() == [0, 0, 0]
    assert found.services[:, MATERIALS].tolist() == fen(75, 0, 75).tolist()


def test_what_refunds_elsewhere_make_too_much_goes_back_as_it_was_taken() -> None:
    """Charges of 300 and 100 with 80 refunded by a department that holds none: 320 is all that was sold."""
    held = np.zeros((3, WIDE), dtype=np.int64)
    held[:, MATERIALS] = fen(300, 100, 0)
    found = pools(held, drug_charges=0, material_charges=fen(300, 100, -80), all_materials=32_000)
    assert found.materials == 32_000
    assert found.services[:, MATERIALS].tolist() == fen(60, 20, 0).tolist()


def test_without_drug_charges_the_departments_keep_their_drugs() -> None:
    held = np.zeros((1, WIDE), dtype=np.int64)
    held[0, DRUGS], held[0, MATERIALS] = 700, -300
    found = pools(held, drug_charges=0, material_charges=fen(5), all_materials=500)
    assert (found.drugs, found.materials, found.services.sum()) == (0, 0, 400)


def test_layers_by_funding_source() -> None:
    assert column_of("depreciation", "fiscal_project") == COLUMNS.index("fiscal_project")
    assert column_of("personnel", "research") == COLUMNS.index("research")
    assert column_of("personnel", "other") == column_of("personnel", "basic") == 0


@st.composite
def months(draw: st.DrawFn) -> tuple[Lines, np.ndarray, int]:
    encounters, cells = draw(st.integers(1, 6)), draw(st.integers(1, 5))
    rows = draw(
        st.lists(
            st.tuples(st.integers(0, encounters - 1), st.integers(0, cells - 1), st.integers(-50, 10**9)), max_size=30
        )
    )
    columns = [np.array(values, dtype=np.int64) for values in zip(*rows, strict=True)] or [
        np.zeros(0, dtype=np.int64) for _ in range(3)
    ]
    lines = Lines(*columns)
    costs = np.array(
        draw(st.lists(st.lists(st.integers(-(10**8), 10**11), min_size=2, max_size=2), min_size=cells, max_size=cells)),
        dtype=np.int64,
    )
    costs[lines.measured(cells) <= 0] = 0
    return lines, costs, encounters


@given(months())
def test_no_fen_is_lost_between_items_and_patients(month: tuple[Lines, np.ndarray, int]) -> None:
    lines, costs, encounters = month
    assert patient_costs(lines, costs, encounters).sum(axis=0).tolist() == costs.sum(axis=0).tolist()


@given(months(), st.randoms(use_true_random=False))
def test_the_order_of_lines_changes_nothing(month: tuple[Lines, np.ndarray, int], chance: object) -> None:
    lines, costs, encounters = month
    order = np.arange(len(lines.cell))
    chance.shuffle(order)  # type: ignore[attr-defined]
    shuffled = Lines(lines.encounter[order], lines.cell[order], lines.measure[order])
    assert (patient_costs(lines, costs, encounters) == patient_costs(shuffled, costs, encounters)).all()


@given(months())
@settings(max_examples=200)
def test_every_patient_is_within_a_fen_of_the_exact_quotient_for_each_other_patient(
    month: tuple[Lines, np.ndarray, int],
) -> None:
    """Largest remainder moves each by less than one fen; the last binary places are far below."""
    lines, costs, encounters = month
    measured = lines.measured(len(costs)).tolist()
    exact = [[Fraction(0)] * costs.shape[1] for _ in range(encounters)]
    for encounter, cell, measure in zip(
        lines.encounter.tolist(), lines.cell.tolist(), lines.measure.tolist(), strict=True
    ):
        for column, cost in enumerate(costs[cell].tolist()):
            exact[encounter][column] += Fraction(cost * measure, measured[cell]) if cost else 0
    found = patient_costs(lines, costs, encounters).tolist()
    for row, wanted in zip(found, exact, strict=True):
        for amount, quotient in zip(row, wanted, strict=True):
            assert abs(amount - quotient) < Fraction(101, 100) + abs(quotient) / 10**9


@given(months())
def test_a_reversal_mirrors_the_cost_but_for_the_last_fen(month: tuple[Lines, np.ndarray, int]) -> None:
    lines, costs, encounters = month
    there, back = patient_costs(lines, costs, encounters), patient_costs(lines, -costs, encounters)
    assert (np.abs(there + back) <= 1 + np.abs(there) // 10**9).all()


@given(
    st.lists(st.integers(-(10**9), 10**9), min_size=WIDE, max_size=WIDE),
    st.lists(st.integers(-5, 10**6), min_size=1, max_size=8),
)
def test_items_bear_what_they_do_not_leave(amounts: list[int], weights: list[int]) -> None:
    whole = np.array(amounts, dtype=np.int64)
    found = by_weights(whole, np.array(weights))
    assert (found.costs.sum(axis=0) + found.left == whole).all()


@given(
    st.lists(st.integers(-(10**9), 10**9), min_size=WIDE, max_size=WIDE),
    st.lists(
        st.tuples(
            st.lists(st.integers(0, 10**6), min_size=WIDE, max_size=WIDE),
            st.lists(st.integers(-3, 10**9), min_size=4, max_size=4),
        ),
        max_size=5,
    ),
)
def test_activities_give_every_fen_to_an_item_or_name_it(
    amounts: list[int], rows: list[tuple[list[int], list[int]]]
) -> None:
    whole = np.array(amounts, dtype=np.int64)
    activities = [Activity(str(at), np.array(driven), np.array(used)) for at, (driven, used) in enumerate(rows)]
    found = by_activities(whole, activities, 4)
    assert (found.costs.sum(axis=0) + found.idle.sum(axis=0) + found.left == whole).all()
    assert (found.activities.sum(axis=0) + found.left == whole).all()
    mirrored = by_activities(-whole, activities, 4)
    assert (mirrored.parts == -found.parts).all()
    for activity, idle in zip(activities, found.idle, strict=True):
        assert not (idle.any() and (activity.uses > 0).any())


@given(
    st.lists(st.lists(st.integers(-(10**7), 10**9), min_size=WIDE, max_size=WIDE), min_size=1, max_size=6),
    st.integers(-5, 10**9),
    st.data(),
)
def test_pools_conserve_what_is_held(rows: list[list[int]], drugs: int, data: st.DataObject) -> None:
    held = np.array(rows, dtype=np.int64)
    charges = np.array(data.draw(st.lists(st.integers(-9, 10**9), min_size=len(rows), max_size=len(rows))))
    found = pools(held, drug_charges=drugs, material_charges=charges, all_materials=int(charges.sum()))
    assert found.drugs + found.materials + int(found.services.sum()) == int(held.sum())
    assert (found.services[:, MATERIALS] >= np.minimum(held[:, MATERIALS], 0)).all()


@given(
    st.lists(st.integers(-(2**40), 2**40), unique=True) | st.lists(st.integers(5, 60), unique=True),
    st.lists(st.integers(-(2**40), 2**40) | st.integers(0, 70)),
)
def test_a_number_is_found_at_its_place_or_is_absent(known: list[int], asked: list[int]) -> None:
    """However far apart the known ones lie."""
    known = sorted(known)
    found = places(np.array(known, dtype=np.int64), np.array(asked, dtype=np.int64)).tolist()
    assert found == [known.index(each) if each in known else ABSENT for each in asked]
