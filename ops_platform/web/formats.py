"""How figures are written: one form for pages, tables and charts. Returns plain text; the template tags add colour."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ops_platform.kernel import Period

MISSING = "—"
TEN_THOUSAND = Decimal(10_000)


def number(value: Any, decimals: int) -> str:
    """Thousands separators and a fixed number of decimals, rounded half up; `—` for None. Never `-0.00`."""
    if value is None or value == "":
        return MISSING
    exact = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return f"{rounded if rounded else abs(rounded):,f}"


def money(value: Any) -> str:
    """Yuan with two decimals: 1,234,567.80."""
    return number(value, 2)


def wan(value: Any, decimals: int = 2) -> str:
    """Yuan shown in 万元 with two decimals."""
    if value is None or value == "":
        return MISSING
    return number(Decimal(value) / TEN_THOUSAND, decimals)


def quantity(value: Any, decimals: int | None = None) -> str:
    """A count or measure; without `decimals` trailing zeros are dropped (at most four stay)."""
    if value is None or value == "":
        return MISSING
    if decimals is not None:
        return number(value, decimals)
    text = number(value, 4)
    return text.rstrip("0").rstrip(".")


def duration(hours: Any) -> str:
    """A time given in hours as people say it: 26.4 小时, 38 分钟, 45 秒."""
    if hours is None or hours == "":
        return MISSING
    seconds = Decimal(str(hours)) * 3600
    if 0 < seconds < 1:
        return "不到 1 秒"
    if seconds < 60:
        return f"{number(seconds, 0)} 秒"
    if seconds < 3600:
        return f"{number(seconds / 60, 0)} 分钟"
    return f"{number(seconds / 3600, 1)} 小时"


def percent(value: Any, decimals: int = 1) -> str:
    """A ratio (0.125) as 12.5%."""
    if value is None or value == "":
        return MISSING
    exact = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
    return f"{number(exact * 100, decimals)}%"


def report_figure(value: Any, kind: str) -> str:
    """A figure of a report by its kind: money, decimal, percent, points (百分点), else a quantity."""
    if kind in ("money", "decimal"):
        return money(value)
    if kind == "percent":
        return percent(value)
    return number(value, 1) if kind == "points" else quantity(value)


def period_label(value: Period | str | None) -> str:
    """2026-03 as 2026年3月."""
    if not value:
        return MISSING
    period = value if isinstance(value, Period) else Period.parse(str(value))
    return f"{period.year}年{period.month}月"


def tone(value: Any, good: str) -> str:
    """Of a difference: good (有利) or bad (不利) by the way that is `good` (up, down), none where neither or nothing moved;
    "" where `good` is not given, of a figure that is no difference."""
    if not good:
        return ""
    if good == "none" or not value or isinstance(value, str):
        return "none"
    return "good" if (value > 0) == (good == "up") else "bad"


def is_negative(text: str) -> bool:
    """Whether a written figure is to be shown in red: what is written as 0.00 is not."""
    return text.startswith("-")
