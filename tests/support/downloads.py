"""Reading what a page gave as a file."""

from io import BytesIO
from typing import Any

from python_calamine import CalamineWorkbook


def book_of(answer: Any) -> CalamineWorkbook:
    """The workbook that a page answered with."""
    assert answer.status_code == 200
    return CalamineWorkbook.from_filelike(BytesIO(b"".join(answer.streaming_content)))
