"""What the allocation refuses or remarks on: each finding names the department, and nothing is lost in silence."""

from collections.abc import Iterable
from decimal import Decimal

import pytest

from costing.engine.allocation import Allocation, allocate
from costing.engine.model import AllocationModel, CostClass, Department, Method, Step
from ops_platform.kernel import Severity

DEPARTMENTS = (
    Department("A", CostClass.ADMINISTRATION, "院办"),
    Department("S", CostClass.MEDICAL_SUPPORT, "供应室"),
    Department("C1", CostClass.CLINICAL, "内科"),
    Department("C2", CostClass.CLINICAL, "外科"),
)
ALL_METHODS = pytest.mark.parametrize("method", list(Method))


def run(
    method: Method,
    costs: dict[str, int],
    steps: Iterable[Step],
    departments: tuple[Department, ...] = DEPARTMENTS,
) -> Allocation:
    return allocate(
        AllocationModel(method, departments, {(code, "other"): fen for code, fen in costs.items()}, tuple(steps))
    )


def blocking(result: Allocation) -> list[tuple[str, str]]:
    if result.blocked:
        assert not result.full_costs, "a blocked allocation has no amounts"
        assert not len(result.flows)
    return [(one.code, one.subject) for one in result.findings if one.severity is Severity.BLOCKING]


def remarks(result: Allocation) -> list[tuple[str, str]]:
    assert not result.blocked
    return [(one.code, one.subject) for one in result.findings]


@ALL_METHODS
def test_sender_with_cost_and_no_driver_blocks(method: Method) -> None:
    result = run(method, {"A": 100}, [Step(("A",)), Step(("S",), {"C1": 1})])
    assert blocking(result) == [("costing.no_driver", "A")]
    assert "院办(A)" in result.findings[-1].message
    assert "请" in result.findings[-1].message


@ALL_METHODS
def test_driver_that_sums_to_zero_blocks(method: Method) -> None:
    result = run(method, {"A": 100}, [Step(("A",), {"C1": 0, "C2": Decimal("0.00")})])
    assert blocking(result) == [("costing.no_driver", "A")]


@ALL_METHODS
def test_items_that_cancel_out_are_still_cost(method: Method) -> None:
    costs = {("A", "personnel"): 5, ("A", "other"): -5}
    result = allocate(AllocationModel(method, DEPARTMENTS, costs, (Step(("A",), {}),)))
    assert blocking(result) == [("costing.no_driver", "A")]


@ALL_METHODS
def test_sender_without_cost_and_without_driver_is_only_an_info(method: Method) -> None:
    result = run(method, {"C1": 100}, [Step(("A",), {})])
    assert remarks(result) == [("costing.no_driver", "A")]
    assert result.findings[0].severity is Severity.INFO
    assert result.full_costs == {("C1", "other"): 100}


@ALL_METHODS
def test_negative_driver_blocks(method: Method) -> None:
    result = run(method, {"A": 100}, [Step(("A",), {"C1": 2, "C2": -1})])
    assert blocking(result) == [("costing.negative_driver", "A")]
    assert "外科(C2)" in result.findings[0].message


@ALL_METHODS
def test_unknown_department_blocks_wherever_it_occurs(method: Method) -> None:
    result = run(method, {"X1": 1}, [Step(("X2",), {"C1": 1}), Step(("A",), {"X3": 0, "C1": 1})])
    assert blocking(result) == [("costing.unknown_department", code) for code in ("X1", "X2", "X3")]


@ALL_METHODS
def test_department_without_class_blocks(method: Method) -> None:
    result = run(method, {}, [], (*DEPARTMENTS, Department("N", None, "新科室")))
    assert blocking(result) == [("costing.no_class", "N")]


@ALL_METHODS
def test_department_that_sends_twice_blocks(method: Method) -> None:
    result = run(method, {"A": 1}, [Step(("A",), {"C1": 1}), Step(("A",), {"C2": 1})])
    assert blocking(result) == [("costing.sender_twice", "A")]


@ALL_METHODS
def test_negative_cost_is_a_warning_and_is_allocated(method: Method) -> None:
    result = run(method, {"A": -100}, [Step(("A",), {"C1": 1, "C2": 1})])
    assert remarks(result) == [("costing.negative_cost", "A")]
    assert result.full_costs == {("C1", "other"): -50, ("C2", "other"): -50}


def test_clinical_sender_is_a_warning() -> None:
    steps = [Step(("C1",), {"C2": 1})]
    assert run(Method.STEP_DOWN, {"C1": 7}, steps).full_costs == {("C2", "other"): 7}
    for method in (Method.RECIPROCAL, Method.DIRECT):
        result = run(method, {"C1": 7}, steps)
        assert remarks(result) == [("costing.clinical_sender", "C1")]
        assert result.full_costs == {("C1", "other"): 7}


def test_department_never_closed_blocks_step_down() -> None:
    assert blocking(run(Method.STEP_DOWN, {"S": 100}, [])) == [("costing.not_closed", "S")]


def test_department_that_receives_and_is_never_closed_blocks_step_down() -> None:
    result = run(Method.STEP_DOWN, {"A": 100}, [Step(("A",), {"S": 1, "C1": 1})])
    assert blocking(result) == [("costing.not_closed", "S")]


@pytest.mark.parametrize("method", [Method.RECIPROCAL, Method.DIRECT])
def test_department_in_no_step_blocks_the_other_methods(method: Method) -> None:
    assert blocking(run(method, {"S": 100}, [])) == [("costing.no_driver", "S")]


def test_cost_that_flows_into_a_dead_end_blocks_reciprocal() -> None:
    result = run(Method.RECIPROCAL, {"A": 100}, [Step(("A",), {"S": 1, "C1": 1})])
    assert blocking(result) == [("costing.no_driver", "S")]


def test_closed_receivers_are_ignored_and_said() -> None:
    result = run(
        Method.STEP_DOWN, {"A": 100, "S": 100}, [Step(("A",), {"A": 9, "C1": 1}), Step(("S",), {"A": 5, "C2": 1})]
    )
    assert remarks(result) == [("costing.driver_ignored_closed", "A"), ("costing.driver_ignored_closed", "S")]
    assert result.full_costs == {("C1", "other"): 100, ("C2", "other"): 100}


def test_driver_of_closed_receivers_alone_blocks() -> None:
    steps = [Step(("A",), {"C1": 1}), Step(("S",), {"A": 1})]
    assert blocking(run(Method.STEP_DOWN, {"S": 100}, steps)) == [("costing.no_driver", "S")]


def test_direct_ignores_all_but_clinical_receivers() -> None:
    steps = [Step(("A",), {"S": 98, "C1": 1, "C2": 1}), Step(("S",), {"A": 5, "C2": 3})]
    assert run(Method.DIRECT, {"A": 100, "S": 7}, steps).full_costs == {("C1", "other"): 50, ("C2", "other"): 57}
    assert blocking(run(Method.DIRECT, {"A": 100}, [Step(("A",), {"S": 1})])) == [("costing.no_driver", "A")]


def test_assignment_to_a_department_that_cannot_receive_blocks_and_names_it() -> None:
    """The share of the closed department never goes to the other in silence."""
    steps = [Step(("A",), {"C1": 1}), Step(("S",), assignments={"S": {"C1": 60, "A": 40}})]
    for method in (Method.STEP_DOWN, Method.DIRECT):
        (refused, *_rest) = (
            one for one in run(method, {"S": 100}, steps).findings if one.severity is Severity.BLOCKING
        )
        assert (refused.code, refused.subject, refused.context["refused"]) == ("costing.assignment_refused", "S", ["A"])
    assert not blocking(run(Method.STEP_DOWN, {"A": 100}, steps)), "without cost nothing is lost"
    assert not blocking(run(Method.RECIPROCAL, {"S": 100}, steps)), "all at once: the office receives as well"


def test_assignment_to_oneself_is_no_own_use_to_leave_out() -> None:
    steps = [Step(("A",), assignments={"A": {"A": 50, "C1": 50}}), Step(("S",), {"C1": 1})]
    assert blocking(run(Method.RECIPROCAL, {"A": 100}, steps)) == [("costing.assignment_refused", "A")]


def test_loop_without_way_out_is_named() -> None:
    result = run(Method.RECIPROCAL, {"A": 1}, [Step(("A",), {"S": 1}), Step(("S",), {"A": 1})])
    assert blocking(result) == [("costing.closed_loop", "A,S")]


def test_a_loop_without_cost_that_leads_nowhere_does_not_disturb_another_loop() -> None:
    """An office and a store serve each other and a closed workshop; none of them costs anything this month."""
    departments = (
        *DEPARTMENTS,
        *(Department(code, CostClass.ADMINISTRATION) for code in ("OFFICE", "STORE", "WORKSHOP")),
    )
    steps = [
        Step(("OFFICE",), {"STORE": 1}),
        Step(("STORE",), {"OFFICE": 1, "WORKSHOP": 1}),
        Step(("A",), {"S": 1, "C1": 1}),
        Step(("S",), {"A": 1, "C2": 1}),
    ]
    result = run(Method.RECIPROCAL, {"A": 300}, steps, departments)
    assert not blocking(result)
    assert result.full_costs == {("C1", "other"): 200, ("C2", "other"): 100}


def test_department_that_serves_only_itself_is_a_closed_loop() -> None:
    assert blocking(run(Method.RECIPROCAL, {"A": 1}, [Step(("A",), {"A": 1})])) == [("costing.closed_loop", "A")]


def test_loop_with_nearly_no_way_out_is_refused_rather_than_solved_badly() -> None:
    much = 10**12
    steps = [Step(("A",), {"S": much, "C1": 1}), Step(("S",), {"A": much, "C2": 1})]
    assert blocking(run(Method.RECIPROCAL, {"A": 1}, steps)) == [("costing.closed_loop", "A,S")]


def test_own_use_is_left_out_and_said() -> None:
    result = run(Method.RECIPROCAL, {"A": 100}, [Step(("A",), {"A": 98, "C1": 1, "C2": 1})])
    assert remarks(result) == [("costing.driver_ignored_self", "A")]
    assert result.full_costs == {("C1", "other"): 50, ("C2", "other"): 50}


def test_float_never_enters() -> None:
    with pytest.raises(TypeError):
        Step(("A",), {"C1": 0.5})  # type: ignore[dict-item]
    with pytest.raises(TypeError):
        AllocationModel(Method.DIRECT, DEPARTMENTS, {("A", "other"): 1.0}, ())  # type: ignore[dict-item]


def test_model_refuses_what_no_service_may_pass() -> None:
    with pytest.raises(ValueError, match="twice"):
        AllocationModel(Method.DIRECT, (*DEPARTMENTS, DEPARTMENTS[0]), {}, ())
    with pytest.raises(ValueError, match="do not send"):
        Step(("A",), None, {"S": {"C1": 1}})


@ALL_METHODS
def test_nothing_gives_nothing(method: Method) -> None:
    result = allocate(AllocationModel(method, (), {}, ()))
    assert result == Allocation()
