"""成本预算: versions of a year's budget, the workbook to fill in, one version, and how a department keeps to it."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views import View

from costing import budget_files
from costing.budget_forms import BudgetForm, BudgetYearForm
from costing.models import CostBudget, CostBudgetAmount, CostRun
from costing.reports import workbook_of
from costing.selectors import access, budget_execution, budgets, department_groups
from costing.selectors.budget_execution import Span
from costing.selectors.layers import Layer
from costing.selectors.sheets import Scope, budget, budget_version
from costing.services.budgets import KIND, propose_budget
from costing.services.scenarios import PLANNERS
from costing.sheets import Sheet, opened
from costing.tables.budgets import BudgetAmountTable, CostBudgetTable
from costing.titles import COST_ITEM_TITLES
from costing.views.fact_lists import FactList
from costing.views.figures import figure_of
from ops_platform.his_intake.public import FactPage
from ops_platform.kernel import Invalid
from ops_platform.masterdata import months
from ops_platform.masterdata.models import Department
from ops_platform.web.pages import FormPage, ListPage, Page, TemplatePage
from workflows.public import courses_of

SPANS = {Span.MONTH: _("本月"), Span.TO_DATE: _("本年累计"), Span.YEAR: _("全年")}


class CostBudgets(ListPage):
    """The versions that one may see, and the workbook of a year."""

    roles = access.READERS
    title = _("成本预算")
    template_name = "costing/budgets.html"
    table_class = CostBudgetTable
    empty_title = _("还没有成本预算")
    empty_hint = _("下载预算表，按科室、成本项目填写各月金额，再上传提交审批；批准后可在成本报表中对比预算与实际。")

    def get_queryset(self) -> QuerySet[CostBudget]:
        return budgets.budgets(actor=self.actor)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        may_plan = self.actor.has(*PLANNERS)
        form = BudgetYearForm(actor=self.actor, auto_id="year_%s") if may_plan else None
        return super().get_context_data(may_plan=may_plan, form=form, **kwargs)


class BudgetFile(Page, View):
    """The workbook of a year: what was spent, and the months in force."""

    roles = PLANNERS

    def get(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponseBase:
        form = BudgetYearForm(request.GET, actor=self.actor)
        if not form.is_valid():
            field, (told, *_more) = next(iter(form.errors.items()))
            raise Invalid("costing.budget_year", f"{form.fields[field].label}：{told}", field=field)
        given = form.cleaned_data
        rows = budget_execution.offered(institution=given["institution"], year=given["year"])
        return budget_files.write(given["institution"], given["year"], rows)


class NewCostBudget(FormPage):
    """A year's budget, or another version of it, from its workbook."""

    roles = PLANNERS
    title = _("提交成本预算")
    form_class = BudgetForm
    template_name = "costing/new_budget.html"
    submit_label = _("提交审批")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "actor": self.actor}

    def act(self, form: BudgetForm) -> HttpResponse:
        given = form.cleaned_data
        rows = budget_files.read(given["file"].read(), given["institution"])
        made, _matter = propose_budget(
            self.actor,
            institution_id=given["institution"].pk,
            year=given["year"],
            rows=rows,
            source_text=given["source_text"],
        )
        messages.success(self.request, _now("%d 年成本预算第 %d 版已提交审批。") % (made.year, made.version))
        return redirect("costing:budget", made.pk)


class CostBudgetPage(TemplatePage):
    """One version: departments by cost item, and by month, beside the version before."""

    roles = access.READERS
    template_name = "costing/budget.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.budget = budgets.access_budget(actor=self.actor, budget=self.kwargs["pk"])
        self.former = budgets.former_of(self.budget)
        departments = budgets.departments_of(self.budget)
        moves = budgets.moves_of(self.budget, self.former)
        self.sheets = {
            **({_("与上一版相比的变动"): budget_version.moves(moves, self.former)} if self.former else {}),
            _("按成本项目"): budget_version.by_item(departments, self.former),
            _("按月份"): budget_version.by_month(departments),
        }
        self.title = f"{self.budget.institution.name} {self.budget.year} 年成本预算"
        if request.GET.get("export") == "xlsx":
            pages = [(str(title), found) for title, found in self.sheets.items()]
            heading = f"{self.budget.institution.name}    第 {self.budget.version} 版    单位：元"
            return workbook_of(f"成本预算-{self.budget.institution.code}-{self.budget.year}", heading, pages)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            budget=self.budget,
            former=self.former,
            sheets=list(self.sheets.items()),
            course=courses_of(KIND, [str(self.budget.pk)]).get(str(self.budget.pk)),
            **kwargs,
        )


class BudgetAmounts(FactList):
    """The amounts of the budget behind a planned figure."""

    title = _("成本预算明细")
    table_class = BudgetAmountTable
    codes = ("cost_item", COST_ITEM_TITLES, _("全部成本项目"))
    differs = _("报表打开之后预算有新的版本，请重新打开报表")

    def table_options(self) -> dict[str, Any]:
        return {"opens": self.actor.may(self.run.institution_id, *access.READERS)}

    @property
    def span(self) -> Span:
        """Which months of the year; an unknown one is no address."""
        return Span(self.code("span", {str(one): one for one in Span}) or Span.MONTH)

    def fetch(self, offset: int, limit: int | None) -> FactPage[CostBudgetAmount]:
        return budget_execution.planned_rows(self.run, span=self.span, **self.chosen(), offset=offset, limit=limit)

    def expected(self) -> Any:
        return self.came()

    def about(self) -> list[Any]:
        return [SPANS[self.span], *super().about()]


class _OfDepartment(TemplatePage):
    """A month of a department beside its budget."""

    roles = access.DRILL_READERS
    department: Department
    run: CostRun | None

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.department = department_groups.access_department(actor=self.actor, department_id=self.kwargs["pk"])
        institution = self.department.institution_id
        periods = access.periods(institution=institution)
        self.months = months.months(institutions=[institution], periods=periods, today=timezone.localdate())
        self.month = months.choose(self.months, request.GET.get("period", ""))
        self.run = access.current_run(institution=institution, period=self.month.period) if self.month else None
        return super().get(request, *args, **kwargs)

    def sheet(self) -> Sheet | None:
        """Its cost items; None without costs of the month."""
        if self.run is None:
            return None
        return budget.of_department(Scope.of(self.run, Layer.HOSPITAL, ""), self.department.pk)

    def opened(self, found: Sheet) -> Sheet:
        """With the addresses of its figures."""
        page = reverse("costing:department-budget-figure", args=[self.department.pk])
        period = self.month.period if self.month else ""
        return opened(found, lambda row, column: f"{page}?period={period}&row={row}&column={column}")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            department=self.department,
            run=self.run,
            months=self.months,
            month=self.month,
            shown_instead=[months.instead(self.months, self.request.GET.get("period", ""))],
            **kwargs,
        )


class DepartmentBudgetPage(_OfDepartment):
    """What the department planned and spent, by cost item."""

    template_name = "costing/department_budget.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        answer = super().get(request, *args, **kwargs)
        found = self.sheet()
        if found is not None and self.run is not None and request.GET.get("export") == "xlsx":
            heading = f"{self.department.institution.name} {self.department.name}    {self.run.period}    单位：元"
            name = f"科室预算执行-{self.department.code}-{self.run.period}"
            return workbook_of(name, heading, [("预算执行", found)])
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = self.sheet()
        return {
            **super().get_context_data(sheet=self.opened(found) if found else None, **kwargs),
            "title": f"{self.department.name} · {_('预算执行')}",
        }


class DepartmentBudgetFigure(_OfDepartment):
    """One figure of it."""

    template_name = "costing/department_budget_figure.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = self.sheet()
        if found is None:
            raise Http404
        context = figure_of(found, self.opened(found), self.request)
        title = context.pop("title")
        return {**super().get_context_data(**context, **kwargs), "title": title}
