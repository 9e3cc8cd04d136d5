"""Tags and filters of every template: icons, figures, badges, links, explanations."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import template
from django.http import QueryDict
from django.template import Context
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import Explanation
from ops_platform.web import formats

register = template.Library()

TONE_WORDS = {"good": _("有利"), "bad": _("不利")}
TONES = ("good", "warn", "bad", "info", "neutral")


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An icon of the sprite. Decorative unless `label` says what it means."""
    address = f"{static('vendor/icons.svg')}#{name}"
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}" focusable="false"><use href="{}"></use></svg>', label, address
        )
    return format_html('<svg class="icon" aria-hidden="true" focusable="false"><use href="{}"></use></svg>', address)


def _figure(text: str) -> SafeString:
    if text == formats.MISSING:
        return format_html('<span class="num num-missing">{}</span>', text)
    return format_html('<span class="{}">{}</span>', "num neg" if formats.is_negative(text) else "num", text)


@register.filter
def money(value: Any) -> SafeString:
    """Yuan with two decimals; negative in red; — where nothing is known."""
    return _figure(formats.money(value))


@register.filter
def wan(value: Any, decimals: int = 2) -> SafeString:
    """Yuan shown in 万元; negative in red. The header or label names the unit."""
    return _figure(formats.wan(value, decimals))


@register.filter
def quantity(value: Any, decimals: int | None = None) -> SafeString:
    """Counts and measures."""
    return _figure(formats.quantity(value, decimals))


@register.filter
def percent(value: Any, decimals: int = 1) -> SafeString:
    """A ratio as percent."""
    return _figure(formats.percent(value, decimals))


@register.filter
def duration(value: Any) -> SafeString:
    """A time given in hours, in the unit that fits it."""
    return _figure(formats.duration(value))


@register.filter
def period_label(value: Any) -> str:
    """2026-03 as 2026年3月."""
    return formats.period_label(value)


@register.filter
def named(username: str, people: Mapping[str, str]) -> str:
    """Somebody by the name in `people` (web.people.names_of): `{{ row.closed_by|named:people }}`."""
    return people.get(username, username)


@register.simple_tag
def figure(value: Any, kind: str, tone: str = "") -> SafeString | str:
    """A figure of a report: money, quantity, decimal, percent or points (百分点); words as they are, else nothing. Negative
    in red, but a difference, which has a `tone`: good (有利) in green, bad (不利) in red, none in neither."""
    if value is None or isinstance(value, str):
        return value or ""
    text = formats.report_figure(value, kind)
    if tone in TONE_WORDS and any(digit in text for digit in "123456789"):
        words = TONE_WORDS[tone]
        return format_html(
            '<span class="num change-{}">{}<span class="visually-hidden"> {}</span></span>', tone, text, words
        )
    return format_html('<span class="num">{}</span>', text) if tone else _figure(text)


@register.simple_tag
def difference(value: Any, kind: str, good: str) -> SafeString | str:
    """A difference in the colour of its meaning: `good` says which way is favourable (up, down, none)."""
    return figure(value, kind, formats.tone(value, good))


@register.simple_tag
def badge(text: Any, tone: str = "neutral") -> SafeString:
    """A small mark of a state: good, warn, bad, info or neutral."""
    return format_html('<span class="mark mark-{}">{}</span>', tone if tone in TONES else "neutral", text)


@register.simple_tag(takes_context=True)
def query(context: Context, **replacements: Any) -> str:
    """The page's own query string with some parameters replaced; None or empty removes one."""
    request = context.get("request")
    parameters = request.GET.copy() if request is not None else QueryDict(mutable=True)
    for name, value in replacements.items():
        if value in (None, ""):
            parameters.pop(name, None)
        else:
            parameters[name] = str(value)
    return f"?{parameters.urlencode()}" if parameters else "?"


@register.inclusion_tag("components/explanation.html")
def explain(explanation: Explanation | None, label: str = "") -> dict[str, Any]:
    """A button that opens how a figure came to be: rule and steps of a kernel Explanation. Needs no script."""
    return {"explanation": explanation, "label": label}


@register.inclusion_tag("components/empty.html")
def empty_state(
    title: str, hint: str = "", url: str = "", action: str = "", icon_name: str = "inbox"
) -> dict[str, Any]:
    """An empty state that says what to do."""
    return {"title": title, "hint": hint, "url": url, "action": action, "icon_name": icon_name}


@register.inclusion_tag("components/progress.html")
def progress(value: Any, maximum: Any = 100, label: str = "", tone: str = "info") -> dict[str, Any]:
    """A progress bar that reads the same to a screen reader."""
    whole = Decimal(maximum or 0)
    share = Decimal(value or 0) / whole if whole else Decimal(0)
    return {"value": value or 0, "maximum": maximum, "label": label, "tone": tone, "share": share}


@register.inclusion_tag("components/stat.html")
def stat(title: str, figure: Any, *, unit: str = "", note: str = "") -> dict[str, Any]:
    """A card with one figure and its unit: `{% stat title figure unit=… note=… %}`. Cards with changes are made in Python
    and include components/stat.html."""
    return {"card": {"title": title, "figure": figure, "unit": unit, "note": note}}
