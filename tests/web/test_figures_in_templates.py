"""Template tags: how figures, changes, badges and explanations are shown."""

from decimal import Decimal

import pytest
from django.template import Context, engines
from django.test import RequestFactory

from ops_platform.kernel import Explanation, Line
from ops_platform.web import changes, formats

CHANGE = '{% include "components/change.html" %}'


def shown(source: str, **context: object) -> str:
    return engines["django"].from_string(source).template.render(Context(context))


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Decimal("1234567.8"), "1,234,567.80"),
        (Decimal("-0.004"), "0.00"),
        (Decimal("0.005"), "0.01"),
        (None, "—"),
        (0, "0.00"),
    ],
)
def test_money_has_thousands_separators_and_two_decimals(amount, text):
    assert formats.money(amount) == text


def test_ten_thousand_yuan_are_rounded_only_for_display():
    assert formats.wan(Decimal("123456.00")) == "12.35"
    assert formats.wan(Decimal("-50.00")) == "-0.01"


def test_a_quantity_drops_trailing_zeros_and_keeps_whole_hundreds():
    assert formats.quantity(Decimal("1500.0000")) == "1,500"
    assert formats.quantity(Decimal("1.2500")) == "1.25"


def test_a_ratio_is_shown_as_percent():
    assert formats.percent(Decimal("0.1254")) == "12.5%"


def test_a_period_is_read_as_chinese_month():
    assert formats.period_label("2026-03") == "2026年3月"
    assert formats.period_label(None) == "—"


def test_a_negative_amount_is_red():
    assert 'class="num neg"' in shown("{{ amount|money }}", amount=Decimal("-1"))
    assert "neg" not in shown("{{ amount|money }}", amount=Decimal("1"))


@pytest.mark.parametrize(
    ("now", "before", "good", "tone", "arrow"),
    [
        (110, 100, "up", "change-good", "▲"),
        (110, 100, "down", "change-bad", "▲"),
        (90, 100, "down", "change-good", "▼"),
        (90, 100, "none", "change-none", "▼"),
        (100, 100, "up", "change-none", "—"),
    ],
)
def test_a_change_is_coloured_by_the_direction_that_is_good(now, before, good, tone, arrow):
    html = shown(CHANGE, change=changes.percent(now, before, good=good))
    assert tone in html
    assert arrow in html


@pytest.mark.parametrize("before", [None, 0, ""])
def test_a_change_against_nothing_claims_no_percent(before):
    assert "%" not in shown(CHANGE, change=changes.percent(5, before, good="up"))


def test_a_change_from_a_loss_is_measured_by_the_size_of_the_loss():
    assert "150.0%" in shown(CHANGE, change=changes.percent(Decimal(50), Decimal(-100), good="up"))


def test_a_balance_moves_by_an_amount_and_a_share_by_points():
    assert "15.00 万元" in shown(CHANGE, change=changes.amount(Decimal(100_000), Decimal(-50_000)))
    assert "2.5 个百分点" in shown(CHANGE, change=changes.points(Decimal("0.325"), Decimal("0.35")))


def test_text_in_a_badge_is_escaped_and_an_unknown_tone_is_neutral():
    html = shown("{% badge text tone %}", text="<b>", tone='"><script>')
    assert "&lt;b&gt;" in html
    assert "mark-neutral" in html
    assert "<script>" not in html


def test_query_replaces_one_parameter_and_keeps_the_others():
    request = RequestFactory().get("/", {"q": "骨科", "page": "3"})
    html = shown("{% query page=4 export=None %}", request=request)
    assert "page=4" in html
    assert "q=%E9%AA%A8%E7%A7%91" in html
    assert "export" not in html


def test_an_explanation_shows_rule_and_steps_in_order():
    explanation = Explanation("全成本", "直接 + 分摊", (Line("直接成本", "10.00"), Line("分摊", "2.00", "按人员")))
    html = shown("{% explain explanation %}", explanation=explanation)
    assert html.index("直接成本") < html.index("按人员")
    assert "直接 + 分摊" in html


def test_no_template_tag_writes_a_style_attribute():
    html = shown('{% progress 3 4 "进度" %}{% stat "收入" "1" note="元" %}{% icon "home" %}{% empty_state "无" %}')
    assert "style=" not in html
    assert "75%" in html
