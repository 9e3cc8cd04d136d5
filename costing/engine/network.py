"""Who serves whom among the departments that are not clinical: loops, dead ends, and the order of closing."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from costing.engine.book import Register, Sender
from costing.engine.exact import BoolArray, IntArray
from costing.engine.weights import Weights, end_to_end


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Nodes are the non-clinical departments in order of code; `serves[a, b]`: a sends to b."""

    places: list[int]
    senders: list[Sender | None]
    weights: list[Weights]
    serves: BoolArray
    reaches_clinical: BoolArray

    @classmethod
    def of(cls, register: Register) -> "Network":
        """Own use is left out: nobody sends to itself."""
        by_place = {sender.place: sender for sender in register.service_senders()}
        places = np.flatnonzero(~register.clinical).tolist()
        nothing = Weights.of({}, {})
        senders = [by_place.get(place) for place in places]
        weights = [sender.weights.without(sender.place) if sender else nothing for sender in senders]
        serves = np.zeros((len(places), len(register.codes)), dtype=np.bool_)
        if weights:
            serves[end_to_end(weights)] = True
        among = serves[:, places]
        return cls(places, senders, weights, among, _leading_to(among, np.any(serves[:, register.clinical], axis=1)))

    def sender(self, node: int) -> Sender:
        """The sender at a node that is no dead end."""
        sender = self.senders[node]
        if sender is None:
            raise LookupError(f"{self.places[node]} does not send")
        return sender

    def dead_ends(self) -> BoolArray:
        """Nodes that send to nobody."""
        return np.array([not one for one in self.weights], dtype=np.bool_)

    def reached_from(self, start: BoolArray) -> BoolArray:
        """Nodes that cost can get to from `start`, itself included."""
        return _leading_to(self.serves.T, start)

    def closed_loops(self, own_use: BoolArray) -> BoolArray:
        """Nodes whose cost reaches neither a clinical department nor a dead end (own use alone is a loop)."""
        return ~self.reaches_clinical & ~_leading_to(self.serves, self.dead_ends() & ~own_use)

    def order(self) -> tuple[list[list[int]], list[int], list[list[int]]]:
        """Sending nodes as head, core and tail; nobody sends back to an earlier part.

        Head and tail are free of loops: levels in order of service, none serving its own level. In the core (every
        loop, and what lies between two loops) the farther from the way out comes first, so that each node has a
        receiver behind it.
        """
        remaining = ~self.dead_ends()
        head = list(_peel(self.serves.T, remaining))
        tail = list(_peel(self.serves, remaining))[::-1]
        core = np.flatnonzero(remaining)
        inside = self.serves[np.ix_(core, core)]
        leaves = self._leaves(core)
        levels = [core[level].tolist() for level in _levels(inside, leaves)]
        return head, [node for level in reversed(levels) for node in level], tail

    def _leaves(self, core: IntArray) -> BoolArray:
        """Core nodes that send to somebody outside the core."""
        inside = self.serves[np.ix_(core, core)].sum(axis=1)
        everywhere = np.array([len(self.weights[node].receivers) for node in core.tolist()], dtype=np.intp)
        return np.asarray(everywhere > inside)


def _peel(receives: BoolArray, remaining: BoolArray) -> Iterator[list[int]]:
    """Take away, level by level, the nodes to which no remaining node is tied; `remaining` is what is left."""
    ties = (receives & remaining).sum(axis=1)
    while True:
        free = np.flatnonzero(remaining & (ties == 0))
        if not len(free):
            return
        remaining[free] = False
        ties -= receives[:, free].sum(axis=1)
        yield free.tolist()


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
