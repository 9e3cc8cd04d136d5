"""Office files and OFD are zip archives: no macros, no bombs, nothing encrypted, no names that lead out of the archive.

Everything is unpacked once, in pieces and within a budget, archives inside archives too; so that sizes are not only
believed and damaged files are noticed here and not by who opens them.
"""

import io
import re
import zipfile
import zlib
from dataclasses import dataclass

from ops_platform.documents.checking.refusals import content_differs, encrypted
from ops_platform.kernel import Invalid

START = b"PK\x03\x04"
OLD_OFFICE = b"\xd0\xcf\x11\xe0"
MAX_ENTRIES = 3_000
MAX_UNPACKED = 200 * 2**20
MAX_RATIO = 250
RATIO_FREE = 2**20  # small entries of one repeated character pack very well and harm nobody
MAX_INNER = 32 * 2**20
MAX_DEPTH = 2
PIECE = 2**18
CONTENT_TYPES = "[Content_Types].xml"
_ENTRY_MARK = b"PK\x01\x02"
_ENCRYPTED_FLAG = 0x1
_LEADS_OUT = re.compile(r"(^|[/\\])\.\.([/\\]|$)|^[/\\]|^[A-Za-z]:|[\x00-\x1f\\]")
_MACROS = re.compile(r"(^|/)(vbaproject\.bin|vbadata\.xml)$|(^|/)(macrosheets|activex)/", re.IGNORECASE)
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError, RuntimeError)


@dataclass
class _Budget:
    """How much may still be unpacked, over all archives inside one another."""

    entries: int = MAX_ENTRIES
    bytes: int = MAX_UNPACKED


def check_docx(name: str, content: bytes) -> None:
    """A document of Word without macros."""
    _check_office(name, content, b"wordprocessingml.document.main+xml")


def check_xlsx(name: str, content: bytes) -> None:
    """A workbook of Excel without macros."""
    _check_office(name, content, b"spreadsheetml.sheet.main+xml")


def check_ofd(name: str, content: bytes) -> None:
    """A document in the national fixed layout, as electronic invoices have it."""
    if "OFD.xml" not in _unpacked(name, content, _Budget(), 0):
        raise content_differs(name)


def _check_office(name: str, content: bytes, main_part: bytes) -> None:
    if content.startswith(OLD_OFFICE):
        raise Invalid(
            "documents.old_office",
            f"「{name}」是旧版或加密的 Office 文件。请另存为不加密的 .docx 或 .xlsx 后再上传。",
            name=name,
        )
    types = _unpacked(name, content, _Budget(), 0).get(CONTENT_TYPES)
    if types is not None and b"macroenabled" in types.lower():
        raise _macros(name)
    if types is None or main_part not in types:
        raise content_differs(name)


def _unpacked(name: str, content: bytes, budget: _Budget, depth: int) -> dict[str, bytes]:
    """Unpack everything once; gives the first piece of each entry by name."""
    if not content.startswith(START):
        raise content_differs(name)
    if content.count(_ENTRY_MARK) > budget.entries:  # before the list of entries takes memory
        raise _unsafe(name, "条目过多")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _check_entries(name, entries, budget)
            return {entry.filename: _read(name, archive, entry, budget, depth) for entry in entries}
    except _BROKEN as error:
        raise content_differs(name) from error


def _check_entries(name: str, entries: list[zipfile.ZipInfo], budget: _Budget) -> None:
    """What the list of entries tells already, before anything is unpacked."""
    budget.entries -= len(entries)
    if budget.entries < 0:
        raise _unsafe(name, "条目过多")
    if len({entry.filename.lower() for entry in entries}) != len(entries):
        raise _unsafe(name, "条目重名")
    if sum(entry.file_size for entry in entries) > budget.bytes:
        raise _unsafe(name, "展开后过大")
    for entry in entries:
        if entry.flag_bits & _ENCRYPTED_FLAG:
            raise encrypted(name)
        if _LEADS_OUT.search(entry.orig_filename):
            raise _unsafe(name, "条目的路径不正常")
        if _MACROS.search(entry.filename):
            raise _macros(name)
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _unsafe(name, "压缩方式不常见")
        if entry.file_size > RATIO_FREE and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            raise _unsafe(name, "压缩比不正常")


def _read(name: str, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: _Budget, depth: int) -> bytes:
    """Unpack one entry within the budget; reading to the end also checks its checksum. Gives its first piece."""
    with archive.open(entry) as stream:
        first = piece = stream.read(PIECE)
        inner = [first] if first.startswith(START) else None
        while piece:
            budget.bytes -= len(piece)
            if budget.bytes < 0:
                raise _unsafe(name, "展开后过大")
            piece = stream.read(PIECE)
            if inner is not None:
                inner.append(piece)
    if inner is not None:
        if depth >= MAX_DEPTH or entry.file_size > MAX_INNER:
            raise _unsafe(name, "压缩包层层嵌套")
        _unpacked(name, b"".join(inner), budget, depth + 1)
    return first


def _macros(name: str) -> Invalid:
    return Invalid(
        "documents.macros",
        f"「{name}」含有宏或控件，不能上传。请另存为不含宏的 .docx 或 .xlsx 后再上传。",
        name=name,
    )


def _unsafe(name: str, what: str) -> Invalid:
    return Invalid(
        "documents.unsafe_archive",
        f"「{name}」的内部结构不安全({what})。请用原来的软件打开，重新另存后再上传。",
        name=name,
    )
