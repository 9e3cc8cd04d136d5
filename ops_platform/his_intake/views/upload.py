"""Handing in a dataset as a file, through the same gate as the interface."""

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views import View

from ops_platform.his_intake import formats, selectors, services, workbooks
from ops_platform.his_intake.datasets.catalogue import DATASETS
from ops_platform.his_intake.datasets.declaration import Dataset
from ops_platform.his_intake.examples import own_examples
from ops_platform.his_intake.forms import UploadForm
from ops_platform.his_intake.models import Batch
from ops_platform.masterdata.models import Institution
from ops_platform.web.pages import FormPage, Page, TemplatePage

DIGEST_SHOWN = 8


class UploadChoice(TemplatePage):
    """Every dataset with its template and the way to its upload."""

    roles = services.UPLOADERS
    title = _("上传数据")
    template_name = "his_intake/upload_choice.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        lasting = [dataset for dataset in DATASETS.values() if not dataset.month]
        monthly = [dataset for dataset in DATASETS.values() if dataset.month]
        return super().get_context_data(lasting=lasting, monthly=monthly, **kwargs)


def _asked(request: HttpRequest) -> int | None:
    """The institution that the address names."""
    text = request.GET.get("institution", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


class Template(Page, View):
    """The empty .xlsx of a dataset, with codes of the institution that the address names or of the reader's first."""

    roles = selectors.READERS

    def get(self, request: HttpRequest, dataset: str) -> HttpResponseBase:
        asked = _asked(request)
        if asked is None:
            institution = selectors.readable_institutions(actor=self.actor).first()
        else:
            institution = selectors.access_institution(actor=self.actor, institution_id=asked)
        return workbooks.template(services.dataset_of(dataset), institution)


class Upload(FormPage):
    """A file of one dataset; ends on the receipt."""

    roles = services.UPLOADERS
    template_name = "his_intake/upload.html"
    form_class = UploadForm
    submit_label = _("上传")

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.code: str = kwargs["dataset"]

    @property
    def dataset(self) -> Dataset:
        return services.dataset_of(self.code)

    def _institutions(self) -> QuerySet[Institution]:
        return selectors.readable_institutions(actor=self.actor, roles=services.UPLOADERS)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "institutions": self._institutions()}

    def get_initial(self) -> dict[str, Any]:
        asked = _asked(self.request)
        return {} if asked is None else {"institution": asked}

    def _shown(self) -> Institution | None:
        """The institution whose codes serve as examples."""
        institutions, asked = self._institutions(), _asked(self.request)
        named = institutions.filter(pk=asked).first() if asked is not None else None
        return named or institutions.first()

    def act(self, form: UploadForm) -> HttpResponse:
        body = form.cleaned_data["file"].read()
        digest = services.digest_of_body(body)
        reader = formats.from_xlsx if form.is_workbook else formats.from_csv
        institution = services.access_institution(
            self.actor, form.cleaned_data["institution"].code, *services.UPLOADERS
        )
        receipt = services.accept_batch(
            self.actor,
            dataset=self.dataset,
            institution=institution,
            batch_no=form.cleaned_data["batch_no"] or f"上传-{timezone.localdate():%Y%m%d}-{digest[:DIGEST_SHOWN]}",
            digest=digest,
            read=lambda: reader(self.dataset, body),
            source=Batch.Source.UPLOAD,
        )
        answer = redirect("his_intake:receipt", receipt.batch.pk)
        if receipt.repeated:
            answer["Location"] += "?repeated=1"
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        dataset = self.dataset
        keys = [dataset.by_name[name].title for name in dataset.key]
        shown = self._shown()
        own = own_examples(dataset, shown)
        context = super().get_context_data(
            dataset=dataset,
            keys=keys,
            max_rows=settings.INTAKE_MAX_ROWS,
            max_bytes=settings.INTAKE_MAX_BODY_BYTES,
            fields=[(field, workbooks.form_of(field), workbooks.example_of(field, own)) for field in dataset.fields],
            shown=shown,
            examples_of=shown if own else None,
            **kwargs,
        )
        return {**context, "title": _("上传%(dataset)s") % {"dataset": dataset.title}}
