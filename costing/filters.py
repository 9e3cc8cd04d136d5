"""Filters of the costing lists and API."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from costing.models import (
    ActivityCost,
    AllocationFlow,
    CostBudget,
    CostBudgetAmount,
    CostRun,
    DepartmentCost,
    DepartmentMonth,
    DriverRule,
    ItemBasis,
    ItemCoefficient,
    ItemCost,
    ItemMethod,
    PatientRun,
    PriceAdjustment,
    Scenario,
    UnitCost,
    UnitDefinition,
    UnitKind,
)
from costing.selectors import access
from ops_platform.his_intake.public import SHARED_KINDS
from ops_platform.masterdata.models import CostClass, Department, Institution
from ops_platform.web.filter_fields import MonthFilter, TrueFalseFilter

ALL = _("全部")


class RunFilter(django_filters.FilterSet):
    """Runs by institution, month and whether they count."""

    institution = django_filters.ModelChoiceFilter(
        label=_("机构"),
        empty_label=ALL,
        queryset=lambda request: access.institutions(actor=request.actor) if request else Institution.objects.none(),
    )
    period = MonthFilter(label=_("月份"))
    is_current = django_filters.ChoiceFilter(
        label=_("版本"),
        choices=[("true", _("只看当前")), ("false", _("只看历史"))],
        empty_label=ALL,
        method="by_current",
    )

    class Meta:
        model = CostRun
        fields: list[str] = []

    def by_current(self, rows: object, _name: str, value: str) -> object:
        return rows.filter(is_current=value == "true")  # type: ignore[attr-defined]


def _departments_of(request: Any) -> QuerySet[Department]:
    """Those that can carry services out, of the institutions that the reader sees."""
    if request is None:
        return Department.objects.none()
    rows = Department.objects.filter(institution__in=access.institutions(actor=request.actor))
    return rows.filter(pk__in=ItemCost.objects.order_by().values("department")).order_by("institution__code", "code")


class ItemCostFilter(django_filters.FilterSet):
    """Items of a run by executing department and words of code or name."""

    department = django_filters.ModelChoiceFilter(label=_("执行科室"), empty_label=ALL, queryset=_departments_of)
    words = django_filters.CharFilter(label=_("项目"), method="by_words", max_length=60)

    class Meta:
        model = ItemCost
        fields: list[str] = []

    def by_words(self, rows: Any, _name: str, value: str) -> Any:
        return rows.filter(Q(item__name__icontains=value) | Q(item__code__istartswith=value))


class RunApiFilter(django_filters.FilterSet):
    """Runs by codes."""

    institution = django_filters.CharFilter(field_name="institution__code")
    period = MonthFilter()
    is_current = TrueFalseFilter()

    class Meta:
        model = CostRun
        fields: list[str] = []


class _ResultFilter(django_filters.FilterSet):
    institution = django_filters.CharFilter(field_name="run__institution__code")
    period = MonthFilter(field_name="run__period")
    run = django_filters.NumberFilter(field_name="run_id")


class DepartmentMonthApiFilter(_ResultFilter):
    """Department summaries by codes."""

    department = django_filters.CharFilter(field_name="department__code")
    cost_class = django_filters.CharFilter()

    class Meta:
        model = DepartmentMonth
        fields: list[str] = []


class DepartmentCostApiFilter(_ResultFilter):
    """Department costs by codes."""

    department = django_filters.CharFilter(field_name="department__code")
    cost_item = django_filters.CharFilter()
    funding_source = django_filters.CharFilter()

    class Meta:
        model = DepartmentCost
        fields: list[str] = []


class FlowApiFilter(_ResultFilter):
    """Allocation flows by codes."""

    sender = django_filters.CharFilter(field_name="sender__code")
    receiver = django_filters.CharFilter(field_name="receiver__code")
    cost_item = django_filters.CharFilter()

    class Meta:
        model = AllocationFlow
        fields: list[str] = []


class PatientRunApiFilter(RunApiFilter):
    """Runs of patient costing by codes."""

    class Meta:
        model = PatientRun
        fields: list[str] = []


class ItemCostApiFilter(_ResultFilter):
    """Item costs by codes."""

    department = django_filters.CharFilter(field_name="department__code")
    item = django_filters.CharFilter(field_name="item__code")

    class Meta:
        model = ItemCost
        fields: list[str] = []


class _OfInstitution(django_filters.FilterSet):
    institution = django_filters.CharFilter(field_name="institution__code")


class _OfDepartment(_OfInstitution):
    department = django_filters.CharFilter(field_name="department__code")
    method = django_filters.ChoiceFilter(choices=ItemMethod.choices)


class ItemBasisFilter(_OfDepartment):
    """Methods by codes."""

    class Meta:
        model = ItemBasis
        fields: list[str] = []


class ItemCoefficientFilter(_OfDepartment):
    """Coefficients by codes."""

    item = django_filters.CharFilter(field_name="item__code")

    class Meta:
        model = ItemCoefficient
        fields: list[str] = []


class UnitDefinitionFilter(_OfInstitution):
    """Definitions by institution."""

    class Meta:
        model = UnitDefinition
        fields: list[str] = []


class UnitCostFilter(_ResultFilter):
    """Service units' months by codes."""

    kind = django_filters.ChoiceFilter(choices=UnitKind.choices)

    class Meta:
        model = UnitCost
        fields: list[str] = []


class ActivityCostFilter(_ResultFilter):
    """Costs of activities by codes."""

    department = django_filters.CharFilter(field_name="activity__basis__department__code")
    item = django_filters.CharFilter(field_name="item__code")

    class Meta:
        model = ActivityCost
        fields: list[str] = []


class DriverRuleApiFilter(django_filters.FilterSet):
    """Driver rules by codes; those of the whole alliance belong to no institution."""

    institution = django_filters.CharFilter(field_name="institution__code")
    department = django_filters.CharFilter(field_name="department__code")
    cost_class = django_filters.ChoiceFilter(choices=CostClass.choices)
    shared_as = django_filters.ChoiceFilter(choices=SHARED_KINDS)

    class Meta:
        model = DriverRule
        fields: list[str] = []


class ScenarioApiFilter(_OfInstitution):
    """Scenarios by institution."""

    class Meta:
        model = Scenario
        fields: list[str] = []


class PriceAdjustmentApiFilter(_OfInstitution):
    """Price adjustments by institution and where they stand."""

    state = django_filters.ChoiceFilter(choices=PriceAdjustment.State.choices)

    class Meta:
        model = PriceAdjustment
        fields: list[str] = []


class CostBudgetApiFilter(_OfInstitution):
    """Cost budgets by institution, year and where they stand."""

    year = django_filters.NumberFilter()
    state = django_filters.ChoiceFilter(choices=CostBudget.State.choices)

    class Meta:
        model = CostBudget
        fields: list[str] = []


class CostBudgetAmountApiFilter(django_filters.FilterSet):
    """Amounts by version, department and cost item."""

    budget = django_filters.NumberFilter(field_name="budget_id")
    department = django_filters.CharFilter(field_name="department__code")
    cost_item = django_filters.CharFilter()

    class Meta:
        model = CostBudgetAmount
        fields: list[str] = []
