"""File names as they are kept: one line, no path, no tricks of display."""

import re
import unicodedata

LENGTH = 150
NAMELESS = "附件"
# what Windows does not take in a name
_FORBIDDEN = re.compile(r'[<>:"|?*]')


def clean(name: str) -> str:
    """The name without folders, control characters and marks that turn the reading direction, at most 150 characters.

    The extension stays, also when the name has to be cut.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    printable = "".join(" " if char.isspace() else char for char in last if char.isspace() or _is_printable(char))
    stem, dot, extension = _FORBIDDEN.sub("_", printable).rpartition(".")
    if not dot:
        stem, extension = extension, ""
    stem = " ".join(stem.split()).strip(". ") or NAMELESS
    extension = "".join(extension.split()).lower()[: LENGTH // 2]
    ending = f".{extension}" if extension else ""
    return stem[: LENGTH - len(ending)].rstrip(". ") + ending


def _is_printable(char: str) -> bool:
    """Not a control, format (as the mark that turns writing around), surrogate or unassigned character."""
    return not unicodedata.category(char).startswith("C")
