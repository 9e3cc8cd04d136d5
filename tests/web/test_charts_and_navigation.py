"""Charts are data under the CSP; the side bar shows what a role may open."""

import json
import re
from decimal import Decimal

import pytest

from ops_platform.kernel import Actor, Grant, Role
from ops_platform.web import navigation
from ops_platform.web.charts import ChartTable, chart


def test_a_chart_is_a_data_block_and_a_table_without_script_or_style():
    options = {"series": [{"type": "bar", "data": [Decimal("1.50")]}], "title": {"text": "</script><b>"}}
    html = chart(options, ChartTable(["月份", "收入"], [["2026-03", "1.50"]]), title="收入")
    data = re.search(r'<script id="([^"]+)" type="application/json">(.*?)</script>', html)
    assert data
    assert f'data-chart-id="{data[1]}"' in html
    assert json.loads(data[2])["series"][0]["data"] == [1.5]
    assert html.count("<script") == 1
    assert "style=" not in html
    assert "<td" in html


@pytest.fixture
def entries(monkeypatch):
    """A side bar of its own."""
    monkeypatch.setattr(navigation, "_entries", {})
    monkeypatch.setattr(navigation, "reverse", lambda name: {"home": "/"}.get(name, f"/{name}/"))
    navigation.register("系统", "用户", "users", roles=(Role.SYSTEM_ADMIN,))
    navigation.register("成本核算", "科室成本", "costs", order=20)
    navigation.register("成本核算", "核算运行", "costs/runs", order=10)
    navigation.register("总览", "驾驶舱", "home")


def test_sections_stand_in_their_fixed_order_and_entries_by_theirs(entries):
    groups = navigation.for_actor(Actor("zhou", 1, (Grant(Role.SYSTEM_ADMIN),)))
    assert [group.title for group in groups] == ["总览", "成本核算", "系统"]
    assert [item.title for item in groups[1].items] == ["核算运行", "科室成本"]


def test_an_entry_is_hidden_from_other_roles_and_everything_from_strangers(entries):
    groups = navigation.for_actor(Actor("li", 2, (Grant(Role.CASHIER),)))
    assert [group.title for group in groups] == ["总览", "成本核算"]
    assert navigation.for_actor(None) == ()


def test_the_longest_fitting_entry_is_the_active_one(entries):
    groups = navigation.for_actor(Actor("li", 2), "/costs/runs/7/")
    assert [item.title for group in groups for item in group.items if item.active] == ["核算运行"]


def test_sections_fold_only_where_there_are_many_pages_and_that_of_the_page_stands_open(entries):
    reader = Actor("li", 2)
    assert [group.folds for group in navigation.for_actor(reader, "/costs/")] == [False, False]
    for number in range(navigation.FEW - 2):
        navigation.register("账务", f"账表{number}", f"books/{number}")
    groups = navigation.for_actor(reader, "/costs/")
    assert [(str(group.title), group.folds, group.active) for group in groups] == [
        ("总览", True, False),
        ("账务", True, False),
        ("成本核算", True, True),
    ]


def test_pages_behind_an_entry_are_known_to_the_finder_of_those_who_may_open_the_entry(entries, monkeypatch):
    monkeypatch.setattr(navigation, "_finds", {})
    navigation.register_finds("costs", lambda: [navigation.Find("科室成本月报", "/costs/monthly/", "药占比")])
    navigation.register_finds("users", lambda: [navigation.Find("用户清单", "/users/list/")])
    reader = Actor("li", 2)
    assert [group.finds for group in navigation.for_actor(reader)] == [(), ()], "few pages need no finder"
    for number in range(navigation.FEW):
        navigation.register("账务", f"账表{number}", f"books/{number}")
    found = [find.url for group in navigation.for_actor(reader) for find in group.finds]
    assert found == ["/costs/monthly/"]


def test_an_unknown_section_is_refused(entries):
    with pytest.raises(ValueError):
        navigation.register("杂项", "某页", "some")
