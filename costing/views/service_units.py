"""Service units: definitions, a new one, and the workbook of them."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views import View

from costing import unit_files
from costing.forms import ServiceUnitsForm
from costing.selectors import access, service_units
from costing.services.driver_rules import RULERS
from costing.services.service_units import WantedUnits, propose_service_units
from costing.tables import UnitDefinitionTable
from ops_platform.kernel import NotFound
from ops_platform.masterdata.models import Department
from ops_platform.web.numbers import number_of
from ops_platform.web.pages import FormPage, ListPage, Page, TemplatePage


class ServiceUnits(ListPage):
    """Definitions with what is in force today."""

    roles = access.READERS
    title = _("服务单元")
    template_name = "costing/service_units.html"
    table_class = UnitDefinitionTable
    empty_title = _("还没有定义服务单元")
    empty_hint = _("没有定义服务单元的机构，成本收入比法以执行科室为单元。")

    def get_queryset(self) -> Any:
        return service_units.definitions(actor=self.actor)

    def get_table(self, rows: Any) -> Any:
        in_force = service_units.in_force(rows, timezone.localdate())
        return UnitDefinitionTable(rows, request=self.request, in_force=in_force)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        may_change = self.actor.has(*RULERS)
        institutions = list(access.institutions(actor=self.actor)) if may_change else []
        return super().get_context_data(may_change=may_change, institutions=institutions, **kwargs)


class Definition(TemplatePage):
    """The units of a definition with what belongs to each."""

    roles = access.READERS
    template_name = "costing/unit_definition.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = service_units.access_definition(actor=self.actor, definition_id=self.kwargs["pk"])
        self.title = _("%s：服务单元") % found.institution.name
        sheet = service_units.definition_sheet(definition=found)
        return super().get_context_data(definition=found, sheet=sheet, **kwargs)


class NewServiceUnits(FormPage):
    """The units of an institution from a day on."""

    roles = RULERS
    title = _("定义服务单元")
    form_class = ServiceUnitsForm
    template_name = "costing/new_service_units.html"
    submit_label = _("提交审批")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "actor": self.actor}

    def act(self, form: ServiceUnitsForm) -> HttpResponse:
        given = form.cleaned_data
        departments = set(Department.objects.filter(institution=given["institution"]).values_list("code", flat=True))
        _proposal, matter = propose_service_units(
            self.actor,
            WantedUnits(
                institution_id=given["institution"].pk,
                effective_from=given["effective_from"],
                source_text=given["source_text"],
                ended=given["ended"],
                rows=unit_files.read(given["file"].read(), departments) if given["file"] else (),
            ),
        )
        messages.success(self.request, _now("已提交审批，同意后在下一次夜间运行中重新核算有关月份。"))
        return redirect("workflows:matter", matter)


class UnitFile(Page, View):
    """The workbook to fill in: departments and fee classes with the units in force."""

    roles = access.READERS

    def get(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponseBase:
        found = access.institutions(actor=self.actor).filter(pk=number_of(request.GET.get("institution", ""))).first()
        if found is None:
            raise NotFound("masterdata.no_institution", "没有这个机构。")
        today = timezone.localdate()
        return unit_files.write(found, today.isoformat(), service_units.unit_table(institution=found, day=today))
