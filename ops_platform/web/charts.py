"""Charts: ECharts options as data in the page, and the same figures as a table behind them.

The strict CSP knows no inline script: options are a JSON data block that static/js/charts.js reads. JSON has no
functions, so a formatter is a name that begins with @ (`"formatter": "@wan"`, `"valueFormatter": "@money"`); the names
stand in static/js/charts.js. `"color": "@sign"` draws losses in red. A data item with an `href` opens that page when it
is clicked.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader import render_to_string
from django.utils.html import json_script
from django.utils.safestring import SafeString


@dataclass(frozen=True, slots=True)
class ChartTable:
    """The figures of a chart as text: a header and rows whose first cell names the row."""

    columns: Sequence[Any]
    rows: Sequence[Sequence[Any]]


class _ChartEncoder(DjangoJSONEncoder):
    """A picture needs numbers; exact amounts stand in the table."""

    def default(self, o: Any) -> Any:
        return float(o) if isinstance(o, Decimal) else super().default(o)


def chart(
    options: Mapping[str, Any], table: ChartTable | None = None, *, title: str = "", size: str = "md"
) -> SafeString:
    """The picture as HTML for `{{ … }}`. `size` is sm, md or lg; `title` is read out by screen readers."""
    chart_id = f"chart-{uuid.uuid4().hex[:10]}"
    data = json_script(json.loads(json.dumps(options, cls=_ChartEncoder)), chart_id)
    context = {"chart_id": chart_id, "data": data, "table": table, "title": title, "size": size}
    return render_to_string("components/chart.html", context)
