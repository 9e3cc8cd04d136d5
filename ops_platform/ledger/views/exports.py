"""The download of vouchers for the finance system that a hospital keeps."""

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views import View

from ops_platform.kernel import Invalid, NotFound, Period
from ops_platform.ledger.models import VoucherExport
from ops_platform.ledger.services.exporting import EXPORTERS, export_vouchers
from ops_platform.masterdata.models import Institution
from ops_platform.web.exports import XLSX
from ops_platform.web.pages import Page

TYPES = {VoucherExport.Format.XLSX.value: XLSX, VoucherExport.Format.CSV.value: "text/csv; charset=utf-8"}


class DownloadVouchers(Page, View):
    """POST institution, period, template, file_format, again: the file. It writes what was exported, so GET is refused."""

    roles = EXPORTERS
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponse:
        """Answers the file, or refuses in words."""
        given = request.POST
        try:
            period = Period.parse(given.get("period", ""))
        except ValueError:
            raise Invalid("ledger.period_missing", "请选择期间，如 2026-03。", field="period") from None
        readable = Institution.objects.visible_to(self.actor, *EXPORTERS)
        institution = readable.filter(code=given.get("institution", "").replace("\0", "")).first()
        if institution is None:
            raise NotFound("masterdata.no_institution", "没有这个机构。")
        made = export_vouchers(
            self.actor,
            institution=institution,
            period=period,
            template=given.get("template", "").replace("\0", ""),
            file_format=given.get("file_format", VoucherExport.Format.XLSX),
            again=given.get("again") == "1",
        )
        answer = HttpResponse(made.content, content_type=TYPES[made.export.file_format])
        answer["Content-Disposition"] = content_disposition_header(True, made.name) or ""
        return answer
