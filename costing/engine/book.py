"""The book of one allocation: what every department holds of every item, and what was moved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from types import MappingProxyType
from typing import Any

import numpy as np

from costing.engine.bundle import split_each
from costing.engine.exact import BoolArray, IntArray, amount_type
from costing.engine.flows import Block, Flows, joined
from costing.engine.model import AllocationModel, CostClass, Department, Driver
from costing.engine.weights import Weights

_NOBODY: Driver = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Sender:
    """A department that sends: its place, its step (from 1), the row of its driver, and whether that is an assignment."""

    place: int
    step: int
    row: int
    assigned: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Register:
    """The model put in order: departments by code (their place), items by key, senders with their rows of `weights`."""

    departments: tuple[Department, ...]
    codes: tuple[str, ...]
    places: Mapping[str, int]
    items: tuple[str, ...]
    clinical: BoolArray
    weights: Weights
    steps: tuple[tuple[Sender, ...], ...]

    @classmethod
    def of(cls, model: AllocationModel) -> "Register":
        """From a model whose departments are all known and whose weights are not negative."""
        departments = tuple(sorted(model.departments, key=lambda department: department.code))
        codes = tuple(department.code for department in departments)
        places = {code: place for place, code in enumerate(codes)}
        clinical = [department.cost_class is CostClass.CLINICAL for department in departments]
        drivers = [_NOBODY, *chain.from_iterable(step.given_drivers() for step in model.steps)]
        return cls(
            departments=departments,
            codes=codes,
            places=places,
            items=tuple(sorted({item for _, item in model.costs})),
            clinical=np.array(clinical, dtype=np.bool_),
            weights=Weights.of(drivers, places),
            steps=_senders(model, places, {id(driver): row for row, driver in enumerate(drivers)}),
        )

    def label(self, place: int) -> str:
        """How messages name the department."""
        return self.departments[place].label

    def service_senders(self) -> list[Sender]:
        """Every sender that is not clinical, in the order of steps."""
        return [sender for step in self.steps for sender in step if not self.clinical[sender.place]]


def _senders(
    model: AllocationModel, places: Mapping[str, int], rows: Mapping[int, int]
) -> tuple[tuple[Sender, ...], ...]:
    return tuple(
        tuple(
            Sender(places[code], number, rows.get(id(step.driver_of(code)), 0), code in step.assignments)
            for code in sorted(step.senders)
        )
        for number, step in enumerate(model.steps, start=1)
    )


@dataclass(slots=True)
class Book:
    """Balances in fen, `balances[item, department]`; every block takes from some and gives to others."""

    balances: IntArray
    blocks: list[Block] = field(default_factory=list)

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

    def close(self, senders: Sequence[Sender], weights: Weights) -> None:
        """Each sends all that it holds, by its row of weights; none of them may receive from another of them."""
        self.send(senders, weights, self.balances[:, [sender.place for sender in senders]])

    def send(self, senders: Sequence[Sender], weights: Weights, amounts: IntArray) -> Block:
        """Each sends `amounts[item, row]`, whether it holds that or not, by its row of weights, of which none is empty."""
        block = Block(
            steps=np.array([sender.step for sender in senders], dtype=np.intp),
            senders=np.array([sender.place for sender in senders], dtype=np.intp),
            weights=weights,
            amounts=split_each(amounts, weights),
        )
        self.balances[:, block.senders] -= amounts
        self.balances += block.received(self.balances.shape[1])
        self.blocks.append(block)
        return block

    def send_on(self, block: Block, onwards: IntArray, *, turning: bool) -> bool:
        """What the senders of a block have left, or have sent too much, goes along one entry each, `onwards[row]`; returns
        whether anybody had. Who would turn that flow round divides anew what it holds in all, unless `turning`."""
        left = self.balances[:, block.senders]
        items, rows = np.nonzero(left)
        if not len(items):
            return False
        fen, entries = left[items, rows], onwards[rows]
        anew = np.abs(fen) > np.abs(block.amounts[items, entries])
        if turning or not anew.any():
            self._send_more(block, items, rows, entries, fen)
            return True
        sent = np.add.reduceat(block.amounts, block.weights.starts[:-1], axis=1)[items, rows]
        anew &= np.sign(fen) * np.sign(sent) < 0
        self._send_more(block, items[~anew], rows[~anew], entries[~anew], fen[~anew])
        self._send_anew(block, items[anew], rows[anew], (sent + fen)[anew])
        return True

    def _send_anew(self, block: Block, items: IntArray, rows: IntArray, amounts: IntArray) -> None:
        """Each of these senders sends this amount of an item in all, instead of what it has sent of it."""
        entries, weights = block.weights.entries_of(rows), block.weights.take(rows)
        items, rows = items[weights.owners], rows[weights.owners]
        parts = split_each(amounts[None], weights)[0]
        self._send_more(block, items, rows, entries, parts - block.amounts[items, entries])

    def _send_more(self, block: Block, items: IntArray, rows: IntArray, entries: IntArray, fen: IntArray) -> None:
        """Each of these senders sends so much more of an item along an entry."""
        width = self.balances.shape[1]
        cells = self.balances.reshape(-1)
        block.amounts[items, entries] += fen
        np.add.at(cells, items * width + block.weights.receivers[entries], fen)
        np.subtract.at(cells, items * width + block.senders[rows], fen)

    def join(self) -> Block:
        """Everything that was moved as one block, in the order of steps and senders."""
        self.blocks[:] = [joined(self.blocks)]
        return self.blocks[0]

    def widen(self, kind: np.dtype[Any]) -> None:
        """Hold amounts of this type too from now on; never narrower than before."""
        self.balances = self.balances.astype(np.promote_types(self.balances.dtype, kind), order="C")

    def flows(self, register: Register) -> Flows:
        """What was moved, in the order of steps and senders."""
        return Flows(register.codes, register.items, joined(self.blocks) if self.blocks else None)

    def full_costs(self, register: Register) -> dict[tuple[str, str], int]:
        """What is left where, zero lines left out, in the order of departments and items."""
        places, rows = np.nonzero(self.balances.T)
        left = self.balances[rows, places].tolist()
        return {
            (register.codes[place], register.items[row]): fen
            for place, row, fen in zip(places.tolist(), rows.tolist(), left, strict=True)
        }
