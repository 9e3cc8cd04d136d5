"""The month of the clinical departments in the figures that they answer for (domain.md 6.1): drug ratio, consumable ratio,
share of services, mean charges and mean cost of a visit and of a discharge, cost and surplus."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Sum

from costing.models import CostRun, DepartmentMonth, PatientCost, PatientRun
from costing.selectors.groups import case_totals
from costing.selectors.structure import Structure, by_department, variants
from insurance_settlement.public import month_of_cases
from ops_platform.kernel import Period
from ops_platform.masterdata.models import CostClass

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class DepartmentReport:
    """A clinical department's month. Means are charges (次均费用) and cost; None where nothing is counted."""

    department: int
    name: str
    charges: Decimal
    other_income: Decimal
    direct: Decimal
    received: Decimal
    cost: Decimal
    structure: Structure | None
    visits: int
    visit_charges: Decimal
    visit_cost: Decimal
    discharges: int
    discharge_charges: Decimal
    costed: int
    discharge_cost: Decimal

    @property
    def income(self) -> Decimal:
        """收入: 医疗收入 and other."""
        return self.charges + self.other_income

    @property
    def surplus(self) -> Decimal:
        """结余"""
        return self.income - self.cost

    @property
    def drug_ratio(self) -> Decimal | None:
        """药占比"""
        return self.structure.drug_ratio if self.structure else None

    @property
    def material_ratio(self) -> Decimal | None:
        """耗占比"""
        return self.structure.material_ratio if self.structure else None

    @property
    def service_ratio(self) -> Decimal | None:
        """医疗服务收入占比"""
        return self.structure.service_ratio if self.structure else None

    @property
    def per_visit(self) -> Decimal | None:
        """门急诊次均费用"""
        return self.visit_charges / self.visits if self.visits else None

    @property
    def cost_per_visit(self) -> Decimal | None:
        """门急诊次均成本, of the medical cost of patients."""
        return self.visit_cost / self.visits if self.visits and self.visit_cost else None

    @property
    def per_discharge(self) -> Decimal | None:
        """出院次均费用, of whole stays."""
        return self.discharge_charges / self.discharges if self.discharges else None

    @property
    def cost_per_discharge(self) -> Decimal | None:
        """出院者平均成本: medical cost of whole stays, bottom-up, of the discharges that are costed."""
        return self.discharge_cost / self.costed if self.costed else None


def department_reports(*, run: CostRun, patients: PatientRun | None) -> list[DepartmentReport]:
    """The clinical departments of a run by code; a fixed number of queries."""
    forms = variants(day=Period.parse(run.period).last_day)
    structures = {one.key: one for one in by_department(run=run, forms=forms)}
    visits = _visits(patients)
    discharges = _discharges(run)
    rows = DepartmentMonth.objects.filter(run=run, cost_class=CostClass.CLINICAL).order_by("department__code", "pk")
    reports = []
    for row in rows:
        number, charges, cost = visits.get(row.department_id, (0, ZERO, ZERO))
        left = discharges.get(row.department_id, _Discharges())
        reports.append(
            DepartmentReport(
                department=row.department_id,
                name=row.name,
                charges=row.income,
                other_income=row.other_income,
                direct=row.direct_cost,
                received=row.received_cost,
                cost=row.full_cost,
                structure=structures.get(row.department_id),
                visits=number,
                visit_charges=charges,
                visit_cost=cost,
                discharges=left.cases,
                discharge_charges=left.charges,
                costed=left.costed,
                discharge_cost=left.cost,
            )
        )
    return reports


def _visits(patients: PatientRun | None) -> dict[int, tuple[int, Decimal, Decimal]]:
    """Outpatient and emergency encounters of a department, their charges and their cost (top-down, as 诊次成本 is)."""
    if patients is None:
        return {}
    rows = PatientCost.objects.filter(run=patients, inpatient=False).order_by().values_list("department")
    found = rows.annotate(Count("encounter"), Sum("income"), Sum("top_down"))
    return {department: (number, income, cost) for department, number, income, cost in found}


@dataclass
class _Discharges:
    """Discharges of a department with the charges of their whole stays; of those that are costed also the cost."""

    cases: int = 0
    charges: Decimal = ZERO
    costed: int = 0
    cost: Decimal = ZERO


def _discharges(run: CostRun) -> dict[int, _Discharges]:
    """By department; those that are grouped, which have an abstract."""
    settled = month_of_cases(institution=run.institution_id, period=run.period)
    cases = settled.cases if settled else ()
    costs = case_totals(institution=run.institution_id, cases=cases) if cases else {}
    found: dict[int, _Discharges] = {}
    for case in cases:
        own = found.setdefault(case.department, _Discharges())
        own.cases += 1
        own.charges += case.charges
        if case.encounter in costs:
            own.costed += 1
            own.cost += costs[case.encounter]
    return found
