"""What a price book would say with some of its figures changed (试算), and how a trial is recognised again.

A change is made in the document of a book (`documents.py`), which is read anew, so that the checks of a book hold for a
changed one as well. What can be changed: weights or points of groups; what one is worth (base rate, or the point value that
counts: the settled one where there is one); institution coefficients; from which multiple on a case is an outlier. A high
outlier has one band afterwards, for all weights; where the book had none, all that lies above is paid. A low outlier is paid
as before, or, where the book had none, as its method does: the charges by rate, by its ratio by points.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from insurance_settlement.engine.documents import document_of, number
from insurance_settlement.engine.json_parts import Part, Source, Step
from insurance_settlement.engine.rule_book import PREFIX, LowPay, Measure, Method, RuleBook, rule_book_of

EMPTY: Mapping[str, Decimal] = MappingProxyType({})
WHAT = "试算后的"
PLACES: Mapping[tuple[Step, ...], str] = MappingProxyType(
    {("outliers",): "高低倍率", ("outliers", "low"): "低倍率", ("outliers", "high"): "高倍率"}
)


@dataclass(frozen=True, slots=True)
class Overrides:
    """Figures in place of those of the book; None, or nothing, where they stay. `unit_value` in yuan for a weight of 1 or a
    point; `coefficients` by institution code; multiples and share as in a price book."""

    weights: Mapping[str, Decimal] = field(default_factory=lambda: EMPTY)
    unit_value: Decimal | None = None
    coefficients: Mapping[str, Decimal] = field(default_factory=lambda: EMPTY)
    low_below: Decimal | None = None
    high_above: Decimal | None = None
    high_share: Decimal | None = None

    @property
    def given(self) -> bool:
        """Whether anything is changed."""
        return self.document != {}

    @property
    def document(self) -> dict[str, Any]:
        """As data: numbers as text, what is not changed left out."""
        single = {
            "unit_value": self.unit_value,
            "low_below": self.low_below,
            "high_above": self.high_above,
            "high_share": self.high_share,
        }
        found: dict[str, Any] = {name: number(value) for name, value in single.items() if value is not None}
        for name, values in (("weights", self.weights), ("coefficients", self.coefficients)):
            if values:
                found[name] = {code: number(value) for code, value in sorted(values.items())}
        return found

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Overrides":
        """From data."""
        given: dict[str, Any] = {
            name: {code: Decimal(one) for code, one in value.items()} if isinstance(value, dict) else Decimal(value)
            for name, value in document.items()
        }
        return cls(**given)


def changed(book: RuleBook, overrides: Overrides) -> RuleBook:
    """The book with the figures changed. Raises Invalid where that makes no book."""
    if not overrides.given:
        return book
    document = document_of(book)
    by_rate = book.method is Method.RATE
    document["weights" if by_rate else "points"] |= overrides.document.get("weights", {})
    if overrides.coefficients:
        document["coefficients"] = document.get("coefficients", {}) | overrides.document["coefficients"]
    if overrides.unit_value is not None:
        if by_rate:
            document["base_rate"] = number(overrides.unit_value)
        else:
            counts = "budget" if book.point_value.settlement is None else "settlement"
            document["point_value"] = document.get("point_value", {}) | {counts: number(overrides.unit_value)}
    _outliers(document, overrides, by_rate=by_rate)
    return rule_book_of(Part(document, Source("", PREFIX, WHAT, PLACES)), f"{book.version}(试算改动)")


def _outliers(document: dict[str, Any], overrides: Overrides, *, by_rate: bool) -> None:
    if overrides.low_below is None and overrides.high_above is None and overrides.high_share is None:
        return
    measure = Measure.STANDARD if by_rate else Measure.MEAN_CHARGES
    rules = document.setdefault("outliers", {"measured_by": str(measure)})
    if overrides.low_below is not None:
        pay = LowPay.CHARGES if by_rate else LowPay.RATIO
        rules["low"] = {"pay": str(pay), **rules.get("low", {}), "below": number(overrides.low_below)}
    if overrides.high_above is not None:
        share = rules["high"][-1]["share"] if rules.get("high") else "1"
        rules["high"] = [{"above": number(overrides.high_above), "share": share}]
    if overrides.high_share is not None:
        rules["high"] = [{**row, "share": number(overrides.high_share)} for row in rules.get("high", [])]
