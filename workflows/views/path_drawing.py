"""Where things stand in the picture of the paths that matters took: one lane a path, one column a step, a line from stop
to stop whose thickness is its share. What was sent back begins anew one level lower. Coordinates only; the template draws.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from workflows.selectors.measures import Path, Paths, Station

LABEL, COLUMN, LEVEL, GAP, HEAD = 68, 128, 26, 18, 30
LONGEST_TITLE = 9
THICKEST = 8.0
TONES = {"approved": "good", "rejected": "bad", "expired": "bad", "withdrawn": "neutral"}


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a column; `full` where it had to be cut."""

    x: int
    title: str
    full: str


@dataclass(frozen=True, slots=True)
class Dot:
    """One stop: begun, signed, refused, returned, stuck or how it ended."""

    x: int
    y: int
    deed: str
    words: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One path. `points` are those of its line."""

    y: int
    share: float
    count: int
    thickness: str
    tone: str
    points: str
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """The whole drawing in pixels."""

    width: int
    height: int
    headings: tuple[Heading, ...]
    lanes: tuple[Lane, ...]


def draw(paths: Paths, titles: dict[str, str], words: dict[str, str]) -> Picture:
    """Lay out the paths. `titles` are the steps in their order, `words` the deeds and states in words."""
    columns = {"": 0, **{step: place for place, step in enumerate(titles, start=1)}}
    for step in {station.step for path in paths.shown for station in path.stations[:-1]} - set(columns):
        columns[step] = len(columns)
    last = len(columns)
    headings = [
        _heading(0, words["begun"]),
        *(_heading(columns[step], titles.get(step, step)) for step in columns if step),
        _heading(last, words["ended"]),
    ]
    lanes, top = [], HEAD + GAP
    for path in paths.shown:
        lane, levels = _lane(path, columns, last, top, words)
        lanes.append(lane)
        top += (levels + 1) * LEVEL + GAP
    return Picture(_x(last) + COLUMN // 2, top, tuple(headings), tuple(lanes))


def _x(column: int) -> int:
    return LABEL + COLUMN // 2 + column * COLUMN


def _heading(column: int, title: str) -> Heading:
    short = title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1]}…"
    return Heading(_x(column), short, title)


def _lane(path: Path, columns: dict[str, int], last: int, top: int, words: dict[str, str]) -> tuple[Lane, int]:
    level = 0
    dots = [Dot(_x(0), top, "begun", words["begun"])]
    corners = [(_x(0), top)]
    for station in path.stations[:-1]:
        place = (_x(columns[station.step]), top + level * LEVEL)
        dots.append(Dot(*place, station.deed, words[station.deed]))
        corners.append(place)
        if station.deed in ("returned", "stuck"):
            level += 1
            back = _x(columns[station.to])
            corners += [(place[0], top + level * LEVEL), (back, top + level * LEVEL)]
    state = path.stations[-1].step
    end = (_x(last), top + level * LEVEL)
    dots.append(Dot(*end, state, words[state]))
    points = " ".join(f"{x},{y}" for x, y in [*corners, end])
    thickness = f"{max(2.0, THICKEST * path.share):.1f}"
    return Lane(top, path.share, path.count, thickness, TONES.get(state, "neutral"), points, tuple(dots)), level


def in_words(stations: Sequence[Station], titles: dict[str, str], words: dict[str, str]) -> str:
    """A path as a line of text."""
    parts = [words["begun"]]
    for station in stations[:-1]:
        title = titles.get(station.step, station.step)
        parts.append(title if station.deed == "signed" else f"{title}({words[station.deed]})")
    return " → ".join([*parts, words[stations[-1].step]])
