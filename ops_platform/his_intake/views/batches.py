"""Batches: the list, one batch with its rows, the receipt, and faulty rows as a workbook."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views import View

from ops_platform.audit.public import event_about
from ops_platform.his_intake import selectors, sheets, workbooks
from ops_platform.his_intake.datasets.catalogue import DATASETS
from ops_platform.his_intake.filters import BatchFilter
from ops_platform.his_intake.models import Batch, QuarantinedRow
from ops_platform.his_intake.services import UPLOADERS
from ops_platform.his_intake.tables import BatchTable
from ops_platform.identity.access import log_patient_access
from ops_platform.web.numbers import number_of
from ops_platform.web.pages import ListPage, Page, TemplatePage
from ops_platform.web.people import names_of

ROWS_A_PAGE = 50
SHOWN_ORIGINS = 20


class BatchList(ListPage):
    """Every accepted delivery."""

    roles = selectors.READERS
    title = _("批次")
    template_name = "his_intake/list.html"
    table_class = BatchTable
    filter_class = BatchFilter
    empty_title = _("还没有收到数据")
    empty_hint = _("由医院信息系统按接口文档(/api/docs/)报送，或在「上传数据」页按模板上传。")

    def get_queryset(self) -> QuerySet[Batch]:
        return selectors.batches(actor=self.actor)


class _BatchPage(TemplatePage):
    """A page of one batch. What shows single patients is logged before it is shown."""

    roles = selectors.READERS

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        batch = selectors.access_batch(actor=self.actor, batch_id=self.kwargs["pk"])
        if batch.dataset in selectors.PATIENT_LEVEL:
            log_patient_access(self.request, batch.institution, f"batch.{batch.dataset}", str(batch.pk))
        dataset = DATASETS[batch.dataset]
        return super().get_context_data(
            batch=batch,
            dataset=dataset,
            heads=sheets.heads(dataset),
            may_settle=self.actor.may(batch.institution_id, *UPLOADERS),
            people=names_of([batch.sender]),
            trace=event_about(
                actor=self.actor, action="his_intake.batch_accepted", subject_type="batch", subject=str(batch.pk)
            ),
            **self.taken_up(batch),
            **self.rows(batch),
            **kwargs,
        )

    def rows(self, batch: Batch) -> dict[str, Any]:
        """The rows that the page shows."""
        raise NotImplementedError

    def taken_up(self, batch: Batch) -> dict[str, Any]:
        """The quarantined rows that the batch came from or settled: how many, and the first of them."""
        rows = selectors.rows_taken_up(batch=batch)
        return {"taken_up": rows[:SHOWN_ORIGINS], "taken_up_count": rows.count()}

    def faulty(self, batch: Batch) -> dict[str, Any]:
        """One page of the batch's quarantined rows, with red cells."""
        dataset = DATASETS[batch.dataset]
        rows = QuarantinedRow.objects.filter(batch=batch).order_by("row_no", "id")
        page = Paginator(rows, ROWS_A_PAGE).get_page(self.request.GET.get("page"))
        origins = selectors.origins(batch=batch, row_nos=[row.row_no for row in page])
        shown = [sheets.faulty_row(dataset, row, origins.get(row.row_no, ())) for row in page]
        return {"page": page, "faulty": shown, "with_origins": bool(origins)}


class Receipt(_BatchPage):
    """What became of a delivery, and what is to be corrected."""

    template_name = "his_intake/receipt.html"

    def rows(self, batch: Batch) -> dict[str, Any]:
        return {**self.faulty(batch), "repeated": "repeated" in self.request.GET}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "title": _("接收回执")}


class BatchDetail(_BatchPage):
    """Who sent what and when, with the rows it brought or those that went to quarantine."""

    template_name = "his_intake/batch.html"

    def rows(self, batch: Batch) -> dict[str, Any]:
        if self.request.GET.get("rows") == "quarantined":
            return {**self.faulty(batch), "shown": "quarantined"}
        dataset = DATASETS[batch.dataset]
        facts = selectors.facts_of(dataset=dataset, batch=batch)
        page = Paginator(facts, ROWS_A_PAGE).get_page(self.request.GET.get("page") or self._page_of_row(facts))
        codes = selectors.codes_behind(dataset=dataset, facts=list(page))
        origins = selectors.origins(batch=batch, row_nos=[fact.row_no for fact in page])
        return {
            "page": page,
            "landed": sheets.landed_rows(dataset, list(page), codes, origins),
            "with_origins": bool(origins),
            "shown": "landed",
        }

    def _page_of_row(self, facts: QuerySet[Any]) -> int:
        """The page on which the row of the address stands; the first without one."""
        row = number_of(self.request.GET.get("row", ""))
        return facts.filter(row_no__lt=row).count() // ROWS_A_PAGE + 1 if row else 1

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return {**context, "title": context["batch"].batch_no}


class FaultyWorkbook(Page, View):
    """The quarantined rows of a batch as .xlsx: correct the red cells, upload again."""

    roles = selectors.READERS

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        batch = selectors.access_batch(actor=self.actor, batch_id=pk)
        if batch.dataset in selectors.PATIENT_LEVEL:
            log_patient_access(request, batch.institution, f"batch.{batch.dataset}", str(batch.pk))
        dataset = DATASETS[batch.dataset]
        rows = QuarantinedRow.objects.filter(batch=batch, state=QuarantinedRow.State.OPEN).order_by("row_no", "id")
        return workbooks.faulty_rows(dataset, rows, f"{dataset.title}-待更正-{batch.sequence}")
