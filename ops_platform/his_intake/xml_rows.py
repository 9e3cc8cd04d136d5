"""XML bodies: `<batch>` of `<row>`, the fields as elements, the codes of a list as `<code>` elements.

A body of another shape is refused as a whole, with its line: what is wrong there is the sender's program, not a row. DTDs
and entities are refused before anything in them is read, so that no entity grows or fetches a file. expat tells what it
meets while it reads; only rows are kept, and of too many rows only their number.
"""

import re
from dataclasses import replace
from typing import Any
from xml.parsers import expat
from xml.parsers.expat import errors

from django.conf import settings

from ops_platform.his_intake.datasets.declaration import Dataset
from ops_platform.his_intake.datasets.fields import Fault
from ops_platform.his_intake.formats import Delivery, from_rows, limit_rows
from ops_platform.kernel import DomainError

ANY = ""
LEVELS = ("batch", "row", ANY, "code")  # what may stand on each level; fields have the names of the dataset's fields
CHUNK = 2**16
LONGEST = 2**20  # characters of a value, bytes of a tag or comment

_DECLARED = re.compile(rb"<\?xml\b[^>]{0,200}?\bencoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_UTF8_MARK, _UTF16_MARKS = b"\xef\xbb\xbf", (b"\xff\xfe", b"\xfe\xff")
_CODECS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "utf-8",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
}
_NO_DTD = "不接受 DTD(DOCTYPE)与自定义实体"


class UnreadableXml(DomainError):
    """The body is no XML of the form that docs/intake-contract.md shows."""

    status = 400


def from_xml(dataset: Dataset, body: bytes) -> Delivery:
    """From a `<batch>` of `<row>`. Raises UnreadableXml, and Invalid when there are too many rows."""
    gathering = _Gathering()
    _parse(_as_utf8(body), gathering)
    limit_rows(gathering.count)
    delivery = from_rows(dataset, gathering.rows)
    return replace(delivery, faults=delivery.faults | gathering.faults)


def _as_utf8(body: bytes) -> bytes:
    """The body in the one encoding that the parser is told: expat itself knows no Chinese one."""
    codec = "utf-16" if body.startswith(_UTF16_MARKS) else _declared_codec(body)
    if codec == "utf-8":
        return body
    try:
        return body.decode(codec).encode()
    except UnicodeError as error:
        raise UnreadableXml(
            "his_intake.xml_encoding", f"XML 不是有效的 {codec.upper()} 编码，请核对 XML 声明中的 encoding。"
        ) from error


def _declared_codec(body: bytes) -> str:
    declared = _DECLARED.match(body[:400].removeprefix(_UTF8_MARK))
    name = declared[1].decode() if declared else "utf-8"
    if name.lower() not in _CODECS:
        raise UnreadableXml("his_intake.xml_encoding", f"不支持 XML 所声明的编码 {name}，请用 UTF-8 或 GB18030。")
    return _CODECS[name.lower()]


def _parse(body: bytes, gathering: "_Gathering") -> None:
    parser = gathering.parser
    try:
        for begin in range(0, len(body), CHUNK):
            parser.Parse(body[begin : begin + CHUNK], False)
            # an unfinished tag or comment is read anew with every chunk: a huge one would cost the square of its length
            if begin - parser.CurrentByteIndex > LONGEST:
                raise UnreadableXml("his_intake.xml_shape", gathering.at_line("标签或注释过长"))
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        if error.code == errors.codes[errors.XML_ERROR_UNDEFINED_ENTITY]:
            raise UnreadableXml("his_intake.xml_doctype", gathering.at_line(_NO_DTD)) from error
        raise UnreadableXml(
            "his_intake.not_xml", gathering.at_line(f"不是有效的 XML({expat.ErrorString(error.code)})")
        ) from error


class _Gathering:
    """The rows of what the parser meets. `_open` counts the elements that have begun and not ended."""

    def __init__(self) -> None:
        self.count = 0
        self.rows: list[dict[str, Any]] = []
        self.faults: dict[int, Fault] = {}
        self._open = 0
        self._row: dict[str, Any] = {}
        self._repeated: list[str] = []
        self._codes: list[str] | None = None
        self._text: list[str] = []
        self._length = 0
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters

    def at_line(self, what: str) -> str:
        """What is wrong, with the line at which the parser stands."""
        return f"XML 第 {self.parser.CurrentLineNumber} 行：{what}。请按接口文档中的 XML 形式报送。"

    def _doctype(self, *_declared: Any) -> None:
        raise UnreadableXml("his_intake.xml_doctype", self.at_line(_NO_DTD))

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._open == len(LEVELS):
            raise UnreadableXml("his_intake.xml_shape", self.at_line(f"<{name[:40]}> 嵌套过深"))
        wanted = LEVELS[self._open]
        if wanted not in (ANY, name):
            raise UnreadableXml("his_intake.xml_shape", self.at_line(f"此处应为 <{wanted}>，而不是 <{name[:40]}>"))
        if attributes:
            extra = next(iter(attributes))[:40]
            raise UnreadableXml(
                "his_intake.xml_shape", self.at_line(f"<{name[:40]}> 带有属性 {extra}，而属性不会被读取")
            )
        self._refuse_text()
        self._open += 1
        if wanted == "row":
            self._row, self._repeated = {}, []
        elif wanted == "code" and self._codes is None:
            self._codes = []

    def _end(self, name: str) -> None:
        self._open -= 1
        ended = LEVELS[self._open]
        if ended == "code" and self._codes is not None:
            self._codes.append(self._taken())
        elif ended == ANY and self._codes is not None:
            self._refuse_text()
            self._put(name, self._codes)
            self._codes = None
        elif ended == ANY:
            self._put(name, self._taken())
        else:
            self._refuse_text()
            if ended == "row":
                self._close_row()

    def _characters(self, data: str) -> None:
        self._length += len(data)
        if self._length > LONGEST:
            raise UnreadableXml("his_intake.xml_shape", self.at_line("内容过长"))
        self._text.append(data)

    def _taken(self) -> str:
        text = "".join(self._text)
        self._text, self._length = [], 0
        return text

    def _refuse_text(self) -> None:
        """Between the elements there is only white space."""
        text = self._taken().strip()
        if text:
            raise UnreadableXml("his_intake.xml_shape", self.at_line(f"元素之间有多余的文字「{text[:20]}」"))

    def _put(self, name: str, value: str | list[str]) -> None:
        if name in self._row:
            self._repeated.append(name)
            value = "|".join((*_each(self._row[name]), *_each(value)))
        self._row[name] = value

    def _close_row(self) -> None:
        self.count += 1
        if self.count > settings.INTAKE_MAX_ROWS:
            return
        self.rows.append(self._row)
        if self._repeated:
            self.faults[self.count - 1] = Fault(
                "his_intake.repeated_field",
                f"字段 {self._repeated[0][:40]} 在该行中出现了不止一次。多个代码请写在同一元素内，每个一个 <code>",
            )


def _each(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
