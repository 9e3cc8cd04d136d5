"""What the demo prints."""

import sys
import time
import unicodedata


class Printer:
    """Lines with the seconds since `make demo` began."""

    def __init__(self, began: float) -> None:
        self._began = began

    @property
    def seconds(self) -> float:
        """Seconds since the beginning."""
        return time.time() - self._began

    def say(self, text: str) -> None:
        """One line, at once."""
        print(f"{self.seconds:6.1f} s  {text}", flush=True)

    def complain(self, text: str) -> None:
        """What went wrong."""
        print(text, file=sys.stderr, flush=True)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def table(rows: list[dict[str, str]], columns: tuple[str, ...]) -> str:
    """Aligned columns; Chinese signs are two wide."""
    lines = [columns, *(tuple(str(row.get(column) or "") for column in columns) for row in rows)]
    widths = [max(_width(line[place]) for line in lines) for place in range(len(columns))]
    padded = (
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True))
        for line in lines
    )
    return "\n".join(line.rstrip() for line in padded)
