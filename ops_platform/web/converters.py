"""Parts of addresses: `path("<int:institution>/<period:period>/", …)`. Registered when the web app is ready."""

from django.urls import register_converter


class PeriodConverter:
    """An accounting period as in 2026-03; the view gets the text."""

    regex = r"\d{4}-(?:0[1-9]|1[0-2])"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: object) -> str:
        return str(value)


def register() -> None:
    """Make `<period:…>` known to every urls module."""
    register_converter(PeriodConverter, "period")
