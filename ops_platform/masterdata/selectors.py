"""Reads of the master data that other apps build on."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal

from django.db.models import Q, QuerySet

from ops_platform.kernel import Invalid, Period
from ops_platform.masterdata.models import (
    DepartmentTerm,
    Institution,
    Parameter,
    ParameterProposal,
    PeriodReopening,
    Scope,
)


def institution_names(ids: Collection[int] | None) -> dict[str, str]:
    """Names by code of these institutions, of all for None; in code order."""
    rows = Institution.objects.order_by("code")
    return dict((rows if ids is None else rows.filter(pk__in=ids)).values_list("code", "name"))


def cost_class_at(*, department: int, day: date) -> str | None:
    """The cost class of the department on the day; None where no term had begun by then."""
    begun = DepartmentTerm.objects.filter(department=department, effective_from__lte=day).order_by("-effective_from")
    return begun.values_list("cost_class", flat=True).first()


def parameter_at(*, key: str, day: date, institution: Institution | None = None) -> Parameter:
    """The value in force on `day`; the institution's own wins over city, province, nation.

    Raises Invalid when the key has no value on that day.
    """
    best = _narrowest(Parameter.objects.filter(key=key, effective_from__lte=day), institution)
    if best is None:
        raise no_value(key, day)
    return best


class ParametersAt:
    """Some parameters with all their values, read once for many days and institutions."""

    def __init__(self, *keys: str) -> None:
        self._rows: dict[str, list[Parameter]] = {key: [] for key in keys}
        for row in Parameter.objects.filter(key__in=keys):
            self._rows[row.key].append(row)

    def value(self, *, key: str, day: date, institution_id: int | None = None) -> Decimal:
        """As `parameter_value`."""
        reaching = [
            row for row in self._rows[key] if row.effective_from <= day and row.institution_id in (None, institution_id)
        ]
        if not reaching:
            raise no_value(key, day)
        return min(reaching, key=_narrowness).value


def no_value(key: str, day: date) -> Invalid:
    """The refusal where a parameter has no value on the day."""
    words = f"参数 {key} 在 {day} 没有取值。请在「主数据→参数」中补充。"
    return Invalid("masterdata.no_parameter", words, key=key)


NARROWEST = [Scope.INSTITUTION, Scope.CITY, Scope.PROVINCE, Scope.NATIONAL]


def _narrowest(rows: QuerySet[Parameter], institution: Institution | None) -> Parameter | None:
    """Of the rows that reach the institution the newest of the narrowest scope."""
    reaching = (
        rows.filter(Q(institution=None) | Q(institution=institution)) if institution else rows.filter(institution=None)
    )
    return min(reaching, key=_narrowness, default=None)


def _narrowness(row: Parameter) -> tuple[int, int]:
    return NARROWEST.index(Scope(row.scope)), -row.effective_from.toordinal()


def value_before(proposal: ParameterProposal) -> Decimal | None:
    """The value that would hold on the proposal's first day without it; None where there is none. Of scopes as wide as the
    proposal's or wider: what an institution has of its own, a value of the alliance does not replace."""
    wide = NARROWEST[NARROWEST.index(Scope(proposal.scope)) :]
    rows = Parameter.objects.filter(key=proposal.key, scope__in=wide, effective_from__lte=proposal.effective_from)
    found = _narrowest(rows, proposal.institution)
    return found.value if found else None


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
