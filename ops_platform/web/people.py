"""People by the name that colleagues know. Rows keep user names, which last; pages show the names behind them.

Who has which name is known higher up (identity), which registers itself here.
"""

from collections.abc import Callable, Iterable, Mapping

from django.utils.translation import gettext as _

from ops_platform.kernel.actor import PLATFORM

Names = Callable[[Iterable[str]], Mapping[str, str]]
_known: list[Names] = []


def register_names(names: Names) -> None:
    """Whoever knows people's names says so once."""
    _known.append(names)


def names_of(usernames: Iterable[str]) -> dict[str, str]:
    """The names by user name, one query; what is nobody's user name (a key, the console) is missing and shown as it is."""
    wanted = {name for name in usernames if name}
    found = {username: name for names in _known for username, name in names(wanted).items() if name}
    return {PLATFORM.name: _("平台自动"), **found}
