"""The book of one allocation: what every department holds of every item, and what was moved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from costing.engine.bundle import Bundle, bundles
from costing.engine.exact import BoolArray, IntArray, amount_type, split_rows
from costing.engine.flows import Flows, Transfer
from costing.engine.model import AllocationModel, CostClass, Department
from costing.engine.weights import Weights


@dataclass(frozen=True, slots=True, eq=False)
class Sender:
    """A department that sends: its place, its step (from 1) and its whole driver; `assigned` where that is an assignment."""

    place: int
    step: int
    weights: Weights
    assigned: bool = False

    def serves_itself(self) -> bool:
        """Whether its driver names itself."""
        return bool((self.weights.receivers == self.place).any())

    def refused(self, admitted: BoolArray) -> IntArray:
        """The places that an assignment names and that are not admitted."""
        receivers = self.weights.receivers
        return receivers[~admitted[receivers]] if self.assigned else receivers[:0]

    def among(self, admitted: BoolArray) -> Weights:
        """Its weights among the admitted; of an assignment all or nothing."""
        return Weights.of({}, {}) if len(self.refused(admitted)) else self.weights.among(admitted)


@dataclass(frozen=True, slots=True, eq=False)
class Register:
    """The model put in order: departments by code (their place), items by key, senders with their weights."""

    departments: tuple[Department, ...]
    codes: tuple[str, ...]
    places: Mapping[str, int]
    items: tuple[str, ...]
    clinical: BoolArray
    steps: tuple[tuple[Sender, ...], ...]

    @classmethod
    def of(cls, model: AllocationModel) -> "Register":
        """From a model whose departments are all known and whose weights are not negative."""
        departments = tuple(sorted(model.departments, key=lambda department: department.code))
        codes = tuple(department.code for department in departments)
        places = {code: place for place, code in enumerate(codes)}
        clinical = [department.cost_class is CostClass.CLINICAL for department in departments]
        return cls(
            departments=departments,
            codes=codes,
            places=places,
            items=tuple(sorted({item for _, item in model.costs})),
            clinical=np.array(clinical, dtype=np.bool_),
            steps=_senders(model, places),
        )

    def label(self, place: int) -> str:
        """How messages name the department."""
        return self.departments[place].label

    def service_senders(self) -> list[Sender]:
        """Every sender that is not clinical, in the order of steps."""
        return [sender for step in self.steps for sender in step if not self.clinical[sender.place]]


def _senders(model: AllocationModel, places: Mapping[str, int]) -> tuple[tuple[Sender, ...], ...]:
    steps = []
    for number, step in enumerate(model.steps, start=1):
        given = list(step.given_drivers())
        ready = dict(zip(map(id, given), Weights.of_each(given, places), strict=True))
        nothing = Weights.of({}, places)
        steps.append(
            tuple(
                Sender(places[code], number, ready.get(id(step.driver_of(code)), nothing), code in step.assignments)
                for code in sorted(step.senders)
            )
        )
    return tuple(steps)


@dataclass(slots=True)
class Book:
    """Balances in fen, `balances[item, department]`; every transfer takes from one and gives to others."""

    balances: IntArray
    transfers: list[Transfer] = field(default_factory=list)

    @classmethod
    def of(cls, model: AllocationModel, register: Register) -> "Book":
        """Opened with the direct costs."""
        bound = sum(map(abs, model.costs.values())) + 1
        balances: IntArray = np.zeros((len(register.items), len(register.codes)), dtype=amount_type(bound))
        if model.costs:
            rows = {item: row for row, item in enumerate(register.items)}
            codes, items = zip(*model.costs, strict=True)
            cells = list(map(rows.__getitem__, items)), list(map(register.places.__getitem__, codes))
            balances[cells] = np.array([*model.costs.values()], dtype=balances.dtype)
        return cls(balances)

    def has_cost(self, place: int) -> bool:
        """Whether any item of the department is not zero, even where items cancel out."""
        return bool(self.balances[:, place].any())

    def with_cost(self) -> BoolArray:
        """One flag per department: any item not zero."""
        return np.asarray(self.balances.astype(bool).any(axis=0))

    def close(self, senders: Sequence[Sender], weights: Sequence[Weights]) -> None:
        """Each sends all that it holds, by its weights; none of them may receive from another of them."""
        places = np.array([sender.place for sender in senders], dtype=np.intp)
        for bundle in bundles(weights, len(self.balances)):
            amounts = split_rows(self.balances[:, places[bundle.turns]].T, bundle.weights[:, None])
            self.move_all(bundle, places, amounts)
            self.record(bundle, senders, weights, amounts)

    def move_all(self, bundle: Bundle, places: IntArray, amounts: IntArray) -> None:
        """Move `amounts[sender, item, column]` of a bundle, whose senders stand at `places[turn]`."""
        items = np.arange(len(self.balances))
        self.move(items, places[bundle.turns, None], bundle.receivers[:, None], amounts)

    def move(self, items: IntArray, senders: IntArray, receivers: IntArray, amounts: IntArray) -> None:
        """Take from each sender what its row of amounts sums to, and give the amounts. Shapes are broadcast."""
        cells, width = self.balances.reshape(-1), self.balances.shape[1]
        np.add.at(cells, (items[..., None] * width + receivers).ravel(), amounts.ravel())
        np.subtract.at(cells, (items * width + senders).ravel(), amounts.sum(axis=-1).ravel())

    def record(self, bundle: Bundle, senders: Sequence[Sender], weights: Sequence[Weights], amounts: IntArray) -> None:
        """Write down `amounts[sender, item, column]` of a bundle, which have been moved."""
        for turn, sent in zip(bundle.turns.tolist(), amounts, strict=True):
            sender, one = senders[turn], weights[turn]
            self.transfers.append(Transfer(sender.step, sender.place, one, sent[:, : len(one.receivers)]))

    def widen(self, kind: np.dtype[Any]) -> None:
        """Hold amounts of this type too from now on; never narrower than before."""
        self.balances = self.balances.astype(np.promote_types(self.balances.dtype, kind), order="C")

    def in_order(self) -> tuple[Transfer, ...]:
        """All transfers in the order of steps and senders."""
        return tuple(sorted(self.transfers, key=lambda transfer: (transfer.step, transfer.sender)))

    def flows(self, register: Register) -> Flows:
        """What was moved, in the order of steps and senders."""
        return Flows(register.codes, register.items, self.in_order())

    def full_costs(self, register: Register) -> dict[tuple[str, str], int]:
        """What is left where, zero lines left out, in the order of departments and items."""
        places, rows = np.nonzero(self.balances.T)
        left = self.balances[rows, places].tolist()
        return {
            (register.codes[place], register.items[row]): fen
            for place, row, fen in zip(places.tolist(), rows.tolist(), left, strict=True)
        }
