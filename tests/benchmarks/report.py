"""The table of figures: printed, and kept in docs/performance.md."""

from collections.abc import Sequence

from tests.benchmarks.figures import Figure
from tests.benchmarks.ground import ROOT

PAGE = ROOT / "docs/performance.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


def line(figure: Figure) -> str:
    """A figure in words."""
    if figure.ratio is None:
        return f"{figure.what}: not measured, {figure.how}"
    shown, verdict = _cells(figure)
    return f"{figure.what}: {shown} ({figure.how}) {verdict}".rstrip()


def _cells(figure: Figure) -> tuple[str, str]:
    if figure.ratio is None:
        return "", "not measured"
    if figure.goal is None:
        return f"{figure.ratio:.2f}", ""
    return figure.goal.shown(figure.ratio), figure.goal.verdict(figure.ratio)


def machine() -> list[tuple[str, str]]:
    return []


def write(figures: Sequence[Figure], facts: Sequence[tuple[str, str]]) -> None:
    pass
