"""Forms of the ledger's pages."""

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from ops_platform.his_intake.public import COST_ITEMS, FUNDING_SOURCES
from ops_platform.kernel import Period
from ops_platform.ledger.engine.local_accounts import LONGEST_CODE, LONGEST_NAME
from ops_platform.ledger.models import BooksMode
from ops_platform.masterdata.models import Institution

FROM_HELP = _("自该月起使用；此前的月份仍按原来的。已结账的月份不能改。")


class MonthField(forms.CharField):
    """A month as 2026-03; gives its first day."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=7, widget=forms.TextInput(attrs={"type": "month"}), help_text=FROM_HELP, **kwargs)

    def clean(self, value: Any) -> date:
        text = super().clean(value)
        try:
            return Period.parse(text).first_day
        except ValueError as error:
            raise forms.ValidationError(_now("应为月份，如 2026-03。")) from error


class MappingForm(forms.Form):
    """What stands behind one local account from a month on."""

    code = forms.CharField(
        label=_("本地科目代码"), max_length=LONGEST_CODE, help_text=_("对以此开头的全部代码生效，最长的优先。")
    )
    name = forms.CharField(label=_("本地科目名称"), max_length=LONGEST_NAME, required=False)
    account = forms.CharField(label=_("统一科目代码"), max_length=20, help_text=_("末级科目，如 1002。"))
    counterparty = forms.ModelChoiceField(
        Institution.objects.none(), label=_("往来机构"), required=False, help_text=_("统一科目须带往来机构时填写。")
    )
    cost_item = forms.ChoiceField(label=_("成本项目"), choices=[("", "—"), *COST_ITEMS], required=False)
    funding_source = forms.ChoiceField(label=_("资金来源"), choices=[("", "—"), *FUNDING_SOURCES], required=False)
    effective_from = MonthField(label=_("生效月份"))

    def __init__(self, *args: Any, institution: Institution, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Institution.objects.filter(alliance=institution.alliance_id).exclude(pk=institution.pk)
        self.fields["counterparty"].queryset = others.order_by("code")  # type: ignore[attr-defined]


class MappingFileForm(forms.Form):
    """A workbook with mappings."""

    file = forms.FileField(
        label=_("科目对应表(.xlsx)"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx"}),
        help_text=_("使用「导出 Excel」得到的文件填写；未填统一科目代码的行不导入。有一行错误则整个文件不导入。"),
        error_messages={"required": _("请选择要上传的文件。"), "empty": _("文件是空的，请填写后再上传。")},
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > settings.INTAKE_MAX_BODY_BYTES:
            raise forms.ValidationError(_now("文件过大，不像是科目对应表。请检查后重新选择。"))
        return file


class BooksModeForm(forms.Form):
    """Where official figures come from, from a month on."""

    mode = forms.ChoiceField(label=_("记账方式"), choices=BooksMode.Mode.choices)
    effective_from = MonthField(label=_("生效月份"))
