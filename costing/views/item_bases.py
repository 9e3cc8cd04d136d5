"""By which method the cost of services is divided over items."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views import View

from costing import activity_files, item_files
from costing.forms import ItemBasisForm
from costing.models import ItemMethod
from costing.selectors import access, item_bases
from costing.services.driver_rules import RULERS
from costing.services.item_bases import WantedBasis, propose_item_basis
from costing.tables import ItemBasisTable
from ops_platform.kernel import NotFound
from ops_platform.masterdata.models import ChargeItem
from ops_platform.web.numbers import number_of
from ops_platform.web.pages import FormPage, ListPage, Page, TemplatePage


class ItemBases(ListPage):
    """Methods with what is in force today."""

    roles = access.READERS
    title = _("项目成本方法")
    template_name = "costing/item_bases.html"
    table_class = ItemBasisTable
    empty_title = _("还没有另设方法")
    empty_hint = _("没有另设方法的科室按项目收入分配(成本比例系数法)。")

    def get_queryset(self) -> Any:
        return item_bases.item_bases(actor=self.actor)

    def get_table(self, rows: Any) -> Any:
        return ItemBasisTable(rows, request=self.request, in_force=item_bases.in_force(rows, timezone.localdate()))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        institutions = access.institutions(actor=self.actor) if self.actor.has(*RULERS) else ()
        listed = list(institutions)
        return super().get_context_data(
            may_change=self.actor.has(*RULERS),
            institutions=listed,
            departments=list(item_bases.carrying_out(institutions=listed)),
            **kwargs,
        )


class Basis(TemplatePage):
    """What a method consists of: its activities with drivers and uses, or its coefficients."""

    roles = access.READERS
    template_name = "costing/item_basis.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        basis = item_bases.access_basis(actor=self.actor, basis_id=self.kwargs["pk"])
        where = basis.department.name if basis.department else _("全部科室")
        self.title = f"{where}：{basis.get_method_display()}"
        return super().get_context_data(
            basis=basis,
            sheet=item_bases.basis_sheet(basis=basis),
            **kwargs,
        )


class NewItemBasis(FormPage):
    """A method, with its coefficients, from a day on."""

    roles = RULERS
    title = _("新的项目成本方法")
    form_class = ItemBasisForm
    template_name = "costing/new_item_basis.html"
    submit_label = _("提交审批")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "actor": self.actor}

    def act(self, form: ItemBasisForm) -> HttpResponse:
        given = form.cleaned_data
        institution, file = given["institution"], given["file"]
        codes = (
            set(ChargeItem.objects.filter(institution=institution).values_list("code", flat=True)) if file else set()
        )
        by_activity, department = given["method"] == ItemMethod.ACTIVITY, given["department"]
        _proposal, matter = propose_item_basis(
            self.actor,
            WantedBasis(
                institution_id=institution.pk,
                department_id=department.pk if department else None,
                method=given["method"],
                effective_from=given["effective_from"],
                source_text=given["source_text"],
                rows=item_files.read(file.read(), codes) if file and not by_activity else (),
                activities=(
                    activity_files.read(file.read(), codes, department) if file and by_activity and department else ()
                ),
            ),
        )
        messages.success(self.request, _now("已提交审批，同意后在下一次夜间运行中重新核算有关月份。"))
        return redirect("workflows:matter", matter)


class CoefficientFile(Page, View):
    """The workbook to fill in: the service items of an institution with the coefficients in force, or those of a department
    with its activities."""

    roles = access.READERS

    def get(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponseBase:
        method, today = request.GET.get("method", ""), timezone.localdate()
        institutions = access.institutions(actor=self.actor)
        if method == ItemMethod.ACTIVITY:
            asked = number_of(request.GET.get("department", ""))
            department = item_bases.carrying_out(institutions=institutions).filter(pk=asked).first()
            if department is None:
                raise NotFound("costing.no_department", "没有这个科室。")
            filled = item_bases.activity_table(department=department, day=today)
            return activity_files.write(department, today.isoformat(), filled)
        found = institutions.filter(pk=number_of(request.GET.get("institution", ""))).first()
        if found is None:
            raise NotFound("masterdata.no_institution", "没有这个机构。")
        rows = item_bases.coefficients(institution=found, method=method, day=today)
        return item_files.write(found, today.isoformat(), rows)
