"""Who may act for whom: a task is not handed downwards, whether by transfer or by delegation.

The posts that stand above one another are the heads of institutions from the member up to the lead, the operation centre,
the leadership. All other roles stand below the head of their institution, those of the alliance below its leadership.
"""

from collections.abc import Iterable, Mapping, Sequence

from ops_platform.kernel import Grant, Role

UNDER_A_HEAD = -1
POSTS_ABOVE = (Role.INSTITUTION_HEAD, Role.OPERATION_CENTRE, Role.LEADERSHIP)


def chain_above(institution: int | None, parents: Mapping[int, int | None]) -> list[int]:
    """From an institution up to the lead; nothing for the alliance."""
    chain: list[int] = []
    walked = institution
    while walked is not None and walked not in chain:
        chain.append(walked)
        walked = parents.get(walked)
    return chain


def rank(held: Grant, chain: Sequence[int]) -> int:
    """How high the role stands, seen from an institution whose `chain` leads from itself up to the lead."""
    top = len(chain)
    if held.role is Role.LEADERSHIP:
        return top + 1
    if held.role is Role.OPERATION_CENTRE or held.institution is None:
        return top
    if held.role is Role.INSTITUTION_HEAD and held.institution in chain:
        return chain.index(held.institution)
    return UNDER_A_HEAD


def covers(held: Grant, needed: Grant, chain: Sequence[int], *, peers_only: bool = False) -> bool:
    """Whether who holds the one may act for who holds the other: the same role there or above, or (not with `peers_only`) a
    post that stands above it. `chain` leads from the institution of `needed` up to the lead; it is empty for a role of the
    alliance. Nobody stands above who administers the system."""
    if held.institution is not None and held.institution not in chain:
        return False
    if held.role is needed.role:
        return held.department in (None, needed.department)
    if peers_only or needed.role is Role.SYSTEM_ADMIN:
        return False
    return held.role in POSTS_ABOVE and rank(held, chain) > rank(needed, chain)


def lacking(
    held: Iterable[Grant],
    needed: Iterable[Grant],
    chains: dict[int | None, Sequence[int]],
    *,
    peers_only: bool = False,
) -> Grant | None:
    """The first of the needed roles that none of the held ones covers; `chains` has the chain of each institution."""
    own = tuple(held)
    for one in needed:
        if not any(covers(each, one, chains[one.institution], peers_only=peers_only) for each in own):
            return one
    return None
