"""Forms of cost budgets: which year's workbook, and a year's budget."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from costing.services.budgets import FIRST_YEAR, LAST_YEAR
from costing.services.scenarios import PLANNERS
from ops_platform.kernel import Actor
from ops_platform.masterdata.models import Institution


class BudgetYearForm(forms.Form):
    """The institution and year of a workbook."""

    institution = forms.ModelChoiceField(Institution.objects.none(), label=_("机构"), empty_label=None)
    year = forms.IntegerField(label=_("预算年度"), min_value=FIRST_YEAR, max_value=LAST_YEAR)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["institution"]
        choice.queryset = Institution.objects.visible_to(actor, *PLANNERS).order_by("code")
        self.fields["year"].initial = timezone.localdate().year


class BudgetForm(BudgetYearForm):
    """A year's budget from its workbook."""

    source_text = forms.CharField(
        label=_("依据"),
        min_length=2,
        max_length=200,
        help_text=_("预算批复、会议纪要；调整时写明政策变化或突发事件。"),
    )
    file = forms.FileField(
        label=_("成本预算表(.xlsx)"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx"}),
        help_text=_("在「成本预算」页按机构和年度下载；填各月金额，或只填全年由系统平均到各月。"),
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > settings.INTAKE_MAX_BODY_BYTES:
            raise forms.ValidationError(_("文件过大，请检查后重新选择。"))
        return file
