"""Laws of the allocation that hold for every model: nothing is lost, nothing depends on what does not matter."""

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costing.engine.allocation import Allocation, allocate
from costing.engine.model import AllocationModel, CostClass, Department, Method, Step, Weight

ROOT = Path(__file__).parents[2]
SERVICE = (CostClass.ADMINISTRATION, CostClass.MEDICAL_SUPPORT, CostClass.MEDICAL_TECHNOLOGY)
EVERY_METHOD = pytest.mark.parametrize("method", list(Method))
quick = settings(max_examples=60, deadline=None)

# so that at least a millionth of every loop gets out: less is refused
weights = st.integers(0, 9) | st.decimals("0.01", "9999.99", places=2)


@st.composite
def models(draw: st.DrawFn, forward_only: bool = False) -> AllocationModel:
    """A hospital that can be allocated by every method: each sender also serves the last clinical department."""
    services, clinicals = draw(st.integers(1, 6)), draw(st.integers(1, 16))
    codes = draw(st.permutations([f"D{number:02d}" for number in range(services + clinicals)]))
    senders, receivers = codes[:services], codes[services:]
    departments = [Department(code, draw(st.sampled_from(SERVICE))) for code in senders]
    departments += [Department(code, CostClass.CLINICAL) for code in receivers]
    items = draw(st.sampled_from([("personnel",), ("personnel", "drugs"), ("other", "other|water", "drugs")]))
    fen = st.integers(-(10**4), 10**4) | st.integers(-(10**13), 10**13) | st.just(0)
    costs = {(code, item): draw(fen) for code in codes for item in items if draw(st.booleans())}
    cuts = sorted(draw(st.sets(st.integers(1, services), max_size=services)) | {services})
    steps, start = [], 0
    for cut in cuts:
        group = senders[start:cut]
        if group:
            start = cut
            open_codes = codes[cut:] if forward_only else codes
            steps.append(draw(drivers(tuple(group), open_codes, receivers)))
    return AllocationModel(Method.STEP_DOWN, tuple(departments), costs, tuple(steps))


@st.composite
def drivers(draw: st.DrawFn, group: tuple[str, ...], codes: list[str], clinical: list[str]) -> Step:
    """One driver for all, or each its own; some assign what they hold to named clinical departments."""

    def driver() -> dict[str, Weight]:
        chosen = draw(st.lists(st.sampled_from(codes), unique=True))
        return {**{code: draw(weights) for code in chosen}, clinical[-1]: draw(st.integers(1, 9))}

    def assignment() -> dict[str, Weight]:
        named = draw(st.lists(st.sampled_from(clinical), unique=True, min_size=1, max_size=3))
        return {code: draw(st.decimals("0.01", "99.99", places=2)) for code in named}

    assigned = {sender: assignment() for sender in group if draw(st.integers(0, 3)) == 0}
    if draw(st.booleans()):
        return Step(group, driver(), assignments=assigned)
    return Step(group, None, {sender: driver() for sender in group if sender not in assigned}, assigned)


def solved(model: AllocationModel) -> Allocation:
    result = allocate(model)
    assert not result.blocked, result.findings
    return result


def sums(costs: Mapping[tuple[str, str], int]) -> dict[str, int]:
    totals: dict[str, int] = defaultdict(int)
    for (_, item), fen in costs.items():
        totals[item] += fen
    return {item: fen for item, fen in totals.items() if fen}


def clinical(model: AllocationModel) -> set[str]:
    return {one.code for one in model.departments if one.cost_class is CostClass.CLINICAL}


@EVERY_METHOD
@quick
@given(model=models())
def test_every_item_keeps_its_sum_and_ends_in_clinical_departments(method: Method, model: AllocationModel) -> None:
    result = solved(replace(model, method=method))
    assert sums(result.full_costs) == sums(model.costs)
    assert {code for code, _ in result.full_costs} <= clinical(model)


@EVERY_METHOD
@quick
@given(model=models())
def test_every_department_and_item_balances(method: Method, model: AllocationModel) -> None:
    """Direct + received = sent for a sender, = full cost for a clinical department, to the fen."""
    result = solved(replace(model, method=method))
    held: dict[tuple[str, str], int] = defaultdict(int, model.costs)
    for flow in result.flows:
        held[flow.sender, flow.item] -= flow.amount
        held[flow.receiver, flow.item] += flow.amount
        assert flow.sender != flow.receiver
        assert abs(Fraction(flow.share) - flow.driver / flow.driver_total) <= Fraction(1, 2 * 10**12)
        assert 0 < flow.driver <= flow.driver_total
    assert {key: fen for key, fen in held.items() if fen} == result.full_costs


@EVERY_METHOD
@quick
@given(model=models(), factor=st.sampled_from([10**8, 10**20]))
def test_amounts_beyond_64_bits_balance_as_well(method: Method, model: AllocationModel, factor: int) -> None:
    costs = {key: fen * factor + 1 for key, fen in model.costs.items()}
    result = solved(replace(model, method=method, costs=costs))
    held: dict[tuple[str, str], int] = defaultdict(int, costs)
    for flow in result.flows:
        held[flow.sender, flow.item] -= flow.amount
        held[flow.receiver, flow.item] += flow.amount
    assert {key: fen for key, fen in held.items() if fen} == result.full_costs
    assert sums(result.full_costs) == sums(costs)


@EVERY_METHOD
@quick
@given(model=models(), data=st.data())
def test_order_of_rows_does_not_matter(method: Method, model: AllocationModel, data: st.DataObject) -> None:
    def shuffled(mapping: Mapping) -> dict:  # type: ignore[type-arg]
        return dict(data.draw(st.permutations(list(mapping.items()))))

    other = AllocationModel(
        method,
        tuple(data.draw(st.permutations(model.departments))),
        shuffled(model.costs),
        tuple(
            Step(
                tuple(data.draw(st.permutations(step.senders))),
                None if step.driver is None else shuffled(step.driver),
                {sender: shuffled(driver) for sender, driver in shuffled(step.drivers).items()},
                {sender: shuffled(shares) for sender, shares in shuffled(step.assignments).items()},
            )
            for step in model.steps
        ),
    )
    mine, theirs = solved(replace(model, method=method)), solved(other)
    assert mine == theirs
    assert list(mine.full_costs) == list(theirs.full_costs)


@EVERY_METHOD
@quick
@given(model=models(), factor=st.sampled_from([2, 1000, Decimal("0.001"), Fraction(1, 7), 10**25]))
def test_scale_of_drivers_does_not_matter(method: Method, model: AllocationModel, factor: Weight) -> None:
    def scaled(driver: Mapping[str, Weight]) -> dict[str, Weight]:
        return {code: Fraction(weight) * Fraction(factor) for code, weight in driver.items()}

    steps = tuple(
        Step(
            step.senders,
            None if step.driver is None else scaled(step.driver),
            {sender: scaled(driver) for sender, driver in step.drivers.items()},
            {sender: scaled(shares) for sender, shares in step.assignments.items()},
        )
        for step in model.steps
    )
    mine = solved(replace(model, method=method))
    theirs = solved(replace(model, method=method, steps=steps))
    assert mine.full_costs == theirs.full_costs
    assert [(one.share, one.amount) for one in mine.flows] == [(one.share, one.amount) for one in theirs.flows]


@EVERY_METHOD
@quick
@given(
    shares=st.lists(st.decimals("0.01", "99.99", places=2), min_size=2, max_size=6),
    more=st.decimals("0.01", "50", places=2),
    fen=st.integers(0, 10**9),
    assigned=st.booleans(),
)
def test_a_greater_share_never_brings_less(
    method: Method, shares: list[Decimal], more: Decimal, fen: int, assigned: bool
) -> None:
    """Of a driver as of an assignment."""
    clinicals = [f"C{number}" for number in range(len(shares))]
    departments = (
        Department("A", CostClass.ADMINISTRATION),
        *(Department(code, CostClass.CLINICAL) for code in clinicals),
    )

    def received(weights: list[Decimal]) -> int:
        driver = dict(zip(clinicals, weights, strict=True))
        step = Step(("A",), assignments={"A": driver}) if assigned else Step(("A",), driver)
        return solved(AllocationModel(method, departments, {("A", "other"): fen}, (step,))).full_costs.get(
            ("C0", "other"), 0
        )

    assert received([shares[0] + more, *shares[1:]]) >= received(shares)


@EVERY_METHOD
@quick
@given(model=models())
def test_negative_costs_mirror_positive_ones(method: Method, model: AllocationModel) -> None:
    mine = solved(replace(model, method=method))
    mirror = solved(replace(model, method=method, costs={key: -fen for key, fen in model.costs.items()}))
    assert mirror.full_costs == {key: -fen for key, fen in mine.full_costs.items()}
    assert [one.amount for one in mirror.flows] == [-one.amount for one in mine.flows]


@EVERY_METHOD
@quick
@given(model=models(), scale=st.sampled_from([1, 10**4, 10**9]))
def test_costs_above_zero_give_no_amount_below(method: Method, model: AllocationModel, scale: int) -> None:
    """However few fen go round a loop, and however unevenly."""
    costs = {key: abs(fen) // scale for key, fen in model.costs.items()}
    result = solved(replace(model, method=method, costs=costs))
    assert min([*result.full_costs.values(), *(flow.amount for flow in result.flows)], default=0) >= 0


def test_a_fen_in_a_tight_loop_goes_out_as_a_fen() -> None:
    """Office and sterile supply send a fen to each other twenty times before it gets out; 0.57 fen of it to surgery."""
    departments = tuple(
        Department(code, kind)
        for code, kind in (
            ("ADM", CostClass.ADMINISTRATION),
            ("CSSD", CostClass.MEDICAL_SUPPORT),
            ("MED", CostClass.CLINICAL),
            ("SUR", CostClass.CLINICAL),
        )
    )
    steps = (
        Step(("ADM",), {"SUR": 3, "MED": 2, "CSSD": 100}),
        Step(("CSSD",), {"SUR": 1, "MED": 3, "ADM": 1000}),
    )
    result = solved(AllocationModel(Method.RECIPROCAL, departments, {("ADM", "personnel"): 1}, steps))
    assert result.full_costs == {("SUR", "personnel"): 1}
    assert all(flow.amount > 0 for flow in result.flows)


@quick
@given(models())
def test_reciprocal_is_the_limit_of_step_down_repeated(model: AllocationModel) -> None:
    """Every sender sends all that it holds, back to others as well, again and again: 2^30 times, by squaring."""
    codes = sorted(one.code for one in model.departments)
    sending = np.eye(len(codes))
    for step in model.steps:
        for sender in step.senders:
            driver = {code: float(weight) for code, weight in step.driver_of(sender).items() if code != sender}
            row = sending[codes.index(sender)]
            row[:] = [driver.get(code, 0) / sum(driver.values()) for code in codes]
    for _ in range(30):
        sending = sending @ sending
    result = solved(replace(model, method=Method.RECIPROCAL))
    for item in {item for _, item in model.costs}:
        held = np.array([float(model.costs.get((code, item), 0)) for code in codes])
        ended = held @ sending
        near = len(codes) + 1 + np.abs(held).sum() / 10**9
        assert all(
            abs(result.full_costs.get((code, item), 0) - ended[place]) <= near for place, code in enumerate(codes)
        )


@quick
@given(models(forward_only=True))
def test_step_down_is_reciprocal_when_nobody_serves_back(model: AllocationModel) -> None:
    assert solved(model).full_costs == solved(replace(model, method=Method.RECIPROCAL)).full_costs
    assert solved(model).flows == solved(replace(model, method=Method.RECIPROCAL)).flows


@EVERY_METHOD
@quick
@given(model=models(), cells=st.sampled_from([1, 40]))
def test_how_many_are_divided_at_once_does_not_matter(method: Method, model: AllocationModel, cells: int) -> None:
    model = replace(model, method=method)
    expected = solved(model)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("costing.engine.bundle._CELLS", cells)
        assert solved(model) == expected


@quick
@given(models())
def test_loops_balance_as_well_where_nothing_hinders_a_flow_from_turning_round(model: AllocationModel) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("costing.engine.reciprocal._CAREFUL_ROUNDS", 0)
        result = solved(replace(model, method=Method.RECIPROCAL))
    held: dict[tuple[str, str], int] = defaultdict(int, model.costs)
    for flow in result.flows:
        held[flow.sender, flow.item] -= flow.amount
        held[flow.receiver, flow.item] += flow.amount
    assert {key: fen for key, fen in held.items() if fen} == result.full_costs


@quick
@given(models())
def test_closed_department_receives_nothing(model: AllocationModel) -> None:
    closed = {sender: number for number, step in enumerate(model.steps, start=1) for sender in step.senders}
    for flow in solved(model).flows:
        assert flow.receiver not in closed or closed[flow.receiver] > flow.step


@quick
@given(models())
def test_reciprocal_is_within_a_few_fen_of_the_exact_solution(model: AllocationModel) -> None:
    """Against elimination in rational numbers; x itself is known to 12 decimals of the item's cost."""
    result = solved(replace(model, method=Method.RECIPROCAL))
    exact = exact_reciprocal(model)
    senders = sum(len(step.senders) for step in model.steps)
    for (code, item), value in exact.items():
        resolution = Fraction(sum(abs(fen) for key, fen in model.costs.items() if key[1] == item), 10**11)
        assert abs(result.full_costs.get((code, item), 0) - value) <= senders + 1 + resolution


def exact_reciprocal(model: AllocationModel) -> dict[tuple[str, str], Fraction]:
    """Eliminate sender after sender in rational numbers: what it holds and all that is sent to it passes on."""
    shares: dict[str, dict[str, Fraction]] = {}
    for step in model.steps:
        for sender in step.senders:
            driver = {code: Fraction(weight) for code, weight in step.driver_of(sender).items() if code != sender}
            whole = sum(driver.values())
            shares[sender] = {code: weight / whole for code, weight in driver.items()}
    held = {key: Fraction(fen) for key, fen in model.costs.items()}
    items = {item for _, item in model.costs}
    for sender in list(shares):
        own = shares.pop(sender)
        again = own.pop(sender, Fraction(0))
        own = {code: share / (1 - again) for code, share in own.items()}
        for item in items:
            amount = held.pop((sender, item), Fraction(0))
            for code, share in own.items():
                held[code, item] = held.get((code, item), Fraction(0)) + amount * share
        for row in shares.values():
            through = row.pop(sender, Fraction(0))
            for code, share in own.items():
                row[code] = row.get(code, Fraction(0)) + through * share
    return held


def large_loop(method: Method = Method.RECIPROCAL) -> AllocationModel:
    """120 departments, 60 of which serve one another, by a fixed rule."""
    codes = [f"D{number:03d}" for number in range(120)]
    departments = tuple(
        Department(code, CostClass.MEDICAL_SUPPORT if number < 60 else CostClass.CLINICAL)
        for number, code in enumerate(codes)
    )
    costs = {
        (code, item): (number * 7919 + factor * 104729) % 10**9
        for number, code in enumerate(codes)
        for factor, item in enumerate(("personnel", "drugs", "other"))
    }
    steps = tuple(
        Step(
            (codes[row],), {code: (row * 31 + column * 17) % 101 for column, code in enumerate(codes) if column != row}
        )
        for row in range(60)
    )
    return AllocationModel(method, departments, costs, steps)


def test_large_loop_is_within_a_fen_of_the_exact_solution() -> None:
    """Everybody serves everybody: levelling leaves nobody more than a fen from the exact amount."""
    model = large_loop()
    model = replace(model, costs={key: fen for key, fen in model.costs.items() if key[1] == "drugs"})
    steps = tuple(replace(step, driver=dict(step.driver or {})) for step in model.steps[:12])
    first = {code for step in steps for code in step.senders} | clinical(model)
    steps = tuple(
        replace(step, driver={code: weight for code, weight in (step.driver or {}).items() if code in first})
        for step in steps
    )
    model = replace(
        model,
        departments=tuple(one for one in model.departments if one.code in first),
        costs={key: fen for key, fen in model.costs.items() if key[0] in first},
        steps=steps,
    )
    result = solved(model)
    for key, value in exact_reciprocal(model).items():
        assert abs(result.full_costs.get(key, 0) - value) < Fraction(11, 10)


def test_result_does_not_depend_on_the_number_of_blas_threads() -> None:
    program = (
        "import sys; sys.path[:0] = ['.', 'tests/costing']\n"
        "from test_allocation_laws import large_loop, allocate\n"
        "from ops_platform.kernel import digest_of\n"
        "one = allocate(large_loop())\n"
        "flows = [[f.step, f.sender, f.receiver, f.item, str(f.share), f.amount] for f in one.flows]\n"
        "print(digest_of([[*key, fen] for key, fen in one.full_costs.items()] + flows))\n"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads in ("1", "2")
    }
    assert len(digests) == 1
    assert len(digests.pop().strip()) == 64
