"""Reads of the master data that other apps build on."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection

from ops_platform.kernel import Invalid
from ops_platform.masterdata.models import DepartmentTerm, Institution, Parameter, Scope


def institution_names(ids: Collection[int] | None) -> dict[str, str]:
    """Names by code of these institutions, of all for None; in code order."""
    rows = Institution.objects.order_by("code")
    return dict((rows if ids is None else rows.filter(pk__in=ids)).values_list("code", "name"))


@dataclass(frozen=True, slots=True)
class DepartmentAt:
    """A department as it is at a date."""

    id: int
    code: str
    name: str
    cost_class: str
    service_mode: str
    closed: bool


def departments_at(*, institution: Institution, day: date) -> dict[int, DepartmentAt]:
    """Every department of the institution that has begun by `day`, by id, in code order."""
    terms = (
        DepartmentTerm.objects.filter(department__institution=institution, effective_from__lte=day)
        .order_by("department__code", "department_id", "-effective_from")
        .distinct("department__code", "department_id")
        .select_related("department")
    )
    return {
        term.department_id: DepartmentAt(
            id=term.department_id,
            code=term.department.code,
            name=term.name,
            cost_class=term.cost_class,
            service_mode=term.service_mode,
            closed=term.closed_on is not None and term.closed_on <= day,
        )
        for term in terms
    }


@dataclass(frozen=True, slots=True)
class ItemAt:
    """What a charge item is at a date, as costing and settlement read it."""

    id: int
    item_class: str
    fee_class: str


def items_at(*, institution: Institution, day: date) -> dict[int, ItemAt]:
    """Class and fee class of each charge item of the institution on `day`, by id.

    An item whose first term begins later is taken as that term has it: systems often date their catalogue from the day
    on which they report it, after the first charges. An item without any term is missing.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (i.id) i.id, t.item_class, t.fee_class FROM masterdata_chargeitem i"
            " JOIN masterdata_chargeitemterm t ON t.item_id = i.id WHERE i.institution_id = %(institution)s"
            " ORDER BY i.id, t.effective_from > %(day)s,"
            " CASE WHEN t.effective_from > %(day)s THEN t.effective_from - %(day)s ELSE %(day)s - t.effective_from END",
            {"institution": institution.pk, "day": day},
        )
        return {row[0]: ItemAt(*row) for row in cursor.fetchall()}


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
