"""The table of figures: printed, and kept in docs/performance.md between its two marks."""

import os
import platform
import subprocess
from collections.abc import Sequence
from pathlib import Path

import psycopg2
from django.utils import timezone

from tests.benchmarks.figures import Figure
from tests.benchmarks.ground import ROOT

PAGE = ROOT / "docs/performance.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


def line(figure: Figure) -> str:
    """A figure in words."""
    return " | ".join(cell for cell in _cells(figure) if cell)


def _cells(figure: Figure) -> tuple[str, ...]:
    goal = figure.goal
    must, aim = (goal.bound(goal.must), goal.bound(goal.aim)) if goal else ("", "")
    if figure.ratio is None:
        return figure.what, must, aim, "not measured", figure.how, ""
    if goal is None:
        return figure.what, must, aim, f"{figure.ratio:.2f} ×", figure.how, ""
    return figure.what, must, aim, goal.shown(figure.ratio), figure.how, goal.verdict(figure.ratio)


def write(figures: Sequence[Figure]) -> None:
    """Replace the table of the page."""
    rows = ["| goal | must | aim | figure | from | verdict |", "|---|---|---|---|---|---|"]
    rows += [f"| {' | '.join(_cells(figure))} |" for figure in figures]
    table = "\n".join([BEGIN, "", *(f"- {name}: {value}" for name, value in _circumstances()), "", *rows, "", END])
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    PAGE.write_text(before + table + rest.partition(END)[2], encoding="utf-8")


def _circumstances() -> list[tuple[str, str]]:
    """When, what and where was measured."""
    return [
        ("date", timezone.localdate().isoformat()),
        ("commit", _git("rev-parse", "--short", "HEAD") + (" with changes" if _git("status", "--porcelain") else "")),
        ("processor", f"{_processor()}, {os.cpu_count()} cores"),
        ("Python", platform.python_version()),
        ("PostgreSQL", _postgres()),
    ]


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown" if done.returncode else done.stdout.strip()


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    names = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    found = next((name.partition(":")[2].strip() for name in names if name.startswith("model name")), "")
    return found or platform.processor() or platform.machine()


def _postgres() -> str:
    link = psycopg2.connect(os.environ["DATABASE_URL"])
    with link.cursor() as cursor:
        cursor.execute("SHOW server_version")
        version = str(cursor.fetchone()[0])
    link.close()
    return version
