"""The kinds of files that may be attached: extension, media type, words, icon, and the check of their content."""

from collections.abc import Callable
from dataclasses import dataclass

from ops_platform.documents.checking import archives, images, pdf, text

OFFICE = "application/vnd.openxmlformats-officedocument"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file. `check(name, content)` refuses content that is not of this kind or could do harm."""

    extensions: tuple[str, ...]
    media_type: str
    icon: str
    check: Callable[[str, bytes], None]


KINDS = (
    Kind(("pdf",), "application/pdf", icon="file-type-pdf", check=pdf.check),
    Kind(("png",), "image/png", icon="photo", check=images.check_png),
    Kind(("jpg", "jpeg"), "image/jpeg", icon="photo", check=images.check_jpeg),
    Kind(("docx",), f"{OFFICE}.wordprocessingml.document", icon="file-type-docx", check=archives.check_docx),
    Kind(("xlsx",), f"{OFFICE}.spreadsheetml.sheet", icon="file-type-xls", check=archives.check_xlsx),
    Kind(("txt",), "text/plain", icon="file-type-txt", check=text.check),
    Kind(("csv",), "text/csv", icon="file-type-csv", check=text.check),
    Kind(("ofd",), "application/ofd", icon="file-certificate", check=archives.check_ofd),
)
EXTENSIONS = tuple(extension for kind in KINDS for extension in kind.extensions)
_BY_EXTENSION = {extension: kind for kind in KINDS for extension in kind.extensions}
_ICONS = {kind.media_type: kind.icon for kind in KINDS}


def kind_of(name: str) -> Kind | None:
    """The kind that the extension of a file name announces."""
    return _BY_EXTENSION.get(name.rpartition(".")[2].lower())


def icon_of(media_type: str) -> str:
    """The icon that stands beside such a file."""
    return _ICONS.get(media_type, "file")
