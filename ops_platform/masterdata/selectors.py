"""Reads of the master data that other apps build on."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal

from ops_platform.kernel import Invalid, Period
from ops_platform.masterdata.models import Institution, Parameter, PeriodReopening, Scope


def institution_names(ids: Collection[int] | None) -> dict[str, str]:
    """Names by code of these institutions, of all for None; in code order."""
    rows = Institution.objects.order_by("code")
    return dict((rows if ids is None else rows.filter(pk__in=ids)).values_list("code", "name"))


def parameter_at(*, key: str, day: date, institution: Institution | None = None) -> Parameter:
    """The value in force on `day`; the institution's own wins over city, province, nation.

    Raises Invalid when the key has no value on that day.
    """
    rows = Parameter.objects.filter(key=key, effective_from__lte=day)
    rows = (
        rows.filter(institution=None) | rows.filter(institution=institution)
        if institution
        else rows.filter(institution=None)
    )
    narrowest = [Scope.INSTITUTION, Scope.CITY, Scope.PROVINCE, Scope.NATIONAL]
    best = min(rows, key=lambda row: (narrowest.index(Scope(row.scope)), -row.effective_from.toordinal()), default=None)
    if best is None:
        raise Invalid("masterdata.no_parameter", f"参数 {key} 在 {day} 没有取值。请在「主数据→参数」中补充。", key=key)
    return best


def parameter_value(*, key: str, day: date, institution: Institution | None = None) -> Decimal:
    """`parameter_at` without its source."""
    return parameter_at(key=key, day=day, institution=institution).value


def was_closed(institution: Institution, period: Period) -> bool:
    """Whether the month was closed once and opened again: what is computed for it now restates official figures."""
    return PeriodReopening.objects.filter(
        accounting_period__institution=institution,
        accounting_period__period=str(period),
        state=PeriodReopening.State.CONFIRMED,
    ).exists()
