"""Reciprocal allocation of 1,000 departments against numpy.linalg.solve of the service block alone."""

import numpy as np

from costing.engine.allocation import allocate
from costing.engine.model import AllocationModel, CostClass, Department, Method, Step
from tests.benchmarks.figures import Figure, Goal, middle, seconds

GOAL = Goal(must=5, aim=2)
ROUNDS = 5
DEPARTMENTS, SENDERS, RECEIVERS = 1_000, 400, 60
ITEMS = ("personnel", "materials", "drugs", "depreciation", "amortisation", "risk_fund", "other")
SERVICE = (CostClass.ADMINISTRATION, CostClass.MEDICAL_SUPPORT, CostClass.MEDICAL_TECHNOLOGY)


def measure(database: str) -> list[Figure]:
    """The whole call - checks, equations, exact fen, every flow - and, beside it, the bare solution in floats."""
    model = _model()
    matrix, right = _block(model)
    if allocate(model).blocked:
        raise RuntimeError("the model of the measurement is refused")
    whole, bare = [], []
    for _ in range(ROUNDS):
        bare.append(min(seconds(lambda: np.linalg.solve(matrix, right)) for _ in range(5)))
        whole.append(seconds(lambda: allocate(model)))
    return [
        Figure(
            "allocation",
            f"reciprocal allocation, {DEPARTMENTS:,} departments ({SENDERS} senders), whole call,"
            " against numpy.linalg.solve of the service block",
            middle([a / b for a, b in zip(whole, bare, strict=True)]),
            f"{middle(whole) * 1000:.0f} ms against {middle(bare) * 1000:.1f} ms;"
            f" {SENDERS * RECEIVERS * len(ITEMS):,} flows, exact to the fen",
            GOAL,
        )
    ]


def _code(number: int) -> str:
    return f"D{number:04d}"


def _model() -> AllocationModel:
    """Every sender serves others of all classes, so that all senders lie in one loop."""
    return AllocationModel(
        method=Method.RECIPROCAL,
        departments=tuple(
            Department(_code(n), SERVICE[n % 3] if n < SENDERS else CostClass.CLINICAL) for n in range(DEPARTMENTS)
        ),
        costs={
            (_code(n), item): 10_000_00 + 977 * n + 131 * k for n in range(DEPARTMENTS) for k, item in enumerate(ITEMS)
        },
        steps=(
            Step(senders=tuple(map(_code, range(SENDERS))), drivers={_code(n): _driver(n) for n in range(SENDERS)}),
        ),
    )


def _driver(sender: int) -> dict[str, int]:
    receivers = ((sender + 1 + k * k * 7 + k) % DEPARTMENTS for k in range(RECEIVERS * 2))
    others = [number for number in dict.fromkeys(receivers) if number != sender][:RECEIVERS]
    return {_code(number): 1 + (number * 13 + sender) % 97 for number in others}


def _block(model: AllocationModel) -> tuple[np.ndarray, np.ndarray]:
    """I - Pᵀ among the senders, and their costs by item."""
    matrix = np.eye(SENDERS)
    for sender in range(SENDERS):
        driver = _driver(sender)
        total = sum(driver.values())
        for number in range(SENDERS):
            matrix[number, sender] -= driver.get(_code(number), 0) / total
    right = np.array([[model.costs[_code(n), item] for item in ITEMS] for n in range(SENDERS)], dtype=float)
    return matrix, right
