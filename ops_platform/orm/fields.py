"""Model fields of the trade: money in yuan, unit costs and rates, accounting periods."""

from typing import Any

from django.core.validators import RegexValidator
from django.db import models


class MoneyField(models.DecimalField):
    """Yuan, NUMERIC(18,2). Engines compute in integer fen (kernel.to_fen)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_digits"], kwargs["decimal_places"] = 18, 2
        super().__init__(*args, **kwargs)


class RateField(models.DecimalField):
    """Unit costs, rates and ratios, NUMERIC(18,6). For display and parameters; amounts are never price × rounded rate."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_digits"], kwargs["decimal_places"] = 18, 6
        super().__init__(*args, **kwargs)


class PeriodField(models.CharField):
    """An accounting period as text, 2026-03: sorts by time and reads the same everywhere."""

    default_validators = [RegexValidator(r"^\d{4}-(0[1-9]|1[0-2])$")]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_length"] = 7
        super().__init__(*args, **kwargs)
