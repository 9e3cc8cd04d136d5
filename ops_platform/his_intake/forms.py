"""Forms of the intake pages."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from ops_platform.his_intake.datasets.declaration import Dataset
from ops_platform.his_intake.datasets.fields import Choice, Day, Field
from ops_platform.his_intake.models import QuarantinedRow
from ops_platform.his_intake.services import BATCH_NO_LENGTH
from ops_platform.his_intake.sheets import content_of, field_faults, sent_text
from ops_platform.masterdata.models import Institution

OLD_EXCEL = b"\xd0\xcf\x11\xe0"
ZIP = b"PK\x03\x04"


class UploadForm(forms.Form):
    """A file of one dataset for one institution. `is_workbook`: its content is an .xlsx, whatever it is called."""

    institution = forms.ModelChoiceField(Institution.objects.none(), label=_("机构"), empty_label=_("请选择机构"))
    file = forms.FileField(
        label=_("文件"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv", "class": "form-control drop-zone"}),
        error_messages={"required": _("请选择要上传的文件。"), "empty": _("文件是空的，请填写后再上传。")},
    )
    batch_no = forms.CharField(
        label=_("批次号"),
        required=False,
        max_length=BATCH_NO_LENGTH,
        help_text=_("可不填。留空时按日期和文件内容自动编号，重复上传同一文件不会重复入库。"),
    )

    def __init__(self, *args: Any, institutions: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["institution"]
        choice.queryset = institutions  # type: ignore[attr-defined]
        only = list(institutions[:2])
        if len(only) == 1:
            choice.initial = only[0].pk
            choice.widget = forms.HiddenInput()
            self.only = only[0]

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        limit = settings.INTAKE_MAX_BODY_BYTES
        size = file.size or 0
        if size > limit:
            raise forms.ValidationError(
                _now("文件有 %(size)s，上限为 %(limit)s。请分成几个文件上传。")
                % {"size": filesizeformat(size), "limit": filesizeformat(limit)}
            )
        start = file.read(8)
        file.seek(0)
        if start.startswith(OLD_EXCEL):
            raise forms.ValidationError(_now("这是旧版 .xls(或加密的)文件。请在 Excel 中另存为不加密的 .xlsx 后上传。"))
        named_csv = str(file.name).lower().endswith(".csv")
        if not start.startswith(ZIP) and not named_csv:
            raise forms.ValidationError(_now("只接受 .xlsx 或 .csv 文件。请使用本页的模板填写。"))
        self.is_workbook = start.startswith(ZIP)
        return file


class CorrectionForm(forms.Form):
    """All fields of a quarantined row as they were sent; what was wrong is said beside each until it is changed."""

    def __init__(self, *args: Any, dataset: Dataset, row: QuarantinedRow, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dataset = dataset
        content = content_of(row)
        for field in dataset.fields:
            sent = sent_text(content.get(field.name))
            faults = field_faults(row, field.name)
            self.fields[field.name] = _form_field(field, sent)
            if faults and not self.is_bound:
                self.fields[field.name].widget.attrs["aria-invalid"] = "true"
            self.fields[field.name].faults = faults  # type: ignore[attr-defined]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The fields with the faults that the gate found in them."""
        return [{"field": self[name], "faults": self.fields[name].faults} for name in self.fields]  # type: ignore[attr-defined]


def _form_field(field: Field, sent: str) -> forms.Field:
    common: dict[str, Any] = {"label": field.title, "required": False, "initial": sent}
    if isinstance(field, Choice):
        choices = [("", "—"), *((code, f"{title}({code})") for code, title in field.choices)]
        by_title = {str(title): code for code, title in field.choices}
        common["initial"] = by_title.get(sent, sent)
        if common["initial"] not in dict(choices):
            choices.insert(1, (sent, _now("%(value)s(无效)") % {"value": sent}))
        return forms.ChoiceField(choices=choices, **common)
    widget = forms.TextInput(attrs={"type": "date"}) if isinstance(field, Day) and _is_day(sent) else forms.TextInput()
    return forms.CharField(help_text=field.form, widget=widget, strip=True, **common)


def _is_day(text: str) -> bool:
    """A browser's date field would hide what is no date."""
    try:
        Day(name="day", title="").one(text)
    except ValueError:
        return not text
    return True
