"""What stands inside an uploaded .xlsx, looked at before a reader lays it out in memory.

A reader trusts what a workbook says of itself: one cell at the far corner makes a table of 17 thousand million cells, one
long text that many cells name is copied for each, and a size in the archive may be untrue. Each of them ends the process,
not the request. So every part is unpacked here within a bound, walked once, and the reader gets only what was walked.
"""

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

MOST_CELLS = 10_000_000  # of the rectangle that a sheet spans
TEXT_FACTOR = 10  # so many times the unpacked size may the texts of all cells take
WORKBOOK, RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
PER_CENT_FORMATS = {"9", "10"}  # 0% and 0.00%, which no workbook needs to declare
_ASIDE = re.compile(r'"[^"]*"?|\[[^\]]*\]?|[\\_*].?')  # in a number format: quoted, bracketed, escaped, space, filling


class NotAWorkbook(ValueError):
    """The bytes are no .xlsx that can be read."""


class UnpacksTooLarge(ValueError):
    """The workbook would unpack to more than is let in."""


@dataclass(slots=True)
class Part:
    """What was found in a part: how far its cells reach, cells (row, column from 0) without anything to read (an error
    value, or a formula that no program has computed), numbers shown as per cents; of styles those that show them so."""

    rows: int = 0
    columns: int = 0
    texts: int = 0
    longest: int = 0
    errors: set[tuple[int, int]] = field(default_factory=set)
    uncomputed: set[tuple[int, int]] = field(default_factory=set)
    per_cents: set[tuple[int, int]] = field(default_factory=set)
    per_cent_styles: set[int] = field(default_factory=set)
    sheets: list[str] = field(default_factory=list)
    targets: dict[str, str] = field(default_factory=dict)
    styles: str = ""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The workbook again, stored and within its bounds, with what its sheets (in their order) have that a reader does not
    tell."""

    body: bytes
    sheets: tuple[Part, ...]

    @property
    def first(self) -> Part:
        """Of the first sheet."""
        return self.sheets[0] if self.sheets else Part()


def unpack(body: bytes, *, most_bytes: int) -> Unpacked:
    """Raises NotAWorkbook, or UnpacksTooLarge."""
    parts = _parts(body, most_bytes)
    if WORKBOOK not in parts:
        raise NotAWorkbook
    found = _found(parts)
    longest = max(part.longest for part in found.values())
    for part in found.values():
        if part.rows * part.columns > MOST_CELLS or part.texts * longest > TEXT_FACTOR * most_bytes:
            raise UnpacksTooLarge
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w", zipfile.ZIP_STORED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return Unpacked(stored.getvalue(), _sheets(found))


def _parts(body: bytes, most_bytes: int) -> dict[str, bytes]:
    """The parts in XML, unpacked; whatever the archive says of their sizes."""
    parts: dict[str, bytes] = {}
    left = most_bytes
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > most_bytes:
                raise UnpacksTooLarge
            for entry in archive.infolist():
                if not entry.filename.endswith((".xml", ".rels")):
                    continue
                with archive.open(entry) as stream:
                    parts[entry.filename] = stream.read(left + 1)
                left -= len(parts[entry.filename])
                if left < 0:
                    raise UnpacksTooLarge
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError) as error:
        raise NotAWorkbook from error
    return parts


def _found(parts: dict[str, bytes]) -> dict[str, Part]:
    """Every part as it was walked: the styles before the cells that name them."""
    relations = _walk(parts[RELATIONS]) if RELATIONS in parts else Part()
    name = _name(relations.styles)
    styles = _walk(parts[name]) if name in parts else Part()
    walked = {RELATIONS: relations, name: styles}
    return walked | {name: _walk(text, styles.per_cent_styles) for name, text in parts.items() if name not in walked}


def _sheets(found: dict[str, Part]) -> tuple[Part, ...]:
    """The parts that are sheets; an empty one where the workbook does not lead to it (the reader will say so)."""
    targets = found.get(RELATIONS, Part()).targets
    return tuple(found.get(_name(targets.get(number, "")), Part()) for number in found[WORKBOOK].sheets)


def _name(target: str) -> str:
    """The part that a relation of the workbook leads to, by an address from the root or beside."""
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")


def _walk(text: bytes, per_cent_styles: Collection[int] = ()) -> Part:
    walker = _Walker(per_cent_styles)
    try:
        walker.parser.Parse(text, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise NotAWorkbook from error
    return walker.part


class _Walker:
    """Goes through a part element by element."""

    def __init__(self, per_cent_styles: Collection[int]) -> None:
        self.part = Part()
        self.per_cent_styles, self.per_cent_formats = per_cent_styles, set(PER_CENT_FORMATS)
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.row, self.column = -1, -1
        self.formula = self.error = self.per_cent = self.value = self.in_value = False
        self.in_styles, self.style = False, 0
        self.length = 0

    def _doctype(self, *_args: Any) -> None:
        raise ValueError("a workbook declares no types of its own")

    def _start(self, name: str, given: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        if tag == "c":
            self._cell(given)
        elif tag == "row":
            told = given.get("r", "")
            self.row = int(told) - 1 if told else self.row + 1
            self.column = -1
        elif tag == "f":
            self.formula = True
        elif tag in ("v", "is"):
            self.in_value = True
        elif tag == "si":
            self.length = 0
        elif tag == "sheet":
            number = next((value for key, value in given.items() if key.endswith(" id")), "")
            self.part.sheets.append(number)
        elif tag == "Relationship":
            self.part.targets[given.get("Id", "")] = given.get("Target", "")
            if given.get("Type", "").endswith("/styles"):
                self.part.styles = given.get("Target", "")
        elif tag == "numFmt":
            self._format(given)
        elif tag == "cellXfs":
            self.in_styles = True
        elif tag == "xf" and self.in_styles:
            if given.get("numFmtId") in self.per_cent_formats:
                self.part.per_cent_styles.add(self.style)
            self.style += 1

    def _format(self, given: dict[str, str]) -> None:
        """A number format that the workbook declares."""
        number, code = given.get("numFmtId", ""), given.get("formatCode", "")
        if "%" in _ASIDE.sub("", code):
            self.per_cent_formats.add(number)
        else:
            self.per_cent_formats.discard(number)

    def _cell(self, given: dict[str, str]) -> None:
        told = given.get("r", "")
        if told:
            self.row, self.column = _place(told)
        else:
            self.column += 1
        part = self.part
        part.rows, part.columns = max(part.rows, self.row + 1), max(part.columns, self.column + 1)
        part.texts += given.get("t") == "s"
        self.error, self.formula, self.value, self.length = given.get("t") == "e", False, False, 0
        self.per_cent = given.get("t", "n") == "n" and int(given.get("s", "0")) in self.per_cent_styles

    def _text(self, words: str) -> None:
        self.length += len(words)
        if self.in_value:
            self.value = True

    def _end(self, name: str) -> None:
        tag = name.rpartition(" ")[2]
        if tag == "si":
            self.part.longest = max(self.part.longest, self.length)
        elif tag in ("v", "is"):
            self.in_value = False
        elif tag == "cellXfs":
            self.in_styles = False
        elif tag == "c":
            place = (self.row, self.column)
            if self.per_cent and self.value:
                self.part.per_cents.add(place)
            if self.error:
                self.part.errors.add(place)
            elif self.formula and not self.value:
                self.part.uncomputed.add(place)


def _place(told: str) -> tuple[int, int]:
    """(row, column) from 0 of a reference such as AB12."""
    letters = told.rstrip("0123456789")
    column = 0
    for letter in letters.upper():
        if not "A" <= letter <= "Z" or column > MOST_CELLS:
            raise ValueError("no reference of a cell")
        column = column * 26 + ord(letter) - 64
    return int(told[len(letters) :]) - 1, column - 1
