"""A draft of a price book from past months, as a workbook."""

from typing import Any

from django.http import FileResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from insurance_settlement import selectors
from insurance_settlement.deriving import FEW_CASES, draft_of
from insurance_settlement.forms.deriving import DeriveForm
from insurance_settlement.price_book_workbooks import write_book
from insurance_settlement.services.trials import PLANNERS
from insurance_settlement.views.workbooks import sent
from ops_platform.masterdata.selectors import parameter_value
from ops_platform.web.pages import FormPage


class DerivePriceBook(FormPage):
    """Weights, mean charges and what one is worth of past months; nothing is stored."""

    roles = PLANNERS
    title = _("由历史病例测算价格规则")
    form_class = DeriveForm
    template_name = "insurance_settlement/derive.html"
    submit_label = _("测算并下载草稿")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "actor": self.actor}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(least=self.least, **kwargs)

    @property
    def least(self) -> int:
        """From how many cases on a group has a weight."""
        return int(parameter_value(key=FEW_CASES, day=timezone.localdate()))

    def act(self, form: DeriveForm) -> FileResponse:
        past = form.past()
        row = selectors.access_price_book(form.cleaned_data["price_book"].pk)
        draft = draft_of(row, past, least=self.least)
        file = write_book(draft.book, draft.notes, draft.remarks)
        return sent(file, f"测算草稿_{past.first}_{past.last}")
