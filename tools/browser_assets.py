"""Puts what the pages need of node_modules into build/assets/vendor: Tabler, ECharts, htmx and a sprite of icons.

Part of `make setup` and of the image build; standard library only. The sprite holds the icons that templates and Python
code name (`{% icon "home" %}`, `icon="home"`) and a base list, one `<symbol id="home">` each. Refuses an unknown icon
and a style sheet that would load something from the network.
"""

import re
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
PACKAGES = PROJECT / "node_modules"
VENDOR = PROJECT / "build/assets/vendor"
FILES = (
    "@tabler/core/dist/css/tabler.min.css",
    "@tabler/core/dist/css/tabler.min.css.map",
    "@tabler/core/dist/js/tabler.min.js",
    "@tabler/core/dist/js/tabler.min.js.map",
    "echarts/dist/echarts.min.js",
    "htmx.org/dist/htmx.min.js",
)
ICONS = "@tabler/icons/icons/outline"
BASE_ICONS = """
activity alert-triangle arrow-down-right arrow-up-right building-hospital calendar cash chart-bar chart-line
chevron-left chevron-right circle-check circle-x clock database download eye file-spreadsheet filter
heart-rate-monitor home inbox info-circle key list-details lock login logout menu-2 minus moon-stars player-play refresh
report-money search settings shield-check sitemap stethoscope table upload user users x
""".split()  # noqa: SIM905 (a list of forty strings reads worse)
ICON_USE = re.compile(r"""\{%\s*icon\s+["']([a-z0-9-]+)["']|\bicon["']?\s*[=:]\s*["']([a-z0-9-]+)["']""")
NETWORK_USE = re.compile(r"""@import\b|url\(\s*["']?(?:https?:)?//""", re.IGNORECASE)
SVG = "{http://www.w3.org/2000/svg}"


class AssetError(Exception):
    """The packages do not hold what the pages need."""


def named_icons(project: Path) -> Iterator[tuple[str, Path]]:
    """Every icon that a template or a module names, with the file that names it."""
    packages = (
        folder.parent for folder in project.glob("*/__init__.py") if folder.parent.name not in ("tests", "tools")
    )
    sources = [*project.glob("templates/**/*.html"), *(file for package in packages for file in package.rglob("*.py"))]
    for source in sorted(sources):
        for found in ICON_USE.finditer(source.read_text(encoding="utf-8")):
            yield found[1] or found[2], source


def symbol(name: str, drawing: str) -> str:
    """One icon as a symbol of the sprite; the invisible frame that Tabler draws first is left out."""
    root = ET.fromstring(drawing)  # noqa: S314 (from a package locked by its hash)
    shapes = [child for child in root if child.get("stroke") != "none"]
    for element in root.iter():
        element.tag = element.tag.removeprefix(SVG)
        element.tail = None
    inside = "".join(ET.tostring(shape, encoding="unicode") for shape in shapes)
    style = 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'
    return f'<symbol id="{name}" viewBox="0 0 24 24" {style}>{inside}</symbol>\n'


def sprite(project: Path, drawings: Path) -> str:
    """All icons in one SVG file."""
    places = dict(named_icons(project))
    parts = []
    for name in sorted({*BASE_ICONS, *places}):
        drawing = drawings / f"{name}.svg"
        if not drawing.exists():
            raise AssetError(f"{places.get(name, __file__)} names the icon '{name}', which Tabler does not have.")
        parts.append(symbol(name, drawing.read_text(encoding="utf-8")))
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "".join(parts) + "</svg>\n"


def build(project: Path = PROJECT, packages: Path = PACKAGES, vendor: Path = VENDOR) -> None:
    """Write the folder; what is already right stays untouched, what is no longer wanted goes."""
    wanted: dict[str, bytes] = {}
    for file in FILES:
        source = packages / file
        if not source.exists():
            raise AssetError(f"node_modules/{file} is missing: run `make setup`.")
        wanted[source.name] = source.read_bytes()
        if source.suffix == ".css" and NETWORK_USE.search(wanted[source.name].decode()):
            raise AssetError(f"node_modules/{file} loads something from the network.")
    wanted["icons.svg"] = sprite(project, packages / ICONS).encode()
    vendor.mkdir(parents=True, exist_ok=True)
    for present in vendor.iterdir():
        if present.name not in wanted:
            present.unlink()
    for name, content in wanted.items():
        target = vendor / name
        if not target.exists() or target.read_bytes() != content:
            target.write_bytes(content)


if __name__ == "__main__":
    try:
        build()
    except AssetError as error:
        sys.exit(str(error))
