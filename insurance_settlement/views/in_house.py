"""在院病例预测: patients who are still in, and what one stay would be paid by what is known so far."""

from typing import Any

from django.http import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from insurance_settlement.selectors import CASE_READERS
from insurance_settlement.selectors import in_house as selected
from insurance_settlement.tables.in_house import InHouseTable
from ops_platform.identity.access import log_patient_access, log_patient_list
from ops_platform.masterdata.models import Institution
from ops_platform.web.pages import ListPage, TemplatePage


class InHouse(ListPage):
    """Patients of an institution, or of one of its departments, who are still in."""

    roles = CASE_READERS
    title = _("在院病例预测")
    template_name = "insurance_settlement/in_house.html"
    table_class = InHouseTable
    per_page = 100
    empty_title = _("没有在院患者")
    empty_hint = _("住院就诊没有出院时间的列在这里。请检查就诊和在院诊断是否已报送。")

    def setup(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.found: selected.InHouse | None = None

    def get_queryset(self) -> list[selected.InHouseLine]:
        asked = self.request.GET
        self.institutions = list(selected.institutions_in_house(actor=self.actor))
        named = [one for one in self.institutions if str(one.pk) == asked.get("institution")]
        self.institution: Institution | None = next(iter([*named, *self.institutions]), None)
        if self.institution is None:
            return []
        self.found = selected.in_house(actor=self.actor, institution=self.institution)
        self.export_name = f"{self.title}-{self.institution.code}-{self.found.as_of}"
        department = asked.get("department", "")
        lines = self.found.lines
        return [line for line in lines if not department or str(line.department.pk) == department]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        lines = self.found.lines if self.found else ()
        shown = [row.record for row in context["table"].page.object_list]
        if self.institution is not None and shown:
            self._log()
        departments = {line.department.pk: line.department for line in lines}
        return {
            **context,
            "institutions": self.institutions,
            "institution": self.institution,
            "found": self.found,
            "departments": sorted(departments.values(), key=lambda one: one.code),
            "department": self.request.GET.get("department", ""),
            "estimated": sum(line.estimate is not None for line in lines),
        }

    def _export(self) -> HttpResponseBase:
        answer = super()._export()
        if self.institution is not None:
            self._log()
        return answer

    def _log(self) -> None:
        if self.institution is not None:
            asked = self.request.GET.urlencode() or "all"
            log_patient_list(self.request, "in_house_list", {self.institution: asked})


class Stay(TemplatePage):
    """One patient who is still in: diagnoses so far, reasons of the expected group, path of the expected payment."""

    roles = CASE_READERS
    template_name = "insurance_settlement/in_house_stay.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        detail = selected.access_in_house(
            actor=self.actor, institution_id=self.kwargs["institution"], encounter=self.kwargs["encounter"]
        )
        line = detail.line
        log_patient_access(self.request, line.institution, "in_house", line.encounter_no)
        context = super().get_context_data(detail=detail, line=line, **kwargs)
        return {**context, "title": _("在院病例 %s") % line.encounter_no}
