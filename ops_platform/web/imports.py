"""Reading uploaded workbooks: the first sheet as rows of what a person sees in its cells."""

import io
import zipfile
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import python_calamine


class NotAWorkbook(ValueError):
    """The bytes are no .xlsx that can be read."""


class UnpacksTooLarge(ValueError):
    """The workbook would unpack to more than is let in."""


def first_sheet(body: bytes, *, most_bytes: int) -> list[list[Any]]:
    """The rows of the first sheet, as many cells in each as the widest has. Raises NotAWorkbook or UnpacksTooLarge."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile as error:
        raise NotAWorkbook from error
    if unpacked > most_bytes:
        raise UnpacksTooLarge
    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(body))
        table = workbook.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except Exception as error:
        raise NotAWorkbook from error
    return [[_cell(value) for value in row] for row in table]


def _cell(value: Any) -> Any:
    """A cell as the text a person sees: numbers without the noise of binary fractions, dates in ISO form."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return format(Decimal(format(value or 0.0, ".15g")), "f")
    if isinstance(value, datetime):
        is_day = value.time() == datetime.min.time()
        return value.date().isoformat() if is_day else value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return value.strip() if isinstance(value, str) else value
