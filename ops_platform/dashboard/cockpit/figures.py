"""Sums of a month over the shown institutions, and the cards made of them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from costing.public import Activity, Work
from insurance_settlement.public import Totals
from ops_platform.dashboard.cards import Card, CardMaker
from ops_platform.dashboard.withholding import Withheld
from ops_platform.web import formats

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """A month in figures. None where there is nothing to divide by, where a figure is withheld, and for the cost of first
    days: it comes in with the month's end."""

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
    activities: Iterable[Work], settlements: Iterable[Totals] = (), *, hidden: Collection[str] = ()
) -> MonthFigures | None:
    """Sums over some institutions of one month (or of its first days); None without any. `hidden` are the columns that
    the reader does not get (`withholding`).

    Drug ratio = drug income ÷ medical income; material ratio = material income ÷ (medical income − drug income)
    (domain.md 1.9).
    """
    rows, cases = list(activities), list(settlements)
    if not rows:
        return None
    medical, drugs = sum((row.income for row in rows), ZERO), sum((row.drug_income for row in rows), ZERO)
    income = medical + sum((row.other_income for row in rows), ZERO)
    costs = [row.cost for row in rows if isinstance(row, Activity)]
    cost = sum(costs, ZERO) if costs else None
    visits, discharges = sum(row.visits for row in rows), sum(row.discharges for row in rows)
    weighed = sum(case.weighed for case in cases)
    few_visits, few_discharges, few_cases = (name in hidden for name in ("visits", "discharges", "cases"))
    few_weighed = few_discharges or "weighed" in hidden
    return MonthFigures(
        medical_income=None if few_cases else medical,
        income=None if few_cases else income,
        cost=None if few_cases else cost,
        surplus=None if few_cases or cost is None else income - cost,
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


def by_period(
    activities: Sequence[Work],
    settlements: Sequence[Totals],
    periods: Sequence[str],
    institutions: Collection[int],
    withheld: Withheld,
) -> dict[str, MonthFigures]:
    """The figures of each month that these institutions have any for."""
    found = {
        period: month_figures(
            [row for row in activities if row.period == period],
            [row for row in settlements if row.period == period],
            hidden=withheld.of(period, institutions),
        )
        for period in periods
    }
    return {period: figures for period, figures in found.items() if figures}


def cards(maker: CardMaker, urls: dict[str, str], planned: Decimal | None) -> tuple[list[Card], list[Card]]:
    """The three great ones, and the rest; cost against what is `planned`, too."""
    cost = maker.amount("cost", _("成本"), good="down", url=urls.get("cost", ""))
    great = [
        maker.amount("income", _("收入"), good="up", url=urls.get("income", "")),
        maker.against(cost, "cost", planned, _("预算"), good="down"),
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
