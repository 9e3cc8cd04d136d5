"""The quarantine: rows that wait to be corrected, sent again, or given up."""

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views import View

from ops_platform.his_intake import selectors, services, sheets, workbooks
from ops_platform.his_intake.datasets.catalogue import DATASETS
from ops_platform.his_intake.filters import QuarantineFilter
from ops_platform.his_intake.forms import CorrectionForm
from ops_platform.his_intake.models import QuarantinedRow
from ops_platform.his_intake.tables import QuarantineTable
from ops_platform.identity.access import log_patient_access, log_patient_list
from ops_platform.kernel import Invalid
from ops_platform.masterdata.models import Institution
from ops_platform.web.errors import is_htmx
from ops_platform.web.pages import ActionPage, FormPage, ListPage, Page
from ops_platform.web.people import names_of


def _filtered(request: HttpRequest, rows: QuerySet[QuarantinedRow]) -> QuarantineFilter:
    return QuarantineFilter(request.GET or None, queryset=rows, request=request)


def _log(request: HttpRequest, rows: Collection[QuarantinedRow]) -> None:
    """Note whose single patients this list shows, an entry an institution."""
    shown: dict[Institution, list[int]] = {}
    for row in rows:
        if row.dataset in selectors.PATIENT_LEVEL:
            shown.setdefault(row.institution, []).append(row.pk)
    log_patient_list(request, "quarantine", {place: ",".join(map(str, ids)) for place, ids in shown.items()})


class Quarantine(ListPage):
    """Quarantined rows with what is wrong in each."""

    roles = selectors.READERS
    title = _("隔离区")
    template_name = "his_intake/quarantine.html"
    table_class = QuarantineTable
    filter_class = QuarantineFilter
    empty_title = _("隔离区是空的")
    empty_hint = _("没有通过检查的数据行会停在这里，等待更正后重报。")

    def get_queryset(self) -> QuerySet[QuarantinedRow]:
        return selectors.quarantined_rows(actor=self.actor)

    def get_template_names(self) -> list[str]:
        if is_htmx(self.request) and self.request.headers.get("HX-Target") == "list":
            return ["his_intake/quarantine_body.html"]
        return [self.template_name]

    def get_table(self, rows: Any) -> QuarantineTable:
        table = super().get_table(rows)
        if not self._shows_open:
            table.exclude = ("chosen",)
        else:
            table.exclude = ("taken_by",) if self._may_settle else ("chosen", "taken_by")
        return table

    @property
    def _may_settle(self) -> bool:
        return self.actor.has(*services.UPLOADERS)

    @property
    def _shows_open(self) -> bool:
        return self.request.GET.get("state", QuarantinedRow.State.OPEN) == QuarantinedRow.State.OPEN

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.GET
        context = super().get_context_data(
            may_settle=self._may_settle and self._shows_open,
            narrowed=bool(asked.get("institution") and asked.get("dataset")),
            of_dataset=asked.get("dataset", "") in DATASETS,
            **kwargs,
        )
        _log(self.request, [row.record for row in context["table"].paginated_rows])
        return context

    def _export(self) -> HttpResponseBase:
        _chosen, rows = self.filtered()
        _log(self.request, rows)
        return super()._export()


class QuarantineWorkbook(Page, View):
    """The filtered rows of one dataset as .xlsx with red cells: correct them and upload again."""

    roles = selectors.READERS

    def get(self, request: HttpRequest) -> HttpResponseBase:
        dataset = services.dataset_of(request.GET.get("dataset", ""))
        rows = list(_filtered(request, selectors.quarantined_rows(actor=self.actor)).qs[: settings.INTAKE_MAX_ROWS])
        _log(request, rows)
        return workbooks.faulty_rows(dataset, rows, f"{dataset.title}-{_now('待更正')}")


def _asked(request: HttpRequest, settled: services.Settled) -> HttpResponse:
    """More than one person may settle in a day: say so with the figures and lead to the matter."""
    if settled.excess is not None:
        words = _now(
            "本次 %(rows)s 行，今日此前已自行处理 %(before)s 行，超过每日 %(limit)s 行的上限，已提交第二人审批。"
        )
        figures = {"rows": settled.excess.rows, "before": settled.excess.before, "limit": settled.excess.limit}
        messages.info(request, words % figures)
    return redirect("workflows:matter", settled.matter)


class _Settle(ActionPage):
    """Acts on the chosen rows, or with `all` on every row of the filter in the address."""

    roles = services.UPLOADERS
    success_url_name = "his_intake:quarantine"

    def row_ids(self) -> list[int]:
        """The rows that are meant. Raises Invalid when none are."""
        if "all" in self.request.POST:
            rows = _filtered(self.request, selectors.quarantined_rows(actor=self.actor)).qs
            ids = list(
                rows.filter(state=QuarantinedRow.State.OPEN).values_list("pk", flat=True)[: settings.INTAKE_MAX_ROWS]
            )
        else:
            chosen = self.request.POST.getlist("row")
            ids = [int(text) for text in chosen if text.isdecimal() and len(text) < 19]
        if not ids:
            raise Invalid("his_intake.no_rows_chosen", _now("请先勾选要处理的行。"))
        return ids


class Resubmit(_Settle):
    """Send rows again as they are: what they named has arrived meanwhile."""

    def act(self) -> HttpResponse:
        settled = services.settle_rows(self.actor, row_ids=self.row_ids(), deed="resubmit")
        if settled.receipt is None:
            return _asked(self.request, settled)
        return redirect("his_intake:receipt", settled.receipt.batch.pk)


class Discard(_Settle):
    """Give rows up, with a reason."""

    def act(self) -> str | HttpResponse:
        reason = self.request.POST.get("reason", "")[:300]
        settled = services.settle_rows(self.actor, row_ids=self.row_ids(), deed="discard", reason=reason)
        if settled.matter is not None:
            return _asked(self.request, settled)
        words = ngettext("已弃用 %(count)s 行。", "已弃用 %(count)s 行。", settled.count)
        return words % {"count": settled.count}


class QuarantinedRowPage(FormPage):
    """One row: all its fields, what is wrong beside each, corrected and sent again in one step."""

    roles = selectors.READERS
    template_name = "his_intake/quarantined_row.html"
    form_class = CorrectionForm
    submit_label = _("更正并重报")

    @cached_property
    def row(self) -> QuarantinedRow:
        row = selectors.access_quarantined_row(actor=self.actor, row_id=self.kwargs["pk"])
        if row.dataset in selectors.PATIENT_LEVEL:
            log_patient_access(self.request, row.institution, f"quarantine.{row.dataset}", str(row.pk))
        return row

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "dataset": DATASETS[self.row.dataset], "row": self.row}

    def act(self, form: CorrectionForm) -> HttpResponse:
        dataset = DATASETS[self.row.dataset]
        corrections: dict[str, Any] = dict.fromkeys(sheets.unknown_names(dataset, self.row), "")
        corrections |= form.cleaned_data
        settled = services.correct_row(self.actor, row_id=self.row.pk, corrections=corrections)
        receipt = settled.receipt
        if receipt is None:
            return _asked(self.request, settled)
        if receipt.batch.quarantined:
            messages.error(self.request, _now("还有错误，请按红色单元格旁的说明继续更正。"))
            still = QuarantinedRow.objects.get(batch=receipt.batch)
            return redirect("his_intake:quarantined-row", still.pk)
        messages.success(self.request, _now("已更正并入库。"))
        return redirect("his_intake:receipt", receipt.batch.pk)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row, dataset = self.row, DATASETS[self.row.dataset]
        is_open = row.state == QuarantinedRow.State.OPEN
        context = super().get_context_data(
            row=row,
            dataset=dataset,
            shown=sheets.faulty_row(dataset, row),
            unknown=[name for name in sheets.unknown_names(dataset, row) if name != services.WHOLE],
            whole=sheets.sent_text(sheets.content_of(row).get(services.WHOLE)),
            origins=selectors.origins(batch=row.batch, row_nos=[row.row_no]).get(row.row_no, ()),
            people=names_of([row.settled_by]),
            retracting=sheets.content_of(row).get("op") == "retract",
            may_settle=is_open and self.actor.may(row.institution_id, *services.UPLOADERS),
            **kwargs,
        )
        title = _now("%(dataset)s 第 %(row)s 行") % {"dataset": dataset.title, "row": row.row_no}
        return {**context, "title": title}
