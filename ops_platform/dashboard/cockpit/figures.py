"""Sums of a month over the shown institutions, and the cards made of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from costing.public import Activity
from insurance_settlement.public import Totals
from ops_platform.dashboard.scope import FEW
from ops_platform.web import formats

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """A month in figures. None where there is nothing to divide by, or where a figure is withheld."""

    medical_income: Decimal | None
    income: Decimal | None
    cost: Decimal | None
    surplus: Decimal | None
    visits: int | None
    discharges: int | None
    bed_days: Decimal | None
    cmi: Decimal | None
    drug_ratio: Decimal | None
    material_ratio: Decimal | None
    withheld: bool = False

    @property
    def surplus_rate(self) -> Decimal | None:
        """Surplus per yuan of income."""
        return self.surplus / self.income if self.surplus is not None and self.income else None


def month_figures(
    activities: Iterable[Activity], settlements: Iterable[Totals], *, withhold_few: bool
) -> MonthFigures | None:
    """Sums over some institutions of one month; None without any. `withhold_few` hides cells of fewer than 5 cases.

    Drug ratio = drug income ÷ medical income; material ratio = material income ÷ (medical income − drug income)
    (domain.md 1.9).
    """
    rows, cases = list(activities), list(settlements)
    if not rows:
        return None
    medical, drugs = sum((row.income for row in rows), ZERO), sum((row.drug_income for row in rows), ZERO)
    income = medical + sum((row.other_income for row in rows), ZERO)
    cost = sum((row.cost for row in rows), ZERO)
    visits, discharges = sum(row.visits for row in rows), sum(row.discharges for row in rows)
    weighed = sum(case.priced for case in cases)
    few_visits, few_discharges = (withhold_few and 0 < number < FEW for number in (visits, discharges))
    few_weighed = few_discharges or (withhold_few and 0 < weighed < FEW)
    few_cases = withhold_few and 0 < visits + discharges < FEW
    return MonthFigures(
        medical_income=None if few_cases else medical,
        income=None if few_cases else income,
        cost=None if few_cases else cost,
        surplus=None if few_cases else income - cost,
        visits=None if few_visits else visits,
        discharges=None if few_discharges else discharges,
        bed_days=None if few_discharges else sum((row.bed_days for row in rows), ZERO),
        cmi=None if few_weighed or not weighed else sum((case.weight for case in cases), ZERO) / weighed,
        drug_ratio=None if few_cases or not medical else drugs / medical,
        material_ratio=None
        if few_cases or medical == drugs
        else sum((row.material_income for row in rows), ZERO) / (medical - drugs),
        withheld=few_visits or few_weighed or few_cases,
    )


@dataclass(frozen=True, slots=True)
class Card:
    """One figure with its change."""

    title: str
    figure: str
    unit: str = ""
    negative: bool = False
    change: str = ""
    direction: str = ""
    tone: str = "none"
    note: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class CardMaker:
    """Makes cards of two months' figures. Without `comparable` the former figure is told, but no percent."""

    now: Any
    before: Any
    comparable: bool
    against: str

    def balance(self, name: str, title: str, *, url: str = "") -> Card:
        """An amount that may be above or below nothing: its change is an amount, since a percent would mislead."""
        now, before = getattr(self.now, name), getattr(self.before, name, None)
        difference = None if now is None or before is None else now - before
        words, note = "", ""
        if difference is not None:
            words = _("%s 万元") % formats.wan(abs(difference)) if self.comparable else ""
            note = f"{self.against} {formats.wan(before)}"
        shown = difference if self.comparable else None
        return self._card(title, formats.wan(now), _("万元"), shown, words, note, "up", url)

    def card(self, name: str, title: str, form: Any, *, unit: str = "", good: str = "none", url: str = "") -> Card:
        """An amount or a count."""
        now, before = getattr(self.now, name), getattr(self.before, name, None)
        difference = None if now is None or before is None else Decimal(now) - Decimal(before)
        words, note = "", ""
        if difference is not None and before is not None:
            if self.comparable and before:
                words = formats.percent(abs(difference) / abs(Decimal(before)))
            note = f"{self.against} {form(before)}"
        return self._card(title, form(now), unit, difference if self.comparable else None, words, note, good, url)

    def ratio(self, name: str, title: str, *, good: str = "none") -> Card:
        """A share; its change is in percentage points."""
        now, before = getattr(self.now, name), getattr(self.before, name, None)
        difference = None if now is None or before is None else now - before
        words, note = "", ""
        if difference is not None:
            if self.comparable:
                words = _("%s 个百分点") % formats.number(abs(difference) * 100, 1)
            note = f"{self.against} {formats.percent(before)}"
        return self._card(
            title, formats.percent(now), "", difference if self.comparable else None, words, note, good, ""
        )

    def _card(
        self,
        title: str,
        figure: str,
        unit: str,
        difference: Decimal | None,
        words: str,
        note: str,
        good: str,
        url: str,
    ) -> Card:
        direction = "" if difference is None else "up" if difference > 0 else "down" if difference < 0 else "flat"
        coloured = direction in ("up", "down") and good != "none"
        return Card(
            title=title,
            figure=figure,
            unit=unit,
            negative=formats.is_negative(figure),
            change=words,
            direction=direction if words else "",
            tone=("good" if direction == good else "bad") if coloured else "none",
            note=note,
            url=url,
        )


def cards(maker: CardMaker, urls: dict[str, str]) -> tuple[list[Card], list[Card]]:
    """The three great ones, and the rest."""
    wan = _("万元")
    great = [
        maker.card("income", _("收入"), formats.wan, unit=wan, good="up", url=urls.get("income", "")),
        maker.card("cost", _("成本"), formats.wan, unit=wan, good="down", url=urls.get("cost", "")),
        maker.balance("surplus", _("结余"), url=urls.get("surplus", "")),
    ]
    rest = [
        maker.card("discharges", _("出院人次"), formats.quantity, good="up", url=urls.get("cases", "")),
        maker.card("visits", _("门急诊人次"), formats.quantity, good="up"),
        maker.card("bed_days", _("实际占用床日"), formats.quantity, good="up"),
        maker.card("cmi", "CMI", lambda value: formats.number(value, 4), good="up", url=urls.get("cases", "")),
        maker.ratio("drug_ratio", _("药占比"), good="down"),
        maker.ratio("material_ratio", _("耗占比"), good="down"),
    ]
    return great, rest
