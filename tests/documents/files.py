"""Small files of every kind as people attach them, and as an attacker would make them."""

import io
import struct
import zipfile
import zlib

CONTENT_TYPES = "[Content_Types].xml"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


def archive(entries: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive of these entries."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compression) as packed:
        for name, content in entries.items():
            packed.writestr(name, content)
    return made.getvalue()


def office(main_part: str = WORD, more: dict[str, bytes] | None = None) -> bytes:
    """A document of Word, or with another main part a workbook of Excel."""
    types = f'<Types><Override PartName="/word/document.xml" ContentType="{main_part}"/></Types>'
    return archive({CONTENT_TYPES: types.encode(), "word/document.xml": b"<document/>", **(more or {})})


def ofd(more: dict[str, bytes] | None = None) -> bytes:
    """An electronic invoice."""
    return archive({"OFD.xml": b"<OFD/>", "Doc_0/Document.xml": b"<Document/>", **(more or {})})


def pdf(inside: bytes = b"") -> bytes:
    """A PDF of one page with something in its structure."""
    return b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog " + inside + b" >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"


def pdf_with_object_stream(inside: bytes) -> bytes:
    """A PDF that keeps a part of its structure in a packed stream."""
    packed = zlib.compress(b"2 0 " + inside)
    head = b"3 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode >>\nstream\n"
    return b"%PDF-1.7\n" + head + packed + b"\nendstream\nendobj\n%%EOF\n"


def png(width: int = 1, height: int = 1) -> bytes:
    """A picture of that size in its header."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def jpeg(width: int = 1, height: int = 1) -> bytes:
    """A photograph of that size in its frame."""
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 8, 8, height, width, 0)
    return b"\xff\xd8\xff\xe0\x00\x04JF" + frame + b"\xff\xda\x00\x02\x12\x34\xff\xd9"


KINDS = {
    "发票.pdf": pdf(),
    "现场.png": png(),
    "现场.JPG": jpeg(),
    "合同.docx": office(),
    "明细.xlsx": office(EXCEL),
    "说明.txt": "第一行\n第二行\t制表".encode(),
    "清单.csv": "科室,金额\n骨科,1.00\n".encode("gb18030"),
    "电子发票.ofd": ofd(),
}
