"""Between which values a parameter may lie, where a document or its meaning says so.

The app that computes with a parameter knows its bounds and registers them once, in `apps.ready()`. A value beyond them is
refused when it is proposed, changed or accepted, so that a value that came before the bounds cannot come into force.
"""

from dataclasses import dataclass
from decimal import Decimal

from ops_platform.kernel import Invalid


@dataclass(frozen=True, slots=True)
class Bounds:
    """From `least` to `most`, both included, and where that stands."""

    least: Decimal
    most: Decimal
    source: str

    @property
    def words(self) -> str:
        """As people read it."""
        return f"{self.least.normalize():f} 至 {self.most.normalize():f}({self.source})"


_known: dict[str, Bounds] = {}


def register_bounds(key: str, bounds: Bounds) -> None:
    """The values that a parameter may have; called in `apps.ready()`."""
    _known[key] = bounds


def bounds_of(key: str) -> Bounds | None:
    """The bounds of a parameter; None where it has none."""
    return _known.get(key)


def must_be_within(key: str, value: Decimal) -> None:
    """Raises Invalid for a value beyond the bounds of its parameter."""
    bounds = _known.get(key)
    if bounds is not None and not bounds.least <= value <= bounds.most:
        raise Invalid(
            "masterdata.parameter_out_of_bounds",
            f"取值 {value.normalize():f} 超出允许范围：应为 {bounds.words}，请改正。",
            field="value",
            key=key,
        )
