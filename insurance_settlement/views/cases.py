"""A month by group, cases, one case, one encounter."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from insurance_settlement import selectors
from insurance_settlement.engine.worth import SELF_PAY
from insurance_settlement.filters import CaseFilter
from insurance_settlement.models import CaseResult
from insurance_settlement.selectors import CASE_READERS, MONTH_READERS
from insurance_settlement.selectors.front_pages import open_findings_of
from insurance_settlement.selectors.insurer import insurers_view
from insurance_settlement.selectors.reviews import review_of
from insurance_settlement.services.reviews import APPLICANTS
from insurance_settlement.tables import (
    FEE_TITLES,
    SCHEME_TITLES,
    CaseTable,
    DrgTable,
    EncounterLineTable,
    status_mark,
)
from insurance_settlement.tables.fund import settlement_lines
from insurance_settlement.tables.insurer import KIND_TONES
from insurance_settlement.tables.reviews import REVIEW_TONES
from insurance_settlement.views.chosen_month import MonthList
from ops_platform.his_intake.public import ENCOUNTER_KINDS, ChargedLine
from ops_platform.identity.access import log_patient_access, log_patient_list
from ops_platform.kernel import Period, Role, from_fen
from ops_platform.masterdata.models import Institution
from ops_platform.web.pages import ListPage, TemplatePage

DEPARTMENT_READERS = tuple(role for role in CASE_READERS if role != Role.INSURANCE_OFFICER)


class Month(MonthList):
    """An institution's discharges of a month by group."""

    roles = MONTH_READERS
    title = _("病组盈亏")
    template_name = "insurance_settlement/month.html"
    table_class = DrgTable
    per_page = 200
    empty_title = _("这个月还没有出院病例")
    empty_hint = _("病例在夜间运行中分组计价。请检查病案首页是否已报送，或在「夜间运行」页启动一次运行。")

    def get_queryset(self) -> list[selectors.DrgLine]:
        self._choose()
        if self.run is None:
            return []
        return selectors.drg_lines(run=self.run, department=self.department.pk if self.department else None)

    def get_table(self, rows: Any) -> DrgTable:
        query = (
            {"institution": self.institution.pk, "period": self.month.period} if self.institution and self.month else {}
        )
        if self.department:
            query["department"] = self.department.pk
        self.lines = rows
        return DrgTable(rows, request=self.request, cases_query=urlencode(query))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        weighed = sum(line.weighed for line in self.lines)
        weight = sum(line.weight * line.weighed for line in self.lines if line.weight is not None)
        cases, charges = sum(line.cases for line in self.lines), sum(line.charges for line in self.lines)
        payment, balance = (sum(getattr(line, name) or 0 for line in self.lines) for name in ("payment", "balance"))
        return {
            **context,
            "institutions": self.institutions,
            "institution": self.institution,
            "months": self.months,
            "month": self.month,
            "run": self.run,
            "department": self.department,
            "kept": {"department": self.department.pk} if self.department else {},
            "cases": cases,
            "grouped": sum(line.grouped for line in self.lines),
            "unpriced": cases - sum(line.priced for line in self.lines),
            "unpriced_charges": charges - payment + balance,
            "cmi": weight / weighed if weighed else None,
            "points": sum(line.total_points or 0 for line in self.lines),
            "charges": charges,
            "payment": payment,
            "balance": balance,
            "fund": sum(line.fund or 0 for line in self.lines),
            "self_paying": sum(line.self_paying for line in self.lines),
        }


class Cases(ListPage):
    """Cases of current runs."""

    roles = CASE_READERS
    title = _("病例")
    template_name = "insurance_settlement/cases.html"
    table_class = CaseTable
    filter_class = CaseFilter
    empty_title = _("还没有病例")
    empty_hint = _("病例在夜间运行中分组计价。请先报送就诊、收费明细与病案首页。")

    def get_queryset(self) -> QuerySet[CaseResult]:
        return selectors.cases(actor=self.actor)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        self._log(row.record.run.institution for row in context["table"].page.object_list)
        return context

    def _export(self) -> HttpResponseBase:
        _chosen, rows = self.filtered()
        self._log(Institution.objects.filter(pk__in=rows.order_by().values("run__institution")))
        return super()._export()

    def _log(self, institutions: Iterable[Institution]) -> None:
        log_patient_list(self.request, "case_list", dict.fromkeys(institutions, self.request.GET.urlencode() or "all"))


class Case(TemplatePage):
    """One case: front page, reasons of its group, path of its price, charges. Its opening is logged."""

    roles = CASE_READERS
    template_name = "insurance_settlement/case.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        case = selectors.access_case(actor=self.actor, case_id=self.kwargs["pk"])
        log_patient_access(self.request, case.run.institution, "case", case.encounter_no)
        detail = selectors.case_detail(case=case)
        review = review_of(institution=case.run.institution_id, encounter=case.encounter)
        insurer = insurers_view(
            case=case,
            abstract=detail.abstract,
            excluded=from_fen(detail.settled.new_technology if detail.settled else 0),
        )
        applies = self.actor.may(case.run.institution_id, *APPLICANTS, department=case.department_id)
        context = super().get_context_data(
            case=case,
            detail=detail,
            review=review,
            front_page=open_findings_of(institution=case.run.institution_id, encounter=case.encounter),
            review_tone=REVIEW_TONES[review.state] if review else "",
            may_apply=applies and case.run.is_current and case.scheme != SELF_PAY,
            status=status_mark(case.status),
            scheme_title=SCHEME_TITLES.get(case.scheme, case.scheme),
            opens_department=self.actor.may(
                case.run.institution_id, *DEPARTMENT_READERS, department=case.department_id
            ),
            insurer=insurer,
            insurer_tone=KIND_TONES[insurer.row.kind] if insurer else "",
            settled=settlement_lines(detail.settled, case.charges),
            fees=[(FEE_TITLES.get(fee.fee_class, fee.fee_class), fee) for fee in detail.fees],
            **kwargs,
        )
        return {**context, "title": _("病例 %s") % case.encounter_no}


class Encounter(ListPage):
    """Charge lines of one visit or stay as of a sequence: all, or those of a month, an item, a class or an executing
    department, which its cost is made of. Its opening is logged."""

    roles = CASE_READERS
    template_name = "insurance_settlement/encounter.html"
    table_class = EncounterLineTable
    per_page = 100

    def get_queryset(self) -> Any:
        asked = self.request.GET.get("as_of", "")
        self.bill = selectors.access_encounter(
            actor=self.actor,
            institution_id=self.kwargs["institution"],
            encounter=self.kwargs["encounter"],
            sequence=int(asked) if asked.isdigit() and len(asked) < 19 else 2**62,
        )
        log_patient_access(self.request, self.bill.institution, "encounter", self.bill.encounter.encounter_no)
        self.export_name = self.bill.encounter.encounter_no
        return [line for line in self.bill.lines.rows if self._asked_for(line)]

    def _asked_for(self, line: ChargedLine) -> bool:
        said = {
            "month": str(Period.of(timezone.localdate(line.charged_at))),
            "item": line.item_code,
            "item_class": line.item_class,
            "executing": str(line.executing),
        }
        return all(self.request.GET.get(name, "") in ("", is_) for name, is_ in said.items())

    def _narrowed(self) -> dict[str, Any] | None:
        """What the lines shown are of all, or None where all are shown."""
        shown = [line for line in self.bill.lines.rows if self._asked_for(line)]
        if len(shown) == self.bill.lines.count:
            return None
        return {"count": len(shown), "total": sum((line.amount for line in shown), Decimal("0.00"))}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        encounter = self.bill.encounter
        return {
            **context,
            "title": _("就诊 %s") % encounter.encounter_no,
            "bill": self.bill,
            "narrowed": self._narrowed(),
            "kind": dict(ENCOUNTER_KINDS).get(encounter.kind, encounter.kind),
            "scheme_title": SCHEME_TITLES.get(encounter.scheme, encounter.scheme),
            "as_of": self.request.GET.get("as_of", ""),
            "opens_department": self.actor.may(
                self.bill.institution.pk, *DEPARTMENT_READERS, department=encounter.department
            ),
        }
