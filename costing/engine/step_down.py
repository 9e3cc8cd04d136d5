"""阶梯分摊 and 直接分摊: senders close step by step, and a closed department receives nothing.

Step-down: the senders of one step close together and receive nothing from that step; each sends all that it
holds, direct cost and what earlier steps gave it, to the receivers of its driver that are still open; an assignment
(直接指定) of which one receiver is not open is no driver at all.
Direct: each sends its own direct cost to the clinical receivers of its driver; the order has no meaning.
"""

from collections.abc import Iterator, Sequence

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


def _admitted(senders: Sequence[Sender], admitted: BoolArray) -> list[Weights]:
    """The weights of each sender among the admitted receivers; a shared driver is cut once."""
    ready: dict[tuple[int, bool], Weights] = {}
    for sender in senders:
        key = id(sender.weights), sender.assigned
        if key not in ready:
            ready[key] = sender.among(admitted)
    return [ready[id(sender.weights), sender.assigned] for sender in senders]


def _close(
    register: Register, book: Book, senders: Sequence[Sender], admitted: BoolArray, hint: str = ""
) -> list[Finding]:
    """Close senders that receive nothing from one another; those without driver become findings."""
    weights = _admitted(senders, admitted)
    able = [turn for turn, one in enumerate(weights) if one]
    book.close([senders[turn] for turn in able], [weights[turn] for turn in able])
    return [
        _without_driver(register, book, sender, admitted, hint)
        for sender, one in zip(senders, weights, strict=True)
        if not one
    ]


def _without_driver(register: Register, book: Book, sender: Sender, admitted: BoolArray, hint: str) -> Finding:
    department = register.departments[sender.place]
    if book.has_cost(sender.place):
        refused = [register.departments[place] for place in sender.refused(admitted).tolist()]
        if refused:
            return found.assignment_refused(department, refused, sender.step, int(book.balances[:, sender.place].sum()))
        return found.no_driver(department, sender.step, int(book.balances[:, sender.place].sum()), hint)
    return found.idle_sender(department, sender.step)


def _ignored_receivers(register: Register, senders: Sequence[Sender], still_open: BoolArray) -> Iterator[Finding]:
    """One finding per driver that names receivers which are closed."""
    sharing: dict[int, list[Sender]] = {}
    for sender in senders:
        if sender.assigned:
            continue
        sharing.setdefault(id(sender.weights), []).append(sender)
    for group in sharing.values():
        receivers = group[0].weights.receivers
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
