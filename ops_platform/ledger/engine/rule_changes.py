"""What another rule book changes: for each type of events, which postings are added, dropped, changed or moved.

A posting is known by its title. One that stands at another place among those that both books have is moved: the order
decides which posting takes an amount.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ops_platform.ledger.engine.voucher_rules import Posting, RuleBook


class Change(StrEnum):
    """What happens to a posting."""

    ADDED = "added"
    DROPPED = "dropped"
    CHANGED = "changed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class PostingChange:
    """A posting of both books or of one of them."""

    change: Change
    title: str
    before: Posting | None
    after: Posting | None


@dataclass(frozen=True, slots=True)
class TypeChanges:
    """What changes for a type of events, and how many of its postings stay as they are."""

    event_type: str
    changes: tuple[PostingChange, ...]
    unchanged: int


def changes_between(before: RuleBook, after: RuleBook) -> tuple[TypeChanges, ...]:
    """By type, in the order of codes; types of which nothing changes are left out."""
    found = []
    for code in sorted({*before, *after}):
        old = {posting.title: posting for posting in before.get(code, ())}
        new = {posting.title: posting for posting in after.get(code, ())}
        changes = tuple(_changes(old, new))
        if changes:
            found.append(TypeChanges(code, changes, len(new) - sum(each.after is not None for each in changes)))
    return tuple(found)


def _changes(old: Mapping[str, Posting], new: Mapping[str, Posting]) -> list[PostingChange]:
    common_old, common_new = [title for title in old if title in new], [title for title in new if title in old]
    moved = {title for title, other in zip(common_old, common_new, strict=True) if title != other}
    found = []
    for title, posting in new.items():
        before = old.get(title)
        if before is None:
            found.append(PostingChange(Change.ADDED, title, None, posting))
        elif before != posting:
            found.append(PostingChange(Change.CHANGED, title, before, posting))
        elif title in moved:
            found.append(PostingChange(Change.MOVED, title, before, posting))
    dropped = [
        PostingChange(Change.DROPPED, title, posting, None) for title, posting in old.items() if title not in new
    ]
    return found + dropped
