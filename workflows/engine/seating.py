"""Who sits where when a step is entered.

Excluded are the applicant and whom the matter benefits. Where nobody is left, or fewer than the step needs, the rungs
above stand in, the nearest first; where all sign, for each rule that is left without anybody. Who has delegated today is
replaced by the delegate; a delegation that leads to somebody excluded, to somebody who sits there already, to whom an
incompatible duty bars, or round in a circle is not followed.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from ops_platform.kernel import Role
from workflows.engine.course import Candidate, Kept, Roster
from workflows.engine.definition import Mode, Step

LONGEST_CHAIN = 3

Seats = tuple[tuple[Candidate, ...], ...]


def seating(step: Step, roster: Roster, excluded: Collection[int]) -> Seats | None:
    """The seats of a step with who may sign at each; None where the step cannot get the signatures it needs."""
    rules = tuple(_eligible(rule, excluded) for rule in roster.seats.get(step.key, ()))
    seats = _by_mode(step, rules, roster, excluded)
    if seats is None:
        return None
    return _delegated(seats, roster, excluded)


def _eligible(candidates: Iterable[Candidate], excluded: Collection[int]) -> tuple[Candidate, ...]:
    found: dict[int, Candidate] = {}
    for candidate in candidates:
        if candidate.person not in excluded:
            found.setdefault(candidate.person, candidate)
    return tuple(found.values())


def _stand_ins(roster: Roster, step: Step, excluded: Collection[int]) -> Iterator[tuple[Candidate, ...]]:
    """The rungs above with whom they leave, the nearest first."""
    for rung in roster.above_of(step.key):
        left = _eligible(rung, excluded)
        if left:
            yield left


def _by_mode(step: Step, rules: Seats, roster: Roster, excluded: Collection[int]) -> Seats | None:
    if step.mode is Mode.EACH:
        return _each(step, rules, roster, excluded)
    if step.mode is Mode.ALL:  # a rule that excluded persons left empty is one of the signatures, too
        rules = tuple(rule or next(_stand_ins(roster, step, excluded), ()) for rule in rules)
    everybody = _eligible((candidate for rule in rules for candidate in rule), excluded)
    if not everybody:
        everybody = next(_stand_ins(roster, step, excluded), ())
    if not everybody:
        return None
    if step.mode is Mode.ANY:
        return (everybody,)
    if step.mode is Mode.COUNT:
        for rung in _stand_ins(roster, step, excluded):
            if len(everybody) >= step.count:
                break
            everybody = _eligible((*everybody, *rung), excluded)
        if len(everybody) < step.count:
            return None
    return tuple((candidate,) for candidate in everybody)


def _each(step: Step, rules: Seats, roster: Roster, excluded: Collection[int]) -> Seats | None:
    """One seat a rule. Each can be signed by another person; a seat that has nobody of its own gets a rung above."""
    seats = [rule or next(_stand_ins(roster, step, excluded), ()) for rule in rules]
    for _ in roster.above_of(step.key):
        short = _unmatched(seats)
        if short is None:
            break
        seats[short] = _eligible((*seats[short], *_next_above(step, seats[short], roster, excluded)), excluded)
    return None if _unmatched(seats) is not None else tuple(seats)


def _next_above(
    step: Step, held: tuple[Candidate, ...], roster: Roster, excluded: Collection[int]
) -> tuple[Candidate, ...]:
    present = {candidate.person for candidate in held}
    for rung in _stand_ins(roster, step, excluded):
        fresh = tuple(candidate for candidate in rung if candidate.person not in present)
        if fresh:
            return fresh
    return ()


def _unmatched(seats: list[tuple[Candidate, ...]]) -> int | None:
    """The first seat for which no person of its own can be found when each person takes one seat (augmenting paths)."""
    taken: dict[int, int] = {}

    def place(seat: int, tried: set[int]) -> bool:
        for candidate in seats[seat]:
            if candidate.person in tried:
                continue
            tried.add(candidate.person)
            if candidate.person not in taken or place(taken[candidate.person], tried):
                taken[candidate.person] = seat
                return True
        return False

    return next((number for number in range(len(seats)) if not place(number, set())), None)


def _delegated(seats: Seats, roster: Roster, excluded: Collection[int]) -> Seats:
    sitting = {candidate.person for seat in seats for candidate in seat}
    result = []
    for seat in seats:
        here = []
        for candidate in seat:
            sent = delegate_of(candidate, roster, excluded, sitting)
            sitting.add(sent.person)
            here.append(sent)
        result.append(tuple(here))
    return tuple(result)


def delegate_of(
    candidate: Candidate,
    roster: Roster,
    excluded: Collection[int],
    sitting: Collection[int],
    *,
    beside: Collection[Role] = (),
    by_name: bool = False,
) -> Candidate:
    """The candidate, or who acts for them today. `beside`: further capacities in which the task is signed; `by_name`: the
    candidate was asked by name."""
    chain = [candidate.person]
    for _ in range(LONGEST_CHAIN):
        follower = roster.delegations.get(chain[-1])
        if follower is None or follower in chain:
            break
        chain.append(follower)
    person, roles = chain[-1], {candidate.role, *beside}
    if person in roster.delegations:
        return replace(candidate, kept=Kept.CIRCLE)
    if person == candidate.person:
        return candidate
    if person in excluded:
        return replace(candidate, kept=Kept.EXCLUDED)
    if person in sitting:
        return replace(candidate, kept=Kept.SITTING)
    if roster.bars(person, roles, by_name=by_name):
        return replace(candidate, kept=Kept.BARRED)
    return replace(candidate, person=person, behalf_of=candidate.person, via=tuple(chain[1:-1]))
