"""Parts of addresses: `path("<int:institution>/<period:period>/", …)`, `<year:year>`.

Registered when the web app is ready."""

from django.urls import register_converter

from ops_platform.kernel import Period
from ops_platform.kernel.period import YEARS


class PeriodConverter:
    """An accounting period as in 2026-03; the view gets the text."""

    regex = r"\d{4}-(?:0[1-9]|1[0-2])"

    def to_python(self, value: str) -> str:
        return str(Period.parse(value))  # ValueError: no such address

    def to_url(self, value: object) -> str:
        return str(value)


class YearConverter:
    """A year of which there may be books; the view gets the number."""

    regex = r"[0-9]{4}"

    def to_python(self, value: str) -> int:
        if int(value) not in YEARS:
            raise ValueError(value)
        return int(value)

    def to_url(self, value: object) -> str:
        return str(value)


def register() -> None:
    """Make `<period:…>` and `<year:…>` known to every urls module."""
    register_converter(PeriodConverter, "period")
    register_converter(YearConverter, "year")
