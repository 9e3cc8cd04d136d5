"""The values of a subject's attributes as a matter keeps them, and back."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from workflows.engine.conditions import Attribute, Kind, Value, Values


def values_to_json(values: Values) -> dict[str, Any]:
    """Attribute values as stored: amounts and days as text."""
    return {
        name: format(value, "f")
        if isinstance(value, Decimal)
        else value.isoformat()
        if isinstance(value, date)
        else value
        for name, value in values.items()
    }


def values_from_json(stored: Mapping[str, Any], attributes: Sequence[Attribute]) -> dict[str, Value]:
    """The stored values back, by the kinds that were declared."""
    return {attribute.name: _value(attribute, stored.get(attribute.name)) for attribute in attributes}


def _value(attribute: Attribute, stored: Any) -> Value:
    if stored is None:
        return None
    if attribute.kind in (Kind.AMOUNT, Kind.NUMBER):
        return Decimal(stored)
    if attribute.kind is Kind.DAY:
        return date.fromisoformat(stored)
    return bool(stored) if attribute.kind is Kind.FLAG else str(stored)
