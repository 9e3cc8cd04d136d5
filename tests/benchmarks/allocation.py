"""Reciprocal allocation of 1,000 and 5,000 departments against numpy.linalg.solve of the service block alone.

Half of the departments serve others, as in a hospital. What is measured against the goal is the allocation of a model that
has been read: graph, equations, every flow and every full cost exact to the fen; the bare solution has its matrix ready,
too. The whole call, which reads a model of dictionaries and checks it, stands beside it.
"""

from collections.abc import Callable

import numpy as np

from costing.engine.allocation import allocate
from costing.engine.book import Book, Register
from costing.engine.equations import solve
from costing.engine.findings import check_model
from costing.engine.model import AllocationModel, CostClass, Department, Method, Step
from costing.engine.reciprocal import reciprocal
from tests.benchmarks.figures import Figure, Goal, middle, seconds

GOAL = Goal(must=5, aim=2)
ROUNDS, REPEATS = 5, 5
SIZES = (1_000, 500), (1_000, 400), (5_000, 2_500)  # departments, and how many of them serve others
RECEIVERS = 60
ITEMS = ("personnel", "materials", "drugs", "depreciation", "amortisation", "risk_fund", "other")
SERVICE = (CostClass.ADMINISTRATION, CostClass.MEDICAL_SUPPORT, CostClass.MEDICAL_TECHNOLOGY)


def measure(database: str) -> list[Figure]:
    """The goal's size with its parts, the same with fewer senders, then the large one."""
    (departments, senders), *others = SIZES
    figures = _measured(departments, senders, GOAL)
    for other in others:
        figures += _measured(*other, None)[:2]
    return figures


def _measured(departments: int, senders: int, goal: Goal | None) -> list[Figure]:
    """The allocation, the whole call, its parts by themselves, and beside them the bare solution in floats."""
    model = _model(departments, senders)
    matrix, right = _block(model, departments, senders)
    if allocate(model).blocked:
        raise RuntimeError("the model of the measurement is refused")
    register = Register.of(model)
    book = Book.of(model, register)
    places = np.array([sender.place for sender in register.service_senders()])
    weights = register.weights.take(np.array([sender.row for sender in register.service_senders()]))
    ways: dict[str, Callable[[], object]] = {
        "bare": lambda: np.linalg.solve(matrix, right),
        "model read before": lambda: reciprocal(register, Book(book.balances.copy())),
        "whole call": lambda: allocate(model),
        "reading and checking the model": lambda: (check_model(model), Register.of(model), Book.of(model, register)),
        "its equations, solved and in fen": lambda: solve(book.balances[:, places], weights, places, departments),
    }
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            spent[name].append(min(seconds(way) for _ in range(REPEATS)))
    what = f"reciprocal allocation, {departments:,} departments ({senders:,} senders)"
    against = "against numpy.linalg.solve of the service block"
    flows = f"; {senders * RECEIVERS * len(ITEMS):,} flows, exact to the fen"
    figures = []
    for name in list(ways)[1:]:
        first = not figures
        figures.append(
            Figure(
                "allocation",
                f"{what}, {name}, {against}" if first else f"the same, {name}",
                middle([a / b for a, b in zip(spent[name], spent["bare"], strict=True)]),
                f"{middle(spent[name]) * 1000:.1f} ms against {middle(spent['bare']) * 1000:.1f} ms{flows if first else ''}",
                goal if first else None,
            )
        )
    return figures


def _code(number: int) -> str:
    return f"D{number:04d}"


def _model(departments: int, senders: int) -> AllocationModel:
    """Every sender serves others of all classes, so that all senders lie in one loop."""
    return AllocationModel(
        method=Method.RECIPROCAL,
        departments=tuple(
            Department(_code(n), SERVICE[n % 3] if n < senders else CostClass.CLINICAL) for n in range(departments)
        ),
        costs={
            (_code(n), item): 10_000_00 + 977 * n + 131 * k for n in range(departments) for k, item in enumerate(ITEMS)
        },
        steps=(
            Step(
                senders=tuple(map(_code, range(senders))),
                drivers={_code(n): _driver(n, departments) for n in range(senders)},
            ),
        ),
    )


def _driver(sender: int, departments: int) -> dict[str, int]:
    receivers = ((sender + 1 + k * k * 7 + k) % departments for k in range(RECEIVERS * 2))
    others = [number for number in dict.fromkeys(receivers) if number != sender][:RECEIVERS]
    return {_code(number): 1 + (number * 13 + sender) % 97 for number in others}


def _block(model: AllocationModel, departments: int, senders: int) -> tuple[np.ndarray, np.ndarray]:
    """I - Pᵀ among the senders, and their costs by item."""
    matrix = np.eye(senders)
    for sender in range(senders):
        driver = _driver(sender, departments)
        total = sum(driver.values())
        for number in range(senders):
            matrix[number, sender] -= driver.get(_code(number), 0) / total
    right = np.array([[model.costs[_code(n), item] for item in ITEMS] for n in range(senders)], dtype=float)
    return matrix, right
