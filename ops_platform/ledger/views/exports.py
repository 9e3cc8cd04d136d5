"""Handing vouchers to the finance system that a hospital keeps: months, history, layouts, the file itself."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views import View

from ops_platform.kernel import DomainError, Forbidden, NotFound, Role
from ops_platform.ledger import services
from ops_platform.ledger.forms.exports import ColumnFormSet, ExportForm, TemplateHeadForm, initial_columns, more_rows
from ops_platform.ledger.models import Errand, ExportTemplate, VoucherExport
from ops_platform.ledger.selectors import access, errands, exports
from ops_platform.ledger.selectors.exports import EXPORTERS
from ops_platform.ledger.tables.exports import ExportTable
from ops_platform.ledger.views.books import InstitutionPage, month_of
from ops_platform.ledger.views.errands import card_of
from ops_platform.ledger.voucher_files import FIELDS
from ops_platform.masterdata.models import Institution
from ops_platform.web.exports import XLSX
from ops_platform.web.numbers import number_of
from ops_platform.web.pages import ActionPage, ListPage, Page, TemplatePage, tell_refusal

TYPES = {VoucherExport.Format.XLSX.value: XLSX, VoucherExport.Format.CSV.value: "text/csv; charset=utf-8"}
TEMPLATE_MAKERS = (Role.OPERATION_CENTRE,)
FEWEST_ROWS, MORE_ROWS = 12, 10


class Exports(InstitutionPage, ListPage):
    """What of each month was handed over, and what is left; who took which file when."""

    title = _("凭证导出")
    template_name = "ledger/exports.html"
    table_class = ExportTable
    empty_title = _("还没有导出过凭证")
    empty_hint = _("在上面选择月份和模板，点「导出」。同一张凭证只导出一次，需要再次导出时点「重新导出」并留痕。")

    def get_queryset(self) -> QuerySet[VoucherExport]:
        return exports.exports(self.actor).filter(institution=self.institution)

    def get_table(self, rows: Any) -> Any:
        may_take = self.institution is not None and self.actor.may(self.institution.pk, *EXPORTERS)
        return self.table_class(rows, request=self.request, exclude=() if may_take else ("file",))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        institution = self.institution
        months = exports.months_to_export(institution) if institution else ()
        templates = list(exports.templates())
        oldest_left = next((month.period for month in reversed(months) if month.left), None)
        may_export = institution is not None and self.actor.may(institution.pk, *EXPORTERS)
        return super().get_context_data(
            institutions=self.institutions,
            institution=institution,
            export_months=months,
            left=sum(month.left for month in months),
            form=ExportForm(months=months, templates=templates, initial={"period": oldest_left}),
            may_export=may_export and bool(months) and bool(templates),
            card=card_of(self.actor, errands.latest(Errand.Kind.EXPORT, institution) if institution else None),
            **kwargs,
        )


class AskExport(ActionPage):
    """POST institution, period, template, file_format, again: the file is made in the background."""

    roles = EXPORTERS
    success_message = _("已在后台开始生成文件，完成后本页可以下载。")
    success_url_name = "ledger:exports"

    def act(self) -> None:
        given = self.request.POST
        number = number_of(given.get("institution", ""))
        institution = Institution.objects.visible_to(self.actor, *EXPORTERS).filter(pk=number).first()
        if institution is None:
            raise NotFound("masterdata.no_institution", _now("没有这个机构。"))
        services.ask_export(
            self.actor,
            institution=institution,
            period=month_of(given.get("period", "")),
            template=given.get("template", ""),
            file_format=given.get("file_format", VoucherExport.Format.XLSX),
            again=given.get("again") == "1",
        )


class ExportFile(Page, View):
    """The file of an export, as often as it is asked for."""

    roles = EXPORTERS

    def get(self, _request: HttpRequest, pk: int) -> HttpResponse:
        """The bytes as they were built."""
        return file_response(*exports.file_of(self.actor, pk))


def file_response(made: VoucherExport, content: bytes) -> HttpResponse:
    """The file as a download."""
    answer = HttpResponse(content, content_type=TYPES[made.file_format])
    answer["Content-Disposition"] = content_disposition_header(True, made.file_name) or ""
    return answer


class Templates(TemplatePage):
    """The layouts with their columns."""

    roles = access.READERS
    title = _("凭证导出模板")
    template_name = "ledger/export_templates.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shown = [
            {"row": row, "columns": [_column_words(column) for column in row.columns]} for row in exports.templates()
        ]
        return super().get_context_data(templates=shown, may_add=self.actor.has(*TEMPLATE_MAKERS), **kwargs)


def _column_words(column: dict[str, str]) -> dict[str, str]:
    """A column for the page: its title, and what stands in it."""
    if "field" in column:
        return {"title": column["title"], "content": FIELDS[column["field"]][0]}
    return {"title": column["title"], "constant": column["constant"]}


class NewTemplate(TemplatePage):
    """Add a layout, from scratch or from another one; faults stand at their rows."""

    roles = TEMPLATE_MAKERS
    title = _("新增导出模板")
    template_name = "ledger/export_template_form.html"

    @cached_property
    def model(self) -> ExportTemplate | None:
        """The layout that the new one begins with."""
        return exports.templates().filter(code=self.request.GET.get("like", "").replace("\0", "")).first()

    def columns(self) -> Any:
        """The grid as it begins: the columns of another layout, and empty rows."""
        kept = self.model.columns if self.model else []
        return ColumnFormSet(initial=initial_columns(kept, max(FEWEST_ROWS, len(kept) + 3)))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("head", TemplateHeadForm())
        kwargs.setdefault("columns", self.columns())
        return super().get_context_data(model=self.model, **kwargs)

    def post(self, request: Any, *_args: Any, **_kwargs: Any) -> HttpResponse:
        if request.POST.get("do") == "more":
            kept, grown = more_rows(request.POST, MORE_ROWS)
            return self.render_to_response(self.get_context_data(head=kept, columns=grown))
        head: Any = TemplateHeadForm(request.POST)
        columns: Any = ColumnFormSet(request.POST, initial=[])
        valid = [head.is_valid(), columns.is_valid()]
        if all(valid):
            given = head.cleaned_data
            try:
                services.add_export_template(
                    self.actor, code=given["code"], name=given["name"], columns=columns.columns()
                )
            except Forbidden:
                raise
            except DomainError as refusal:
                tell_refusal(head, refusal)
            else:
                return redirect("ledger:export-templates")
        return self.render_to_response(self.get_context_data(head=head, columns=columns), status=422)
