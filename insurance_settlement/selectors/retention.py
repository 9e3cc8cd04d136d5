"""The year so far of an institution: its runs, mean charges beside last year's, and the shares of the area."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from django.db.models import Count, Sum

from insurance_settlement.engine.retention import Terms
from insurance_settlement.models import CaseResult, GroupingRun
from ops_platform.kernel import Period
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.selectors import parameter_value

PREFIX = "insurance_settlement.retention_"


@dataclass(frozen=True, slots=True)
class Rules:
    """The parameters that hold at the end of the period: `compared` is another share to set beside, `departments` what they
    are left of it, `limit` and `rise` those of next year's total."""

    terms: Terms
    compared: Decimal
    departments: Decimal
    limit: Decimal
    rise: Decimal


def rules_of(institution: Institution, period: Period) -> Rules:
    """Of an institution at the end of a month."""

    def value(name: str) -> Decimal:
        # without the zeros that a column keeps: they would be read out in the path
        return Decimal(parameter_value(key=f"{PREFIX}{name}", day=period.last_day, institution=institution)).normalize()

    terms = Terms(value("floor"), value("band"), value("insurer_share"), value("share"))
    return Rules(terms, value("share_compared"), value("department_share"), value("growth_limit"), value("total_rise"))


def runs_of_year(institution: int, period: Period) -> list[GroupingRun]:
    """The current runs of the year until a month, in order."""
    first = str(Period(period.year, 1))
    rows = GroupingRun.objects.filter(
        institution=institution, is_current=True, period__gte=first, period__lte=str(period)
    )
    return list(rows.select_related("scheme", "price_book").order_by("period"))


def mean_charges(institution: int, periods: Sequence[str]) -> Fraction | None:
    """例均费用 (yuan) of the months; None without cases."""
    found = CaseResult.objects.filter(
        run__institution=institution, run__is_current=True, run__period__in=periods
    ).aggregate(cases=Count("id"), charges=Sum("charges"))
    return Fraction(found["charges"]) / found["cases"] if found["cases"] else None
