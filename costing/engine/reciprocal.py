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

from collections.abc import Iterator, Sequence
from itertools import chain, count

import numpy as np

from costing.engine import findings as found
from costing.engine.book import Book, Register, Sender
from costing.engine.bundle import Bundle, bundles
from costing.engine.equations import Solution, apportion, solve
from costing.engine.exact import BoolArray, IntArray, nearest_rows, split_rows
from costing.engine.flows import Transfer
from costing.engine.network import Network
from costing.engine.weights import Weights, end_to_end
from ops_platform.kernel import Finding

_ALL_AT_ONCE = 32
_FIRST_LOOK = 16


def reciprocal(register: Register, book: Book) -> list[Finding]:
    """Close every sender exactly, loops by the solution of their equations."""
    network = Network.of(register)
    findings = _check(register, book, network)
    if found.is_blocked(findings):
        return findings
    head, core, tail = network.order()
    if not core:
        _close_levels(book, network, head + tail)
        return findings
    nodes = [*chain(*head), *core, *chain(*tail)]
    places, weights = [network.places[node] for node in nodes], [network.weights[node] for node in nodes]
    solution = solve(book.balances[:, places], weights, places, len(register.codes))
    if solution is None:
        return [*findings, found.nearly_closed_loop([register.departments[network.places[node]] for node in core])]
    book.widen(solution.fen.dtype)
    targets = _targets(register, book, solution, weights)
    first = nodes.index(core[0])
    gross = solution.fen[:, first : first + len(core)].astype(book.balances.dtype)
    _close_levels(book, network, head)
    _close_loops(book, network, core, gross.T)
    _close_levels(book, network, tail)
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
        _own_use(register, book, sender) for sender in network.senders if sender is not None and sender.serves_itself()
    ]
    return findings


def _own_use(register: Register, book: Book, sender: Sender) -> Finding:
    """Left out of a driver's shares; refused where it is what the cost is assigned to."""
    department = register.departments[sender.place]
    if sender.assigned:
        fen = int(book.balances[:, sender.place].sum())
        return found.assignment_refused(department, [department], sender.step, fen)
    return found.self_receiver(department, sender.step)


def _close_levels(book: Book, network: Network, levels: Sequence[Sequence[int]]) -> None:
    for nodes in levels:
        book.close([network.sender(node) for node in nodes], [network.weights[node] for node in nodes])


def _close_loops(book: Book, network: Network, core: Sequence[int], gross: IntArray) -> None:
    """Back flows from the `gross[sender, item]` amounts first, then everything else to those behind, in order."""
    senders, weights = [network.sender(node) for node in core], [network.weights[node] for node in core]
    places = np.array([sender.place for sender in senders], dtype=np.intp)
    rank = np.full(book.balances.shape[1], len(core), dtype=np.intp)
    rank[places] = np.arange(len(core))
    drafts = []
    for bundle in bundles(weights, gross.shape[1]):
        ahead = np.where(rank[bundle.receivers] < bundle.turns[:, None], 0, bundle.weights)
        back = nearest_rows(gross[bundle.turns], (bundle.weights - ahead)[:, None], bundle.wholes[:, None, None])
        book.move_all(bundle, places, back)
        drafts.append((bundle, ahead, back))
    for bundle, ahead, back in drafts:
        expected = gross[bundle.turns] - back.sum(axis=2)
        book.record(bundle, senders, weights, back + _send_ahead(book, bundle, places, ahead, expected))


def _send_ahead(book: Book, bundle: Bundle, places: IntArray, weights: IntArray, expected: IntArray) -> IntArray:
    """Let the senders of a bundle send all that they hold to those behind them; returns `[sender, item, column]`.

    What a sender truly holds hangs on the single fen that those before it send, but is `expected[sender, item]` within
    a few fen. So all send that at once, and whoever then has something left, or has sent too much, divides the
    corrected amount anew, until nobody has. The first in order that is not right yet is right, for good, after its
    turn: so it ends, and with the very amounts that closing one by one gives. Should single fen wander through a long
    chain, the rest is closed one by one indeed.
    """
    sent = split_rows(expected, weights[:, None])
    book.move_all(bundle, places, sent)
    stands = places[bundle.turns]
    for number in count(1):
        left = book.balances[:, stands].T
        anew = left.astype(np.bool_)
        if not anew.any():
            break
        if number > _ALL_AT_ONCE:
            anew[np.argmax(anew.any(axis=1)) + 1 :] = False
        rows, items = np.nonzero(anew)
        before = sent[rows, items]
        amounts = split_rows(before.sum(axis=1) + left[rows, items], weights[rows])
        book.move(items, stands[rows], bundle.receivers[rows], amounts - before)
        sent[rows, items] = amounts
    return sent


def _targets(register: Register, book: Book, solution: Solution, weights: Sequence[Weights]) -> IntArray:
    """Full costs of clinical departments by the solution, to the nearest fen, `[item, department]`."""
    received = solution.received(weights, len(register.codes))[:, register.clinical]
    targets = np.where(register.clinical, book.balances, 0)
    to_send = book.balances[:, ~register.clinical].sum(axis=1)
    targets[:, register.clinical] += apportion(solution.scales, received, to_send)
    return targets


def _level(book: Book, lacking: IntArray, clinical: BoolArray) -> None:
    """Move single fen from clinical receivers with too much to those with too little, sender by sender."""
    lacking[:, ~clinical] = 0
    for transfer in _helpful(book.in_order(), lacking):
        receivers = transfer.weights.receivers
        wanted = lacking[:, receivers]
        moved = _balanced(np.where(np.abs(transfer.amounts) > np.abs(wanted), wanted, 0))
        transfer.amounts[...] += moved
        book.balances[:, receivers] += moved
        lacking[:, receivers] -= moved


def _helpful(transfers: Sequence[Transfer], lacking: IntArray) -> Iterator[Transfer]:
    """Those, in order, that serve both one with too much and one with too little of an item, as `lacking` goes down.

    Looked up for all that are left at once, and again and again, since the first few dozen settle most of it.
    """
    chunk = _FIRST_LOOK
    while transfers:
        _, receivers = end_to_end([transfer.weights for transfer in transfers])
        starts = np.cumsum([0, *(len(transfer.weights.receivers) for transfer in transfers[:-1])])
        helps = np.zeros(len(transfers), dtype=np.bool_)
        for item in lacking:
            too_little, too_much = (item > 0)[receivers], (item < 0)[receivers]
            helps |= np.logical_or.reduceat(too_little, starts) & np.logical_or.reduceat(too_much, starts)
        chosen = np.flatnonzero(helps)[:chunk].tolist()
        for turn in chosen:
            yield transfers[turn]
        transfers = transfers[chosen[-1] + 1 :] if chosen else ()
        chunk *= 2


def _balanced(wanted: IntArray) -> IntArray:
    """As much of each row of `wanted` as sums to zero, earlier receivers first."""
    more, less = np.maximum(wanted, 0), np.maximum(-wanted, 0)
    more_so_far, less_so_far = more.cumsum(axis=1), less.cumsum(axis=1)
    counts = np.minimum(more_so_far[:, -1:], less_so_far[:, -1:])
    return _first(more, more_so_far, counts) - _first(less, less_so_far, counts)


def _first(amounts: IntArray, so_far: IntArray, counts: IntArray) -> IntArray:
    """The first `counts[row]` fen of the amounts of each row, of which `so_far` are the running sums."""
    return np.asarray(np.minimum(amounts, np.maximum(counts - so_far + amounts, 0)))
