"""交互分摊: all steps hold at once, as simultaneous equations.

With p[j,k] the share of sender j that goes to k and b[j] its direct cost, the gross amounts solve

    x[j] = b[j] + Σ_k p[k,j] · x[k]        that is (I - Pᵀ) x = b, per cost item,

and a clinical department c ends with b[c] + Σ_j p[j,c] · x[j]. A sender's use of its own service is left out.

Rounding. x is quantised to 12 decimals of Σ|b|, then to the fen. Every sender of a loop divides its x by largest
remainder among its receivers, as in any other method. What it truly received differs from x by a few fen, one way
or the other: those it sends on to (or takes back from) the greatest of its receivers on the way out of the loop, which
does the same; where that one has not got so much, the sender divides anew what it truly holds. From there on all is
integer, and no flow is turned round by it. At last single fen are moved between clinical receivers of one
sender (`levelling`), so that a clinical department gets its solved amount to the nearest fen (where no sender serves
both the one with a fen too much and the one with a fen too little, it may stay a few fen off). So

- flows balance to the fen for every sender and item: direct + received = sent;
- full cost of a clinical department = direct + received, and every item keeps its sum;
- a flow lies within a few fen of p[j,k] · x[j];
- without loops nothing is solved or moved: the result is that of step-down, to the fen.

Where less than about a millionth of a loop's cost gets out, it is refused (`costing.closed_loop`), as is a loop
without any way out, found by reachability before solving.
"""

from collections.abc import Sequence
from itertools import count

import numpy as np

from costing.engine import findings as found
from costing.engine.book import Book, Register, Sender
from costing.engine.equations import Solution, apportion, solve
from costing.engine.exact import IntArray
from costing.engine.levelling import level
from costing.engine.model import Department
from costing.engine.network import Network
from costing.engine.weights import Weights, greatest
from ops_platform.kernel import Finding

_CAREFUL_ROUNDS = 1000  # far more than were ever seen; after them flows may be turned round, which always ends


def reciprocal(register: Register, book: Book) -> list[Finding]:
    """Close every sender exactly, loops by the solution of their equations."""
    network = Network.of(register)
    findings = _check(register, book, network)
    if found.is_blocked(findings):
        return findings
    head, loops = network.order()
    if not loops:
        _close_levels(book, network, head)
        return findings
    nodes = np.concatenate([*loops, *head])
    weights, places = network.weights.take(nodes), network.places[nodes]
    solution = solve(book.balances[:, places], weights, places, len(register.codes))
    if solution is None:
        return [*findings, found.nearly_closed_loop(_departments(register, network, np.sort(np.concatenate(loops))))]
    book.widen(solution.fen.dtype)
    targets = _targets(register, book, solution, weights)
    _close_levels(book, network, head)
    _close_loops(register, book, network, loops, solution.fen, targets)
    return findings


def _check(register: Register, book: Book, network: Network) -> list[Finding]:
    """Dead ends that cost gets to, loops without a way out, own use."""
    live = network.reached_from(book.with_cost()[network.places])
    findings: list[Finding] = []
    for node in np.flatnonzero(network.dead_ends() & ~network.serves_itself).tolist():
        place, sender = int(network.places[node]), network.senders[node]
        department, step = register.departments[place], sender.step if sender else None
        if live[node]:
            hint = "" if book.has_cost(place) else "(待分摊成本由其他科室分入)"
            findings.append(found.no_driver(department, step, int(book.balances[:, place].sum()), hint))
        elif step:
            findings.append(found.idle_sender(department, step))
    loops = np.flatnonzero(network.closed_loops())
    if len(loops):
        findings.append(found.closed_loop(_departments(register, network, loops)))
    own_use = [network.sender(node) for node in np.flatnonzero(network.serves_itself).tolist()]
    findings += [_own_use(register, book, sender) for sender in own_use]
    return findings


def _own_use(register: Register, book: Book, sender: Sender) -> Finding:
    """Left out of a driver's shares; refused where it is what the cost is assigned to."""
    department = register.departments[sender.place]
    if sender.assigned:
        fen = int(book.balances[:, sender.place].sum())
        return found.assignment_refused(department, [department], sender.step, fen)
    return found.self_receiver(department, sender.step)


def _departments(register: Register, network: Network, nodes: IntArray) -> list[Department]:
    return [register.departments[place] for place in network.places[nodes].tolist()]


def _close_levels(book: Book, network: Network, levels: Sequence[IntArray]) -> None:
    for nodes in levels:
        book.close(network.senders_at(nodes), network.weights.take(nodes))


def _close_loops(
    register: Register, book: Book, network: Network, loops: Sequence[IntArray], gross: IntArray, targets: IntArray
) -> None:
    """Send the gross amounts all at once, then what few fen are left, or lacking, on the way to the `targets`.

    `gross[item, sender]` of the loops' senders stands first, in the order of `loops`.
    """
    nodes = np.concatenate(loops)
    weights = network.weights.take(nodes)
    block = book.send(network.senders_at(nodes), weights, gross[:, : len(nodes)].astype(book.balances.dtype))
    level_of = np.full(len(register.codes), -1, dtype=np.intp)
    level_of[block.senders] = np.repeat(np.arange(len(loops)), list(map(len, loops)))
    level_of[register.clinical] = len(loops)
    onwards = greatest(weights, level_of.take(weights.receivers) == level_of[block.senders].take(weights.owners) + 1)
    for number in count():
        if not book.send_on(block, onwards, turning=number >= _CAREFUL_ROUNDS):
            break
    lacking = np.where(register.clinical, targets - book.balances, 0)
    book.balances += lacking - level(book.join(), lacking)


def _targets(register: Register, book: Book, solution: Solution, weights: Weights) -> IntArray:
    """Full costs of clinical departments by the solution, to the nearest fen, `[item, department]`."""
    received = solution.received(weights, len(register.codes))[:, register.clinical]
    targets = np.where(register.clinical, book.balances, 0)
    to_send = book.balances[:, ~register.clinical].sum(axis=1)
    targets[:, register.clinical] += apportion(solution.scales, received, to_send)
    return targets
