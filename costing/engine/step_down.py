"""阶梯分摊 and 直接分摊: senders close step by step, and a closed department receives nothing.

Step-down: the senders of one step close together and receive nothing from that step; each sends all that it
holds, direct cost and what earlier steps gave it, to the receivers of its driver that are still open; an assignment
(直接指定) of which one receiver is not open is no driver at all.
Direct: each sends its own direct cost to the clinical receivers of its driver; the order has no meaning.
"""

from collections.abc import Iterator, Sequence
from itertools import compress

import numpy as np

from costing.engine import findings as found
from costing.engine.book import Book, Register, Sender
from costing.engine.exact import BoolArray
from costing.engine.weights import Weights
from ops_platform.kernel import Finding


def step_down(register: Register, book: Book) -> list[Finding]:
    """Close every step in order; what is left must lie in clinical departments."""
    findings: list[Finding] = []
    still_open = np.ones(len(register.codes), dtype=np.bool_)
    for senders in register.steps:
        still_open[[sender.place for sender in senders]] = False
        findings += _ignored_receivers(register, senders, still_open)
        findings += _close(register, book, senders, still_open)
    findings += _left_over(register, book, still_open & ~register.clinical)
    return findings


def direct(register: Register, book: Book) -> list[Finding]:
    """Close every sender towards the clinical departments alone."""
    findings: list[Finding] = []
    senders = register.service_senders()
    findings += _close(register, book, senders, register.clinical, hint="(直接分摊只分给临床科室)")
    never = book.with_cost() & ~register.clinical
    never[[sender.place for sender in senders]] = False
    findings += [
        found.no_driver(register.departments[place], None, int(book.balances[:, place].sum()))
        for place in np.flatnonzero(never).tolist()
    ]
    return findings


def _admitted(register: Register, senders: Sequence[Sender], admitted: BoolArray) -> Weights:
    """The weights of each sender among the admitted receivers; of an assignment all or nothing."""
    weights = register.weights.take(np.array([sender.row for sender in senders], dtype=np.intp))
    owners, kept = weights.owners, admitted[weights.receivers]
    refused = np.zeros(len(senders), dtype=np.bool_)
    refused[owners[~kept]] = True
    refused &= np.array([sender.assigned for sender in senders], dtype=np.bool_)
    return weights.where(kept & ~refused[owners])


def _close(
    register: Register, book: Book, senders: Sequence[Sender], admitted: BoolArray, hint: str = ""
) -> list[Finding]:
    """Close senders that receive nothing from one another; those without driver become findings."""
    weights = _admitted(register, senders, admitted)
    able = weights.filled()
    book.close(list(compress(senders, able)), weights.take(np.flatnonzero(able)))
    return [_without_driver(register, book, sender, admitted, hint) for sender in compress(senders, ~able)]


def _without_driver(register: Register, book: Book, sender: Sender, admitted: BoolArray, hint: str) -> Finding:
    department = register.departments[sender.place]
    if book.has_cost(sender.place):
        receivers = register.weights.receivers_of(sender.row)
        refused = [register.departments[place] for place in receivers[~admitted[receivers]].tolist()]
        if sender.assigned and refused:
            return found.assignment_refused(department, refused, sender.step, int(book.balances[:, sender.place].sum()))
        return found.no_driver(department, sender.step, int(book.balances[:, sender.place].sum()), hint)
    return found.idle_sender(department, sender.step)


def _ignored_receivers(register: Register, senders: Sequence[Sender], still_open: BoolArray) -> Iterator[Finding]:
    """One finding per driver that names receivers which are closed."""
    sharing: dict[int, list[Sender]] = {}
    for sender in senders:
        if sender.assigned:
            continue
        sharing.setdefault(sender.row, []).append(sender)
    for row, group in sharing.items():
        receivers = register.weights.receivers_of(row)
        ignored = receivers[~still_open[receivers]].tolist()
        if ignored:
            yield found.closed_receivers(
                [register.departments[sender.place] for sender in group],
                [register.departments[place] for place in ignored],
                group[0].step,
            )


def _left_over(register: Register, book: Book, open_service: BoolArray) -> Iterator[Finding]:
    for place in np.flatnonzero(book.with_cost() & open_service).tolist():
        yield found.not_closed(register.departments[place], int(book.balances[:, place].sum()))
