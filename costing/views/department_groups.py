"""病组结余 of one department, for its head: from the groups of a month to a group, its cases, and a case's cost."""

from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from costing.models import PatientRun
from costing.selectors import access, department_groups, patients
from costing.selectors.responsibility import reach
from costing.selectors.responsibility.low_benefit import LowBenefit, departments_of_group
from costing.tables.department_groups import DepartmentGroupTable, NormedCaseTable
from costing.titles import COST_ITEM_TITLES
from ops_platform.identity.access import log_patient_list
from ops_platform.masterdata import months
from ops_platform.masterdata.models import Department
from ops_platform.web.exports import xlsx_response
from ops_platform.web.pages import TemplatePage


class _OfDepartment(TemplatePage):
    """A month of a department whose patients are costed."""

    roles = access.DRILL_READERS
    department: Department
    run: PatientRun | None

    def read(self) -> None:
        """What the page shows, once department, month and run are known."""

    def workbook(self) -> tuple[str, Any]:
        """Name and table of the .xlsx."""
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.department = department_groups.access_department(actor=self.actor, department_id=self.kwargs["pk"])
        institution = self.department.institution_id
        self.months = months.months(
            institutions=[institution], periods=patients.periods(institution=institution), today=timezone.localdate()
        )
        self.month = months.choose(self.months, request.GET.get("period", ""))
        self.run = patients.current_run(institution=institution, period=self.month.period) if self.month else None
        self.read()
        if self.run is not None and request.GET.get("export") == "xlsx":
            name, table = self.workbook()
            values = iter(table.as_values())
            return xlsx_response(f"{name}-{self.department.code}-{self.run.period}", next(values), values)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            department=self.department,
            run=self.run,
            stale=patients.is_stale(run=self.run) if self.run else False,
            months=self.months,
            month=self.month,
            shown_instead=[months.instead(self.months, self.request.GET.get("period", ""))],
            **kwargs,
        )


class DepartmentGroups(_OfDepartment):
    """The groups of the department's discharges."""

    template_name = "costing/department_groups.html"

    def read(self) -> None:
        self.groups = (
            department_groups.groups_of_department(department=self.department, period=self.run.period)
            if self.run
            else []
        )

    def table(self) -> DepartmentGroupTable:
        """The groups."""
        period = self.run.period if self.run else ""
        return DepartmentGroupTable(self.groups, department=self.department.pk, period=period)

    def workbook(self) -> tuple[str, Any]:
        return "科室病组结余", self.table()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        lost = [one for one in self.groups if one.group.surplus < 0]
        context = super().get_context_data(
            groups=self.groups,
            table=self.table(),
            surplus=sum(one.group.surplus for one in self.groups),
            cases=sum(one.group.cases for one in self.groups),
            lost=len(lost),
            before=sorted({month for one in self.groups for month in one.before.months}),
            loss=sum(one.group.surplus for one in lost),
            **kwargs,
        )
        return {**context, "title": _("%s 病组结余") % self.department.name}


class DepartmentGroupPage(_OfDepartment):
    """One group of the department: what its cost is made of beside the norm, and its cases. Opening it is logged."""

    template_name = "costing/department_group.html"

    def read(self) -> None:
        drg = self.kwargs["drg"]
        found = (
            department_groups.groups_of_department(department=self.department, period=self.run.period)
            if self.run
            else []
        )
        self.found = next((one for one in found if one.group.drg == drg), None)
        if self.run is None or self.found is None:
            raise Http404
        log_patient_list(
            self.request,
            "group_costs",
            {self.department.institution: f"{self.run.period} {self.department.code} {drg}"},
        )
        self.cases = department_groups.cases_of_group(department=self.department, run=self.run, drg=drg)

    def _low_benefits(self) -> list[LowBenefit]:
        """The group of the department, if it stands in the list of high cost and low benefit."""
        found = departments_of_group(run=self.run, drg=self.kwargs["drg"]) if self.run else []
        return [one for one in found if one.department == self.department.pk]

    def workbook(self) -> tuple[str, Any]:
        assert self.run is not None  # noqa: S101 - `read` has seen to it
        return f"病例结余-{self.kwargs['drg']}", NormedCaseTable(self.cases, run=self.run)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = self.found
        assert found is not None  # noqa: S101 - `read` has seen to it
        composition = [
            (COST_ITEM_TITLES[item], mean, norm, None if norm is None else mean - norm)
            for item, mean, norm in found.composition()
        ]
        context = super().get_context_data(
            found=found,
            group=found.group,
            composition=composition,
            table=self.workbook()[1],
            low_benefits=self._low_benefits(),
            may_open=self.actor.may(self.department.institution_id, *reach.EVALUATORS),
            **kwargs,
        )
        return {**context, "title": f"{found.group.drg} {found.group.name}"}
