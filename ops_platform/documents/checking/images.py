"""Pictures: the structure is walked through to the picture data; nothing is decoded."""

import struct
import zlib

from ops_platform.documents.checking.refusals import content_differs
from ops_platform.kernel import Invalid

PNG_START = b"\x89PNG\r\n\x1a\n"
JPEG_START = b"\xff\xd8\xff"
# a telephone makes 200 million; what claims more would fill the memory of whoever opens it
MAX_PIXELS = 250_000_000
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})
_SCAN = 0xDA


def check_png(name: str, content: bytes) -> None:
    """Every chunk is whole, from the header to the end of the picture."""
    position, size = len(PNG_START), None
    if not content.startswith(PNG_START):
        raise content_differs(name)
    while position + 12 <= len(content):
        length, kind = struct.unpack(">I4s", content[position : position + 8])
        body = content[position + 4 : position + 8 + length]
        checksum = content[position + 8 + length : position + 12 + length]
        if len(checksum) < 4 or zlib.crc32(body) != struct.unpack(">I", checksum)[0]:
            raise content_differs(name)
        if size is None:
            if kind != b"IHDR" or length != 13:
                raise content_differs(name)
            size = struct.unpack(">II", body[4:12])
            _measure(name, *size)
        if kind == b"IEND":
            return
        position += 12 + length
    raise content_differs(name)


def check_jpeg(name: str, content: bytes) -> None:
    """The segments lead from the start to a frame with a size and on to the picture data."""
    if not content.startswith(JPEG_START):
        raise content_differs(name)
    position, measured = 2, False
    while position + 4 <= len(content) and content[position] == 0xFF:
        marker = content[position + 1]
        if marker == 0xFF:  # filling
            position += 1
            continue
        if marker in _WITHOUT_LENGTH:
            position += 2
            continue
        (length,) = struct.unpack(">H", content[position + 2 : position + 4])
        if marker in _FRAMES and position + 9 <= len(content):
            height, width = struct.unpack(">HH", content[position + 5 : position + 9])
            _measure(name, width, height)
            measured = True
        if marker == _SCAN and measured:
            return
        position += 2 + length
    raise content_differs(name)


def _measure(name: str, width: int, height: int) -> None:
    if not width or not height:
        raise content_differs(name)
    if width * height > MAX_PIXELS:
        raise Invalid(
            "documents.too_many_pixels",
            f"「{name}」有 {width}×{height} 像素，超过上限。请缩小图片后再上传。",
            name=name,
        )
