"""The browser assets: a sprite of the icons that are used, nothing else of node_modules, nothing from the network."""

import pytest

from tools.browser_assets import BASE_ICONS, FILES, ICONS, AssetError, build

DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path stroke="none" d="M0 0h24v24H0z" fill="none" />'
    '<path d="M1 1" /></svg>'
)


@pytest.fixture
def project(tmp_path):
    for file in FILES:
        target = tmp_path / "node_modules" / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("a{background:url(\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>\")}")
    drawings = tmp_path / "node_modules" / ICONS
    drawings.mkdir(parents=True)
    for name in (*BASE_ICONS, "ambulance", "pill", "bed"):
        (drawings / f"{name}.svg").write_text(DRAWING)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/page.html").write_text('{% icon "ambulance" %}{% include "empty.html" with icon="pill" %}')
    (tmp_path / "costing").mkdir()
    (tmp_path / "costing/__init__.py").write_text("")
    (tmp_path / "costing/menu.py").write_text('MENU = Entry(icon="bed")')
    return tmp_path


def make(project):
    vendor = project / "vendor"
    build(project, project / "node_modules", vendor)
    return vendor


def test_the_sprite_holds_the_icons_that_templates_and_code_name(project):
    sprite = (make(project) / "icons.svg").read_text()
    assert sprite.count("<symbol ") == len(BASE_ICONS) + 3
    shape = '<symbol id="pill" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2"'
    assert shape in sprite
    assert "M0 0h24v24H0z" not in sprite


def test_only_what_pages_need_is_there_and_right_files_stay_untouched(project):
    vendor = make(project)
    (vendor / "axe.min.js").write_text("left over")
    before = (vendor / "echarts.min.js").stat().st_mtime_ns
    make(project)
    assert {file.name for file in vendor.iterdir()} == {"icons.svg", *(file.rpartition("/")[2] for file in FILES)}
    assert (vendor / "echarts.min.js").stat().st_mtime_ns == before


def test_an_unknown_icon_is_named_with_its_template(project):
    (project / "templates/page.html").write_text('{% icon "no-such-thing" %}')
    with pytest.raises(AssetError, match=r"templates/page\.html names the icon 'no-such-thing'"):
        make(project)


@pytest.mark.parametrize("style", ['@import "x.css";', "a{src:url(https://fonts.example/x)}", "a{src:url('//cdn/x')}"])
def test_a_style_sheet_that_loads_from_the_network_is_refused(project, style):
    (project / "node_modules" / FILES[0]).write_text(style)
    with pytest.raises(AssetError, match="from the network"):
        make(project)
