"""Where a driver's value comes from."""

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html

from costing.models import DriverKind


def facts_url(run: int, driver: str, weight: Decimal, receiver: int, sender: int | None = None) -> str:
    """The list of what a stored driver (`headcount`, `workload:sterile_packs`) measured of a receiver; "" for a direct
    assignment, whose share its rule says."""
    kind, _colon, metric = driver.partition(":")
    page, query = "driver-facts", {"driver": kind, "department": receiver, "came": weight}
    match kind:
        case DriverKind.ASSIGNED | "":
            return ""
        case DriverKind.WORKLOAD:
            page, query = "workloads", {"metric": metric, "department": receiver, "came": weight}
        case DriverKind.INCOME:
            page, query = "charge-lines", {"executing": receiver}
        case DriverKind.ORDERED_INCOME:
            page, query = "charge-lines", {"executing": sender, "ordering": receiver}
    return f"{reverse(f'costing:{page}', args=[run])}?{urlencode(query)}"


def linked(url: str, text: Any) -> Any:
    """The text, as a link where it opens something."""
    return format_html('<a href="{}">{}</a>', url, text) if url else text
