"""PDF: no scripts, no starting of programs, no files inside.

Best effort: names are looked for in the plain structure and in compressed object streams, also when written with #xx.
What a crafted file hides deeper (in streams under a filter other than Flate) is not found. Encrypted files are refused,
because nothing could be looked for in them.
"""

import re
import zlib

from ops_platform.documents.checking.refusals import content_differs, encrypted
from ops_platform.kernel import Invalid

START = b"%PDF-"
HARMFUL = {b"/JavaScript": "脚本", b"/Launch": "启动程序的动作", b"/EmbeddedFile": "内嵌文件"}
MAX_UNPACKED = 64 * 2**20
MAX_STREAMS = 20_000
PIECE = 2**16
_DICTIONARY_REACH = 1_000
_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_ENCRYPTION = re.compile(rb"/Encrypt\s*(\d+\s+\d+\s+R|<<)")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")


def check(name: str, content: bytes) -> None:
    """Refuse what is no PDF, what is encrypted, and what could act on its own when it is opened."""
    if not content.startswith(START):
        raise content_differs(name)
    plain = _unescaped(content)
    if _ENCRYPTION.search(plain):
        raise encrypted(name)
    _refuse_harmful(name, plain)
    if b"/ObjStm" in plain:
        _look_through_object_streams(name, content)


def _unescaped(content: bytes) -> bytes:
    return _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), content)


def _refuse_harmful(name: str, content: bytes) -> None:
    for mark, words in HARMFUL.items():
        if mark in content:
            raise Invalid(
                "documents.active_pdf",
                f"「{name}」含有{words}，不能上传。请打印或导出为普通 PDF 后再上传。",
                name=name,
            )


def _look_through_object_streams(name: str, content: bytes) -> None:
    """Newer PDFs keep their structure in packed streams; all of them together are unpacked within a budget."""
    budget = MAX_UNPACKED
    for number, found in enumerate(_STREAM.finditer(content)):
        if b"/ObjStm" not in _unescaped(content[max(0, found.start() - _DICTIONARY_REACH) : found.start()]):
            continue
        part, spent = _unpacked(content, found.end(), budget)
        budget -= spent
        if budget <= 0 or number >= MAX_STREAMS:
            raise Invalid(
                "documents.unpacks_too_large",
                f"「{name}」展开后过大，无法检查。请拆分或重新导出后再上传。",
                name=name,
            )
        _refuse_harmful(name, _unescaped(part))


def _unpacked(content: bytes, position: int, budget: int) -> tuple[bytes, int]:
    """What is packed from the position on, and how many bytes were read and made. Empty where it is not packed by Flate:
    then it stood in the plain content."""
    stream, made, spent = zlib.decompressobj(), [], 0
    while not stream.eof and position < len(content) and spent < budget:
        piece = stream.unconsumed_tail or content[position : position + PIECE]
        position += 0 if stream.unconsumed_tail else len(piece)
        try:
            part = stream.decompress(piece, PIECE)
        except zlib.error:
            break
        made.append(part)
        spent += len(part) + len(piece) - len(stream.unconsumed_tail)
    return b"".join(made), spent
