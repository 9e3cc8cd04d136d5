"""Which apps own attachments, and how each decides who may see them. They announce it in `apps.ready()`."""

from collections.abc import Callable

from ops_platform.kernel import Actor

MaySee = Callable[[Actor, str], bool]

_owners: dict[str, MaySee] = {}


def register_owner(owner_type: str, may_see: MaySee) -> None:
    """Announce a kind of matter that has attachments, as "workflows.request".

    `may_see(actor, owner_id)` answers whether the actor may open the attachments of that matter; it must answer False
    for a matter that does not exist. It is asked at every download.
    """
    _owners[owner_type] = may_see


def must_be_known(owner_type: str) -> None:
    """Raises LookupError for a kind of matter that no app announced: nobody could ever open its attachments."""
    if owner_type not in _owners:
        raise LookupError(f"no app has registered {owner_type} as an owner of documents")


def may_see(actor: Actor, owner_type: str, owner_id: str) -> bool:
    """Whether the app that owns the matter lets the actor see it. Nobody may, where no app answers for it."""
    asked = _owners.get(owner_type)
    return asked is not None and asked(actor, owner_id)
