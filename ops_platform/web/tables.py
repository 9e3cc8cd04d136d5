"""Lists by django-tables2: the platform's table template and columns for its kinds of figures.

Every column has a plain `value()` for the .xlsx export, so that amounts arrive there as numbers.
"""

from collections.abc import Mapping
from typing import Any

import django_tables2
from django.utils import timezone
from django.utils.html import format_html

from ops_platform.web import formats
from ops_platform.web.people import names_of
from ops_platform.web.templatetags import ops


class Table(django_tables2.Table):
    """Base of all lists. One that `stacks` shows each row as a small card on a telephone, every value under its label; its
    attrs are STACKED or STACKED_WORDS."""

    stacks = False

    class Meta:
        template_name = "components/table.html"
        attrs = {"class": "table table-vcenter card-table"}


# narrow lines for long tables of figures
DENSE = {"class": "table table-vcenter card-table table-dense"}
# both: narrow lines on a screen, cards on a telephone
DENSE_STACKED = {"class": "table table-vcenter card-table table-dense table-stack"}
STACKED = {"class": "table table-vcenter card-table table-stack"}
# for rows of words, and of amounts too long for two beside each other: one value a line, which may wrap
STACKED_WORDS = {"class": "table table-vcenter card-table table-stack table-stack-words"}
DENSE_STACKED_WORDS = {"class": f"{DENSE_STACKED['class']} table-stack-words"}


class _FigureColumn(django_tables2.Column):
    """Right-aligned figures with their unit in the header."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        attrs = kwargs.pop("attrs", {})
        figure = {"class": "text-end num"}
        kwargs["attrs"] = {"th": {"class": "text-end"}, "td": figure, "tf": figure, **attrs}
        super().__init__(*args, **kwargs)

    def value(self, value: Any) -> Any:
        return value


class MoneyColumn(_FigureColumn):
    """Yuan with two decimals, negative in red; a difference, of which one way is `good` (up, down), by its meaning."""

    def __init__(self, *args: Any, good: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.good = good

    def render(self, value: Any) -> str:
        return ops.difference(value, "money", self.good) if self.good else ops.money(value)


class QuantityColumn(_FigureColumn):
    """Counts and measures."""

    def __init__(self, *args: Any, decimals: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.decimals = decimals

    def render(self, value: Any) -> str:
        return formats.quantity(value, self.decimals)


class PercentColumn(_FigureColumn):
    """Ratios as percent."""

    def render(self, value: Any) -> str:
        return formats.percent(value)


class PeriodColumn(django_tables2.Column):
    """2026年3月"""

    def render(self, value: Any) -> str:
        return formats.period_label(value)

    def value(self, value: Any) -> str:
        return str(value)


class TimeColumn(django_tables2.Column):
    """A moment in local time to the minute."""

    def render(self, value: Any) -> str:
        local = timezone.localtime(value)
        return format_html(
            '<time class="num" datetime="{}">{}</time>', local.isoformat(), local.strftime("%Y-%m-%d %H:%M")
        )

    def value(self, value: Any) -> Any:
        return value


class DayColumn(django_tables2.Column):
    """A date, ISO."""

    def render(self, value: Any) -> str:
        return format_html('<span class="num">{}</span>', value.isoformat())

    def value(self, value: Any) -> Any:
        return value


class StateColumn(django_tables2.Column):
    """A choice field as a badge; `tones` maps the stored value to good, warn, bad, info or neutral."""

    def __init__(self, *args: Any, tones: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tones = tones or {}

    def render(self, value: Any, record: Any, bound_column: Any) -> str:
        stored = (
            record.get(bound_column.name) if isinstance(record, dict) else getattr(record, bound_column.name, value)
        )
        return ops.badge(value, self.tones.get(str(stored), "neutral"))

    def value(self, value: Any) -> str:
        return str(value)


class PersonColumn(django_tables2.Column):
    """Somebody by name; rows keep the user name. One query for all rows of the page."""

    def render(self, value: Any, table: Any, bound_column: Any) -> str:
        return self._names(table, bound_column).get(value, value)

    def value(self, value: Any, table: Any, bound_column: Any) -> str:
        return self.render(value, table, bound_column)

    @staticmethod
    def _names(table: Any, bound_column: Any) -> dict[str, str]:
        held: dict[str, dict[str, str]] = table.__dict__.setdefault("people", {})
        if bound_column.name not in held:
            stored = (bound_column.accessor.resolve(row.record, quiet=True) for row in table.paginated_rows)
            held[bound_column.name] = names_of(str(name or "") for name in stored)
        return held[bound_column.name]


class ActionsColumn(django_tables2.TemplateColumn):
    """Buttons of a row; not sorted and not exported."""

    def __init__(self, template_name: str, **kwargs: Any) -> None:
        kwargs.setdefault("verbose_name", "")
        kwargs.setdefault("attrs", {"td": {"class": "text-end text-nowrap"}})
        super().__init__(
            template_name=template_name, orderable=False, exclude_from_export=True, empty_values=(), **kwargs
        )
