"""Who serves whom among the departments that are not clinical: loops, dead ends, and the order of closing."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from costing.engine.book import Register, Sender
from costing.engine.exact import BoolArray, IntArray
from costing.engine.weights import Weights


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Nodes are the non-clinical departments in order of code, each a row of `weights`; `serves[a, b]`: a sends to b."""

    places: IntArray
    senders: list[Sender | None]
    weights: Weights
    serves: BoolArray
    serves_itself: BoolArray
    serves_clinical: BoolArray

    @classmethod
    def of(cls, register: Register) -> "Network":
        """Own use is left out: nobody sends to itself."""
        by_place = {sender.place: sender for sender in register.service_senders()}
        places = np.flatnonzero(~register.clinical)
        senders = [by_place.get(place) for place in places.tolist()]
        said = register.weights.take(np.array([sender.row if sender else 0 for sender in senders], dtype=np.intp))
        own = said.receivers == places[said.owners]
        serves_itself = np.zeros(len(places), dtype=np.bool_)
        serves_itself[said.owners[own]] = True
        weights = said.where(~own)
        serves = np.zeros((len(places), len(register.codes)), dtype=np.bool_)
        serves[weights.owners, weights.receivers] = True
        serves_clinical = np.asarray(serves[:, register.clinical].any(axis=1))
        return cls(places, senders, weights, serves[:, places], serves_itself, serves_clinical)

    def sender(self, node: int) -> Sender:
        """The sender at a node that is no dead end."""
        sender = self.senders[node]
        if sender is None:
            raise LookupError(f"{self.places[node]} does not send")
        return sender

    def senders_at(self, nodes: IntArray) -> list[Sender]:
        """The senders at these nodes, none of them a dead end."""
        return list(map(self.sender, nodes.tolist()))

    def dead_ends(self) -> BoolArray:
        """Nodes that send to nobody."""
        return ~self.weights.filled()

    def reached_from(self, start: BoolArray) -> BoolArray:
        """Nodes that cost can get to from `start`, itself included."""
        return _leading_to(self.serves.T, start)

    def closed_loops(self) -> BoolArray:
        """Nodes whose cost reaches neither a clinical department nor a dead end (own use alone is a loop)."""
        ends = self.serves_clinical | (self.dead_ends() & ~self.serves_itself)
        return ~_leading_to(self.serves, ends)

    def order(self) -> tuple[list[IntArray], list[IntArray]]:
        """Sending nodes as head and loops, each in levels; no loop sends back to the head.

        The head is free of loops: levels in order of service, none serving its own level. The loops, and whatever they
        lead to, come as levels by distance from the clinical departments, the farthest first: each node has a receiver
        in the next level, each of the last level a clinical one.
        """
        remaining = ~self.dead_ends()
        head = list(_peel(self.serves.T, remaining))
        levels = list(_levels(self.serves & remaining[:, None], self.serves_clinical & remaining))
        return head, [np.flatnonzero(level) for level in reversed(levels)]


def _peel(receives: BoolArray, remaining: BoolArray) -> Iterator[IntArray]:
    """Take away, level by level, the nodes to which no remaining node is tied; `remaining` is what is left."""
    ties = (receives & remaining).sum(axis=1)
    while True:
        free = np.flatnonzero(remaining & (ties == 0))
        if not len(free):
            return
        remaining[free] = False
        ties -= receives[:, free].sum(axis=1)
        yield free


def _levels(serves: BoolArray, start: BoolArray) -> Iterator[BoolArray]:
    """`start`, then those that send to it, then those that send to them, each node once."""
    seen, level = start.copy(), start
    while level.any():
        yield level
        level = serves[:, level].any(axis=1) & ~seen
        seen |= level


def _leading_to(serves: BoolArray, goal: BoolArray) -> BoolArray:
    """Nodes from which one of the goals can be reached, the goals included."""
    reached = np.zeros_like(goal)
    for level in _levels(serves, goal):
        reached |= level
    return reached
