"""交互分摊: all steps hold at once, as simultaneous equations.

With p[j,k] the share of sender j that goes to k and b[j] its direct cost, the gross amounts solve

    x[j] = b[j] + Σ_k p[k,j] · x[k]        that is (I - Pᵀ) x = b, per cost item,

and a clinical department c ends with b[c] + Σ_j p[j,c] · x[j]. A sender's use of its own service is left out.

Rounding. Senders are put in order so that only flows *back* to an earlier sender of a loop are unknown when
their sender's turn comes. Those are taken from the solution: x quantised to 12 decimals of Σ|b|, then to the
fen; back flow = p[j,k] · x[j] to the nearest fen. From there on all is integer: in order, every sender divides what
it then truly holds, less its back flows, by largest remainder among the receivers behind it. At last single fen
are moved between clinical receivers of one sender, so that a clinical department gets its solved amount to the
nearest fen (where no sender serves both the one with a fen too much and the one with a fen too little, it may stay
a few fen off). So

- flows balance to the fen for every sender and item: direct + received = sent;
- full cost of a clinical department = direct + received, and every item keeps its sum;
- a flow lies within a few fen of p[j,k] · x[j];
- without loops nothing is solved or moved: the result is that of step-down, to the fen.

Where less than about a millionth of a loop's cost gets out, it is refused (`costing.closed_loop`), as is a loop
without any way out, found by reachability before solving.
"""

from collections.abc import Sequence

import numpy as np

from costing.engine import findings as found
from costing.engine.book import Book, Register, Sender
from costing.engine.equations import Solution, apportion, solve
from costing.engine.exact import BoolArray, IntArray, nearest_rows, split_rows
from costing.engine.flows import Transfer
from costing.engine.network import Network
from costing.engine.weights import Weights
from ops_platform.kernel import Finding


def reciprocal(register: Register, book: Book) -> list[Finding]:
    """Close every sender exactly, loops by the solution of their equations."""
    network = Network.of(register)
    findings = _check(register, book, network)
    if found.is_blocked(findings):
        return findings
    head, core, tail = network.order()
    if not core:
        _close_each(book, network, head + tail)
        return findings
    nodes = head + core + tail
    places, weights = [network.places[node] for node in nodes], [network.weights[node] for node in nodes]
    solution = solve(book.balances[:, places], weights, places, len(register.codes))
    if solution is None:
        return [*findings, found.nearly_closed_loop([register.departments[network.places[node]] for node in core])]
    book.widen(solution.fen.dtype)
    targets = _targets(register, book, solution, weights)
    _close_each(book, network, head)
    gross = solution.fen[:, len(head) : len(head) + len(core)].astype(book.balances.dtype)
    _close_loops(book, network, core, gross)
    _close_each(book, network, tail)
    _level(book, targets - book.balances, register.clinical)
    return findings


def _check(register: Register, book: Book, network: Network) -> list[Finding]:
    """Dead ends that cost gets to, loops without a way out, own use."""
    own_use = np.array([sender is not None and sender.serves_itself() for sender in network.senders], dtype=np.bool_)
    live = network.reached_from(book.with_cost()[network.places])
    findings: list[Finding] = []
    for node in np.flatnonzero(network.dead_ends() & ~own_use).tolist():
        place, sender = network.places[node], network.senders[node]
        department, step = register.departments[place], sender.step if sender else None
        if live[node]:
            hint = "" if book.has_cost(place) else "(待分摊成本由其他科室分入)"
            findings.append(found.no_driver(department, step, int(book.balances[:, place].sum()), hint))
        elif step:
            findings.append(found.idle_sender(department, step))
    loops = np.flatnonzero(network.closed_loops(own_use)).tolist()
    if loops:
        findings.append(found.closed_loop([register.departments[network.places[node]] for node in loops]))
    findings += [
        found.self_receiver(register.departments[sender.place], sender.step)
        for sender in network.senders
        if sender is not None and sender.serves_itself()
    ]
    return findings


def _close_each(book: Book, network: Network, nodes: Sequence[int]) -> None:
    for node in nodes:
        book.close(network.sender(node), network.weights[node])


def _close_loops(book: Book, network: Network, core: Sequence[int], gross: IntArray) -> None:
    """Back flows from the gross amounts first, then every sender of the core in order."""
    places = [network.places[node] for node in core]
    rank = np.full(book.balances.shape[1], len(core), dtype=np.intp)
    rank[places] = np.arange(len(core))
    drafts: list[tuple[Sender, Weights, BoolArray, IntArray]] = []
    for position, node in enumerate(core):
        weights = network.weights[node]
        back = rank[weights.receivers] < position
        amounts = nearest_rows(gross[:, position], weights.values[back], weights.whole)
        book.move(places[position], weights.receivers[back], amounts)
        drafts.append((network.sender(node), weights, back, amounts))
    for sender, weights, back, amounts in drafts:
        ahead = split_rows(book.balances[:, sender.place], weights.values[~back])
        book.move(sender.place, weights.receivers[~back], ahead)
        together = np.empty((len(amounts), len(back)), dtype=amounts.dtype)
        together[:, back], together[:, ~back] = amounts, ahead
        book.transfers.append(Transfer(sender.step, sender.place, weights, together))


def _targets(register: Register, book: Book, solution: Solution, weights: Sequence[Weights]) -> IntArray:
    """Full costs of clinical departments by the solution, to the nearest fen, `[item, department]`."""
    targets = np.where(register.clinical, book.balances, 0)
    columns = np.flatnonzero(register.clinical)
    to_send = book.balances[:, ~register.clinical].sum(axis=1)
    for item, received in enumerate(solution.received(weights, len(register.codes))):
        targets[item, columns] += np.array(
            apportion([received[column] for column in columns.tolist()], int(to_send[item])), dtype=targets.dtype
        )
    return targets


def _level(book: Book, lacking: IntArray, clinical: BoolArray) -> None:
    """Move single fen from clinical receivers with too much to those with too little, sender by sender."""
    open_items = set(np.flatnonzero(lacking.astype(bool).any(axis=1)).tolist())
    for transfer in sorted(book.transfers, key=lambda one: (one.step, one.sender)):
        receivers = transfer.weights.receivers
        for item in sorted(open_items):
            wanted = lacking[item, receivers]
            amounts = transfer.amounts[item]
            movable = clinical[receivers] & (np.abs(amounts) > np.abs(wanted))
            moved = _balanced(np.where(movable, wanted, 0))
            amounts += moved
            book.balances[item, receivers] += moved
            lacking[item, receivers] -= moved
            if not lacking[item].any():
                open_items.discard(item)


def _balanced(wanted: IntArray) -> IntArray:
    """As much of `wanted` as sums to zero, earlier receivers first."""
    more, less = np.maximum(wanted, 0), np.maximum(-wanted, 0)
    count = min(more.sum(), less.sum())
    return _first(more, count) - _first(less, count)


def _first(amounts: IntArray, count: int) -> IntArray:
    """The first `count` fen of `amounts`."""
    before = np.cumsum(amounts) - amounts
    return np.asarray(np.minimum(amounts, np.maximum(count - before, 0)))
